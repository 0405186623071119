/* airshed -- GPL-3.0-or-later. Section of a report that shows the stages of one cell (P2.61). */
#include <stdio.h>
#include <stdlib.h>

#include "sections.h"

enum status section_write_explain(struct section_work *work)
{
    enum status status;
    char *name = NULL;
    char png[512], pdf[512];
    struct picture *picture = &work->pictures[0];
    const char *png_path = product_file(work->product, ".png");
    const char *pdf_path = product_file(work->product, ".pdf");
    FAIL_IF(png_path == NULL || pdf_path == NULL, STATUS_DATA,
            "%s: has no figure NAME.png and NAME.pdf: make it again without --no-figure",
            work->product->output);
    TRY(picture_read(png_path, pdf_path, picture));
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
