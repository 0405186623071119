/* airshed -- GPL-3.0-or-later. One self-contained HTML page, piece by piece into a growing text.
 *
 * The page loads nothing: pictures are inside it, there is no script. It adapts to phones, to print
 * and to dark screens; tables that are wider than the screen scroll by themselves and can be reached
 * by keyboard.
 */
#ifndef AIRSHED_REPORT_HTML_H
#define AIRSHED_REPORT_HTML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "report/figure.h"

/** Head and style, up to the opened main part. */
void html_begin(struct text *page, const char *title);

/** Closes what html_begin() opened. */
void html_end(struct text *page);

/** Adds @p text with &, <, > and " escaped; bytes that are no UTF-8 become U+FFFD. */
void html_text(struct text *page, const char *text);

/** A paragraph of escaped text. */
void html_paragraph(struct text *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A picture with its alternative text and caption; @p pdf and @p png are links to the files beside
 *  the page. */
void html_picture(struct text *page, const struct picture *picture, const char *caption,
                  const char *alternative, const char *png, const char *pdf);

/** A table: begin, heads, body; for each row row, cells and row_end; end. */
void html_table_begin(struct text *page, const char *caption);
void html_table_head(struct text *page, const char *name, bool is_number);
void html_table_body(struct text *page);
void html_table_row(struct text *page);
void html_table_row_end(struct text *page);
void html_table_cell(struct text *page, const char *text);
void html_table_row_head(struct text *page, const char *text);
/** Six significant digits at most; a dash for NaN. */
void html_table_number(struct text *page, double value);
void html_table_end(struct text *page);

#endif
