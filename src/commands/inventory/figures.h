/* airshed -- GPL-3.0-or-later. inventory: its figures (P3.10, P3.12, P3.23).
 *
 * FOLDER/figures/NAME.png and .pdf, a product of its own, drawn from the tables in FOLDER. With several
 * species a name ends in _SPECIES.
 *
 *   flux           from sources through categories to receptors (Figure 1)
 *   years          shares and amounts by year, series of sources (Figure 2)
 *   change         change of provinces from the first to the last year, with regions (Figure 3)
 *   cumulative     sum over the period by province (Figure S3)
 *   grid           cells of the last year, where there is a grid (P3.24)
 *   sensitivities  correlation of uncertain values with the total, in three groups (Figure 4)
 *   convergence    percentiles after so many draws
 *   fit_N          samples of a value beside the distributions fitted to them
 *
 *   figures.c       the stage
 *   figures_draw.c  what each figure shows
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_FIGURES_H
#define AIRSHED_COMMANDS_INVENTORY_FIGURES_H

#include "base/options.h"
#include "fits.h"
#include "grid.h"
#include "polygons.h"
#include "totals.h"
#include "report/diagram.h"

/** --figures. */
extern const struct option_spec inventory_figures_options[];

enum inventory_figure_kind {
    FIGURE_FLUX,
    FIGURE_YEARS,
    FIGURE_CHANGE,
    FIGURE_CUMULATIVE,
    FIGURE_GRID,
    FIGURE_SENSITIVITIES,
    FIGURE_CONVERGENCE,
    FIGURE_FIT,
};

struct inventory_figure {
    enum inventory_figure_kind kind;
    int species;   /**< -1 for fits */
    int64_t value; /**< of the model, for fits */
    char *name;    /**< of its files */
};

/** What the figures are drawn from. */
struct inventory_figures {
    const struct inventory_model *model;
    const struct inventory_inputs *inputs;
    const char *folder;
    struct inventory_polygons *polygons; /**< NULL: no maps of provinces */
    const struct inventory_grid *grid;   /**< NULL: there is none */
    struct inventory_totals totals, changes;
    struct inventory_figure *figure; /**< [count] */
    int count;
};

/** Draws the figures of the tables and the @p grid (NULL: none) in @p folder. Collective.
 *  @return STATUS_FAILED naming the Debian packages where GMT is not installed */
enum status inventory_figures_run(const struct job *job, const struct inventory_model *model,
                                  const struct inventory_inputs *inputs,
                                  const struct inventory_grid *grid, const char *folder);

/** The group of a grid that shows a species best: all sources, or the first that there is; NULL: none. */
const struct grid_group *inventory_figure_group(const struct inventory_figures *figures, int species);

/** Draws one into @p picture, in a folder below @p drawing. Local. */
enum status inventory_figure_draw(const struct inventory_figures *figures,
                                  const struct inventory_figure *figure, const char *drawing,
                                  struct picture *picture);

/** Caption of the figure whose file is called @p name: "flux_Hg.png"; and a text in its place. */
const char *inventory_figure_caption(const char *name);
const char *inventory_figure_alternative(const char *name);

#endif
