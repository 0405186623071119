/* airshed -- GPL-3.0-or-later. The page of a report around its sections. */
#ifndef AIRSHED_COMMANDS_REPORT_PAGE_H
#define AIRSHED_COMMANDS_REPORT_PAGE_H

#include <stdint.h>

#include "report/printed.h"
#include "sections.h"

/** A section with the product that it shows. */
struct report_part {
    const struct section *section;
    const struct product *product;
};

/** What the page is made of. */
struct report_page {
    const struct report_view *view;
    const char *title;
    const struct report_part *parts; /**< [part_count] */
    const char *const *written;      /**< [part_count] HTML of each */
    int64_t part_count;
    const struct printed *printed; /**< NULL: no file was given */
};

/** Puts the page together. @return STATUS_DATA where a product cannot be read */
enum status report_page_write(const struct report_page *page, struct text *html);

/** Value that the run has for a printed number; NaN, and into @p why what is missing. */
enum status report_recompute(const struct report_view *view, const struct printed_number *number,
                             double *value, char *why, int why_bytes);

#endif
