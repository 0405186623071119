/* airshed -- GPL-3.0-or-later. What the parts of background share. */
#ifndef AIRSHED_COMMANDS_BACKGROUND_BACKGROUND_H
#define AIRSHED_COMMANDS_BACKGROUND_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "flow/input.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "learn/holdout.h"
#include "learn/infill.h"
#include "learn/metrics.h"
#include "learn/network.h"
#include "learn/shapes.h"

/** Methods by their place in tables: those of learn/infill.h, then the network. */
enum { METHOD_NETWORK = INFILL_METHODS, METHODS };

/** Name of a method on the command line and in tables. */
const char *method_name(int method);

/** Method of such a name, which must be one. */
int method_find(const char *name);

/** Opens the option --area. Collective. */
enum status background_open_area(const struct job *job, struct input **area);

/* ---- the region (background_region.c) ------------------------------------------------------ */

/** What a cell is, in the order of the flag meanings of `role`. */
enum role { ROLE_OUTSIDE, ROLE_BACKGROUND, ROLE_RADIATION, ROLE_TEST, ROLE_VALIDATION };

/** The areas as they are for some of the steps: all of them, or those of a year (P2.12). */
struct mask {
    uint8_t *is_radiation;  /* [cells], with values */
    uint8_t *is_background; /* [cells], with values, outside the areas */
    uint8_t *is_context;    /* background without the test areas: known while these are scored */
    int64_t targets;
    int64_t *target; /* cells of the areas */
};

/** Masks, places, held-out areas and variograms: what is read before the work starts. */
struct region {
    const struct georeference *grid;
    int64_t cells;
    int64_t masks;
    struct mask *mask;   /* [masks] */
    int64_t *mask_of;    /* [steps], ascending: one mask after the other */
    int64_t *map_of;     /* [masks], map of the area file */
    uint8_t *has_value;  /* in some of the maps that were sampled */
    uint8_t *is_always;  /* background of every mask: areas are held out there */
    uint8_t *is_test;    /* cells of the test areas */
    struct position *place;
    struct shapes *shapes; /* of the areas of all masks together */
    struct holdout *holdout;
    int64_t targets, held; /* most cells to predict of a mask; cells of the test areas */
    int64_t *held_cell;
    int covariates;
    double *covariate[5]; /* [cells], of the linear model */
    struct variogram_fit fit, context_fit; /* of all background, and of the context */
};

/** Reads the area and some maps of @p input, the same on every rank. An area with several steps gives
 *  each step of @p input the map whose time holds it.
 *  @return STATUS_DATA where grids differ, a step has no map, or there is nothing to predict or to
 *          learn from */
enum status region_create(const struct job *job, struct input *input, struct input *area,
                          struct region *region);
void region_clear(struct region *region);

/** Bytes of a region of @p cells and @p masks. */
int64_t region_bytes(int64_t cells, int64_t masks);

/** The areas at @p step. */
const struct mask *region_mask(const struct region *region, int64_t step);

/** Cells whose values may be used at @p step, [cells]; with @p is_scored not those of test areas. */
const uint8_t *region_known(const struct region *region, int64_t step, bool is_scored);

/** Cells to predict at @p step, [cells]: the areas, or with @p is_scored the test areas. */
const uint8_t *region_wanted(const struct region *region, int64_t step, bool is_scored);

/** How @p method predicts with mask number @p mask: the cells of the areas, or with @p is_scored the
 *  test areas from the context. */
struct infill_request region_request(const struct region *region, const struct options *options,
                                     enum infill_method method, int64_t mask, bool is_scored);

/** True where any background cell of @p map [cells] at @p step has a value: otherwise nothing is
 *  predicted. */
bool region_has_known(const struct region *region, int64_t step, const float *map);

/** enum role of every cell into @p role [cells]; an area of any mask is one. */
void region_roles(const struct region *region, int8_t *role);

/* ---- the network (background_network.c, background_samples.c) ------------------------------- */

/** Options of the network, one table. */
extern const struct option_spec network_options[];

enum { FEATURES_MOST = 8 };

/** A network, what it sees, and how its values are scaled. */
struct painter {
    const struct job *job;
    struct input *input, *elevation;
    const struct region *region;
    struct network_settings settings;
    struct network *network;
    char features[FEATURES_MOST][16]; /* names of the channels of a frame */
    float *map[FEATURES_MOST];        /* [cells] of those that do not change in time, else NULL */
    float *elevation_m;               /* [cells], NaN where not known; NULL: none */
    uint8_t *is_known;                /* [masks, cells], background that is never held out */
    int guess; /* place of the feature "guess", which the output is added to; -1: none */
    struct infill *guesser[2];        /* of the cells that are not background, not context */
    int64_t guesser_mask[2];          /* that it was made for */
    int64_t *guess_target[2], guess_targets[2];
    double *guessed;                  /* [most targets] */
    float *guess_maps;                /* [steps of a prediction, cells] */
    int64_t guess_room;
    int64_t steps;
    double *mean; /* [steps], of the known cells; scaled values are (value - mean) / scale */
    double scale;
    int64_t tile;

    /* Of a patch */
    int64_t patch_rows, patch_cols;
    float *window, *frames, *target, *weight;
    float *guess_window; /* as window: kriged values of the cells that are hidden, else NaN */
    uint8_t *blank;
    uint8_t *patch_known;
    struct position *patch_place;
    int64_t *patch_target;
    int64_t validation_areas, *validation_row, *validation_col; /* their middles */

    /* Of a tile */
    float *frame;
};

/** Opens what the network needs beside the cube, and makes it: from --weights, or by training, whose
 *  weights and log are a product of their own beside the output. Collective. */
enum status painter_create(const struct job *job, struct input *input, struct input *area,
                           const struct region *region, struct painter *painter);
void painter_clear(struct painter *painter, bool is_finished);

/** Adds weights and elevation to the fingerprint of @p stage. */
enum status painter_attach(const struct painter *painter, struct stage *stage);

/** Memory: before the network is made. */
int64_t painter_bytes(const struct painter *painter);

/** Frames before a step that its prediction needs. */
int64_t painter_lead(const struct painter *painter);

/** Background at @p step that is never held out, [cells]. */
const uint8_t *painter_known(const struct painter *painter, int64_t step);

/** Predicts the areas, or with @p is_scored the test areas, at steps @p first ... @p first + @p count -
 *  1, tile by tile; @p values [.., cells] begin with step @p start, which is first - lead, or 0 where
 *  that lies before the series. Other cells of @p maps [count, cells] are left as they are. */
enum status painter_predict(struct painter *painter, const float *values, int64_t start,
                            int64_t first, int64_t count, bool is_scored, float *maps);

/** Samples for training (learn/training.h); the context is the painter. */
enum status painter_sample(void *context, int64_t number, struct network_sample *sample);
enum status painter_validation(void *context, int64_t number, struct network_sample *sample);
enum status painter_create_samples(struct painter *painter);

/** One channel after the other of the frame of @p step, seen through a window of the grid that is turned
 *  by one of eight turns; @p values begin with the window's corner (@p row, @p col) where is_patch,
 *  else with that of the grid. */
struct frame_view {
    int64_t row, col, rows, cols; /**< of the window, which may reach beyond the grid */
    int64_t turn;
    const float *values; /**< of the step */
    const float *guess;  /**< likewise, of hidden cells; NULL: none */
    int64_t value_row, value_col, value_cols; /**< where they begin, and how long a row is */
    const uint8_t *is_known; /**< [cells] */
    const uint8_t *blank;    /**< [rows, cols] of the window before it is turned; NULL: none */
    int64_t step;
};
void painter_frame(const struct painter *painter, const struct frame_view *view, float *frame);

/* ---- scores (background_scores.c) ---------------------------------------------------------- */

/** Which steps are scored, and by which methods. */
struct scores {
    const struct region *region;
    uint32_t seed;
    int64_t steps, every; /* one of so many blocks of steps is scored */
    bool is_scored[METHODS];
    int64_t step_bytes; /* of one scored step: sums of each method, overall and by area */
};

/** Blocks of steps that are scored together; a network's sequences fit into them. */
enum { SCORE_BLOCK = 16 };

void scores_init(const struct job *job, const struct region *region, int64_t steps, int own,
                 struct scores *scores);

/** True where @p step is scored. */
bool scores_has(const struct scores *scores, int64_t step);

/** Sums of one step's errors of @p method, from predictions [held], into @p sums of step_bytes. */
void scores_add(const struct scores *scores, int method, const float *map,
                const double *prediction, struct metric_sums *sums);

/** Mean error of @p method in the held-out area that a cell lies in, into @p error [cells]; NaN in others
 *  and where nothing was scored. From the journal of @p stage. */
enum status scores_errors(const struct scores *scores, const struct stage *stage, int method,
                          float *error);

/** Writes the two tables from the journal of @p stage. Rank 0 does it. */
enum status scores_tables(const struct scores *scores, const struct stage *stage, const char *units,
                         const char *const paths[4]);

#endif
