/* airshed -- GPL-3.0-or-later. Section of a report that shows the stages of one cell (P2.61). */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report_sections.h"

/* A file of the product as it is. */
static enum status read_file(const struct product *product, const char *ending, void **bytes,
                             int64_t *count)
{
    enum status status = STATUS_OK;
    const char *path = product_file(product, ending);
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    FAIL_IF(file == NULL || fseek(file, 0, SEEK_END) != 0, STATUS_DATA,
            "%s: has no figure NAME%s: make it again without --no-figure", product->output, ending);
    *count = ftell(file);
    rewind(file);
    TRY(memory_allocate((size_t)*count, 1, bytes));
    FAIL_IF(fread(*bytes, 1, (size_t)*count, file) != (size_t)*count || *count < 24, STATUS_DATA,
            "%s: cannot be read", path);
done:
    if (file != NULL) {
        fclose(file);
    }
    return status;
}

/* Width and height stand at byte 16 of every PNG, the most significant byte first. */
static int png_number(const struct picture *picture, int byte)
{
    const unsigned char *bytes = (const unsigned char *)picture->png + byte;
    return bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

enum status section_write_explain(struct section_work *work)
{
    enum status status;
    char *name = NULL;
    char png[512], pdf[512];
    struct picture *picture = &work->pictures[0];
    TRY(read_file(work->product, ".png", &picture->png, &picture->png_bytes));
    TRY(read_file(work->product, ".pdf", &picture->pdf, &picture->pdf_bytes));
    picture->width = png_number(picture, 16);
    picture->height = png_number(picture, 20);
    work->picture_count = 1;
    TRY(section_figure_name(work->section, work->product, 0, &name));
    snprintf(png, sizeof png, "%s/%s.png", work->view->figures, name);
    snprintf(pdf, sizeof pdf, "%s/%s.pdf", work->view->figures, name);
    html_paragraph(&work->html,
                   "The cell at %s N, %s E: each stage was computed anew by its own functions; every number "
                   "and its map's stand in NAME.txt and NAME.json of the product.",
                   product_option(work->product, "latitude"),
                   product_option(work->product, "longitude"));
    html_picture(&work->html, picture, "The stages of one cell",
                 "Line charts below each other: pollution, trend, seasonal part, remainder, weather, "
                 "regression, deweathered and expected, part and share of the sources",
                 png, pdf);
done:
    free(name);
    return status;
}
