/* airshed -- GPL-3.0-or-later. The header and coordinates of a cube, between cube.c and its folder.
 */
#ifndef AIRSHED_IO_CUBE_INTERNAL_H
#define AIRSHED_IO_CUBE_INTERNAL_H

#include "io/cube.h"

/** nc_type of a variable. */
int cube_type_code(enum cube_type type);

/** Writes a new file: header, room for all variables, coordinates. Local to one rank. */
enum status cube_write_skeleton(const char *path, const struct cube_spec *spec);

/** Overwrites the actual_range of variable @p variable. Local to one rank. */
enum status cube_write_range(const char *path, const struct cube_variable *variable, double low,
                             double high);

#endif
