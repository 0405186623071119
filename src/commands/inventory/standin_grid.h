/* airshed -- GPL-3.0-or-later. inventory: a synthetic raster of people, and polygons to go with it.
 *
 * Where the section `grid` says `synthetic`, `synth --inventory` makes its proxy beside the tables:
 *
 *   grid:
 *     proxy: population.nc
 *     variable: population
 *     synthetic: {total: 1.4e9, cell: 0.25, towns: 40}   # people, degrees, towns of a province
 *
 * Each province has at random a number of people, and towns that follow the rule of rank and size: the
 * k-th has 1/k of the people of the first. 60 % of the people live in towns, thinning out exponentially
 * over some 10 km (2 to 15, with the root of a town's size), 25 % in the country around them (40 km), the
 * others anywhere. So shares of cells differ as they do in a raster of people; nothing else of it is real.
 *
 * Towns lie in the polygons of the config where their file is there. Where it is not, `synthetic` of the
 * section `polygons` says where the provinces lie, and polygons are written under the file's name:
 *
 *   polygons:
 *     file: provinces.geojson
 *     synthetic: {Hebei: [115, 38, 2], ...}   # degrees east and north, radius in degrees of latitude
 *
 * They are circles, cut where two of them meet: no border is that of any place.
 */
#ifndef AIRSHED_COMMANDS_INVENTORY_STANDIN_GRID_H
#define AIRSHED_COMMANDS_INVENTORY_STANDIN_GRID_H

#include "flow/job.h"
#include "flow/run.h"
#include "flow/stage.h"
#include "model.h"

struct standin_grid;

/** Reads what the config says; *@p grid is NULL where it asks for no proxy. Local.
 *  @param[in] folder  where the files are to lie
 *  @return STATUS_USAGE with file, line and column */
enum status standin_grid_create(const struct job *job, const struct inventory_model *model,
                                const char *folder, struct standin_grid **grid);
void standin_grid_destroy(struct standin_grid **grid);

/** Adds its inputs and files to the stage. */
enum status standin_grid_declare(struct standin_grid *grid, struct stage *stage);

/** Makes the raster and puts it; within write() of the stage's only item. */
enum status standin_grid_put(const struct standin_grid *grid, struct flow_item *item);

/** Writes the polygons, if they are made; by one rank, before the commit. */
enum status standin_grid_write(const struct standin_grid *grid, const struct stage *stage);

#endif
