/* airshed -- GPL-3.0-or-later. Any bytes as an inventory: its config, and behind a line "====" its table
 * t.csv.
 *
 * What is refused is refused with a sentence; what is accepted has units, values and one graph of results
 * whose point estimates can be made, and the same ones a second time.
 */
#include "fuzzing.h"

#include <sys/stat.h>

#include "commands/inventory/inputs.h"
#include "commands/inventory/model.h"
#include "commands/inventory/results.h"
#include "commands/inventory/statistics.h"

struct inventory {
    struct inventory_model model;
    struct inventory_inputs *inputs;
    struct inventory_results results;
};

static const struct inventory_settings settings = {
    .seed = 1, .method = SAMPLING_RANDOM, .draws = 10, .replicates = 100};

/* As the command does, up to its first draw. */
static enum status make(struct inventory *inventory, const char *path)
{
    enum status status;
    struct inventory_model *model = &inventory->model;
    TRY(inventory_model_read(path, NULL, false, model));
    TRY(inventory_units_check(model));
    TRY(inventory_inputs_create(model, &settings, &inventory->inputs));
    TRY(inventory_results_create(model, inventory_inputs_uncertain(inventory->inputs),
                                 &inventory->results));
    TRY(inventory_points(&inventory->results, inventory->inputs));
done:
    return status;
}

static void clear(struct inventory *inventory)
{
    inventory_results_clear(&inventory->results);
    inventory_inputs_destroy(&inventory->inputs);
    inventory_model_clear(&inventory->model);
}

static void check_model(const struct inventory_model *model)
{
    for (int i = 0; i < model->formula_count; i++) {
        must(model->formulas[i].unit != NULL, "a formula has a unit");
    }
    for (int64_t i = 0; i < model->value_count; i++) {
        const struct inventory_value *value = &model->values[i];
        must(value->parameter >= 0 && value->parameter < model->parameter_count,
             "a value belongs to a parameter");
        must(value->place != NULL, "a value knows where it was read");
        for (int index = 0; index < model->index_count; index++) {
            must(value->key.member[index] < (int)model->indices[index].members.count,
                 "a key is a member");
        }
    }
}

static void check_again(const struct inventory *inventory, const char *path)
{
    struct inventory again = {0};
    const struct inventory_results *a = &inventory->results, *b = &again.results;
    must(make(&again, path) == STATUS_OK, "what was accepted once is accepted again");
    must(a->count == b->count && a->slot_count == b->slot_count, "results are the same");
    for (int64_t slot = 0; slot < a->slot_count; slot++) {
        must(memcmp(&a->statistics[slot].point, &b->statistics[slot].point, sizeof(double)) == 0,
             "point estimates are the same");
    }
    clear(&again);
}

/* Replaces a file of the folder. */
static void put(const char *path, const uint8_t *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    must(file != NULL && fwrite(bytes, 1, count, file) == count && fclose(file) == 0, "room in memory");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const char mark[] = "\n====\n";
    char folder[FUZZING_PATH_BYTES], path[FUZZING_PATH_BYTES + 16], table[FUZZING_PATH_BYTES + 16];
    struct inventory inventory = {0};
    const uint8_t *cut = memmem(bytes, count, mark, sizeof mark - 1);
    const uint8_t *rest = cut != NULL ? cut + sizeof mark - 1 : bytes + count;
    if (memmem(bytes, count, "/dev", 4) != NULL) {
        return 0; /* a table without an end */
    }
    mkdir(fuzzing_path("-inventory", folder), 0700);
    snprintf(path, sizeof path, "%s/inventory.yaml", folder);
    snprintf(table, sizeof table, "%s/t.csv", folder);
    put(path, bytes, cut != NULL ? (size_t)(cut - bytes) + 1 : count);
    put(table, rest, (size_t)(bytes + count - rest));
    if (accepts(make(&inventory, path))) {
        check_model(&inventory.model);
        check_again(&inventory, path);
    }
    clear(&inventory);
    unlink(path);
    unlink(table);
    rmdir(folder);
    return 0;
}
