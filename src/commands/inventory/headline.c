/* airshed -- GPL-3.0-or-later. inventory: what a run tells at its end. */
#include "headline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/path.h"
#include "output.h"
#include "totals.h"

enum { LINES_MAX = 10, NUMBER_BYTES = 40 };

/* Whole from a thousand on, four digits below. @return @p text */
static const char *number(double value, char text[NUMBER_BYTES])
{
    snprintf(text, NUMBER_BYTES, fabs(value) >= 1000 && fabs(value) < 1e15 ? "%.0f" : "%.4g", value);
    return text;
}

/* One total; @p year -1: the whole period. */
static void tell_total(const struct inventory_model *model, const struct inventory_totals *totals,
                       int species, int year, double level)
{
    char name[40], mean[NUMBER_BYTES], low[NUMBER_BYTES], high[NUMBER_BYTES];
    const struct inventory_result result = {.subject = SUBJECT_ALL,
                                            .subject_member = -1,
                                            .place = PLACE_ALL,
                                            .place_member = -1,
                                            .species = species,
                                            .year = year};
    const struct inventory_total like = {
        .species = model->indices[INDEX_SPECIES].members.items[species],
        .subject = inventory_subject_name(result.subject),
        .name = inventory_subject_member(model, &result),
        .extent = inventory_extent_name(&result),
        .place = inventory_place_name(model, &result),
        .year = inventory_year_name(model, year, name)};
    const struct inventory_total *row = inventory_totals_find(totals, &like);
    if (row == NULL) {
        return; /* a species that nothing emits */
    }
    const char *comma = like.species[0] != '\0' && like.year[0] != '\0' ? ", " : "";
    double centre = inventory_total_centre(row);
    if (isnan(row->low) || !(row->low < row->high)) {
        log_info("%s%s%s: total %s %s, nothing in it is uncertain", like.species, comma, like.year,
                 number(centre, mean), model->units);
        return;
    }
    log_info("%s%s%s: total %s %s, %g %% interval %s to %s (%+.0f %% to %+.0f %%)", like.species, comma,
             like.year, number(centre, mean), model->units, level, number(row->low, low),
             number(row->high, high), 100 * (row->low / centre - 1), 100 * (row->high / centre - 1));
}

static void tell_totals(const struct inventory_model *model, const struct inventory_totals *totals,
                        double level)
{
    int species = (int)model->indices[INDEX_SPECIES].members.count;
    int years = (int)model->indices[INDEX_YEAR].members.count;
    bool has_all = species * (years + 1) <= LINES_MAX;
    for (int i = 0; i < species; i++) {
        for (int year = has_all ? 0 : years - 1; year < years; year++) {
            tell_total(model, totals, i, year, level);
        }
        if (years > 1) {
            tell_total(model, totals, i, -1, level);
        }
    }
}

enum status inventory_headline_tell(const struct inventory_model *model, const char *folder,
                                    double level)
{
    enum status status;
    struct inventory_totals totals = {0};
    char *figures = NULL, *grid = NULL;
    TRY(inventory_totals_read(folder, "totals", &totals));
    TRY(path_join(folder, "figures.prov.json", &figures));
    TRY(path_join(folder, "grid.nc", &grid));
    tell_totals(model, &totals, level);
    bool is_drawn = path_exists(figures);
    log_info("results are in %s: open %stotals.csv first%s; 'airshed report %s -o %s/report.html' puts "
             "all on one page",
             folder, is_drawn ? "figures/ and " : "", path_exists(grid) ? ", grid.nc for the map" : "",
             folder, folder);
done:
    inventory_totals_clear(&totals);
    free(figures);
    free(grid);
    return status;
}
