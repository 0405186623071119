/* airshed -- GPL-3.0-or-later. What weather.c and weather_coarse.c share. */
#ifndef AIRSHED_COMMANDS_WEATHER_INTERNAL_H
#define AIRSHED_COMMANDS_WEATHER_INTERNAL_H

#include "flow/stage.h"
#include "io/cube.h"
#include "kernels/resample.h"
#include "weather.h"

enum weather_path {
    WEATHER_DIRECT,    /* same grid: values are decomposed with the pollution */
    WEATHER_RESAMPLED, /* interpolated first, then as above */
    WEATHER_BASELINE   /* decomposed on its own grid, baselines interpolated */
};

struct weather_field {
    const char *key;
    struct input *input;
    enum weather_path path;
    struct resample_plan *plan; /* from its grid to the pollution's; NULL: direct */

    /* Coarse baselines in scratch */
    char *coarse_path;
    struct cube *coarse; /* open on this rank alone */

    /* The present item */
    float *values;        /* [steps, cells] on the pollution grid */
    float *source_values; /* [steps, row_count, source cols] before interpolation */
    double *baselines;    /* [steps, row_count, source cols] */
    double *trends, *seasonals, *doubles; /* the same, of few cells; doubles: the values */
    int64_t first_row, row_count;
};

/* Decomposes @p field on its own grid into a scratch cube and opens that on each rank.
 * @p is_complete: no value is missing, so that the baselines may be interpolated. Collective. */
enum status weather_decompose_coarse(const struct job *job, struct decomposition *decomposition,
                                     struct weather_field *field, bool *is_complete);

/* What a scratch cube would hold of @p source, whole rows, into the field's blocks, for few cells.
 * Local. */
enum status weather_decompose_rows(struct decomposition *decomposition, struct weather_field *field,
                                   const struct window *source);

/* True in *@p is_complete where no value of the field is missing: what a scratch cube would say.
 * Local. */
enum status weather_look_for_gaps(struct weather_field *field, int64_t memory_bytes,
                                  bool *is_complete);

/* Closes the scratch cube, and removes it where @p is_finished. */
void weather_release_coarse(const struct job *job, struct weather_field *field, bool is_finished);

#endif
