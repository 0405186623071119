/* airshed -- GPL-3.0-or-later. Values of classic NetCDF files (CDF-1, CDF-2, CDF-5), in and out.
 *
 * PnetCDF writes headers; the values go by pread and pwrite on a descriptor of this rank. A classic
 * variable is a plain array, and MPI-IO can not be trusted with it: Open MPI's ompio reports success
 * for a write that the disk refused, and its data sieving writes the gaps between rows back, over
 * what a neighbour has written meanwhile.
 */
#ifndef AIRSHED_IO_CLASSIC_INTERNAL_H
#define AIRSHED_IO_CLASSIC_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { CLASSIC_MOST_DIMENSIONS = 8 };

struct classic_variable {
    char *name;
    int type;      /**< nc_type */
    int dimensions; /**< -1: more than CLASSIC_MOST_DIMENSIONS, cannot be used */
    int64_t element_bytes;
    int64_t shape[CLASSIC_MOST_DIMENSIONS];
    int64_t stride[CLASSIC_MOST_DIMENSIONS]; /**< bytes between neighbours along a dimension */
    int64_t offset;                          /**< first byte in the file */
};

struct classic_file {
    char *path;
    int descriptor;
    bool is_writable;
    bool is_passing;      /**< never synced, see struct cube_spec */
    bool needs_lock;      /**< NFS keeps pages of its own, so writes lock what they touch */
    int64_t needed_bytes; /**< size that the header asks for */
    int64_t count;
    struct classic_variable *variables;
    unsigned char *staging; /**< bytes on their way from or to the file */
};

/** True where the file starts as a classic NetCDF file. */
bool classic_is(const char *path);

/** Opens a file and reads where its variables lie. Local to the rank.
 *  @return STATUS_DATA where it is truncated, damaged or not there */
enum status classic_open(const char *path, bool is_writable, struct classic_file **file);

/** Fills variables and needed_bytes from the file's header, which may be damaged. */
enum status classic_read_header(struct classic_file *file);

/** Gives a file that has only its header the size that the header asks for; where @p has_blocks also
 *  the disk blocks, if the file system can: a full disk is told at the start.
 *  @return STATUS_OUTPUT */
enum status classic_reserve(const char *path, bool has_blocks);

/** Closes and sets to NULL; NULL is allowed. @return STATUS_OUTPUT where the disk failed late */
enum status classic_close(struct classic_file **file);

/** The variable called @p name, or NULL. */
const struct classic_variable *classic_find(const struct classic_file *file, const char *name);

/** Reads a box, dense and in the variable's own type and order of dimensions.
 *  @return STATUS_DATA naming the file where it has shrunk or cannot be read */
enum status classic_read(struct classic_file *file, const struct classic_variable *variable,
                         const int64_t *start, const int64_t *count, void *values);

/** Writes a box; NaN becomes CLASSIC_FILL where @p nan_is_fill (floating types). @p values is left
 *  alone. Boxes of several ranks may touch. @return STATUS_OUTPUT naming the file */
enum status classic_write(struct classic_file *file, const struct classic_variable *variable,
                          const int64_t *start, const int64_t *count, const void *values,
                          bool nan_is_fill);

/** Makes this descriptor's writes durable; in two halves as cube_flush() says. */
enum status classic_sync(struct classic_file *file);
int classic_flush(const struct classic_file *file);
enum status classic_flushed(const struct classic_file *file, int error);

/** _FillValue of NetCDF for floating types (C.08): the same bits as float and as double. */
#define CLASSIC_FILL 9.969209968386869e36f

#endif
