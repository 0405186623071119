/* airshed -- GPL-3.0-or-later. Weights of networks as files that Python reads: the safetensors layout.
 *
 * Eight bytes: length of the header, little endian; the header, JSON: "__metadata__" with texts, and for
 * each block of numbers {"dtype": "F32", "shape": [...], "data_offsets": [first, end]}; then the raw
 * floats, little endian, in the order of the header.
 */
#ifndef AIRSHED_LEARN_SAFETENSORS_H
#define AIRSHED_LEARN_SAFETENSORS_H

#include "base/status.h"
#include "learn/network.h"

/** A fact of the file, "sequence": "7". */
struct safetensors_fact {
    char name[32], value[96];
};

/** Writes @p parameters of @p network with @p facts [count] to @p path and makes them durable.
 *  @return STATUS_OUTPUT where it cannot be written */
enum status safetensors_write(const char *path, const struct network *network,
                              const float *parameters, const struct safetensors_fact *facts,
                              int count);

/** A file that was read. */
struct safetensors;

/** Reads @p path. @return STATUS_DATA where it is no such file, or damaged */
enum status safetensors_read(const char *path, struct safetensors **file);
void safetensors_close(struct safetensors **file);

/** A fact, or NULL. */
const char *safetensors_fact(const struct safetensors *file, const char *name);

/** Copies all blocks of @p network into @p parameters. @return STATUS_DATA naming a block that is missing
 *  or of another shape, or a number that is not finite */
enum status safetensors_parameters(const struct safetensors *file, const struct network *network,
                                   float *parameters);

#endif
