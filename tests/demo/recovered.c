/* airshed -- GPL-3.0-or-later. The demo's last table: what was put into the synthetic region, and
 * what the chain found again.
 *
 *   recovered TRUTH DEWEATHERED TREND AREA IHS OUTPUT.csv
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "io/dataset.h"
#include "io/table_writer.h"
#include "kernels/sen.h"

enum { FIELDS = 6, YEARS_MAX = 100, PARTS = 4 };

static const char *const field_names[FIELDS] = {"T2M", "TP", "SP", "10U", "10V", "RH"};
static const char *const field_units[FIELDS] = {"ug m-3 K-1", "ug m-3 m-1", "ug m-3 Pa-1",
                                                "ug s m-4",   "ug s m-4",   "ug m-3 %-1"};

/* A map, or whole series, of one variable. */
struct grid_values {
    int64_t steps, cells;
    float *values;
    const struct time_axis *time;
    struct dataset *dataset;
};

static enum status values_read(const char *path, const char *name, struct grid_values *out)
{
    enum status status;
    struct dataset_options how = {0};
    int variable;
    TRY(dataset_open(path, &how, &out->dataset));
    TRY(dataset_find(out->dataset, name, &variable));
    const struct dataset_variable *facts = dataset_variable(out->dataset, variable);
    struct window all = {.steps = facts->time != NULL ? facts->time->steps : 1,
                         .rows = facts->grid->rows,
                         .cols = facts->grid->cols};
    out->time = facts->time;
    out->steps = all.steps;
    out->cells = all.rows * all.cols;
    TRY(memory_allocate((size_t)window_count(&all), sizeof(float), &out->values));
    TRY(dataset_read(out->dataset, variable, &all, out->values));
done:
    return status;
}

static void values_clear(struct grid_values *values)
{
    free(values->values);
    dataset_close(&values->dataset);
    *values = (struct grid_values){0};
}

/* ---- one line of the table ---------------------------------------------------------------- */

static void line_write(struct table_writer *table, const char *quantity, const char *units,
                              const float *truth, const float *found, int64_t count)
{
    double truth_sum = 0;
    double found_sum = 0;
    double square = 0;
    int64_t used = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(truth[i]) && !isnan(found[i])) {
            double difference = (double)found[i] - (double)truth[i];
            truth_sum += (double)truth[i];
            found_sum += (double)found[i];
            square += difference * difference;
            used++;
        }
    }
    double n = (double)used;
    double rms = sqrt(square / n);
    double relative = 100.0 * rms / fabs(truth_sum / n);
    printf("  %-28s %-12s %12.5g %12.5g %12.4g %9.1f %%\n", quantity, units, truth_sum / n,
           found_sum / n, rms, relative);
    table_writer_text(table, quantity);
    table_writer_text(table, units);
    table_writer_number(table, truth_sum / n);
    table_writer_number(table, found_sum / n);
    table_writer_number(table, rms);
    table_writer_number(table, relative);
    table_writer_integer(table, used);
}

static enum status compare_coefficients(struct table_writer *table, const char *truth_path,
                                        const char *found_path)
{
    enum status status = STATUS_OK;
    struct grid_values truth = {0};
    struct grid_values found = {0};
    for (int field = 0; field < FIELDS; field++) {
        char name[32];
        char quantity[64];
        snprintf(name, sizeof name, "coef[term=%d]", field + 1);
        snprintf(quantity, sizeof quantity, "coefficient of %s", field_names[field]);
        TRY(values_read(truth_path, name, &truth));
        TRY(values_read(found_path, name, &found));
        line_write(table, quantity, field_units[field], truth.values, found.values,
                       truth.cells);
        values_clear(&truth);
        values_clear(&found);
    }
done:
    values_clear(&truth);
    values_clear(&found);
    return status;
}

/* ---- yearly means ------------------------------------------------------------------------- */

struct yearly {
    int years;
    int64_t cells;
    float *means; /* [years, cells] */
};

/* Adds the yearly means of a cube to @p yearly, and the mean over all steps where @p whole. */
static enum status yearly_add(struct yearly *yearly, const char *path, const char *name, bool whole)
{
    enum status status;
    struct grid_values values = {0};
    double *sums = NULL;
    TRY(values_read(path, name, &values));
    int first_year = time_axis_date(values.time, 0).year;
    yearly->years = time_axis_date(values.time, values.steps - 1).year - first_year + 1;
    yearly->cells = values.cells;
    if (yearly->means == NULL) {
        TRY(memory_allocate((size_t)(YEARS_MAX * values.cells), sizeof(float), &yearly->means));
    }
    TRY(memory_allocate((size_t)values.cells, sizeof *sums, &sums));
    int64_t step = 0;
    for (int year = 0; year < yearly->years; year++) {
        int64_t days = 0;
        memset(sums, 0, (size_t)values.cells * sizeof *sums);
        int64_t start = whole ? 0 : step;
        int64_t at = start;
        for (; at < values.steps &&
               (whole || time_axis_date(values.time, at).year == first_year + year);
             at++) {
            for (int64_t cell = 0; cell < values.cells; cell++) {
                sums[cell] += (double)values.values[at * values.cells + cell];
            }
            days++;
        }
        step = at;
        for (int64_t cell = 0; cell < values.cells; cell++) {
            yearly->means[year * values.cells + cell] += (float)(sums[cell] / (double)days);
        }
    }
done:
    values_clear(&values);
    free(sums);
    return status;
}

/* PM2.5 without weather: everything but the weather's ups and downs, and the noise. */
static enum status yearly_truth(struct yearly *yearly, const char *path)
{
    enum status status = STATUS_OK;
    static const char *const parts[PARTS] = {"season", "background", "plume", "trend"};
    struct grid_values base = {0};
    for (int part = 0; part < PARTS; part++) {
        TRY(yearly_add(yearly, path, parts[part], false));
    }
    TRY(yearly_add(yearly, path, "weather", true));
    TRY(values_read(path, "base", &base));
    for (int64_t i = 0; i < yearly->years * yearly->cells; i++) {
        yearly->means[i] += base.values[i % yearly->cells];
    }
done:
    values_clear(&base);
    return status;
}

static enum status slopes(const struct yearly *yearly, float *slope)
{
    enum status status;
    struct sen_workspace *workspace = NULL;
    double years[YEARS_MAX];
    double series[YEARS_MAX];
    TRY(sen_workspace_create(yearly->years, &workspace));
    for (int64_t cell = 0; cell < yearly->cells; cell++) {
        for (int year = 0; year < yearly->years; year++) {
            years[year] = year;
            series[year] = (double)yearly->means[year * yearly->cells + cell];
        }
        slope[cell] = (float)sen_slope(years, series, yearly->years, 1, workspace).slope;
    }
done:
    sen_workspace_destroy(&workspace);
    return status;
}

static enum status compare_years(struct table_writer *table, char **paths)
{
    enum status status;
    struct yearly truth = {0};
    struct yearly found = {0};
    struct grid_values trend = {0};
    float *slope = NULL;
    TRY(yearly_truth(&truth, paths[1]));
    TRY(yearly_add(&found, paths[2], "deweathered", false));
    line_write(table, "deweathered, yearly means", "ug m-3", truth.means, found.means,
                   truth.years * truth.cells);
    TRY(memory_allocate((size_t)truth.cells, sizeof *slope, &slope));
    TRY(slopes(&truth, slope));
    TRY(values_read(paths[3], "slope", &trend));
    line_write(table, "Sen's slope of the years", "ug m-3 a-1", slope, trend.values,
                   trend.cells);
done:
    values_clear(&trend);
    free(truth.means);
    free(found.means);
    free(slope);
    return status;
}

static enum status compare_areas(struct table_writer *table, char **paths)
{
    enum status status;
    struct grid_values truth = {0};
    struct grid_values found = {0};
    TRY(values_read(paths[1], "area", &truth));
    TRY(values_read(paths[4], "area", &found));
    line_write(table, "radiation area, share of cells", "1", truth.values, found.values,
                   truth.cells);
done:
    values_clear(&truth);
    values_clear(&found);
    return status;
}

/* Shares over all days (the last layer), in the cells that were predicted. The demo's truth counts all
 * days, pollution with gaps filled. */
static enum status compare_shares(struct table_writer *table, char **paths)
{
    static const char *const names[] = {"share_ratio_of_means", "share_mean_of_ratios"};
    enum status status = STATUS_OK;
    struct grid_values truth = {0};
    struct grid_values found = {0};
    char all[64];
    TRY(values_read(paths[2], "deweathered", &truth));
    int years = time_axis_date(truth.time, truth.steps - 1).year -
                time_axis_date(truth.time, 0).year + 1;
    values_clear(&truth);
    for (int reading = 0; reading < 2; reading++) {
        /* Years, four seasons of each and December's winter, all. */
        snprintf(all, sizeof all, "%s[period=%d]", names[reading], years + 4 * years + 1);
        TRY(values_read(paths[1], names[reading], &truth));
        TRY(values_read(paths[5], all, &found));
        line_write(table, reading == 0 ? "share, ratio of means" : "share, mean of ratios", "1",
                   truth.values, found.values, truth.cells);
        values_clear(&truth);
        values_clear(&found);
    }
done:
    values_clear(&truth);
    values_clear(&found);
    return status;
}

static enum status compare(char **paths)
{
    enum status status;
    struct table_writer *table = NULL;
    static const struct table_column columns[] = {
        {.name = "quantity", .kind = TABLE_TEXT, .long_name = "what was put in and found again"},
        {.name = "units", .kind = TABLE_TEXT, .long_name = "units of the quantity"},
        {.name = "true_mean", .kind = TABLE_NUMBER, .long_name = "mean over cells of the truth"},
        {.name = "recovered_mean", .kind = TABLE_NUMBER, .long_name = "mean over cells as found"},
        {.name = "rms", .kind = TABLE_NUMBER, .long_name = "root mean square difference of cells"},
        {.name = "rms_percent", .kind = TABLE_NUMBER, .units = "%",
         .long_name = "the same, of the true mean"},
        {.name = "cells", .kind = TABLE_INTEGER, .long_name = "values compared"},
    };
    printf("\n  %-28s %-12s %12s %12s %12s %11s\n", "recovered against true", "units", "true mean",
           "recovered", "RMS of cells", "of the mean");
    TRY(table_writer_create(paths[6], "recovered against true", columns,
                            sizeof columns / sizeof columns[0], &table));
    TRY(compare_coefficients(table, paths[1], paths[2]));
    TRY(compare_years(table, paths));
    TRY(compare_areas(table, paths));
    TRY(compare_shares(table, paths));
    TRY(table_writer_close(&table, NULL));
    printf("\n");
done:
    table_writer_destroy(&table);
    return status;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    enum status status = argc == 7 ? compare(argv) : STATUS_USAGE;
    if (argc != 7) {
        failure_record(status, __FILE__, __LINE__,
                       "usage: recovered TRUTH DEWEATHERED TREND AREA IHS OUTPUT.csv");
    }
    if (status != STATUS_OK) {
        log_error("%s", failure_message());
    }
    MPI_Finalize();
    return status_exit_code(status);
}
