/* airshed -- GPL-3.0-or-later. What a vector file holds, through OGR. */
#include "io/vector_facts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cpl_conv.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/gdal_session.h"

static enum status copy_crs(OGRLayerH layer, char **wkt)
{
    enum status status = STATUS_OK;
    static const char *const options[] = {"FORMAT=WKT2_2019", NULL};
    OGRSpatialReferenceH system = OGR_L_GetSpatialRef(layer);
    char *text = NULL;
    if (system != NULL && OSRExportToWktEx(system, &text, options) == OGRERR_NONE) {
        TRY(memory_copy_text(text, wkt));
    }
done:
    CPLFree(text);
    return status;
}

static enum status copy_fields(OGRLayerH layer, struct vector_layer_facts *facts)
{
    enum status status;
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(layer);
    int count = OGR_FD_GetFieldCount(definition);
    TRY(memory_allocate((size_t)count, sizeof *facts->fields, &facts->fields));
    for (int i = 0; i < count; i++) {
        OGRFieldDefnH field = OGR_FD_GetFieldDefn(definition, i);
        TRY(memory_copy_text(OGR_Fld_GetNameRef(field), &facts->fields[i].name));
        facts->fields[i].type = OGR_GetFieldTypeName(OGR_Fld_GetType(field));
        facts->field_count = i + 1;
    }
done:
    return status;
}

/* Adds "Polygon" to the kinds of geometry met, where it is new. */
static void note_type(OGRwkbGeometryType type, struct text *types)
{
    const char *name = OGRGeometryTypeToName(type);
    const char *at = types->data != NULL ? types->data : "";
    for (size_t length = strlen(name); *at != '\0';
         at += strcspn(at, ","), at += strspn(at, ", ")) {
        if (strcspn(at, ",") == length && strncmp(at, name, length) == 0) {
            return;
        }
    }
    text_add_format(types, "%s%s", types->length > 0 ? ", " : "", name);
}

static void add_geometry(OGRGeometryH geometry, struct vector_layer_facts *facts,
                         struct text *types)
{
    OGREnvelope box;
    if (geometry == NULL || OGR_G_IsEmpty(geometry)) {
        facts->empty++;
        return;
    }
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    note_type(type, types);
    if ((type == wkbPolygon || type == wkbMultiPolygon) && !OGR_G_IsValid(geometry)) {
        facts->invalid++;
    }
    OGR_G_GetEnvelope(geometry, &box);
    const double here[4] = {box.MinX, box.MinY, box.MaxX, box.MaxY};
    for (int i = 0; i < 4; i++) {
        double old = facts->has_extent ? facts->extent[i] : here[i];
        facts->extent[i] = i < 2 ? fmin(old, here[i]) : fmax(old, here[i]);
    }
    facts->has_extent = true;
}

static enum status read_layer(const char *path, OGRLayerH layer, struct vector_layer_facts *facts)
{
    enum status status;
    bool has_geometry = OGR_L_GetGeomType(layer) != wkbNone;
    struct text types = {0};
    TRY(memory_copy_text(OGR_L_GetName(layer), &facts->name));
    TRY(copy_crs(layer, &facts->crs_wkt));
    TRY(copy_fields(layer, facts));
    OGR_L_ResetReading(layer);
    gdal_session_clear();
    for (OGRFeatureH feature = OGR_L_GetNextFeature(layer); feature != NULL;
         feature = OGR_L_GetNextFeature(layer)) {
        facts->features++;
        if (has_geometry) {
            add_geometry(OGR_F_GetGeometryRef(feature), facts, &types);
        }
        OGR_F_Destroy(feature);
    }
    FAIL_IF(facts->invalid == 0 && gdal_session_has_failed(), STATUS_DATA,
            "'%s': layer '%s' is damaged after %lld features: %s", path, facts->name,
            (long long)facts->features, gdal_session_message());
    if (types.length == 0) {
        text_add(&types, OGRGeometryTypeToName(OGR_L_GetGeomType(layer)));
    }
    TRY(text_take(&types, &facts->geometry));
done:
    text_clear(&types);
    return status;
}

enum status vector_facts_read(const char *path, struct vector_facts **facts)
{
    enum status status;
    struct vector_facts *read = NULL;
    GDALDatasetH file = NULL;
    *facts = NULL;
    FAIL_IF(access(path, R_OK) != 0, STATUS_DATA, "'%s' cannot be opened: %s", path,
            strerror(errno));
    gdal_session_start();
    gdal_session_clear();
    TRY(memory_allocate(1, sizeof *read, &read));
    file = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    FAIL_IF(file == NULL, STATUS_DATA,
            "'%s' is no vector file that can be read (%s): is it damaged, or of another kind?",
            path, gdal_session_reason());
    read->format = GDALGetDriverLongName(GDALGetDatasetDriver(file));
    int count = GDALDatasetGetLayerCount(file);
    FAIL_IF(count == 0, STATUS_DATA, "'%s' holds no layers", path);
    TRY(memory_allocate((size_t)count, sizeof *read->layers, &read->layers));
    for (int i = 0; i < count; i++) {
        read->layer_count = i + 1;
        TRY(read_layer(path, GDALDatasetGetLayer(file, i), &read->layers[i]));
    }
    *facts = read;
    read = NULL;
done:
    if (file != NULL) {
        GDALClose(file);
    }
    vector_facts_destroy(&read);
    return status;
}

void vector_facts_destroy(struct vector_facts **facts)
{
    struct vector_facts *old = *facts;
    for (int i = 0; old != NULL && i < old->layer_count; i++) {
        struct vector_layer_facts *layer = &old->layers[i];
        for (int field = 0; field < layer->field_count; field++) {
            free(layer->fields[field].name);
        }
        free(layer->fields);
        free(layer->name);
        free(layer->geometry);
        free(layer->crs_wkt);
    }
    if (old != NULL) {
        free(old->layers);
        free(old);
        *facts = NULL;
    }
}
