#!/usr/bin/env bash
# Totals of provinces on a grid: what each cell gets, that nothing is lost, and the same bytes anywhere.
# ranks: 1 2 3 4
source tests/support/command.sh

for tool in python3 ncgen gdalinfo; do
  command -v "$tool" >/dev/null || { skip "inventory_grid" "$tool is not installed"; finish; }
done
reference="python3 tests/commands/inventory_grid.py"
data="$scratch/data"
mkdir "$data"
$reference make "$data"

# inventory RANKS NAME CONFIG OPTION...: into $scratch/NAME
inventory() {
  local ranks=$1 name=$2 config=$3
  shift 3
  run "$ranks" inventory "$data/$config.yaml" -o "$scratch/$name" --draws 200 --no-history --no-figures "$@"
}

# ---- values -----------------------------------------------------------------------------------
for config in amount density years groups points nation; do
  inventory 2 "$config" "$config"
  expect "$config" 0
  expect_true "${config}_equals_exact_overlaps" $reference check "$config" "$scratch/$config" "$data"
done
expect_true "what_has_no_proxy_is_in_the_product" grep -q "sources_not_on_grid" <(ncdump -h "$scratch/amount/grid.nc")
inventory 1 told amount
expect "what_has_no_proxy_is_told" 0 "warning.*not on it.*: ships;"
inventory 1 even points
expect "places_without_proxy_are_told" 0 "warning.*spread by area there: Beta "

# ---- GeoTIFF ----------------------------------------------------------------------------------
inventory 2 maps amount --geotiff
expect "maps_are_written" 0
expect_true "a_map_has_a_band_for_each_year" test \
  "$(gdalinfo "$scratch/maps/grid_total_low.tif" | grep -c 'Description = 20')" = 3
expect_true "a_map_holds_what_the_cube_holds" $reference tif "$scratch/maps"

# ---- bytes ------------------------------------------------------------------------------------
for ranks in 1 2 3 4; do
  inventory "$ranks" "on$ranks" groups --geotiff
  expect "it_runs_on_$ranks" 0
  expect_same_bytes "bytes_on_$ranks" "$scratch/on1" "$scratch/on$ranks"
done
inventory 2 on1 groups --geotiff --resume
expect "a_complete_grid_is_left_alone" 0
rm "$scratch/on4"/grid*
inventory 3 on4 groups --geotiff --resume
expect "a_grid_can_be_made_later" 0
expect_same_bytes "bytes_of_a_later_grid" "$scratch/on1" "$scratch/on4"
mkdir "$scratch/killed"
AIRSHED_FAULT=write:2 inventory 1 killed groups --geotiff
for attempt in 1 2 3; do
  ((exit_code == 0)) || AIRSHED_FAULT= inventory 2 killed groups --geotiff --resume
done
expect "a_killed_run_is_resumed" 0
expect_same_bytes "bytes_after_a_kill" "$scratch/on1" "$scratch/killed"
expect_clean "nothing_is_left" "$scratch/killed"
inventory 1 dry groups --dry-run
expect "a_dry_run_writes_nothing" 0
expect_false "a_dry_run_makes_no_folder" test -e "$scratch/dry"

# ---- what is wrong ----------------------------------------------------------------------------
refuse() {
  local name=$1 code=$2 pattern=$3
  inventory 2 "bad_$name" "$name"
  expect "$name" "$code" "$pattern"
  expect_false "${name}_writes_nothing" test -e "$scratch/bad_$name/grid.nc"
}
refuse unknown_name 3 "unknown_name.yaml:.*no polygon of .*provinces.geojson is called 'Gamma'; did you mean 'Gama'"
refuse negative 3 "negative.nc: the proxy has 2 values below 0, the first is -1 at x"
refuse empty_refused 3 "points.nc is 0 everywhere in Beta.*empty: even"
refuse other_grid 3 "coarse.nc: is not on the grid of .*people.nc"
refuse missing_year 3 "years.nc: the proxy has no map of 2018"
refuse unknown_source 2 "unknown_source.yaml:[0-9]*:[0-9]*: unknown source 'plant'; did you mean 'plants'"
refuse two_proxies 2 "a second proxy for source 'plants'"
refuse unknown_key 2 "unknown key 'proxi'; did you mean 'proxy'"
refuse no_polygons 2 "needs the section 'polygons'"
inventory 1 off off
expect "a_province_off_the_grid_is_told" 0 "warning.*lies on the grid; their emissions are not on it: Alpha"
expect_true "what_is_off_the_grid_is_tabled" grep -q ",Alpha,2015,[0-9.]*,0.0*,.*off the grid" "$scratch/off/grid_provinces.csv"
inventory 1 left left
expect "a_province_can_be_left_out" 0 "warning.*left out of the grid.*: Gamma"
finish
