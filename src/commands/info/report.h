/* airshed -- GPL-3.0-or-later. What `info` says: as text for people, as JSON for scripts. */
#ifndef AIRSHED_COMMANDS_INFO_REPORT_H
#define AIRSHED_COMMANDS_INFO_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"
#include "flow/job.h"
#include "grid/georeference.h"
#include "grid/time_axis.h"
#include "values.h"
#include "io/dataset.h"

/** A report under construction: the same on every rank. Start with info_report_init(). */
struct info_report {
    struct text text;
    json_t *facts;               /**< object */
    struct text_list suspicions; /**< what is probably wrong */
    struct text_list remarks;    /**< what is merely good to know */
};

enum status info_report_init(struct info_report *report);
void info_report_clear(struct info_report *report);

/** A blank line and a heading. */
void info_heading(struct info_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** "  label   text". */
void info_line(struct info_report *report, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** One sentence for the lists; said twice it is kept once. */
void info_suspect(struct info_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void info_remark(struct info_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A number for JSON: null where it is none. */
json_t *info_number(double value);

/** The parts, each by its kind of file. Collective. */
enum status info_raster(const struct job *job, const char *path, struct info_report *report);
enum status info_table(const struct job *job, const char *path, struct info_report *report);
enum status info_vector(const struct job *job, const char *path, struct info_report *report);

/** What is odd about the units and values of a variable. */
void info_check_variable(const struct dataset_variable *facts, const struct info_values *values,
                         struct info_report *report);

/** Place and date of a value: "2013-01-12, 39.5 N 116.5 E". @return @p text */
const char *info_place_text(const struct dataset_variable *facts, const struct info_place *place,
                            char *text, size_t text_bytes);

#endif
