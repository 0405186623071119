/* airshed -- GPL-3.0-or-later. A gridded input of a command: one variable, selected, converted.
 *
 * Applies --variable, --from, --to, --bbox and --clip, converts units, inserts missing steps where
 * asked, and decodes daily or compressed files once into a scratch cube. After input_open() a read
 * is local to its rank.
 */
#ifndef AIRSHED_FLOW_INPUT_H
#define AIRSHED_FLOW_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/window.h"
#include "flow/job.h"
#include "flow/stage.h"
#include "grid/georeference.h"
#include "grid/time_axis.h"
#include "io/dataset.h"

/** What a command wants. All members but label and path may be zero. */
struct input_request {
    const char *label;    /**< the option that named it, for messages and the fingerprint */
    const char *path;
    const char *variable; /**< name or standard name; NULL: the only data variable */
    const char *units;    /**< convert to these, or refuse (C.03); NULL: as they are */
    bool needs_time;      /**< a map is refused with a sentence */
    bool ignores_selection; /**< --from --to --bbox --clip belong to another input */
    const char *from, *to;  /**< "YYYY-MM-DD", with ignores_selection; NULL: open */
    const double *bbox;     /**< {W, S, E, N}, with ignores_selection; NULL: all */
    /** With ignores_selection: only the part that resampling to this grid needs; NULL: all. */
    const struct georeference *cover;
    bool fill_steps;      /**< insert missing steps as missing values; otherwise they are exit 3 */
    bool allow_missing_steps; /**< take the axis as it is, uneven steps and all */
    /** Read row bands (whole series)? Then compressed or daily files go through scratch. */
    bool by_rows;
    bool few_cells; /**< only a few cells or maps are read: from the file itself, never via scratch */
};

struct input;

/** The request of a command whose option @p label names its main cube: --variable, --missing-steps,
 *  series by rows, a time axis needed. */
struct input_request input_request_for(const struct job *job, const char *label);

/** Opens, selects and, where needed, decodes into scratch. Collective.
 *  @return STATUS_DATA or STATUS_USAGE with what to do */
enum status input_open(const struct job *job, const struct input_request *request,
                       struct input **input);

/** Adds the input to the fingerprint and the history of @p stage. */
enum status input_attach(const struct input *input, struct stage *stage);

/** Grid and time of the selection; valid while the input lives. Time is NULL for a map. */
const struct georeference *input_grid(const struct input *input);
const struct time_axis *input_time(const struct input *input);

/** Name and texts of the variable; units are those of the values that input_read() gives. */
const struct dataset_variable *input_variable(const struct input *input);
const char *input_units(const struct input *input);

/** Reads @p window of the selection into @p values [steps, rows, cols]; NaN where missing, outside
 *  --clip or in an inserted step. Local. */
enum status input_read(struct input *input, const struct window *window, float *values);

/** Closes; the scratch cube is removed where @p is_finished, kept for --resume otherwise.
 *  Collective; NULL on every rank is allowed. */
void input_close(struct input **input, bool is_finished);

#endif
