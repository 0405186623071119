/* airshed -- GPL-3.0-or-later. The area of one source: what `grow` finds for all of them and `explain`
 * for those around one cell (P2.10, P2.11). */
#ifndef AIRSHED_COMMANDS_REACH_H
#define AIRSHED_COMMANDS_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/reason.h"
#include "base/status.h"
#include "base/window.h"
#include "grid/georeference.h"
#include "sources.h"

/** Buffers, and the area of the last source. Read its members; cells count within the window. */
struct reach {
    const struct georeference *grid;
    double limit_m, tolerance_m;
    int64_t most_cells; /**< of a window */
    float *elevation;   /**< [rows, cols], filled by the caller before reach_run() */
    double *lon, *lat;  /**< [rows, cols] degrees of the centres */
    int64_t *queue, *cell;
    int64_t *from; /**< [rows, cols] as growth_fill() gives it; NULL unless asked for */
    uint8_t *mask; /**< [rows, cols] 1 in the area */
    int64_t own_cells, cells;
    enum reason reason; /**< ok, or no_elevation: it cannot grow */
};

/** --limit in metres. */
double reach_limit_m(const struct options *options);

/** Takes --limit and --rise-tolerance, and makes the buffers that source_cells() needs, mask and cell,
 *  for windows of at most @p most_cells. */
enum status reach_init(const struct options *options, const struct georeference *grid,
                       int64_t most_cells, struct reach *reach);

/** Makes the others; with @p keeps_way also `from`. */
enum status reach_create_buffers(struct reach *reach, bool keeps_way);

/** Releases everything; all zero is allowed. */
void reach_clear(struct reach *reach);

/** Grows the area of @p source in its @p window (source_window()), whose elevation was read. */
enum status reach_run(struct reach *reach, const struct source *source,
                      const struct window *window);

/** Metres from the source to the centre of @p cell of the window, on the ellipsoid. */
double reach_distance_m(const struct reach *reach, const struct source *source, int64_t cell);

#endif
