/* airshed -- GPL-3.0-or-later. Elevation on the grid that areas grow on (P2.05). */
#ifndef AIRSHED_COMMANDS_TERRAIN_H
#define AIRSHED_COMMANDS_TERRAIN_H

#include "base/status.h"
#include "base/window.h"
#include "flow/input.h"
#include "flow/job.h"
#include "flow/stage.h"
#include "grid/georeference.h"

/** Elevation model and, with --grid, the grid that it is averaged to. */
struct terrain;

/** Opens the model that the option `input` names, and the grid of `--grid`: without one the model's
 *  own cells are used. Collective.
 *  @return STATUS_DATA where the model is no map of heights */
enum status terrain_open(const struct job *job, struct terrain **terrain);
void terrain_close(struct terrain **terrain, bool is_finished);

/** The cells that areas grow on. Valid while the terrain lives. */
const struct georeference *terrain_grid(const struct terrain *terrain);

/** Adds model and grid to the fingerprint of @p stage. */
enum status terrain_attach(const struct terrain *terrain, struct stage *stage);

/** Reads the elevation in m of @p window (one step) into @p values [rows, cols], NaN where it is
 *  not known. With --grid a cell is the mean of the model's cells by the area that they cover of
 *  it, NaN where less than half of it is known; between coordinate systems, the mean of 8 x 8
 *  points. Local. */
enum status terrain_read(struct terrain *terrain, const struct window *window, float *values);

/** Bytes that terrain_read() reads for a window of @p cells, about. */
int64_t terrain_read_bytes(const struct terrain *terrain, int64_t cells);

#endif
