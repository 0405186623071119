/* airshed -- GPL-3.0-or-later. Lines and lists of a report. */
#include "report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status info_report_init(struct info_report *report)
{
    *report = (struct info_report){.facts = json_object()};
    return report->facts != NULL
               ? STATUS_OK
               : failure_record(STATUS_MEMORY, __FILE__, __LINE__, "out of memory");
}

void info_report_clear(struct info_report *report)
{
    text_clear(&report->text);
    text_list_clear(&report->suspicions);
    text_list_clear(&report->remarks);
    json_decref(report->facts);
    report->facts = NULL;
}

void info_heading(struct info_report *report, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_add_format(&report->text, "\n%s\n", line);
}

void info_line(struct info_report *report, const char *label, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_add_format(&report->text, "  %-13s %s\n", label, line);
}

static void add_once(struct text_list *list, const char *sentence)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], sentence) == 0) {
            return;
        }
    }
    text_list_add(list, sentence); /* without memory the sentence is lost, no more */
}

void info_suspect(struct info_report *report, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    add_once(&report->suspicions, line);
}

void info_remark(struct info_report *report, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    add_once(&report->remarks, line);
}

json_t *info_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
