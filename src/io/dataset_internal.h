/* airshed -- GPL-3.0-or-later. What the formats tell dataset.c, and what it asks of them. */
#ifndef AIRSHED_IO_DATASET_INTERNAL_H
#define AIRSHED_IO_DATASET_INTERNAL_H

#include "base/calendar.h"
#include "base/text.h"
#include "io/dataset.h"

/** Dates of the steps of one variable in one file. */
struct raster_times {
    enum calendar calendar;
    int64_t steps; /**< 0: no time */
    struct calendar_date *stamp;
    struct calendar_date *bounds; /**< [steps, 2] or NULL */
    char units[96];               /**< as the file says */
};

enum { RASTER_MOST_DIMENSIONS = 8, RASTER_MOST_MISSING = 8 };

/** How stored numbers become values (C.08). */
struct raster_packing {
    bool is_packed;
    double scale, offset;
    bool is_unsigned; /**< signed storage that means unsigned numbers */
    int missing_count;
    double missing[RASTER_MOST_MISSING]; /**< in stored numbers */
    double low, high;                    /**< valid range */
    bool range_is_unpacked;
    bool keep_infinite;
};

/** One variable of one file. Strings are never NULL. */
struct raster_variable {
    char *name, *standard_name, *long_name, *units, *cell_methods, *layer;
    struct georeference *grid;
    struct axis_order x_order, y_order;
    struct raster_times times;
    struct raster_packing packing;
    bool is_costly; /**< parts of maps cost as much as whole ones */
    int64_t chunk_steps, chunk_rows, chunk_cols; /**< stored together; 0: not chunked */
    /* NetCDF */
    int id, type, dimensions;
    int64_t shape[RASTER_MOST_DIMENSIONS];
    int64_t index[RASTER_MOST_DIMENSIONS]; /**< place on dimensions other than these three */
    int time_dimension, row_dimension, col_dimension; /**< time: -1 where there is none */
    int64_t chunk[RASTER_MOST_DIMENSIONS];
    /* GDAL */
    int *bands; /**< band of each step */
    /* What `info` tells. */
    struct dataset_storage storage;
};

struct raster;

/** A box of a file: steps, rows and columns as the file counts them. */
struct raster_box {
    int64_t step, steps;
    int64_t row, rows;
    int64_t col, cols;
};

/** A format. */
struct raster_format {
    void (*close)(struct raster *raster);
    /** Reads [steps, rows, cols] unpacked, missing as NaN, in the file's own directions. */
    enum status (*read)(struct raster *raster, const struct raster_variable *variable,
                        const struct raster_box *box, float *values);
};

/** An open file. */
struct raster {
    char *path;
    const struct raster_format *format;
    int count, capacity;
    struct raster_variable *variables;
    struct text_list warnings;
    char *refusal; /**< why the first variable that was left out cannot be used; NULL: none was */
    struct text_list attributes; /**< of the file: name, text, name, text ... */
    void *handle;                /**< of the format */
};

/** Notes the ends of the axes, in the order of the file; NULL, NULL: not along rows and columns. */
void raster_note_axes(struct raster_variable *variable, int64_t rows, int64_t cols, const double *y,
                      const double *x);

/** Opens a file of any format. @p wanted limits it to one variable, NULL takes all. */
enum status raster_open(const char *path, const char *wanted,
                        const struct dataset_options *options, struct raster **raster);

/** Closes and sets to NULL; NULL is allowed. */
void raster_close(struct raster **raster);

/** The formats: each fills a raster that has its path. */
enum status raster_open_netcdf(struct raster *raster, const char *wanted,
                               const struct dataset_options *options);
enum status raster_open_gdal(struct raster *raster, const struct dataset_options *options);

/** True where the first bytes are those of NetCDF, classic or NetCDF-4. */
bool raster_is_netcdf(const char *path);

/** A new variable at the end, with empty strings. */
enum status raster_add(struct raster *raster, struct raster_variable **variable);
void raster_variable_clear(struct raster_variable *variable);
void raster_times_clear(struct raster_times *times);

/** Adds a sentence for `info`. */
void raster_warn(struct raster *raster, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Turns @p count stored floats into values in place, or stored doubles into floats. */
void raster_unpack_float(const struct raster_packing *packing, int64_t count, float *values);
float raster_unpack(const struct raster_packing *packing, double stored);

/** Lists the files behind a path: itself, those of a folder, those of a pattern. */
enum status raster_files(const char *path, struct text_list *files);

/** The date in a file name, if it has one. */
bool raster_name_date(const char *path, struct calendar_date *date);

/** Counters of dataset_counts(). */
extern int64_t raster_files_opened, raster_chunks_inflated;

#endif
