/* airshed -- GPL-3.0-or-later. Parts of the command prepare (P2.02-P2.09). */
#ifndef AIRSHED_COMMANDS_PREPARE_PREPARE_H
#define AIRSHED_COMMANDS_PREPARE_PREPARE_H

#include "base/status.h"
#include "base/units.h"
#include "flow/input.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "grid/georeference.h"
#include "grid/time_axis.h"
#include "kernels/humidity.h"
#include "kernels/kriging.h"
#include "kernels/quantile.h"
#include "kernels/resample.h"

/* ---- the reference grid (prepare_target.c) ------------------------------------------------- */

/** The cells to fill. */
struct target {
    struct georeference *grid;
    unsigned char *inside;               /**< [rows, cols] 1 inside --clip; NULL: everywhere */
    struct position *place;              /**< [rows, cols], centres on the ellipsoid */
    char *grid_identity, *clip_identity; /**< of the files; NULL: none */
};

/** Makes the grid that --grid, or --cell with --bbox, ask for; *@p grid is NULL where the options
 *  leave it to the input. --bbox cuts the grid of --grid. Local. */
enum status target_grid(const struct job *job, struct target *target);

/** Completes a target whose grid is there: --clip and places. Local. */
enum status target_complete(const struct job *job, struct target *target);
enum status target_attach(const struct target *target, struct stage *stage);
void target_clear(struct target *target);

/* ---- rasters (prepare_fields.c) ------------------------------------------------------------ */

/** Raster inputs as values on the reference grid: resampled, converted, humidity made. */
struct fields {
    struct input *input, *dew_point; /**< dew_point NULL: none */
    struct resample_plan *plan, *dew_plan;
    struct units_converter *converter; /**< NULL: the input converts */
    struct magnus magnus;
    double least; /**< share of a cell's weight that must be valid */
    bool zeros_are_missing; /**< those of the input, not of the dew point */
    const struct target *target;
    int64_t piece_values; /**< room of source */
    float *source, *rows, *dew_rows;
};

/** Opens the inputs and, where the options name no grid, sets the target's from the input; @p
 * by_rows as in input_request. Collective. */
enum status fields_open(const struct job *job, bool by_rows, struct target *target,
                        struct fields *fields);

/** Plans resampling; the target is complete. Local. */
enum status fields_plan(const struct job *job, struct fields *fields);

/** Memory of plans and buffers. */
int64_t fields_bytes(const struct job *job, const struct fields *fields);
enum status fields_create_buffers(struct fields *fields);

/** Reads @p window of the target into @p values [steps, rows, cols]. Local. */
enum status fields_read(struct fields *fields, struct flow_item *item, const struct window *window,
                        float *values);
void fields_close(struct fields *fields, bool is_finished);

/** Do zeros of the input stand for gaps? */
bool prepare_drops_zeros(const struct options *options);

/* ---- station tables (prepare_stations.c) --------------------------------------------------- */

/** Series of sites, on an even time axis, cleaned. */
struct sites {
    int64_t count;
    char **name; /**< [count] */
    double *lon, *lat;
    struct position *place; /**< [count] */
    int64_t *cell;          /**< [count], of the target; -1 outside */
    struct time_axis *time;
    double *value; /**< [steps, count] */
    int64_t valid, outliers;
    char *identity, *coordinates_identity;
};

/** Reads the table; local. */
enum status sites_read(const struct job *job, struct sites *sites);

/** Finds the cells that hold the sites. */
enum status sites_locate(struct sites *sites, const struct target *target);

/** Takes outliers out of each series and counts them (P2.08). */
enum status sites_clean(struct sites *sites, const struct outlier_rule *rule);
enum status sites_attach(const struct sites *sites, struct stage *stage);
void sites_clear(struct sites *sites);

/* ---- interpolation (prepare_interpolate.c) ------------------------------------------------- */

enum fill_method {
    FILL_KRIGING,
    FILL_INVERSE_DISTANCE,
    FILL_NONE
};

/** How gaps are filled. A plain value. */
struct interpolation {
    enum fill_method method;
    enum variogram_shape shape; /**< VARIOGRAM_SHAPES: the best of them */
    double smoothness, power, cutoff_m;
    int lags;
    int64_t neighbours, per_octant, fewest;
    int64_t observations; /**< a day with fewer uses the pooled variogram */
    int64_t sample;       /**< most cells of a map in its variogram */
    double low, high;     /**< bounds of filled values; NaN: none */
    uint32_t seed;
};

void interpolation_init(const struct job *job, struct interpolation *how);

/** gstat's cutoff for sites in a box: a third of its diagonal; where fewer than 30 of @p count
 *  sites' pairs are that close, half of it, or all. @p place NULL: a third. */
double interpolation_cutoff(const double bbox[4], int64_t count, const struct position *place);

/** The variogram of one day. */
struct day_pairs {
    int64_t count;    /**< observations */
    double deviation; /**< their standard deviation; NaN for fewer than two */
    struct variogram_pairs pairs;
};

/** Sums of @p values [count] at @p place [count]. @p item keys the sample. */
enum status day_pairs_make(const struct interpolation *how, uint64_t item, int64_t count,
                           const struct position *place, const double *values,
                           struct day_pairs *day);

/** A model for each of @p steps days. */
struct day_models {
    int64_t steps;
    struct variogram_model *model; /**< [steps] */
    struct variogram_fit pooled;   /**< of values divided by their day's deviation */
    int64_t own, shared;           /**< days with a fit of their own, and with the pooled one */
};

/** Fits all days, in their order: the same bits on every rank.
 *
 *  A day with enough observations has its own fit. Others take the climatological variogram
 *  (Bastin et al. 1984): pairs of values divided by their day's standard deviation, pooled over all
 *  days, fitted once and scaled by the variance of the day.
 */
enum status day_models_fit(const struct interpolation *how, int64_t steps,
                           const struct day_pairs *days, struct day_models *models);
void day_models_clear(struct day_models *models);

/** Fills one map. */
struct map_fill {
    const struct interpolation *how;
    const struct variogram_model *model; /**< NULL unless kriging */
    int64_t sites;
    const struct position *place; /**< [sites] */
    const double *value;          /**< [sites], NaN where missing */
    const struct target *target;
};

/** Predicts every cell of @p map [rows, cols] that is NaN and inside the clip, and sets the
 *  rest of @p flag and @p variance (NULL allowed). Flags that are not REASON_OK on entry stay where
 *  the cell gets a value. Cells outside the clip become NaN. */
enum status map_fill_gaps(const struct map_fill *fill, float *map, float *variance, int8_t *flag);

/** Prediction of each site from all others, [sites], and its variance; NaN where there is none. */
enum status map_leave_one_out(const struct map_fill *fill, double *prediction, double *variance);

/* ---- passes over scratch (prepare_passes.c) ------------------------------------------------ */

/** A cube of cleaned values, and the variograms of its days. */
struct passes {
    char *values_path;     /**< scratch cube; NULL: none was needed */
    char *variograms_path; /**< scratch table; NULL: none was needed */
    struct dataset *values;
    int value_variable, flag_variable, count_variable, valid_variable;
};

/** Takes outliers out along each cell's series, into scratch. Collective. */
enum status passes_clean(const struct job *job, struct fields *fields,
                         const struct outlier_rule *rule, struct passes *passes);

/** Sums the variograms of all maps, into scratch, and fits them. Collective. */
enum status passes_variograms(const struct job *job, struct fields *fields, struct passes *passes,
                              const struct interpolation *how, struct day_models *models);

/** Reads values and flags of @p window: from scratch, or else from the inputs. */
enum status passes_read(struct passes *passes, struct fields *fields, struct flow_item *item,
                        const struct window *window, float *values, int8_t *flags);

/** Outliers of each cell, [rows, cols], their sum and that of the values before. Only after
 *  passes_clean(), not in a dry run. */
enum status passes_outliers(struct passes *passes, const struct target *target, int32_t *count,
                            int64_t *outliers, int64_t *valid);
void passes_close(const struct job *job, struct passes *passes, bool is_finished);

/* ---- the whole (prepare.c), its result (prepare_output.c), its scores (prepare_scores.c) ------- */

enum {
    PREPARE_NAME_BYTES = 128,
    PREPARE_VARIABLES_MOST = 4,
    PREPARE_ATTRIBUTES = 3
};

/** Places of the result's variables; -1: not there. */
struct places {
    int value, variance, flag, outliers, count;
};

/** The command at work. */
struct prepare {
    const struct job *job;
    bool is_table;
    struct target target;
    struct fields fields;
    struct sites sites;
    struct passes passes;
    struct interpolation how;
    struct day_models models;
    struct outlier_rule rule;
    bool has_rule;
    float *values, *variance; /**< [steps, rows, cols] of the slab */
    int8_t *flags;
    double *map; /**< [rows, cols], observations of a map of the input */
    int32_t *outliers;
    double *scores; /**< [2, steps, sites]: prediction and variance without the site */
    char *scores_json;
    char name[PREPARE_NAME_BYTES], variance_name[PREPARE_NAME_BYTES + 16],
        flag_name[PREPARE_NAME_BYTES + 16];
    char outliers_name[PREPARE_NAME_BYTES + 16], ancillary[3 * PREPARE_NAME_BYTES + 64];
    char variance_units[PREPARE_NAME_BYTES], comment[1024], utc_offset[32];
    struct places at;
    struct cube_variable variables[PREPARE_VARIABLES_MOST];
    struct cube_attribute attributes[PREPARE_ATTRIBUTES];
    struct cube_spec spec;
};

/** Chooses the names of the variables. */
enum status prepare_name(struct prepare *prepare);

/** Describes the variables; again after has_rule has changed. */
void prepare_describe(struct prepare *prepare);

/** Describes the cube, with what the variograms turned out to be. */
void prepare_describe_cube(struct prepare *prepare);
const struct time_axis *prepare_time(const struct prepare *prepare);

/** Writes --scores from the records of @p stage. One rank. */
enum status scores_write(const struct prepare *prepare, const struct stage *stage);

#endif
