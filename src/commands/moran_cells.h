/* airshed -- GPL-3.0-or-later. What moran works on: a map, or a table of zones, with neighbours. */
#ifndef AIRSHED_COMMANDS_MORAN_CELLS_H
#define AIRSHED_COMMANDS_MORAN_CELLS_H

#include "base/options.h"
#include "base/status.h"
#include "flow/input.h"
#include "flow/job.h"
#include "flow/stage.h"
#include "grid/contiguity.h"
#include "io/table.h"
#include "io/vector.h"
#include "kernels/moran.h"

/** Read its members. */
struct moran_cells {
    const struct job *job;
    const char *variable; /**< name of what is tested */
    const char *units;
    int64_t rows, cols;
    double *values; /**< [rows, cols] after moran_cells_load(); NaN where missing */
    struct moran_neighbours neighbours;

    struct input *input; /**< of a map; NULL for a table */

    struct vector_layer *layer; /**< NULL for a map or a table without places */
    struct table *plain;        /**< NULL for a map or a layer */
    const struct table *table;  /**< of the zones; NULL for a map */
    int64_t id;                 /**< column that names the zones; -1: their number */
    char *identity, *neighbours_identity;

    struct moran_band band;
    struct moran_links links;
    struct contiguity lists;
    int32_t *reach;
    double *weight;
};

/** --column, --weights, --distance, --neighbours ... */
extern const struct option_spec moran_cells_options[];

/** Opens the input, finds neighbours. Collective. @return STATUS_DATA or STATUS_USAGE with what to do
 */
enum status moran_cells_open(const struct job *job, struct moran_cells *cells);

/** Adds what was read to the fingerprint of @p stage. */
enum status moran_cells_attach(const struct moran_cells *cells, struct stage *stage);

/** Reads the values: each rank some rows of a map, of all steps, whose means all ranks then share.
 *  Collective. */
enum status moran_cells_load(struct moran_cells *cells);

/** Values with their neighbours, after moran_cells_load(), in the weights of --style. */
enum status moran_cells_moran(const struct moran_cells *cells, struct moran **moran);

/** How local I is computed: --local-divisor, --local-permutations, --seed. */
struct moran_local_settings moran_cells_local_settings(const struct job *job);

/** Maps of local I, in the order of the file, and names of their variables. */
enum moran_local_map {
    MORAN_LOCAL_I,
    MORAN_LOCAL_LAG,
    MORAN_LOCAL_EXPECTATION,
    MORAN_LOCAL_VARIANCE,
    MORAN_LOCAL_Z,
    MORAN_LOCAL_P,
    MORAN_LOCAL_P_PERMUTATION,
    MORAN_LOCAL_MAPS
};
extern const char *const moran_local_names[MORAN_LOCAL_MAPS];
void moran_local_maps(const struct moran_local *local, double maps[MORAN_LOCAL_MAPS]);

/** Name of zone @p zone of a table. @return @p text */
const char *moran_cells_name(const struct moran_cells *cells, int64_t zone,
                             char text[TABLE_CELL_BYTES]);

/** Bytes for each cell that loading takes for good. */
int64_t moran_cells_bytes(const struct moran_cells *cells);

/** Releases everything; all zero is allowed. Collective. */
void moran_cells_close(struct moran_cells *cells, bool is_finished);

#endif
