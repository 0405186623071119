/* airshed -- GPL-3.0-or-later. Paths: joining, parts, globs. */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* True where "folder/.." may be left out: its last part is a real folder, no link, no dots. */
static bool ends_in_plain_folder(const char *folder, size_t length)
{
    char part[PATH_MAX];
    struct stat facts;
    if (length == 0 || length >= sizeof part) {
        return false;
    }
    memcpy(part, folder, length);
    part[length] = '\0';
    const char *name = path_name(part);
    return name[0] != '\0' && name[0] != '.' && lstat(part, &facts) == 0 &&
           S_ISDIR(facts.st_mode);
}

enum status path_join(const char *folder, const char *name, char **joined)
{
    struct text text = {0};
    bool is_relative = name[0] != '/' && folder[0] != '\0' && strcmp(folder, ".") != 0;
    size_t length = is_relative ? strlen(folder) : 0;
    while (text_starts_with(name, "../") && ends_in_plain_folder(folder, length)) {
        name += 3;
        while (length > 0 && folder[length - 1] != '/') {
            length--;
        }
        length -= length > 1; /* the slash, but not that of the root */
    }
    if (length > 0) {
        text_add_bytes(&text, folder, length);
        text_add(&text, folder[length - 1] == '/' ? "" : "/");
    }
    text_add(&text, name);
    return text_take(&text, joined);
}

enum status path_folder(const char *path, char **folder)
{
    struct text text = {0};
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        text_add(&text, ".");
    } else {
        text_add_bytes(&text, path, slash == path ? 1 : (size_t)(slash - path));
    }
    return text_take(&text, folder);
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const char *path_extension(const char *path)
{
    const char *name = path_name(path);
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name ? dot : name + strlen(name);
}

enum status path_stem(const char *path, char **stem)
{
    struct text text = {0};
    text_add_bytes(&text, path, (size_t)(path_extension(path) - path));
    return text_take(&text, stem);
}

/* Splits @p path before its last component; false where nothing is left above it. */
static bool cut_last(char *path, const char **rest)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    *rest = slash + 1;
    return true;
}

/* Resolves the deepest existing folder of @p work, a copy the function may cut. */
static enum status resolve(char *work, const char *whole, char **absolute)
{
    char resolved[PATH_MAX];
    struct text text = {0};
    size_t length = strlen(work);
    const char *rest;
    do {
        const char *head = work[0] != '\0' ? work : whole[0] == '/' ? "/" : ".";
        if (realpath(head, resolved) != NULL) {
            break;
        }
        resolved[0] = '\0';
    } while (cut_last(work, &rest));
    size_t kept = strlen(work);
    if (resolved[0] == '\0' && getcwd(resolved, sizeof resolved) != NULL) {
        kept = 0;
    }
    text_add(&text, resolved);
    for (size_t i = kept; i < length; i++) {
        /* Cut components: each NUL was a slash. */
        const char *part = work + i;
        if (*part == '\0') {
            continue;
        }
        text_add(&text, text.length > 0 && text.data[text.length - 1] == '/' ? "" : "/");
        text_add(&text, part);
        i += strlen(part);
    }
    return text_take(&text, absolute);
}

enum status path_absolute(const char *path, char **absolute)
{
    enum status status;
    char *work = NULL;
    *absolute = NULL;
    TRY(memory_copy_text(path, &work));
    TRY(resolve(work, path, absolute));
done:
    free(work);
    return status;
}

bool path_is_same(const char *a, const char *b)
{
    struct stat a_stat, b_stat;
    if (stat(a, &a_stat) == 0 && stat(b, &b_stat) == 0) {
        return a_stat.st_dev == b_stat.st_dev && a_stat.st_ino == b_stat.st_ino;
    }
    char *a_full = NULL, *b_full = NULL;
    bool same = path_absolute(a, &a_full) == STATUS_OK && path_absolute(b, &b_full) == STATUS_OK &&
                strcmp(a_full, b_full) == 0;
    free(a_full);
    free(b_full);
    return same;
}

bool path_exists(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0;
}

enum status path_sync(const char *path)
{
    enum status status = STATUS_OK;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    FAIL_IF(descriptor < 0 || fsync(descriptor) != 0, STATUS_OUTPUT,
            "'%s' cannot be made durable: %s; check folder and disk, then start again with --resume",
            path, strerror(errno));
done:
    if (descriptor >= 0) {
        close(descriptor);
    }
    return status;
}

bool path_is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

bool path_is_pattern(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

enum status path_glob(const char *pattern, struct text_list *paths)
{
    enum status status = STATUS_OK;
    glob_t found = {0};
    if (path_exists(pattern)) {
        return text_list_add(paths, pattern);
    }
    int code = glob(pattern, GLOB_NOSORT | GLOB_ERR, NULL, &found);
    FAIL_IF(code == GLOB_NOSPACE, STATUS_MEMORY, "out of memory for the files of '%s'", pattern);
    FAIL_IF(code == GLOB_ABORTED, STATUS_DATA, "cannot read a folder of '%s': %s", pattern,
            strerror(errno));
    FAIL_IF(code == GLOB_NOMATCH || found.gl_pathc == 0, STATUS_DATA,
            path_is_pattern(pattern) ? "no file matches '%s'" : "no such file: '%s'", pattern);
    struct text_list sorted = {found.gl_pathv, found.gl_pathc, found.gl_pathc};
    text_list_sort(&sorted);
    for (size_t i = 0; i < sorted.count; i++) {
        TRY(text_list_add(paths, sorted.items[i]));
    }
done:
    globfree(&found);
    return status;
}

enum status path_create_folder(const char *path)
{
    enum status status;
    char *above = NULL;
    char *whole = NULL;
    if (path_is_folder(path)) {
        return STATUS_OK;
    }
    TRY(memory_copy_text(path, &whole));
    for (size_t end = strlen(whole); end > 1 && whole[end - 1] == '/'; end--) {
        whole[end - 1] = '\0';
    }
    TRY(path_folder(whole, &above));
    if (strcmp(above, whole) != 0) {
        TRY(path_create_folder(above));
    }
    FAIL_IF(mkdir(whole, 0777) != 0 && errno != EEXIST, STATUS_OUTPUT,
            "%s: the folder cannot be made: %s", whole, strerror(errno));
    FAIL_IF(!path_is_folder(whole), STATUS_OUTPUT, "%s: is a file, not a folder", whole);
done:
    free(above);
    free(whole);
    return status;
}

enum status path_write(const char *path, const void *bytes, size_t count)
{
    enum status status = STATUS_OK;
    FILE *file = fopen(path, "we");
    bool is_bad = file == NULL || fwrite(bytes, 1, count, file) != count;
    is_bad = (file != NULL && fclose(file) != 0) || is_bad;
    FAIL_IF(is_bad, STATUS_OUTPUT, "%s: cannot be written; is the disk full?", path);
done:
    return status;
}

enum status path_read(const char *path, void **bytes, size_t *count)
{
    enum status status;
    long length = -1;
    FILE *file = fopen(path, "re");
    *bytes = NULL;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        length = ftell(file);
        rewind(file);
    }
    FAIL_IF(length < 0, STATUS_DATA, "%s: cannot be read", path);
    *count = (size_t)length;
    TRY(memory_allocate(*count, 1, bytes));
    FAIL_IF(fread(*bytes, 1, *count, file) != *count, STATUS_DATA, "%s: cannot be read", path);
done:
    if (file != NULL) {
        fclose(file);
    }
    if (status != STATUS_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}
