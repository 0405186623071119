/* airshed -- GPL-3.0-or-later. What a vector file holds, for `info`: layers, fields, systems. */
#ifndef AIRSHED_IO_VECTOR_FACTS_H
#define AIRSHED_IO_VECTOR_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/** A field of a layer. */
struct vector_field {
    char *name;
    const char *type; /**< "String", "Real", "Date" */
};

/** A layer as it lies in the file. */
struct vector_layer_facts {
    char *name;
    char *geometry; /**< of the features: "Polygon, Multi Polygon"; "None" for a table */
    char *crs_wkt;  /**< NULL: the file names none */
    int64_t features;
    int64_t empty;   /**< features without a geometry */
    int64_t invalid; /**< polygons that cross themselves */
    bool has_extent;
    double extent[4]; /**< west, south, east, north in the layer's own system */
    int field_count;
    struct vector_field *fields;
};

struct vector_facts {
    const char *format; /**< "GeoJSON" */
    int layer_count;
    struct vector_layer_facts *layers;
};

/** Reads all layers of a file. Local to the rank.
 *  @return STATUS_DATA where it is no vector file, or damaged */
enum status vector_facts_read(const char *path, struct vector_facts **facts);

/** Releases *@p facts and sets it to NULL; NULL is allowed. */
void vector_facts_destroy(struct vector_facts **facts);

#endif
