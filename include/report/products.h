/* airshed -- GPL-3.0-or-later. The products of a run, as their sidecars (NAME.prov.json) tell them. */
#ifndef AIRSHED_REPORT_PRODUCTS_H
#define AIRSHED_REPORT_PRODUCTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/** One complete product. */
struct product {
    char *sidecar;
    char *output;       /**< path of the main file or folder */
    char *command;      /**< that made it */
    char *version;      /**< of the program */
    char *start;        /**< ISO 8601 UTC */
    char *command_line; /**< "" with --no-history */
    int64_t ranks, items, values, missing, seed;
    struct text_list files;            /**< paths of its files */
    struct text_list names, values_of; /**< its options: names, and their values as text */
    struct text_list input_options, input_paths; /**< options that named inputs, and what they named */
    struct text_list warnings;
    bool is_intact; /**< its files are still those that were made */
};

/** Sorted by when they were made, then by path. */
struct products {
    struct product *item;
    int64_t count;
};

/** Reads the sidecars in @p folder and the folders in it (NULL: none), and those of the files
 *  @p extra. Products of the command @p except are left out.
 *  @return STATUS_DATA where a sidecar is damaged, or there is none */
enum status products_read(const char *folder, const struct text_list *extra, const char *except,
                          struct products *products);

void products_clear(struct products *products);

/** Value of an option, or NULL. */
const char *product_option(const struct product *product, const char *name);

/** First file of @p product whose name ends so, or NULL. */
const char *product_file(const struct product *product, const char *ending);

#endif
