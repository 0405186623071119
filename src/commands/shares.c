/* airshed -- GPL-3.0-or-later. The share of a part in the whole, by zone and period, in tables. */
#include "shares.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct first {
    bool is_there;
    double ratio_of_means, mean_of_ratios;
};

struct share_firsts {
    struct first *first; /* [groups, PERIOD_GROUPS] */
};

static const struct table_column plain[SHARE_COLUMNS] = {
    {"valid_cell_steps", "1", "pairs of cell and step with part and rest", TABLE_INTEGER},
    {"part_mean", "", "mean of the part over area and time", TABLE_NUMBER},
    {"rest_mean", "", "mean of the rest, of the same cells and steps", TABLE_NUMBER},
    {"whole_mean", "", "their sum", TABLE_NUMBER},
    {"share_ratio_of_means", "1", "part_mean over whole_mean", TABLE_NUMBER},
    {"share_mean_of_ratios", "1", "mean over area and time of part over whole", TABLE_NUMBER},
    {"share_cell_steps", "1", "pairs in share_mean_of_ratios: with a whole of at least 1",
     TABLE_INTEGER},
    {"share_ratio_of_means_change", "1",
     "since the first period of the same kind and season or month", TABLE_NUMBER},
    {"share_ratio_of_means_change_percent", "%", "the same, of that first share", TABLE_NUMBER},
    {"share_mean_of_ratios_change", "1",
     "since the first period of the same kind and season or month", TABLE_NUMBER},
    {"share_mean_of_ratios_change_percent", "%", "the same, of that first share", TABLE_NUMBER},
};

enum status share_firsts_create(int64_t groups, struct share_firsts **out)
{
    enum status status;
    struct share_firsts *firsts = NULL;
    TRY(memory_allocate(1, sizeof *firsts, &firsts));
    TRY(memory_allocate((size_t)groups * PERIOD_GROUPS, sizeof *firsts->first, &firsts->first));
    *out = firsts;
    firsts = NULL;
done:
    share_firsts_destroy(&firsts);
    return status;
}

void share_firsts_destroy(struct share_firsts **firsts)
{
    if (*firsts != NULL) {
        free((*firsts)->first);
        free(*firsts);
        *firsts = NULL;
    }
}

void share_columns(struct table_column *columns, const char *units)
{
    memcpy(columns, plain, sizeof plain);
    for (int column = 0; column < SHARE_COLUMNS; column++) {
        if (columns[column].units[0] == '\0') {
            columns[column].units = units;
        }
    }
}

static void write_change(double now, double before, struct table_writer *writer)
{
    double change = now - before;
    table_writer_number(writer, change);
    table_writer_number(writer, before != 0 ? 100 * change / before + 0.0 : NAN); /* no -0 */
}

void share_write(struct share_firsts *firsts, int64_t group, const struct period *period,
                 const struct share *share, struct table_writer *writer)
{
    struct first *first = &firsts->first[group * PERIOD_GROUPS + period_group(period)];
    double whole = share->part + share->rest;
    double ratio = whole > 0 ? share->part / whole : NAN;
    if (!first->is_there && !isnan(ratio)) {
        *first = (struct first){true, ratio, share->mean_of_ratios};
    }
    table_writer_integer(writer, share->cell_steps);
    table_writer_number(writer, share->part);
    table_writer_number(writer, share->rest);
    table_writer_number(writer, whole);
    table_writer_number(writer, ratio);
    table_writer_number(writer, share->mean_of_ratios);
    table_writer_integer(writer, share->ratio_cell_steps);
    write_change(ratio, first->is_there ? first->ratio_of_means : NAN, writer);
    write_change(share->mean_of_ratios, first->is_there ? first->mean_of_ratios : NAN, writer);
}
