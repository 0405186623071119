#!/usr/bin/env bash
# Areas of sources: equal to plain repetition of the rule, and the same bytes however they are made.
# ranks: 1 2 3 4 7
source tests/support/command.sh

for tool in python3 ncdump gdalsrsinfo gdaltransform; do
  command -v "$tool" >/dev/null || { skip "grow" "$tool is not installed"; finish; }
done
reference="python3 tests/support/grow_reference.py"
data="$scratch/data"
mkdir "$data"
$reference make "$data"

# grow RANKS NAME DEM SOURCES OPTION...: into $scratch/NAME/areas.nc
grow() {
  local ranks=$1 name=$2 dem=$3 sources=$4
  shift 4
  mkdir -p "$scratch/$name"
  run "$ranks" grow "$data/$dem.asc" --sources "$data/$sources" -o "$scratch/$name/areas.nc" \
    --cells "$scratch/$name/areas_cells.csv" --no-history "$@"
}
operating=(--where "status = 'operating'")

# ---- values -----------------------------------------------------------------------------------
values() {
  local name=$1 dem=$2 sources=$3 tolerance=$4 limit=$5 fills=$6
  shift 6
  grow 2 "$name" "$dem" "$sources" --rise-tolerance "$tolerance" --limit "$limit" "$@"
  expect "$name" 0
  expect_true "${name}_equals_repetition" $reference check "$data" "$scratch/$name/areas" "$dem" \
    "$tolerance" "$limit" "$fills"
}
values areas_fall_strictly_in_paper_mode rough rough.csv 0 10 no "${operating[@]}"
expect "a_source_off_the_grid_is_told" 0 "1 of 11 sources lie outside the grid"
expect "the_share_of_single_cells_is_told" 0 "have an area of a single cell"
values areas_cross_plains_with_a_tolerance rough rough.csv 4 10 no "${operating[@]}"
values the_limit_ends_areas rough rough.csv 10 3.3 no "${operating[@]}"
values filled_pits_are_left rough rough.csv 0.5 10 fill "${operating[@]}" --depression-fill
values polygons_grow_from_their_cells rough works.geojson 4 5 no
values projected_cells_keep_geodesic_limits utm rough.csv 4 10 no "${operating[@]}"
values sources_on_one_slope_grow_past_each_other slope pair.csv 0 10 no "${operating[@]}"
expect_true "each_reaches_its_own_limit" $reference pair "$scratch/sources_on_one_slope_grow_past_each_other/areas"

# ---- sources ----------------------------------------------------------------------------------
grow 2 twofiles slope upper.csv --sources "$data/lower.csv" "${operating[@]}"
expect "sources_come_from_several_files" 0
expect_same_bytes "two_files_equal_one" "$scratch/twofiles/areas.nc" \
  "$scratch/sources_on_one_slope_grow_past_each_other/areas.nc"
grow 3 years rough rough.csv "${operating[@]}" --start-column from --end-column until \
  --year-from 2012 --year-to 2015 --yearly --undated drop --rise-tolerance 4
expect "years_select_sources" 0 "4 sources work in 2012 to 2015"
expect_true "masks_of_years_hold_the_working_sources" $reference years "$scratch/years/areas"

if [[ -e $shared/data/industrial_sources/gem_coal_units.csv ]]; then
  mkdir "$scratch/units"
  run 2 grow "$shared/data/dem/bth_dem_0p05deg.nc" -o "$scratch/units/areas.nc" \
    --sources "$shared/data/industrial_sources/gem_coal_units.csv" --name-column plant \
    --where "status in ('operating', 'retired', 'mothballed')" --start-column start_year \
    --end-column retired_year --year-from 2012 --year-to 2021 --undated drop
  expect "coal_units_are_sources" 0
  expect_true "working_units_are_those_of_the_readme" $reference units "$scratch/units/areas"
else
  skip "working_units_are_those_of_the_readme" "$shared is absent"
fi

# ---- the grid of another file -----------------------------------------------------------------
# Each cell of fine.asc is a quarter of a cell of slope.asc and has its height: the mean is slope.asc.
awk 'NR == 1 { print "ncols 82" } NR == 2 { print "nrows 66" } NR == 5 { print "cellsize 0.005" }
  NR == 3 || NR == 4 || NR == 6 { print }
  NR > 6 { line = ""; for (i = 1; i <= NF; i++) line = line $i " " $i " "; print line; print line }' \
  "$data/slope.asc" >"$data/fine.asc"
cp "$data/slope.prj" "$data/fine.prj"
grow 2 mean fine pair.csv "${operating[@]}" --grid "$data/slope.asc"
expect "elevation_is_averaged_to_a_grid" 0
expect_same_bytes "the_mean_of_equal_heights_is_that_height" "$scratch/mean/areas_cells.csv" \
  "$scratch/sources_on_one_slope_grow_past_each_other/areas_cells.csv"

# ---- bytes ------------------------------------------------------------------------------------
everything=("${operating[@]}" --rise-tolerance 4 --depression-fill --start-column from
  --end-column until --year-from 2012 --year-to 2015 --yearly --geotiff)
for ranks in 1 2 3 4 7; do
  grow "$ranks" "on$ranks" rough rough.csv "${everything[@]}"
  expect "it_runs_on_$ranks" 0
  expect_same_bytes "bytes_on_$ranks" "$scratch/on1" "$scratch/on$ranks"
done
expect_clean "nothing_is_left_behind" "$scratch/on7"

for fault in read:3 compute:3 write:4 journal:5 commit:0 commit:1 commit:3 commit:99; do
  name="kill_${fault/:/_}"
  AIRSHED_FAULT=$fault grow 2 "$name" rough rough.csv "${everything[@]}"
  if [[ $fault != commit:99 ]]; then
    expect_true "$name" test "$exit_code" -ne 0
    grow 2 "$name" rough rough.csv "${everything[@]}"
    expect "${name}_is_not_overwritten" 4 "--resume|--overwrite"
  fi
  grow 3 "$name" rough rough.csv "${everything[@]}" --resume
  expect "${name}_resumes" 0
  expect_same_bytes "${name}_ends_with_the_same_bytes" "$scratch/on1" "$scratch/$name"
  expect_clean "${name}_leaves_nothing" "$scratch/$name"
done

# ---- counts -----------------------------------------------------------------------------------
# Within 1000 km each of two sources has the whole grid as its surroundings: 33 x 41 floats less the
# source's own, whoever takes it. Nothing is sent for a halo.
for ranks in 1 2 3 4; do
  grow "$ranks" "counts$ranks" slope pair.csv "${operating[@]}" --limit 1000 --verbose
  expect "halos_are_counted_on_$ranks" 0 \
    "counts of $ranks rank.*halo_steps 2 .*halo_bytes_read $((2 * (33 * 41 - 1) * 4)) .*halo_bytes_sent 0"
done
expect "the_farthest_rank_has_one_source_and_its_bytes" 0 \
  "items 2 .most 1., bytes_read $((2 * 33 * 41 * 4)) .most $((33 * 41 * 4))."
grow 1 alone slope pair.csv "${operating[@]}" --verbose
expect "a_rank_alone_sends_nothing" 0 "messages 0 .most 0., bytes_sent 0 "

# ---- refusals ---------------------------------------------------------------------------------
refuse() {
  local name=$1 code=$2 pattern=$3
  shift 3
  for ranks in 0 3; do
    run "$ranks" grow "$@"
    expect "${name}_on_$ranks" "$code" "$pattern"
  done
}
sed 's/2010-05-01/soon/' "$data/rough.csv" >"$data/badyear.csv"
sed 's/^pit,[0-9.]*/pit,east/' "$data/rough.csv" >"$data/badlon.csv"
new="$scratch/new.nc"
refuse sources_all_outside 3 "away.csv: all 1 source" "$data/slope.asc" \
  --sources "$data/away.csv" "${operating[@]}" -o "$new"
refuse filter_without_matches 3 "no feature passes the filter" "$data/slope.asc" \
  --sources "$data/pair.csv" --where "status = 'shut'" -o "$new"
refuse filter_without_sense 3 "the filter .* does not fit" "$data/slope.asc" \
  --sources "$data/pair.csv" --where "status ===" -o "$new"
refuse unknown_column 3 "since" "$data/rough.asc" --sources "$data/rough.csv" \
  --start-column since --year-from 2012 --year-to 2013 -o "$new"
refuse year_of_words 3 "badyear.csv, line 5, column 'from'.*'soon' is no year" "$data/rough.asc" \
  --sources "$data/badyear.csv" --start-column from --year-from 2012 --year-to 2013 -o "$new"
refuse longitude_of_words 3 "badlon.csv, line 6" "$data/rough.asc" --sources "$data/badlon.csv" \
  -o "$new"
refuse years_without_column 2 "needs --start-column" "$data/rough.asc" \
  --sources "$data/rough.csv" --year-from 2012 --year-to 2013 -o "$new"
refuse years_half_given 2 "--year-from needs --year-to" "$data/rough.asc" \
  --sources "$data/rough.csv" --start-column from --year-from 2012 -o "$new"
refuse years_reversed 2 "2014 lies after" "$data/rough.asc" --sources "$data/rough.csv" \
  --start-column from --year-from 2014 --year-to 2012 -o "$new"
refuse yearly_without_years 2 "--yearly needs" "$data/rough.asc" --sources "$data/rough.csv" \
  "${operating[@]}" --yearly -o "$new"
refuse idle_sources 3 "none of 2 source" "$data/rough.asc" --sources "$data/pair.csv" \
  "${operating[@]}" --start-column from --year-from 2012 --year-to 2013 --undated drop -o "$new"
refuse uneven_lists 2 "--where is given 2 times for 1" "$data/rough.asc" \
  --sources "$data/rough.csv" --where "a = 1" --where "b = 2" -o "$new"
refuse negative_tolerance 2 "rise-tolerance" "$data/rough.asc" --sources "$data/rough.csv" \
  --rise-tolerance -1 -o "$new"
refuse no_dem 3 "nowhere.tif" "$data/nowhere.tif" --sources "$data/rough.csv" -o "$new"
refuse no_sources 3 "nowhere.csv" "$data/rough.asc" --sources "$data/nowhere.csv" -o "$new"
refuse little_memory 2 "memory" "$data/rough.asc" --sources "$data/rough.csv" "${operating[@]}" \
  --memory 64K -o "$new"
refuse output_over_input 2 "rough.csv" "$data/rough.asc" --sources "$data/rough.csv" \
  -o "$data/rough.csv"

# ---- files in other folders, and those of an earlier product ----------------------------------------
near=$(realpath --relative-to=. "$scratch")
apart=(grow "$data/rough.asc" --sources "$data/rough.csv" "${operating[@]}" -o "$near/apart/areas.nc")
mkdir "$scratch/apart" "$scratch/tables"
run 2 "${apart[@]}" --cells "$near/tables/cells.csv" --geotiff
expect "a_table_goes_to_another_folder" 0
expect_true "it_is_there" test -s "$scratch/tables/cells.csv" -a -s "$scratch/tables/cells.json"
run 1 "${apart[@]}" --cells "$near/tables/cells.csv" --geotiff --resume
expect "its_product_is_complete" 0 "up to date"
expect_true "maps_are_there" test -s "$scratch/apart/areas_area.tif"
run 2 "${apart[@]}" --overwrite
expect "a_product_is_replaced" 0 "areas_area.tif of the product that is replaced is removed"
expect_true "no_maps_of_the_old_one_are_left" test -z "$(compgen -G "$scratch/apart/*.tif*")"
expect_true "what_was_named_elsewhere_is_kept" test -s "$scratch/tables/cells.csv"
AIRSHED_FAULT=commit:0 run 2 "${apart[@]}" --overwrite --geotiff
expect_true "a_kill_leaves_unfinished_maps" test -s "$scratch/apart/areas_area.tif.partial"
run 1 "${apart[@]}" --overwrite
expect "a_killed_run_is_replaced" 0
expect_true "no_unfinished_maps_are_left" test -z "$(compgen -G "$scratch/apart/*.tif*")"

cp "$scratch/on1/areas.nc" "$new"
refuse existing_output 4 "new.nc exists" "$data/rough.asc" --sources "$data/rough.csv" \
  "${operating[@]}" -o "$new"
finish
