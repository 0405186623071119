/* airshed -- GPL-3.0-or-later. Box-plot statistics in tables (P2.54). */
#include "boxes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernels/rank_tests.h"
#include "kernels/tree_sum.h"

struct first {
    bool is_there;
    double median, spread;
};

struct box_firsts {
    struct first *first; /* [groups, PERIOD_GROUPS] */
};

static const struct table_column plain[BOX_COLUMNS] = {
    {"n", "1", "values", TABLE_INTEGER},
    {"mean", "", NULL, TABLE_NUMBER},
    {"sd", "", "standard deviation, divisor n - 1", TABLE_NUMBER},
    {"min", "", NULL, TABLE_NUMBER},
    {"whisker_low", "", "least value within 1.5 iqr of q1", TABLE_NUMBER},
    {"q1", "", "lower quartile, linear between values (type 7)", TABLE_NUMBER},
    {"median", "", NULL, TABLE_NUMBER},
    {"q3", "", "upper quartile", TABLE_NUMBER},
    {"whisker_high", "", "greatest value within 1.5 iqr of q3", TABLE_NUMBER},
    {"max", "", NULL, TABLE_NUMBER},
    {"iqr", "", "q3 - q1", TABLE_NUMBER},
    {"outliers", "1", "values beyond the whiskers", TABLE_INTEGER},
    {"median_change", "", "since the first period of the same kind and season or month",
     TABLE_NUMBER},
    {"median_change_percent", "%", "the same, of the first median", TABLE_NUMBER},
    {"iqr_change", "", "since that period", TABLE_NUMBER},
    {"iqr_change_percent", "%", "the same, of the first iqr", TABLE_NUMBER},
};

void box_columns(struct table_column *columns, const char *units)
{
    memcpy(columns, plain, sizeof plain);
    for (int column = 0; column < BOX_COLUMNS; column++) {
        if (columns[column].units[0] == '\0') {
            columns[column].units = units;
        }
    }
}

enum status box_firsts_create(int64_t groups, struct box_firsts **out)
{
    enum status status;
    struct box_firsts *firsts = NULL;
    TRY(memory_allocate(1, sizeof *firsts, &firsts));
    TRY(memory_allocate((size_t)groups * PERIOD_GROUPS, sizeof *firsts->first,
                        &firsts->first));
    *out = firsts;
    firsts = NULL;
done:
    box_firsts_destroy(&firsts);
    return status;
}

void box_firsts_destroy(struct box_firsts **firsts)
{
    if (*firsts != NULL) {
        free((*firsts)->first);
        free(*firsts);
        *firsts = NULL;
    }
}

static struct first *first_of(struct box_firsts *firsts, int64_t group, const struct period *period)
{
    return &firsts->first[group * PERIOD_GROUPS + period_group(period)];
}

static double deviation_of(const double *values, int64_t count, double mean)
{
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return count > 1 ? sqrt(squares / (double)(count - 1)) : NAN;
}

void box_write(struct box_firsts *firsts, int64_t group, const struct period *period,
               double *values, int64_t count, struct table_writer *writer)
{
    struct first *first = first_of(firsts, group, period);
    double mean = count > 0 ? tree_sum(values, count) / (double)count : NAN;
    double deviation = deviation_of(values, count, mean), low = NAN, high = NAN;
    for (int64_t i = 0; i < count; i++) {
        low = fmin(low, values[i]); /* these pass over NaN */
        high = fmax(high, values[i]);
    }
    struct box box = box_of(values, count);
    double spread = box.q3 - box.q1;
    if (!first->is_there && count > 0) {
        *first = (struct first){true, box.median, spread};
    }
    double moved = box.median - first->median, widened = spread - first->spread;
    const double cells[] = {mean,   deviation,        low,  box.whisker_low, box.q1, box.median,
                            box.q3, box.whisker_high, high, spread};
    table_writer_integer(writer, count);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        table_writer_number(writer, cells[i]);
    }
    table_writer_integer(writer, box.outliers);
    table_writer_number(writer, moved);
    table_writer_number(writer, first->median != 0 ? 100 * moved / first->median : NAN);
    table_writer_number(writer, widened);
    table_writer_number(writer, first->spread != 0 ? 100 * widened / first->spread : NAN);
}
