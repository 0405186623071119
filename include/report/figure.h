/* airshed -- GPL-3.0-or-later. One figure on its way: a folder, a GMT session in it, two files out.
 *
 * GMT runs as a program of its own, one call a module: what goes wrong there ends no rank, and the
 * session lives in the figure's folder, so ranks that draw side by side do not meet (GMT names
 * sessions after the parent process otherwise). Every call is local to its rank.
 *
 * The same calls give the same bytes: dates in the files are those of the epoch.
 */
#ifndef AIRSHED_REPORT_FIGURE_H
#define AIRSHED_REPORT_FIGURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

struct figure;

/** A finished figure as bytes; clear with picture_clear(). */
struct picture {
    void *png, *pdf;
    int64_t png_bytes, pdf_bytes;
    int width, height; /**< of the PNG, in pixels */
};

/** @return STATUS_FAILED naming the Debian packages where GMT or Ghostscript is not installed */
enum status figure_check(void);

/** Makes an empty folder for drawing: what a killed rank left in it goes. One rank calls this, and no
 *  other run may draw there. */
enum status figure_folder_create(const char *folder);

/** Removes it with all that is in it. */
void figure_folder_remove(const char *folder);

/** Makes a folder for the figure below @p folder and begins a session. */
enum status figure_begin(const char *folder, struct figure **figure);

/** Opens @p name in the figure's folder for writing; figure_call() finds it there under this name. */
enum status figure_file(struct figure *figure, const char *name, FILE **file);

/** Closes such a file. @return STATUS_OUTPUT where it could not be written (a full disk) */
enum status figure_file_close(struct figure *figure, FILE **file);

/** Runs one module of GMT. @p format gives its name and arguments, one on each line; so a value in
 *  it may hold blanks, but no line break.
 *  @return STATUS_FAILED with what GMT said */
enum status figure_call(struct figure *figure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Ends the session and reads the figure. */
enum status figure_end(struct figure *figure, struct picture *picture);

/** Removes the folder with all that is in it; NULL is allowed. */
void figure_destroy(struct figure **figure);

/** Reads a picture from its files; @p pdf NULL: only the PNG. @return STATUS_DATA naming the file */
enum status picture_read(const char *png, const char *pdf, struct picture *picture);

void picture_clear(struct picture *picture);

/** @p text as GMT prints it as it is: with @ doubled, letters of Western Europe by their number, other
 *  Latin letters without their marks, Chinese and kana in the font figure_font(), where
 *  there is one. What then is left becomes `?`; blanks stand for control characters. Ends after @p room
 *  bytes. @return @p label */
const char *figure_label(const char *text, char *label, int room);

/** True where figure_label() finds all of @p text printable. */
bool figure_can_print(const char *text);

/** A TrueType font with Chinese letters (Debian: fonts-droid-fallback), or NULL. */
const char *figure_font(void);

#endif
