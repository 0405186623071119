/* airshed -- GPL-3.0-or-later. One self-contained HTML page, piece by piece into a growing text. */
#include "report/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Contrast at least 7:1 in both schemes; no colour carries a meaning by itself. */
static const char style[] =
    ":root{color-scheme:light dark;--text:#1a1a1a;--page:#fff;--soft:#f2f4f6;--line:#8a9299;"
    "--link:#0b4f8a}\n"
    "@media(prefers-color-scheme:dark){:root{--text:#ececec;--page:#15181b;--soft:#22272c;"
    "--line:#7d868e;--link:#9ccbff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}\n"
    "header,main,footer{max-width:60rem;margin:0 auto;padding:0 1rem}\n"
    "a{color:var(--link)}a:focus-visible,[tabindex]:focus-visible,summary:focus-visible"
    "{outline:3px solid var(--link);outline-offset:2px}\n"
    ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--page);"
    "padding:.5rem}\n"
    "h1{line-height:1.2}h2{margin-top:2.5rem;border-bottom:2px solid var(--line)}\n"
    "h1,h2,h3,p,li,td,th,figcaption{overflow-wrap:break-word}\n"
    "nav ul{columns:17rem;column-gap:2.5rem;padding-left:1.2rem}\n"
    "figure{margin:1.5rem 0}figure img{display:block;max-width:100%;height:auto;background:#fff;"
    "padding:.3rem;border:1px solid var(--line)}\n"
    "figcaption{margin-top:.4rem}\n"
    ".scroll{overflow-x:auto;margin:1rem 0}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}\n"
    "caption{text-align:left;font-weight:600;padding:.3rem 0}\n"
    "th,td{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top}\n"
    "thead th{background:var(--soft)}td.n,th.n{text-align:right}td.n{white-space:nowrap}\n"
    ".note{border-left:4px solid var(--line);background:var(--soft);padding:.5rem .8rem}\n"
    "code{font-size:.92em;overflow-wrap:anywhere}\n"
    "@page{size:A4;margin:14mm}@page wide{size:A4 landscape;margin:12mm}\n"
    "@media print{:root{--text:#000;--page:#fff;--soft:#fff;--link:#000}nav,.skip{display:none}"
    "body{font-size:10pt}header,main,footer{max-width:none}h2,h3{break-after:avoid}"
    "figure,tr{break-inside:avoid}figure img{max-height:225mm;width:auto}"
    ".scroll{overflow:visible}table{font-size:8pt}"
    ".scroll:has(thead th:nth-child(10)){page:wide}"
    "table:has(thead th:nth-child(11)){font-size:6.5pt}"
    "table:has(thead th:nth-child(13)) :is(th,td){padding:.1rem .15rem}"
    "table:has(thead th:nth-child(19)){font-size:5pt}}\n";

void html_begin(struct text *page, const char *title)
{
    text_add(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<link rel=\"icon\" href=\"data:,\">\n<title>");
    html_text(page, title);
    text_add_format(page, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
    text_add(page, "<a class=\"skip\" href=\"#main\">Skip to the results</a>\n<header>\n<h1>");
    html_text(page, title);
    text_add(page, "</h1>\n");
}

void html_end(struct text *page)
{
    text_add(page, "</main>\n</body>\n</html>\n");
}

/* Length of the UTF-8 character at @p byte, 0 where there is none (RFC 3629). */
static int character_length(const unsigned char *byte)
{
    int length = byte[0] < 0x80                       ? 1
                 : byte[0] >= 0xc2 && byte[0] < 0xe0  ? 2
                 : byte[0] >= 0xe0 && byte[0] < 0xf0  ? 3
                 : byte[0] >= 0xf0 && byte[0] <= 0xf4 ? 4
                                                      : 0;
    for (int i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_wrong = (byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f) ||
                    (byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f);
    return is_wrong ? 0 : length;
}

void html_text(struct text *page, const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    while (*byte != '\0') {
        int length = character_length(byte);
        if (*byte == '&') {
            text_add(page, "&amp;");
        } else if (*byte == '<') {
            text_add(page, "&lt;");
        } else if (*byte == '>') {
            text_add(page, "&gt;");
        } else if (*byte == '"') {
            text_add(page, "&quot;");
        } else if (length == 0 || (*byte < 32 && *byte != '\n' && *byte != '\t')) {
            text_add(page, "\xef\xbf\xbd");
        } else {
            text_add_bytes(page, (const char *)byte, (size_t)length);
        }
        byte += length > 0 ? length : 1;
    }
}

void html_paragraph(struct text *page, const char *format, ...)
{
    char *words = NULL;
    va_list values;
    va_start(values, format);
    int length = vasprintf(&words, format, values);
    va_end(values);
    if (length < 0) {
        page->failed = true;
        return;
    }
    text_add(page, "<p>");
    html_text(page, words);
    text_add(page, "</p>\n");
    free(words);
}

/* RFC 4648. */
static void add_base64(struct text *page, const void *data, int64_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = data;
    for (int64_t i = 0; i < count; i += 3) {
        int64_t left = count - i;
        unsigned three = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char four[4] = {digits[three >> 18], digits[three >> 12 & 63],
                        left > 1 ? digits[three >> 6 & 63] : '=',
                        left > 2 ? digits[three & 63] : '='};
        text_add_bytes(page, four, 4);
    }
}

void html_picture(struct text *page, const struct picture *picture, const char *caption,
                  const char *alternative, const char *png, const char *pdf)
{
    text_add_format(page, "<figure>\n<img width=\"%d\" height=\"%d\" alt=\"", picture->width,
                    picture->height);
    html_text(page, alternative);
    text_add(page, "\" src=\"data:image/png;base64,");
    add_base64(page, picture->png, picture->png_bytes);
    text_add(page, "\">\n<figcaption>");
    html_text(page, caption);
    text_add(page, text_ends_with(caption, ".") ? "" : ".");
    text_add(page, " As <a href=\"");
    html_text(page, png);
    text_add(page, "\">PNG</a>, <a href=\"");
    html_text(page, pdf);
    text_add(page, "\">PDF</a>.</figcaption>\n</figure>\n");
}

/* ---- tables ------------------------------------------------------------------------------- */

void html_table_begin(struct text *page, const char *caption)
{
    text_add(page, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    html_text(page, caption);
    text_add(page, "\">\n<table>\n<caption>");
    html_text(page, caption);
    text_add(page, "</caption>\n<thead>\n<tr>");
}

/* Names of columns may break behind their underscores. */
void html_table_head(struct text *page, const char *name, bool is_number)
{
    struct text escaped = {0};
    text_add(page, is_number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
    html_text(&escaped, name);
    for (const char *byte = escaped.data; byte != NULL && *byte != '\0'; byte++) {
        text_add_bytes(page, byte, 1);
        text_add(page, *byte == '_' ? "<wbr>" : "");
    }
    page->failed = page->failed || escaped.failed;
    text_clear(&escaped);
    text_add(page, "</th>");
}

void html_table_body(struct text *page)
{
    text_add(page, "</tr>\n</thead>\n<tbody>\n");
}

void html_table_row_end(struct text *page)
{
    text_add(page, "</tr>\n");
}

void html_table_row(struct text *page)
{
    text_add(page, "<tr>");
}

void html_table_cell(struct text *page, const char *text)
{
    text_add(page, "<td>");
    html_text(page, text);
    text_add(page, "</td>");
}

void html_table_row_head(struct text *page, const char *text)
{
    text_add(page, "<th scope=\"row\">");
    html_text(page, text);
    text_add(page, "</th>");
}

void html_table_number(struct text *page, double value)
{
    if (isnan(value)) {
        text_add(page, "<td class=\"n\">\xe2\x80\x93</td>");
    } else {
        text_add_format(page, "<td class=\"n\">%.6g</td>", value);
    }
}

void html_table_end(struct text *page)
{
    text_add(page, "</tbody>\n</table>\n</div>\n");
}
