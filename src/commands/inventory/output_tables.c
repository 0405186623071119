/* airshed -- GPL-3.0-or-later. inventory: tables of what went in: levels, inputs, sources. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output_internal.h"

const char *output_place(const char *place)
{
    const char *end = strchr(place, ',') != NULL ? strchr(place, ',') : place + strlen(place);
    while (end > place && end[-1] != '/') {
        end--;
    }
    return end;
}

/* ---- levels ------------------------------------------------------------------------------- */

int64_t levels_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"species", NULL, "what is emitted", TABLE_TEXT},
        {"source", NULL, "what emits", TABLE_TEXT},
        {"place", NULL, "province; NATIONAL for sources without provinces", TABLE_TEXT},
        {"year", NULL, NULL, TABLE_TEXT},
        {"parameter", NULL, NULL, TABLE_TEXT},
        {"level", NULL,
         "where its value was found: province-year, province, national-year, national, default, "
         "zero; "
         "several where members of an index differ",
         TABLE_TEXT},
    };
    (void)output;
    return COPY_COLUMNS(columns, all);
}

static bool is_cell(const struct inventory_model *model, const struct inventory_result *one)
{
    bool has_provinces = model->indices[INDEX_PROVINCE].members.count > 0;
    return one->kind == RESULT_TOTAL && one->subject == SUBJECT_SOURCE && one->year >= 0 &&
           one->place == (has_provinces ? PLACE_PROVINCE : PLACE_ALL);
}

/* One row for each "parameter=level" of a cell. */
static enum status write_levels(const struct inventory_model *model,
                                const struct inventory_result *cell, struct table_writer *writer)
{
    enum status status;
    struct text_list parts = {0};
    char year[40];
    TRY(text_list_split(&parts, cell->levels, ';'));
    for (size_t i = 0; i < parts.count; i++) {
        char *level = strchr(parts.items[i], '=');
        *level++ = '\0';
        table_writer_text(writer, model->indices[INDEX_SPECIES].members.items[cell->species]);
        table_writer_text(writer, inventory_subject_member(model, cell));
        table_writer_text(writer, inventory_place_name(model, cell));
        table_writer_text(writer, inventory_year_name(model, cell->year, year));
        table_writer_text(writer, parts.items[i]);
        table_writer_text(writer, level);
    }
done:
    text_list_clear(&parts);
    return status;
}

enum status levels_rows(const struct inventory_output *output, struct table_writer *writer)
{
    enum status status = STATUS_OK;
    const struct inventory_results *results = output->results;
    for (int64_t i = 0; i < results->count; i++) {
        if (is_cell(results->model, &results->results[i])) {
            TRY(write_levels(results->model, &results->results[i], writer));
        }
    }
done:
    return status;
}

/* ---- inputs ------------------------------------------------------------------------------- */

int64_t inputs_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"file", NULL, "table as the config names it", TABLE_TEXT},
        {"sheet", NULL, NULL, TABLE_TEXT},
        {"rows", "1", "rows below the header", TABLE_INTEGER},
        {"used", "1", "values that count", TABLE_INTEGER},
        {"used_sum", NULL, "their sum, as written in the table", TABLE_NUMBER},
        {"left_out_rows", "1", "rows that 'where' or 'leave_out' leaves out", TABLE_INTEGER},
        {"left_out_sum", NULL, "sum of their numbers", TABLE_NUMBER},
        {"other_years", "1", "values of years that the inventory does not have", TABLE_INTEGER},
        {"other_years_sum", NULL, "their sum", TABLE_NUMBER},
        {"empty", "1", "cells without a value", TABLE_INTEGER},
        {"units", NULL, "of the sums, where the table has one unit", TABLE_TEXT},
    };
    (void)output;
    return COPY_COLUMNS(columns, all);
}

enum status inputs_rows(const struct inventory_output *output, struct table_writer *writer)
{
    const struct inventory_model *model = output->results->model;
    for (int i = 0; i < model->table_count; i++) {
        const struct inventory_table *table = &model->tables[i];
        table_writer_text(writer, table->file);
        table_writer_text(writer, table->sheet);
        table_writer_integer(writer, table->rows);
        table_writer_integer(writer, table->used);
        table_writer_number(writer, table->used_sum);
        table_writer_integer(writer, table->left_out);
        table_writer_number(writer, table->left_out_sum);
        table_writer_integer(writer, table->other_years);
        table_writer_number(writer, table->other_years_sum);
        table_writer_integer(writer, table->empty);
        table_writer_text(writer, table->units);
    }
    return STATUS_OK;
}

/* ---- sources ------------------------------------------------------------------------------ */

int64_t sources_columns(const struct inventory_output *output, struct table_column *columns)
{
    static const struct table_column all[] = {
        {"source", NULL, NULL, TABLE_TEXT},
        {"category", NULL, NULL, TABLE_TEXT},
        {"receptor", NULL, NULL, TABLE_TEXT},
        {"extent", NULL, "provinces, or national: in no row of a province or region (P3.25)",
         TABLE_TEXT},
        {"species", NULL, NULL, TABLE_TEXT},
        {"formula", NULL, "as the config has it", TABLE_TEXT},
    };
    (void)output;
    return COPY_COLUMNS(columns, all);
}

enum status sources_rows(const struct inventory_output *output, struct table_writer *writer)
{
    const struct inventory_model *model = output->results->model;
    const struct text_list *species = &model->indices[INDEX_SPECIES].members;
    for (int i = 0; i < model->source_count; i++) {
        const struct inventory_source *source = &model->sources[i];
        for (size_t k = 0; k < species->count; k++) {
            if (source->formula[k] < 0) {
                continue;
            }
            table_writer_text(writer, source->name);
            table_writer_text(writer, source->category);
            table_writer_text(writer, source->receptor);
            table_writer_text(writer, source->is_national ? "national" : "provinces");
            table_writer_text(writer, species->items[k]);
            table_writer_text(writer, model->formulas[source->formula[k]].node->text);
        }
    }
    return STATUS_OK;
}
