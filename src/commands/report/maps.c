/* airshed -- GPL-3.0-or-later. Sections of a report that draw maps and cubes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/memory.h"
#include "base/path.h"
#include "io/dataset.h"
#include "sections.h"

enum {
    LABEL_BYTES = 256,
    TITLE_BYTES = 200
};

static const char *title_of(const struct dataset_variable *variable)
{
    return variable->long_name[0] != '\0' ? variable->long_name : variable->name;
}

/* The name without the layer's number: sections show the layer of the whole time. */
static void label_of(const struct dataset_variable *variable, char label[LABEL_BYTES])
{
    bool has_units = variable->units[0] != '\0' && strcmp(variable->units, "1") != 0;
    int length = (int)strcspn(variable->name, "[");
    snprintf(label, LABEL_BYTES, "%.*s%s%s%s", length, variable->name, has_units ? " (" : "",
             has_units ? variable->units : "", has_units ? ")" : "");
}

static struct window whole_map(const struct georeference *grid)
{
    return (struct window){.steps = 1, .rows = grid->rows, .cols = grid->cols};
}

static enum status open_variable(const char *path, const char *name, struct dataset **dataset,
                                 int *variable)
{
    enum status status;
    TRY(dataset_open(path, &(struct dataset_options){0}, dataset));
    *variable = section_variable(*dataset, name);
    FAIL_IF(*variable < 0, STATUS_DATA, "%s: has no variable '%s'", path, name);
done:
    return status;
}

static enum status read_map(struct dataset *dataset, int variable, float **values)
{
    enum status status;
    const struct georeference *grid = dataset_variable(dataset, variable)->grid;
    struct window window = whole_map(grid);
    TRY(memory_allocate((size_t)(grid->rows * grid->cols), sizeof **values, values));
    TRY(dataset_read(dataset, variable, &window, *values));
done:
    return status;
}

/* ---- what a map says in words ------------------------------------------------------------- */

struct summary {
    double mean, least, greatest, share_above; /* area-weighted mean; share of cells above zero */
    int64_t count, missing;
};

static enum status sum_up(const struct georeference *grid, const float *values,
                          struct summary *summary)
{
    enum status status;
    double *areas = NULL, sum = 0, weight = 0, above = 0;
    *summary = (struct summary){.least = INFINITY, .greatest = -INFINITY};
    TRY(memory_allocate((size_t)grid->rows, sizeof *areas, &areas));
    TRY(georeference_row_areas(grid, 0, areas));
    for (int64_t i = 0; i < grid->rows * grid->cols; i++) {
        double value = (double)values[i], area = areas[i / grid->cols];
        if (isnan(value)) {
            summary->missing++;
            continue;
        }
        sum += area * value;
        weight += area;
        above += value > 0;
        summary->least = fmin(summary->least, value);
        summary->greatest = fmax(summary->greatest, value);
        summary->count++;
    }
    summary->mean = sum / weight;
    summary->share_above = above / (double)summary->count;
done:
    free(areas);
    return status;
}

static void tell(struct text *html, const struct dataset_variable *variable,
                 const struct summary *summary, enum chart_palette palette)
{
    bool has_units = strcmp(variable->units, "1") != 0;
    if (summary->count == 0) {
        html_paragraph(html, "%s: no cell has a value.", variable->name);
    } else if (palette == CHART_MASK) {
        html_paragraph(html, "%s: %.2f %% of the map's area (%lld cells have a value).",
                       variable->name, 100 * summary->mean, (long long)summary->count);
    } else {
        html_paragraph(
            html,
            "%s: mean over the area %.5g%s%s, least cell %.5g, greatest %.5g; %lld cells "
            "with a value, %lld without; %.1f %% of the cells above zero.",
            variable->name, summary->mean, has_units ? " " : "", has_units ? variable->units : "",
            summary->least, summary->greatest, (long long)summary->count,
            (long long)summary->missing, 100 * summary->share_above);
    }
}

/* Without any value the words before it say so, and the page has no picture. */
static enum status draw_map(struct section_work *work, const struct chart_map *map,
                            const struct summary *summary, const char *what)
{
    enum status status = STATUS_OK;
    struct figure *figure = NULL;
    char caption[2 * LABEL_BYTES], alternative[3 * LABEL_BYTES];
    if (summary->count == 0) {
        TRY(section_add_nothing(work, map->title));
        goto done;
    }
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_map(figure, map));
    snprintf(caption, sizeof caption, "Map: %s.%s%s", map->title,
             map->dots != NULL ? " Signs: above or below zero, with p below 0.05." : "",
             map->palette == CHART_MASK ? "" : " Colours end at the 2nd and 98th percentile.");
    snprintf(alternative, sizeof alternative,
             "Map, north up, of %s from %s: %s from %.4g to %.4g, mean %.4g", map->title, what,
             map->label, summary->least, summary->greatest, summary->mean);
    TRY(section_add_picture(work, figure, caption, alternative));
done:
    figure_destroy(&figure);
    return status;
}

/* ---- maps --------------------------------------------------------------------------------- */

static enum status read_dots(struct section_work *work, const char *path, int64_t cells,
                             unsigned char **dots)
{
    enum status status;
    struct dataset *dataset = NULL;
    float *p = NULL;
    int variable;
    TRY(open_variable(path, work->section->dots, &dataset, &variable));
    TRY(read_map(dataset, variable, &p));
    TRY(memory_allocate((size_t)cells, 1, dots));
    int64_t count = 0, tested = 0;
    for (int64_t i = 0; i < cells; i++) {
        (*dots)[i] = p[i] < 0.05F;
        count += (*dots)[i];
        tested += !isnan(p[i]);
    }
    html_paragraph(
        &work->html,
        "%lld of %lld tested cells have p below 0.05. Cells are tested one by one; about "
        "one in twenty would be below without any effect.",
        (long long)count, (long long)tested);
done:
    free(p);
    dataset_close(&dataset);
    return status;
}

enum status section_write_map(struct section_work *work)
{
    enum status status;
    struct dataset *dataset = NULL;
    float *values = NULL;
    unsigned char *dots = NULL;
    int number;
    char label[LABEL_BYTES];
    struct summary summary;
    const char *path = section_file_with(work->product, work->section->variable);
    TRY(open_variable(path, work->section->variable, &dataset, &number));
    const struct dataset_variable *variable = dataset_variable(dataset, number);
    TRY(read_map(dataset, number, &values));
    TRY(sum_up(variable->grid, values, &summary));
    tell(&work->html, variable, &summary, work->section->palette);
    if (work->section->dots != NULL) {
        TRY(read_dots(work, path, variable->grid->rows * variable->grid->cols, &dots));
    }
    label_of(variable, label);
    struct chart_map map = {.grid = variable->grid,
                            .values = values,
                            .palette = work->section->palette,
                            .title = title_of(variable),
                            .label = label,
                            .dots = dots,
                            .borders = work->view->borders};
    TRY(draw_map(work, &map, &summary, path_name(path)));
    TRY(section_write_tables(work));
done:
    free(values);
    free(dots);
    dataset_close(&dataset);
    return status;
}

/* ---- cubes -------------------------------------------------------------------------------- */

/* Means of a cube over time, and of its months over space: inside the radiation areas and outside. */
struct cube_means {
    const struct dataset_variable *variable;
    float *inside;  /* [rows, cols] above 0 inside the areas; NULL: not known */
    double *areas;  /* [rows] m2 of a cell */
    double *sum;    /* [rows, cols] */
    int64_t *count; /* [rows, cols] */
    float *mean;    /* [rows, cols] */
    int64_t months;
    int first_month;              /* year * 12 + month - 1 */
    double *month;                /* [months] decimal year */
    double *total[2], *weight[2]; /* [months] outside and inside */
};

static void means_clear(struct cube_means *means)
{
    free(means->inside);
    free(means->areas);
    free(means->sum);
    free(means->count);
    free(means->mean);
    free(means->month);
    for (int part = 0; part < 2; part++) {
        free(means->total[part]);
        free(means->weight[part]);
    }
}

static int month_of(const struct time_axis *time, int64_t step)
{
    struct calendar_date date = time_axis_date(time, step);
    return date.year * 12 + date.month - 1;
}

/* The mask of the first product of `grow` on the same grid. */
static enum status read_inside(const struct section_work *work, struct cube_means *means)
{
    enum status status = STATUS_OK;
    struct dataset *dataset = NULL;
    int variable;
    char why[256];
    for (int64_t i = 0; i < work->view->products->count && means->inside == NULL; i++) {
        const struct product *product = &work->view->products->item[i];
        const char *path =
            strcmp(product->command, "grow") == 0 ? section_file_with(product, "area") : NULL;
        if (path == NULL) {
            continue;
        }
        TRY(open_variable(path, "area", &dataset, &variable));
        if (georeference_is_equal(dataset_variable(dataset, variable)->grid, means->variable->grid,
                                  why, sizeof why)) {
            TRY(read_map(dataset, variable, &means->inside));
        }
        dataset_close(&dataset);
    }
done:
    dataset_close(&dataset);
    return status;
}

static enum status means_create(const struct section_work *work,
                                const struct dataset_variable *variable, struct cube_means *means)
{
    enum status status;
    size_t cells = (size_t)(variable->grid->rows * variable->grid->cols);
    *means = (struct cube_means){.variable = variable, .first_month = month_of(variable->time, 0)};
    means->months = month_of(variable->time, variable->time->steps - 1) - means->first_month + 1;
    TRY(memory_allocate((size_t)variable->grid->rows, sizeof *means->areas, &means->areas));
    TRY(georeference_row_areas(variable->grid, 0, means->areas));
    TRY(memory_allocate(cells, sizeof *means->sum, &means->sum));
    TRY(memory_allocate(cells, sizeof *means->count, &means->count));
    TRY(memory_allocate(cells, sizeof *means->mean, &means->mean));
    TRY(memory_allocate((size_t)means->months, sizeof *means->month, &means->month));
    for (int part = 0; part < 2; part++) {
        size_t months = (size_t)means->months;
        TRY(memory_allocate(months, sizeof *means->total[part], &means->total[part]));
        TRY(memory_allocate(months, sizeof *means->weight[part], &means->weight[part]));
    }
    TRY(read_inside(work, means));
done:
    return status;
}

static int part_of(const struct cube_means *means, int64_t cell)
{
    return means->inside != NULL && means->inside[cell] > 0;
}

static void means_add(struct cube_means *means, int64_t step, const float *map)
{
    const struct georeference *grid = means->variable->grid;
    int64_t month = month_of(means->variable->time, step) - means->first_month;
    for (int64_t i = 0; i < grid->rows * grid->cols; i++) {
        if (!isnan(map[i])) {
            int part = part_of(means, i);
            double area = means->areas[i / grid->cols];
            means->sum[i] += (double)map[i];
            means->count[i]++;
            means->total[part][month] += area * (double)map[i];
            means->weight[part][month] += area;
        }
    }
}

static void means_finish(struct cube_means *means)
{
    const struct georeference *grid = means->variable->grid;
    for (int64_t i = 0; i < grid->rows * grid->cols; i++) {
        means->mean[i] =
            means->count[i] > 0 ? (float)(means->sum[i] / (double)means->count[i]) : NAN;
    }
    for (int64_t month = 0; month < means->months; month++) {
        means->month[month] = ((double)means->first_month + (double)month + 0.5) / 12;
        for (int part = 0; part < 2; part++) {
            means->total[part][month] /= means->weight[part][month]; /* NaN: nothing there */
        }
    }
}

/* In step order, in slabs that an eighth of the memory holds: the sums do not depend on the slabs. */
static enum status read_cube(const struct section_work *work, struct dataset *dataset, int variable,
                             struct cube_means *means)
{
    enum status status;
    float *slab = NULL;
    const struct georeference *grid = means->variable->grid;
    int64_t cells = grid->rows * grid->cols;
    int64_t most = work->view->job->memory_bytes / 8 / (cells * (int64_t)sizeof *slab);
    int64_t steps = means->variable->time->steps;
    most = most < 1 ? 1 : most > steps ? steps : most;
    TRY(memory_allocate((size_t)(most * cells), sizeof *slab, &slab));
    struct window window = whole_map(grid);
    for (window.time = 0; window.time < steps; window.time += window.steps) {
        window.steps = steps - window.time < most ? steps - window.time : most;
        TRY(dataset_read(dataset, variable, &window, slab));
        for (int64_t step = 0; step < window.steps; step++) {
            means_add(means, window.time + step, slab + step * cells);
        }
    }
    means_finish(means);
done:
    free(slab);
    return status;
}

/* ---- the distribution of cell means ------------------------------------------------------- */

enum {
    BINS = 30,
    STAIRS = 2 * BINS + 2 /* vertices: down to zero at both ends */
};

/* Share of the cells of a part in each bin between the least and the greatest mean, as stairs. */
struct distribution {
    double low, high;
    double x[2][STAIRS], y[2][STAIRS]; /* outside and inside the areas */
    int64_t cells[2];
};

static void distribution_of(const struct cube_means *means, const struct summary *summary,
                            struct distribution *distribution)
{
    double count[2][BINS] = {{0}};
    int64_t cells = means->variable->grid->rows * means->variable->grid->cols;
    double low = summary->least, high = summary->greatest;
    high = high > low ? high : low + 1;
    *distribution = (struct distribution){.low = low, .high = high};
    for (int64_t i = 0; i < cells; i++) {
        if (!isnan(means->mean[i])) {
            int bin = (int)(BINS * ((double)means->mean[i] - low) / (high - low));
            count[part_of(means, i)][bin < BINS ? bin : BINS - 1]++;
            distribution->cells[part_of(means, i)]++;
        }
    }
    for (int part = 0; part < 2; part++) {
        for (int vertex = 0; vertex < STAIRS; vertex++) {
            int bin = (vertex - 1) / 2;
            bool is_end = vertex == 0 || vertex == STAIRS - 1;
            distribution->x[part][vertex] = low + (high - low) * (vertex / 2) / BINS;
            distribution->y[part][vertex] =
                is_end ? 0 : 100 * count[part][bin] / (double)distribution->cells[part];
        }
    }
}

static bool has_any(const double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            return true;
        }
    }
    return false;
}

static const char *const part_names[2] = {"outside the radiation areas", "inside"};

static enum status draw_cells(struct section_work *work, const struct cube_means *means)
{
    enum status status;
    struct figure *figure = NULL;
    struct summary summary;
    struct distribution distribution;
    char label[LABEL_BYTES], title[TITLE_BYTES], alternative[2 * TITLE_BYTES];
    TRY(sum_up(means->variable->grid, means->mean, &summary));
    snprintf(title, sizeof title, "Distribution of the cell means of %s", means->variable->name);
    if (summary.count == 0) {
        TRY(section_add_nothing(work, title));
        goto done;
    }
    distribution_of(means, &summary, &distribution);
    label_of(means->variable, label);
    struct chart_series series = {
        .title = title, .x_label = label, .y_label = "share of the cells (%)"};
    for (int part = 0; part < 2; part++) {
        if (distribution.cells[part] > 0) {
            series.lines[series.line_count++] =
                (struct chart_line){.name = means->inside == NULL ? "all cells" : part_names[part],
                                    .x = distribution.x[part],
                                    .y = distribution.y[part],
                                    .count = STAIRS};
        }
    }
    snprintf(alternative, sizeof alternative, "Stairs: %s, from %.4g to %.4g in %d bins", title,
             distribution.low, distribution.high, BINS);
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_series(figure, &series));
    TRY(section_add_picture(work, figure, title, alternative));
done:
    figure_destroy(&figure);
    return status;
}

static enum status draw_months(struct section_work *work, const struct cube_means *means)
{
    enum status status;
    struct figure *figure = NULL;
    char label[LABEL_BYTES], title[TITLE_BYTES], alternative[2 * TITLE_BYTES];
    label_of(means->variable, label);
    snprintf(title, sizeof title, "Monthly means of %s", means->variable->name);
    struct chart_series series = {
        .title = title, .x_label = "year", .y_label = label, .has_marks = means->months < 25};
    for (int part = 0; part < 2; part++) {
        if (has_any(means->total[part], means->months)) {
            series.lines[series.line_count++] =
                (struct chart_line){.name = means->inside == NULL ? "all cells" : part_names[part],
                                    .x = means->month,
                                    .y = means->total[part],
                                    .count = means->months};
        }
    }
    snprintf(alternative, sizeof alternative, "Line chart of %s over %lld months", title,
             (long long)means->months);
    TRY(figure_begin(work->view->folder, &figure));
    TRY(chart_series(figure, &series));
    TRY(section_add_picture(work, figure, title, alternative));
done:
    figure_destroy(&figure);
    return status;
}

static enum status draw_mean(struct section_work *work, const struct cube_means *means,
                             const char *path)
{
    enum status status;
    char label[LABEL_BYTES], title[TITLE_BYTES];
    struct summary summary;
    TRY(sum_up(means->variable->grid, means->mean, &summary));
    html_paragraph(&work->html, "Mean over %lld steps of %s.",
                   (long long)means->variable->time->steps, path_name(path));
    tell(&work->html, means->variable, &summary, CHART_SEQUENTIAL);
    label_of(means->variable, label);
    snprintf(title, sizeof title, "Mean over time: %.150s", title_of(means->variable));
    struct chart_map map = {.grid = means->variable->grid,
                            .values = means->mean,
                            .palette = CHART_SEQUENTIAL,
                            .title = title,
                            .label = label,
                            .borders = work->view->borders};
    TRY(draw_map(work, &map, &summary, path_name(path)));
done:
    return status;
}

enum status section_write_cube(struct section_work *work)
{
    enum status status;
    struct dataset *dataset = NULL;
    struct cube_means means = {0};
    int number;
    const char *path = section_file_with(work->product, work->section->variable);
    TRY(open_variable(path, work->section->variable, &dataset, &number));
    const struct dataset_variable *variable = dataset_variable(dataset, number);
    FAIL_IF(variable->time == NULL, STATUS_DATA, "%s: '%s' has no time steps", path,
            variable->name);
    TRY(means_create(work, variable, &means));
    TRY(read_cube(work, dataset, number, &means));
    TRY(draw_mean(work, &means, path));
    TRY(draw_cells(work, &means));
    TRY(draw_months(work, &means));
    TRY(section_write_tables(work));
done:
    means_clear(&means);
    dataset_close(&dataset);
    return status;
}
