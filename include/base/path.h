/* airshed -- GPL-3.0-or-later. Paths: joining, parts, globs. */
#ifndef AIRSHED_BASE_PATH_H
#define AIRSHED_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/text.h"

/** @p name seen from @p folder: unchanged where it is absolute or the folder is "" or ".". *joined
 * is released with free(). @return STATUS_OK or STATUS_MEMORY */
enum status path_join(const char *folder, const char *name, char **joined);

/** Everything before the last slash: "a/b.nc" gives "a", "b.nc" gives ".", "/b" gives "/". */
enum status path_folder(const char *path, char **folder);

/** What follows the last slash; a part of @p path. */
const char *path_name(const char *path);

/** The last dot of the name and what follows, or "": ".nc", ".gz"; a part of @p path. */
const char *path_extension(const char *path);

/** The path without its extension: "out/pm25.nc" gives "out/pm25". */
enum status path_stem(const char *path, char **stem);

/** Absolute path without links, dots and double slashes; what does not exist yet is kept as written
 *  below the deepest folder that does. @return STATUS_OK or STATUS_MEMORY */
enum status path_absolute(const char *path, char **absolute);

/** True where both name the same existing file, or would be the same path. */
bool path_is_same(const char *a, const char *b);

bool path_exists(const char *path);

/** Makes a folder and those above it; one that is there already is fine.
 *  @return STATUS_OK, STATUS_MEMORY, or STATUS_OUTPUT naming the folder */
enum status path_create_folder(const char *path);

/** Writes @p count bytes to the file @p path, replacing what is there.
 *  @return STATUS_OUTPUT naming the path where it cannot be written (a full disk) */
enum status path_write(const char *path, const void *bytes, size_t count);

/** The bytes of a file, and their number; released with free(). @return STATUS_DATA naming the path where it
 *  cannot be read, STATUS_MEMORY */
enum status path_read(const char *path, void **bytes, size_t *count);

/** Makes a file, or the names in a folder, durable.
 *  @return STATUS_OUTPUT naming the path where it is gone or the disk fails */
enum status path_sync(const char *path);

bool path_is_folder(const char *path);

/** True where the path holds `*`, `?` or `[`. */
bool path_is_pattern(const char *path);

/** Appends the paths that match @p pattern, in byte order. A path that exists under just this name
 *  matches itself, whatever characters it has.
 *
 *  @return STATUS_OK, STATUS_MEMORY, or STATUS_DATA where nothing matches or a folder is unreadable
 */
enum status path_glob(const char *pattern, struct text_list *paths);

#endif
