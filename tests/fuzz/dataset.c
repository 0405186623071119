/* airshed -- GPL-3.0-or-later. Any bytes as a classic NetCDF file: header, then values.
 *
 * Only files whose header passes our own reader are opened: that reader is there to keep damaged
 * headers from the libraries. Values that arrive are numbers or missing, and arrive twice the same.
 */
#include "fuzzing.h"

#include <math.h>

#include "io/classic_internal.h"
#include "io/dataset.h"

enum {
    MOST_CELLS = 4096
};

static void check_variable(const struct dataset_variable *facts)
{
    must(facts->name != NULL && facts->units != NULL && facts->grid != NULL, "variables have facts");
    must(facts->grid->rows > 0 && facts->grid->cols > 0, "a grid has cells");
    must(facts->time == NULL || facts->time->steps > 0, "a time axis has steps");
}

static void read_variable(struct dataset *dataset, int variable)
{
    static float values[2][MOST_CELLS];
    const struct dataset_variable *facts = dataset_variable(dataset, variable);
    check_variable(facts);
    int64_t steps = facts->time != NULL ? facts->time->steps : 1;
    struct window window = {
        .steps = steps < 2 ? steps : 2, .rows = facts->grid->rows, .cols = facts->grid->cols};
    /* Each factor first: the product of two sizes of a broken header may overflow. */
    if (window.rows > MOST_CELLS || window.cols > MOST_CELLS || window_count(&window) > MOST_CELLS) {
        return;
    }
    int64_t count = window_count(&window);
    if (accepts(dataset_read(dataset, variable, &window, values[0]))) {
        for (int64_t i = 0; i < count; i++) {
            must(!isinf(values[0][i]), "values are finite or missing");
        }
        must(accepts(dataset_read(dataset, variable, &window, values[1])) &&
                 memcmp(values[0], values[1], (size_t)count * sizeof(float)) == 0,
             "values are read twice the same");
    }
}

static void read_dataset(const char *path)
{
    struct dataset *dataset = NULL;
    char *identity = NULL;
    if (accepts(dataset_open(path, &(struct dataset_options){0}, &dataset))) {
        for (int i = 0; i < dataset_variable_count(dataset); i++) {
            read_variable(dataset, i);
        }
        must(dataset_identity(dataset, true, &identity) == STATUS_OK, "what was opened has a name");
        free(identity);
    }
    dataset_close(&dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char path[FUZZING_PATH_BYTES];
    struct classic_file *file = NULL;
    fuzzing_file(bytes, count, ".nc", path);
    if (classic_is(path) && accepts(classic_open(path, false, &file))) {
        classic_close(&file);
        read_dataset(path);
    }
    classic_close(&file);
    unlink(path);
    return 0;
}
