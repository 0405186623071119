/* airshed -- GPL-3.0-or-later. Files behind a path, and the dates in their names. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "dataset_internal.h"

static bool is_raster_name(const char *name)
{
    static const char *const extensions[] = {".nc",    ".nc4", ".cdf",  ".h5",  ".hdf5", ".hdf",
                                             ".he5",   ".tif", ".tiff", ".grb", ".grib", ".grb2",
                                             ".grib2", ".vrt", ".asc",  ".img"};
    const char *extension = path_extension(name);
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        if (text_equal_ignoring_case(extension, extensions[i])) {
            return true;
        }
    }
    return false;
}

static enum status list_folder(const char *folder, int depth, struct text_list *files)
{
    enum status status = STATUS_OK;
    char *path = NULL;
    DIR *open = opendir(folder);
    FAIL_IF(open == NULL, STATUS_DATA, "folder '%s' cannot be read: %s", folder, strerror(errno));
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        free(path);
        TRY(path_join(folder, entry->d_name, &path));
        if (path_is_folder(path)) {
            if (depth > 0) {
                TRY(list_folder(path, depth - 1, files));
            }
        } else if (is_raster_name(path)) {
            TRY(text_list_add(files, path));
        }
    }
done:
    free(path);
    if (open != NULL) {
        closedir(open);
    }
    return status;
}

enum status raster_files(const char *path, struct text_list *files)
{
    enum status status;
    enum {
        FOLDERS_DEEP = 4
    };
    struct text_list found = {0};
    if (path_is_folder(path)) {
        TRY(list_folder(path, FOLDERS_DEEP, files));
    } else if (path_is_pattern(path)) {
        TRY(path_glob(path, &found));
        for (size_t i = 0; i < found.count; i++) {
            TRY(path_is_folder(found.items[i]) ? list_folder(found.items[i], FOLDERS_DEEP, files)
                                               : text_list_add(files, found.items[i]));
        }
    } else {
        TRY(text_list_add(files, path));
    }
    FAIL_IF(files->count == 0, STATUS_DATA,
            "'%s' holds no raster file (.nc, .nc4, .tif, .grib, .h5 ...)", path);
    text_list_sort(files);
done:
    text_list_clear(&found);
    return status;
}

/* The number in @p count digits at @p text, or -1. */
static int digits(const char *text, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)text[i])) {
            return -1;
        }
        number = number * 10 + text[i] - '0';
    }
    return number;
}

static bool set_date(int year, int month, int day, struct calendar_date *date)
{
    *date = (struct calendar_date){.year = year, .month = month, .day = day};
    return year >= 1600 && year <= 2300 && month >= 1 && month <= 12 && day >= 1 &&
           day <= calendar_days_in_month(CALENDAR_PROLEPTIC_GREGORIAN, year, month);
}

/* YYYYMMDD or YYYYDDD of exactly these digits. */
static bool read_digits(const char *at, int length, struct calendar_date *date)
{
    if (length == 8) {
        return set_date(digits(at, 4), digits(at + 4, 2), digits(at + 6, 2), date);
    }
    int year = length == 7 ? digits(at, 4) : -1;
    int day = length == 7 ? digits(at + 4, 3) : 0;
    if (year < 1600 || day < 1 || day > calendar_days_in_year(CALENDAR_PROLEPTIC_GREGORIAN, year)) {
        return false;
    }
    int64_t first = calendar_day_number(CALENDAR_PROLEPTIC_GREGORIAN, year, 1, 1);
    *date = calendar_date_of_day(CALENDAR_PROLEPTIC_GREGORIAN, first + day - 1);
    return true;
}

/* YYYY-MM-DD or YYYY_MM_DD. */
static bool read_parts(const char *at, struct calendar_date *date)
{
    char mark = strlen(at) >= 10 ? at[4] : '\0';
    return (mark == '-' || mark == '_' || mark == '.') && at[7] == mark &&
           !isdigit((unsigned char)at[10]) &&
           set_date(digits(at, 4), digits(at + 5, 2), digits(at + 8, 2), date);
}

bool raster_name_date(const char *path, struct calendar_date *date)
{
    const char *name = path_name(path);
    for (const char *at = name; *at != '\0';) {
        int length = (int)strspn(at, "0123456789");
        if (length == 0) {
            at++;
            continue;
        }
        if (read_digits(at, length, date) || (length == 4 && read_parts(at, date))) {
            return true;
        }
        at += length;
    }
    return false;
}
