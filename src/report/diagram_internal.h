/* airshed -- GPL-3.0-or-later. What the diagrams share. */
#ifndef AIRSHED_REPORT_DIAGRAM_INTERNAL_H
#define AIRSHED_REPORT_DIAGRAM_INTERNAL_H

#include <stdio.h>

#include "chart_internal.h"
#include "report/diagram.h"

/** Fill of a group: Okabe and Ito, then grey. */
const char *diagram_colour(int group);

/** A paler fill, mixed with white: GMT's transparency is lost by some versions of Ghostscript. @return @p text */
const char *diagram_tint(const char *colour, char text[16]);

/** An amount in few digits: "98412", "731", "0.12". @return @p text */
const char *diagram_amount(double amount, char text[32]);

enum {
    DIAGRAM_LABELS_MAX = 400 /**< further ones stay where they are */
};

/** Moves ascending places apart to at least @p gap and no farther than needed, within [@p low, @p high] as
 *  far as there is room. */
void diagram_spread(double *at, int count, double gap, double low, double high);

/** Opens the file "labels" for diagram_label(), and draws what it holds, @p box: on white. */
enum status diagram_labels_begin(struct figure *figure, FILE **file);
enum status diagram_labels_draw(struct figure *figure, FILE **file, bool has_box);

/** One label at x, y of the frame at hand: font "9p,Helvetica,black", justification "LM". */
void diagram_label(FILE *file, double x, double y, const char *font, const char *justify,
                   const char *text);

/** A legend of groups: squares with names from @p x to the right and in rows downwards from @p y, in a
 *  frame of centimetres. Frees nothing. @return rows used */
int diagram_legend(FILE *boxes, FILE *labels, const char *const *groups, int count, double x,
                   double y, double width);

/** Points of a rectangle as a filled polygon. */
void diagram_rectangle(FILE *file, const char *fill, double west, double east, double south,
                       double north);

/** A step of 1, 2 or 5 times a power of ten that cuts @p width into about @p parts. */
double diagram_step(double width, double parts);

#endif
