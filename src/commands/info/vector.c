/* airshed -- GPL-3.0-or-later. What a vector file holds. */
#include <math.h>
#include <string.h>

#include "grid/projection.h"
#include "report.h"
#include "io/vector_facts.h"
#include "parallel/agree.h"

static void check_layer(const struct vector_layer_facts *layer, bool is_table,
                        struct info_report *report)
{
    const double *box = layer->extent;
    bool is_degrees =
        layer->has_extent && box[0] >= -360 && box[2] <= 360 && box[1] >= -90 && box[3] <= 90;
    if (layer->features == 0) {
        info_suspect(report, "layer '%s' has no features", layer->name);
    }
    if (layer->empty > 0) {
        info_suspect(report, "layer '%s': %lld features have no geometry", layer->name,
                     (long long)layer->empty);
    }
    if (layer->invalid > 0) {
        info_suspect(report, "layer '%s': %lld polygons cross themselves; commands repair them",
                     layer->name, (long long)layer->invalid);
    }
    if (!is_table && layer->crs_wkt == NULL) {
        info_suspect(report, "layer '%s' names no coordinate reference system%s", layer->name,
                     is_degrees ? ": EPSG:4326 is assumed"
                                : ", and its coordinates are no degrees");
    }
    struct projection projection = {0};
    bool is_known =
        layer->crs_wkt != NULL && projection_init(layer->crs_wkt, &projection) == STATUS_OK;
    if (is_known && projection.is_geographic && layer->has_extent && !is_degrees) {
        info_suspect(report,
                     "layer '%s': its coordinates are no degrees, as its system says: are "
                     "they projected, or longitude and latitude swapped?",
                     layer->name);
    }
    failure_clear();
    projection_clear(&projection);
}

static json_t *describe_layer(const struct vector_layer_facts *layer, struct info_report *report)
{
    char crs[512] = "none named";
    bool is_table = strcmp(layer->geometry, "None") == 0;
    struct text fields = {0};
    json_t *out = json_object();
    json_t *list = json_array();
    for (int i = 0; i < layer->field_count; i++) {
        text_add_format(&fields, "%s%s (%s)", i > 0 ? ", " : "", layer->fields[i].name,
                        layer->fields[i].type);
        json_array_append_new(list, json_pack("{ssss}", "name", layer->fields[i].name, "type",
                                              layer->fields[i].type));
    }
    if (layer->crs_wkt != NULL) {
        projection_describe(layer->crs_wkt, crs, sizeof crs);
    }
    info_heading(report, "layer %s", layer->name);
    info_line(report, "features", "%lld, %s", (long long)layer->features,
              is_table ? "without geometry" : layer->geometry);
    if (layer->has_extent) {
        info_line(report, "system", "%s", crs);
        info_line(report, "extent", "west %.7g, south %.7g, east %.7g, north %.7g",
                  layer->extent[0], layer->extent[1], layer->extent[2], layer->extent[3]);
        json_object_set_new(out, "extent",
                            json_pack("[ffff]", layer->extent[0], layer->extent[1],
                                      layer->extent[2], layer->extent[3]));
    }
    info_line(report, "fields", "%.1800s", fields.data != NULL ? fields.data : "none");
    json_object_set_new(out, "name", json_string(layer->name));
    json_object_set_new(out, "features", json_integer(layer->features));
    json_object_set_new(out, "geometry", json_string(layer->geometry));
    json_object_set_new(out, "crs", layer->crs_wkt != NULL ? json_string(crs) : json_null());
    json_object_set_new(out, "fields", list);
    check_layer(layer, is_table, report);
    text_clear(&fields);
    return out;
}

enum status info_vector(const struct job *job, const char *path, struct info_report *report)
{
    enum status status;
    struct vector_facts *facts = NULL;
    json_t *layers = json_array();
    json_object_set_new(report->facts, "kind", json_string("vector"));
    json_object_set_new(report->facts, "layers", layers);
    TRY_TOGETHER(job->comm, vector_facts_read(path, &facts));
    json_object_set_new(report->facts, "format", json_string(facts->format));
    info_line(report, "format", "%s, %d layer%s", facts->format, facts->layer_count,
              facts->layer_count == 1 ? "" : "s");
    for (int i = 0; i < facts->layer_count; i++) {
        json_array_append_new(layers, describe_layer(&facts->layers[i], report));
    }
done:
    vector_facts_destroy(&facts);
    return status;
}
