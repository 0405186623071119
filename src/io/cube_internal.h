/* airshed -- GPL-3.0-or-later. The header and coordinates of a cube, between cube.c and its folder.
 */
#ifndef AIRSHED_IO_CUBE_INTERNAL_H
#define AIRSHED_IO_CUBE_INTERNAL_H

#include "classic_internal.h"
#include "io/cube.h"

/** nc_type of a variable. */
int cube_type_code(enum cube_type type);

/** Writes a new file: header, room for all variables (on the disk, where @p reserves), coordinates.
 *  Local to one rank. */
enum status cube_write_skeleton(const char *path, const struct cube_spec *spec, bool reserves);

/** Compares everything but the values of the items with a new skeleton, made beside the file and
 *  removed. Ranges of values that a commit had set are reset. Local to one rank.
 *  @return STATUS_DATA where it differs */
enum status cube_check_skeleton(const struct classic_file *file, const struct cube_spec *spec);

/** Overwrites the actual_range of variable @p variable. Local to one rank. */
enum status cube_write_range(const char *path, const struct cube_variable *variable, double low,
                             double high);

#endif
