/* airshed -- GPL-3.0-or-later. What the network of background sees and learns from (P2.42). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "base/memory.h"
#include "base/random.h"

enum {
    STAMPS_MOST = 16,
    DRAW_STEP = 0,
    DRAW_ROW = 1,
    DRAW_COL = 2,
    DRAW_TURN = 3,
    DRAW_STAMPS = 8
};

/* Share of a patch's background that is blanked in training, where the shapes allow. */
static const double COVER = 0.15;

/* ---- frames ------------------------------------------------------------------------------- */

/* The cell of the window that an element of the turned frame shows. */
static void unturn(const struct frame_view *view, int64_t *row, int64_t *col)
{
    int64_t r = *row, c = *col;
    if ((view->turn & 4) != 0) {
        r = *col;
        c = *row;
    }
    *row = (view->turn & 1) != 0 ? view->rows - 1 - r : r;
    *col = (view->turn & 2) != 0 ? view->cols - 1 - c : c;
}

static double season_of(const struct painter *painter, int64_t step)
{
    const double days = 365.2425, turn = 6.283185307179586;
    return turn * input_time(painter->input)->value[step] / days;
}

static float feature_at(const struct painter *painter, int feature, int64_t cell, float value,
                        float guess, const float season[2])
{
    if (feature == 0) {
        return isnan(value) ? 0 : value;
    }
    if (feature == 1) {
        return isnan(value) ? 0 : 1;
    }
    if (feature == painter->guess) {
        return !isnan(value) ? value : isnan(guess) ? 0 : guess;
    }
    return painter->map[feature] != NULL ? painter->map[feature][cell]
                                         : season[strcmp(painter->features[feature], "cos") == 0];
}

static int64_t place_of(const struct frame_view *view, int64_t row, int64_t col)
{
    return (view->row + row - view->value_row) * view->value_cols + view->col + col -
           view->value_col;
}

static float scaled(const struct painter *painter, const struct frame_view *view, float value)
{
    return (float)(((double)value - painter->mean[view->step]) / painter->scale);
}

/* Scaled value of a cell of the window; NaN where it is not known. */
static float known_value(const struct painter *painter, const struct frame_view *view, int64_t row,
                         int64_t col)
{
    int64_t grid_row = view->row + row, grid_col = view->col + col;
    int64_t cell = grid_row * painter->region->grid->cols + grid_col;
    bool is_blank = view->blank != NULL && view->blank[row * view->cols + col] != 0;
    if (is_blank || view->is_known[cell] == 0) {
        return NAN;
    }
    return scaled(painter, view, view->values[place_of(view, row, col)]);
}

void painter_frame(const struct painter *painter, const struct frame_view *view, float *frame)
{
    const struct georeference *grid = painter->region->grid;
    double season = season_of(painter, view->step);
    const float waves[2] = {(float)sin(season), (float)cos(season)};
    int64_t cells = view->rows * view->cols;
    int features = painter->settings.inputs;
    for (int64_t i = 0; i < cells; i++) {
        int64_t row = i / view->cols, col = i % view->cols;
        unturn(view, &row, &col);
        int64_t grid_row = view->row + row, grid_col = view->col + col;
        bool is_inside = grid_row >= 0 && grid_row < grid->rows && grid_col >= 0 &&
                         grid_col < grid->cols;
        float value = is_inside ? known_value(painter, view, row, col) : NAN;
        float guess = is_inside && view->guess != NULL
                          ? scaled(painter, view, view->guess[place_of(view, row, col)])
                          : NAN;
        for (int feature = 0; feature < features; feature++) {
            frame[feature * cells + i] =
                is_inside ? feature_at(painter, feature, grid_row * grid->cols + grid_col, value,
                                       guess, waves)
                          : 0;
        }
    }
}

/* ---- patches ------------------------------------------------------------------------------ */

/* A patch of the grid and a step, the last of its sequence. */
struct patch {
    int64_t row, col, rows, cols; /* within the grid */
    int64_t step, first;          /* first step that is read */
    int64_t turn;
};

static enum status patch_read(struct painter *painter, struct patch *patch, int64_t row, int64_t col)
{
    const struct georeference *grid = painter->region->grid;
    patch->row = row;
    patch->col = col;
    patch->rows = grid->rows - row < painter->patch_rows ? grid->rows - row : painter->patch_rows;
    patch->cols = grid->cols - col < painter->patch_cols ? grid->cols - col : painter->patch_cols;
    int64_t lead = painter_lead(painter);
    patch->first = patch->step > lead ? patch->step - lead : 0;
    struct window window = {.time = patch->first,
                            .steps = patch->step - patch->first + 1,
                            .row = row,
                            .rows = patch->rows,
                            .col = col,
                            .cols = patch->cols};
    return input_read(painter->input, &window, painter->window);
}

static struct frame_view view_of(const struct painter *painter, const struct patch *patch,
                                 int64_t step)
{
    return (struct frame_view){.row = patch->row,
                               .col = patch->col,
                               .rows = painter->patch_rows,
                               .cols = painter->patch_cols,
                               .turn = patch->turn,
                               .values = painter->window +
                                         (step - patch->first) * patch->rows * patch->cols,
                               .guess = painter->guess < 0 ? NULL
                                                           : painter->guess_window +
                                                                 (step - patch->first) *
                                                                     patch->rows * patch->cols,
                               .value_row = patch->row,
                               .value_col = patch->col,
                               .value_cols = patch->cols,
                               .is_known = painter_known(painter, step),
                               .blank = painter->blank,
                               .step = step};
}

static void fill_frames(struct painter *painter, const struct patch *patch)
{
    int64_t frame = painter->settings.inputs * painter->patch_rows * painter->patch_cols;
    for (int64_t i = 0; i < painter->settings.sequence; i++) {
        int64_t step = patch->step - painter_lead(painter) + i;
        struct frame_view view = view_of(painter, patch, step > 0 ? step : 0);
        painter_frame(painter, &view, painter->frames + i * frame);
    }
}

/* Targets are the last step's values where @p is_target(step, cell, place in the patch) holds. */
static void fill_targets(struct painter *painter, const struct patch *patch,
                         bool (*is_target)(const struct painter *painter, int64_t step,
                                           int64_t cell, int64_t place),
                         struct network_sample *sample)
{
    const struct georeference *grid = painter->region->grid;
    struct frame_view view = view_of(painter, patch, patch->step);
    for (int64_t i = 0; i < view.rows * view.cols; i++) {
        int64_t row = i / view.cols, col = i % view.cols;
        unturn(&view, &row, &col);
        bool is_inside = row < patch->rows && col < patch->cols;
        int64_t cell = (patch->row + row) * grid->cols + patch->col + col;
        float value = is_inside ? view.values[row * view.value_cols + col] : NAN;
        bool counts = !isnan(value) && is_target(painter, patch->step, cell, row * view.cols + col);
        float guess = counts && view.guess != NULL ? view.guess[row * view.value_cols + col] : NAN;
        double origin = isnan(guess) ? painter->mean[patch->step] : (double)guess;
        painter->weight[i] = counts;
        painter->target[i] = counts ? (float)(((double)value - origin) / painter->scale) : 0;
    }
    *sample = (struct network_sample){view.rows, view.cols, painter->frames, painter->target,
                                      painter->weight};
}

/* ---- first guess -------------------------------------------------------------------------- */

/* True where a cell is known at every step of the patch, whose sequence may pass from one mask to
 * another: a cell is then guessed for all its steps. */
static bool is_known_throughout(const struct painter *painter, const struct patch *patch,
                                int64_t cell)
{
    const struct region *region = painter->region;
    bool is_known = true;
    for (int64_t mask = region->mask_of[patch->first]; mask <= region->mask_of[patch->step]; mask++) {
        is_known = is_known && painter->is_known[mask * region->cells + cell] != 0;
    }
    return is_known;
}

/* Cells of the patch that are known, their places, and those that are to be guessed. */
static struct infill_request patch_request(struct painter *painter, const struct patch *patch)
{
    const struct region *region = painter->region;
    struct infill_request request =
        region_request(region, painter->job->options, INFILL_KRIGING, 0, true);
    request.cells = patch->rows * patch->cols;
    request.targets = 0;
    for (int64_t i = 0; i < request.cells; i++) {
        int64_t row = i / patch->cols, col = i % patch->cols;
        int64_t cell = (patch->row + row) * region->grid->cols + patch->col + col;
        painter->patch_known[i] = is_known_throughout(painter, patch, cell) &&
                                  painter->blank[row * painter->patch_cols + col] == 0;
        painter->patch_place[i] = region->place[cell];
        if (region->has_value[cell] != 0 && painter->patch_known[i] == 0) {
            painter->patch_target[request.targets++] = i;
        }
    }
    request.place = painter->patch_place;
    request.may_be_known = painter->patch_known;
    request.target = painter->patch_target;
    return request;
}

/* Krigs the hidden cells of all steps that were read. */
static enum status guess_patch(struct painter *painter, const struct patch *patch)
{
    enum status status = STATUS_OK;
    struct infill *infill = NULL;
    double *guessed = NULL;
    if (painter->guess < 0) {
        goto done;
    }
    struct infill_request request = patch_request(painter, patch);
    TRY(infill_create(&request, &infill));
    TRY(memory_allocate((size_t)request.targets, sizeof *guessed, &guessed));
    for (int64_t step = 0; step <= patch->step - patch->first; step++) {
        float *map = painter->guess_window + step * request.cells;
        for (int64_t i = 0; i < request.cells; i++) {
            map[i] = NAN;
        }
        TRY(infill_predict(infill, painter->window + step * request.cells, guessed));
        for (int64_t i = 0; i < request.targets; i++) {
            map[request.target[i]] = (float)guessed[i];
        }
    }
done:
    infill_destroy(&infill);
    free(guessed);
    return status;
}

/* ---- training ----------------------------------------------------------------------------- */

static bool is_blanked(const struct painter *painter, int64_t step, int64_t cell, int64_t place)
{
    return painter->blank[place] != 0 && painter_known(painter, step)[cell] != 0 &&
           painter->region->holdout->part[cell] == HOLDOUT_TRAINING;
}

static double covered(const struct painter *painter, const struct patch *patch)
{
    int64_t blanked = 0, all = 0;
    for (int64_t row = 0; row < patch->rows; row++) {
        for (int64_t col = 0; col < patch->cols; col++) {
            int64_t cell = (patch->row + row) * painter->region->grid->cols + patch->col + col;
            bool is_known = painter_known(painter, patch->step)[cell] != 0;
            all += is_known;
            blanked += is_known && painter->blank[row * painter->patch_cols + col] != 0;
        }
    }
    return all > 0 ? (double)blanked / (double)all : 1;
}

static void blank_patch(struct painter *painter, const struct patch *patch, struct random_key key,
                        uint64_t number)
{
    const int64_t box[4] = {0, 0, patch->rows, patch->cols};
    memset(painter->blank, 0, (size_t)(painter->patch_rows * painter->patch_cols));
    for (int stamp = 0; stamp < STAMPS_MOST && covered(painter, patch) < COVER; stamp++) {
        shapes_stamp(painter->region->shapes, key, number,
                     (uint64_t)(DRAW_STAMPS + SHAPES_STAMP_DRAWS * stamp), box,
                     painter->patch_cols, painter->blank);
    }
}

static int64_t draw_start(struct random_key key, uint64_t number, uint64_t draw, int64_t cells,
                          int64_t patch)
{
    return cells > patch ? (int64_t)random_below(key, number, draw, (uint64_t)(cells - patch + 1))
                         : 0;
}

enum status painter_sample(void *context, int64_t number, struct network_sample *sample)
{
    enum status status;
    struct painter *painter = context;
    const struct georeference *grid = painter->region->grid;
    struct random_key key = {painter->job->seed, random_stream("background.patch")};
    uint64_t item = (uint64_t)number;
    bool is_square = painter->patch_rows == painter->patch_cols;
    struct patch patch = {
        .step = (int64_t)random_below(key, item, DRAW_STEP, (uint64_t)painter->steps),
        .turn = (int64_t)random_below(key, item, DRAW_TURN, 8) & (is_square ? 7 : 3)};
    TRY(patch_read(painter, &patch,
                   draw_start(key, item, DRAW_ROW, grid->rows, painter->patch_rows),
                   draw_start(key, item, DRAW_COL, grid->cols, painter->patch_cols)));
    blank_patch(painter, &patch, key, item);
    TRY(guess_patch(painter, &patch));
    fill_frames(painter, &patch);
    fill_targets(painter, &patch, is_blanked, sample);
done:
    return status;
}

/* ---- validation --------------------------------------------------------------------------- */

static bool is_validation(const struct painter *painter, int64_t step, int64_t cell, int64_t place)
{
    const struct holdout *holdout = painter->region->holdout;
    int32_t area = holdout->area[cell];
    (void)step;
    (void)place;
    return area > 0 && holdout->area_part[area - 1] == HOLDOUT_VALIDATION;
}

/* Start of a patch around @p middle, within the grid. */
static int64_t start_around(int64_t middle, int64_t cells, int64_t patch)
{
    int64_t start = middle - patch / 2;
    start = start + patch > cells ? cells - patch : start;
    return start > 0 ? start : 0;
}

enum status painter_validation(void *context, int64_t number, struct network_sample *sample)
{
    enum status status;
    struct painter *painter = context;
    const struct georeference *grid = painter->region->grid;
    struct random_key key = {painter->job->seed, random_stream("background.validation")};
    int64_t area = number % painter->validation_areas;
    struct patch patch = {
        .step = (int64_t)random_below(key, (uint64_t)number, DRAW_STEP, (uint64_t)painter->steps)};
    memset(painter->blank, 0, (size_t)(painter->patch_rows * painter->patch_cols));
    TRY(patch_read(painter, &patch,
                   start_around(painter->validation_row[area], grid->rows, painter->patch_rows),
                   start_around(painter->validation_col[area], grid->cols, painter->patch_cols)));
    TRY(guess_patch(painter, &patch));
    fill_frames(painter, &patch);
    fill_targets(painter, &patch, is_validation, sample);
done:
    return status;
}

/* Middles of the validation areas: means of their cells. */
static enum status find_validation(struct painter *painter)
{
    enum status status;
    const struct holdout *holdout = painter->region->holdout;
    int64_t *row = NULL, *col = NULL, cols = painter->region->grid->cols;
    TRY(memory_allocate((size_t)holdout->areas, sizeof *row, &row));
    TRY(memory_allocate((size_t)holdout->areas, sizeof *col, &col));
    for (int64_t cell = 0; cell < painter->region->cells; cell++) {
        if (holdout->area[cell] > 0) {
            row[holdout->area[cell] - 1] += cell / cols;
            col[holdout->area[cell] - 1] += cell % cols;
        }
    }
    for (int64_t area = 0; area < holdout->areas; area++) {
        if (holdout->area_part[area] == HOLDOUT_VALIDATION) {
            row[painter->validation_areas] = row[area] / holdout->area_cells[area];
            col[painter->validation_areas++] = col[area] / holdout->area_cells[area];
        }
    }
    painter->validation_row = row;
    painter->validation_col = col;
    row = col = NULL;
done:
    free(row);
    free(col);
    return status;
}

enum status painter_create_samples(struct painter *painter)
{
    enum status status;
    size_t cells = (size_t)(painter->patch_rows * painter->patch_cols);
    size_t sequence = (size_t)painter->settings.sequence;
    TRY(memory_allocate(cells * sequence, sizeof(float), &painter->window));
    TRY(memory_allocate(cells * sequence * (size_t)painter->settings.inputs, sizeof(float),
                        &painter->frames));
    TRY(memory_allocate(cells, sizeof(float), &painter->target));
    TRY(memory_allocate(cells, sizeof(float), &painter->weight));
    TRY(memory_allocate(cells, 1, &painter->blank));
    TRY(memory_allocate(cells * sequence, sizeof(float), &painter->guess_window));
    TRY(memory_allocate(cells, 1, &painter->patch_known));
    TRY(memory_allocate(cells, sizeof *painter->patch_place, &painter->patch_place));
    TRY(memory_allocate(cells, sizeof *painter->patch_target, &painter->patch_target));
    TRY(find_validation(painter));
done:
    return status;
}
