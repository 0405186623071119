/* airshed -- GPL-3.0-or-later. Industrial heat sources: where they are and when they work (P2.06).
 */
#ifndef AIRSHED_COMMANDS_SOURCES_H
#define AIRSHED_COMMANDS_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/status.h"
#include "base/window.h"
#include "flow/job.h"
#include "flow/stage.h"
#include "grid/georeference.h"
#include "io/vector.h"

/** --sources, --where, --name-column, --start-column ... --year-to. */
extern const struct option_spec sources_options[];

/** A source. Texts and polygon belong to the list. */
struct source {
    const char *file; /**< name of its file, without folder */
    const char *name; /**< of the name column, or "" */
    enum vector_kind kind;
    const struct polygon *polygon; /**< in the grid's system; NULL for a point */
    double x, y;                   /**< the point or the centroid, in the grid's system */
    double lon, lat;               /**< the same in degrees */
    int start_year, end_year;      /**< works in start_year <= year < end_year */
    int64_t row, col;              /**< cell of x and y, -1 off the grid */
    bool is_inside;                /**< it marks at least one cell of the grid */
};

/** All sources of a run, in the order of the files. Read its members. */
struct sources {
    int64_t count;
    struct source *source; /**< [count] */
    bool has_years;        /**< --year-from and --year-to were given */
    int year_from, year_to;
    int64_t undated; /**< left out for lack of a start year (--undated drop) */
    int64_t idle;    /**< left out because they work in none of the years */
    struct vector_layer **layers;
    size_t layer_count;
};

/** Reads the files of --sources for @p grid. Local, the same on every rank.
 *  @return STATUS_USAGE for options that do not fit one another, STATUS_DATA naming the file */
enum status sources_read(const struct job *job, const struct georeference *grid,
                         struct sources **sources);
void sources_destroy(struct sources **sources);

/** Adds the files to the fingerprint of @p stage. */
enum status sources_attach(const struct job *job, struct stage *stage);

/** True where @p source works in @p year. */
bool source_works(const struct source *source, int year);

/** The part of @p grid, of one step, that holds every cell whose centre is within @p limit_m of the
 *  source, and its own cells. A grid that goes round the globe is cut where its columns begin. */
enum status source_window(const struct source *source, const struct georeference *grid,
                          double limit_m, struct window *window);

/** Cells of @p source in @p window (P2.06): that of a point; for a polygon every cell whose centre
 * it contains, and at least that of its centroid.
 *
 *  @param[out] mask  [rows, cols], scratch
 *  @param[out] cell  [rows * cols], row * cols + col within the window, ascending
 *  @return their number through @p count */
enum status source_cells(const struct source *source, const struct georeference *grid,
                         const struct window *window, unsigned char *mask, int64_t *cell,
                         int64_t *count);

#endif
