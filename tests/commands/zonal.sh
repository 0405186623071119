#!/usr/bin/env bash
# Statistics of zones: equal to sums over rectangles, and the same bytes however they are made.
# ranks: 1 2 3 4 7
source tests/support/command.sh

for tool in python3 ncgen gdalsrsinfo; do
  command -v "$tool" >/dev/null || { skip "zonal" "$tool is not installed"; finish; }
done
reference="python3 tests/support/zonal_reference.py"
data="$scratch/data"
mkdir "$data"
$reference make "$data"

# zonal RANKS NAME CUBE ZONES OPTION...: into $scratch/NAME/table.csv
zonal() {
  local ranks=$1 name=$2 cube=$3 zones=$4
  shift 4
  mkdir -p "$scratch/$name"
  run "$ranks" zonal "$data/$cube.nc" --zones "$data/$zones.geojson" --zone-name label \
    -o "$scratch/$name/table.csv" --no-history "$@"
}

# Number of items that made a table, from its sidecar.
items_of() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["items"])' "$1/table.csv.prov.json"
}

# ---- values -----------------------------------------------------------------------------------
values() {
  local name=$1 grid=$2 by=$3 december=$4 split=$5
  shift 5
  zonal 2 "$name" "$grid" "$grid" --by "$by" --december "$december" "$@"
  expect "$name" 0
  expect_true "${name}_equals_sums_over_rectangles" $reference check "$scratch/$name/table.csv" \
    "$grid" "$by" "$december" $split
}
values periods geographic year,season,month,all following ""
expect "a_zone_off_the_grid_is_told" 0 "1 of 7 zones lie outside the grid.*'elsewhere'"
values days geographic day following ""
values winters_of_calendar_years geographic season calendar ""
values planar_areas utm season,all following ""
values parts_of_a_mask geographic all,year following split --mask "$data/mask.nc" \
  --mask-parts inside,outside,all
zonal 2 constant constant geographic --by year,all
expect "a_constant_field" 0
expect_true "a_constant_field_has_its_value_everywhere" $reference constant \
  "$scratch/constant/table.csv" 17.3
zonal 3 linear linear utm
expect "a_map_without_time" 0
expect_true "a_plane_has_the_mean_of_the_rectangle" $reference linear "$scratch/linear/table.csv"
run 2 zonal "$data/geographic.nc" -o "$scratch/grid.csv" --by all
expect "without_zones_the_grid_is_one" 0
zonal 1 wholegrid geographic geographic --by all --zone-where "label = 'all of it'"
expect "zones_can_be_chosen" 0
expect_true "the_whole_grid_equals_a_polygon_around_it" diff <(cut -d, -f4-13,15- "$scratch/grid.csv") \
  <(cut -d, -f4-13,15- "$scratch/wholegrid/table.csv")
zonal 2 filled gap geographic --by all --missing-steps fill
expect "missing_steps_can_be_filled" 0
expect_true "a_filled_step_counts_as_missing" grep -q '^"\?cut.*,11,9,' "$scratch/filled/table.csv"

# ---- boxes and rates --------------------------------------------------------------------------
zonal 1 more geographic geographic --by year,season,month,day,all --mask "$data/mask.nc" \
  --boxes "$scratch/more/boxes.csv" --rates "$scratch/more/rates.csv"
expect "boxes_and_rates_are_written" 0
expect_true "boxes_are_those_of_daily_means" $reference boxes "$scratch/more/boxes.csv" \
  "$scratch/more/table.csv" following
expect_true "rates_are_those_of_yearly_means" $reference rates "$scratch/more/rates.csv" "$scratch/more/table.csv"
zonal 3 more-3 geographic geographic --by year,season,month,day,all --mask "$data/mask.nc" \
  --boxes "$scratch/more-3/boxes.csv" --rates "$scratch/more-3/rates.csv"
expect "boxes_and_rates_on_3" 0
expect_same_bytes "bytes_of_boxes_and_rates_on_3" "$scratch/more" "$scratch/more-3"

# ---- windows and shares -----------------------------------------------------------------------
windows=(--window "first winter=2011-12-01/2012-02-29" --window "next, winter=2012-12-01/2013-02-28")
shared=(--variable pm25 --rest rest --by year,season,day,all "${windows[@]}" --mask "$data/mask.nc")
zonal 1 shares parts geographic "${shared[@]}" --shares "$scratch/shares/shares.csv"
expect "windows_and_shares_are_written" 0
expect_true "shares_are_those_of_sums" $reference shares "$scratch/shares/shares.csv" "$scratch/shares/table.csv"
for ranks in 2 3 4; do
  zonal "$ranks" "shares-$ranks" parts geographic "${shared[@]}" --shares "$scratch/shares-$ranks/shares.csv"
  expect "shares_on_$ranks" 0
  expect_same_bytes "bytes_of_shares_on_$ranks" "$scratch/shares" "$scratch/shares-$ranks"
done
zonal 2 shares-small parts geographic "${shared[@]}" --shares "$scratch/shares-small/shares.csv" --memory 1045K
expect "shares_in_little_memory" 0
expect_same_bytes "bytes_of_shares_in_little_memory" "$scratch/shares" "$scratch/shares-small"
expect_false "shares_in_little_memory_take_more_items" diff <(items_of "$scratch/shares") \
  <(items_of "$scratch/shares-small")
AIRSHED_FAULT=write:50 zonal 2 shares-killed parts geographic "${shared[@]}" --shares "$scratch/shares-killed/shares.csv"
expect_true "shares_are_killed" test "$exit_code" -ne 0
zonal 3 shares-killed parts geographic "${shared[@]}" --shares "$scratch/shares-killed/shares.csv" --resume
expect "shares_resume" 0
expect_same_bytes "resumed_shares_have_the_same_bytes" "$scratch/shares" "$scratch/shares-killed"

# ---- bytes ------------------------------------------------------------------------------------
cube="$data/geographic.nc" zones="$data/geographic.geojson"
everything=(--by year,season,month,day,all --mask "$data/mask.nc")
for ranks in 1 2 3 4 7; do
  zonal "$ranks" "on$ranks" geographic geographic "${everything[@]}"
  expect "it_runs_on_$ranks" 0
  expect_same_bytes "bytes_on_$ranks" "$scratch/on1" "$scratch/on$ranks"
done
# Slabs of 4 steps with the default budget, of fewer here.
zonal 2 small geographic geographic "${everything[@]}" --memory 1029K
expect "it_runs_in_little_memory" 0
expect_same_bytes "bytes_in_little_memory" "$scratch/on1" "$scratch/small"
expect_false "little_memory_cuts_more_items" diff <(items_of "$scratch/on1") <(items_of "$scratch/small")
expect_clean "nothing_is_left_behind" "$scratch/on7"

for fault in read:20 compute:21 write:50 journal:51 commit:0 commit:1 commit:2; do
  name="kill_${fault/:/_}"
  AIRSHED_FAULT=$fault zonal 2 "$name" geographic geographic "${everything[@]}"
  expect_true "$name" test "$exit_code" -ne 0
  zonal 3 "$name" geographic geographic "${everything[@]}" --resume
  expect "${name}_resumes" 0
  expect_same_bytes "${name}_ends_with_the_same_bytes" "$scratch/on1" "$scratch/$name"
  expect_clean "${name}_leaves_nothing" "$scratch/$name"
done

# ---- standard output --------------------------------------------------------------------------
mkdir "$scratch/temporary"
run 3 zonal "$cube" --zones "$zones" --zone-name label -o - \
  "${everything[@]}" --no-history --quiet --scratch "$scratch/temporary"
expect "a_table_goes_to_standard_output" 0
expect_same_bytes "standard_output_equals_the_file" "$out" "$scratch/on1/table.csv"
expect_true "no_temporary_file_is_left" test -z "$(ls -A "$scratch/temporary")"

run 2 zonal "$cube" --zones "$zones" --zone-name label -o - --dry-run --scratch "$scratch/temporary"
expect "a_table_on_standard_output_is_planned" 0 " writes +-$"
expect_false "standard_output_has_no_twin" grep -q -e '-\.json' "$out"

# ---- refusals ---------------------------------------------------------------------------------
refuse() {
  local name=$1 code=$2 pattern=$3
  shift 3
  for ranks in 0 3; do
    run "$ranks" zonal "$@"
    expect "${name}_on_$ranks" "$code" "$pattern"
  done
}
new="$scratch/new.csv"
refuse zones_all_outside 3 "off.geojson: no polygon lies on the grid" "$cube" \
  --zones "$data/off.geojson" -o "$new"
refuse points_as_zones 3 "points.geojson.*polygons are wanted" "$cube" \
  --zones "$data/points.geojson" -o "$new"
refuse unknown_name_column 3 "city" "$cube" --zones "$zones" --zone-name city -o "$new"
refuse no_zones_file 3 "nowhere.geojson" "$cube" --zones "$data/nowhere.geojson" -o "$new"
refuse no_cube 3 "nowhere.nc" "$data/nowhere.nc" --zones "$zones" -o "$new"
refuse unknown_variable 3 "ozone" "$cube" --zones "$zones" --variable ozone -o "$new"
refuse seasons_of_a_map 2 "only --by all" "$data/linear.nc" --zones "$data/utm.geojson" \
  --by season -o "$new"
refuse rates_without_years 2 "need --by year" "$cube" --zones "$zones" --by month --rates "$scratch/r.csv" -o "$new"
refuse shares_of_nothing 2 "belong together" "$cube" --zones "$zones" --shares "$scratch/s.csv" -o "$new"
refuse a_rest_for_nothing 2 "belong together" "$data/parts.nc" --variable pm25 --rest rest -o "$new"
refuse a_rest_in_other_units 3 "measure different things" "$data/parts.nc" --variable pm25 --rest area \
  --shares "$scratch/s.csv" -o "$new"
refuse window_without_dates 2 "NAME=FROM/TO" "$cube" --window winter -o "$new"
refuse window_without_name 2 "NAME=FROM/TO" "$cube" --window =2012-01-01/2012-01-31 -o "$new"
refuse window_of_no_date 2 "2012-02-30" "$cube" --window a=2012-02-01/2012-02-30 -o "$new"
refuse window_backwards 2 "window a: .*no step" "$cube" --window a=2012-02-01/2012-01-01 -o "$new"
refuse window_off_the_data 2 "window a: .*no step" "$cube" --window a=2022-02-01/2022-03-01 -o "$new"
refuse window_twice 2 "stands twice" "$cube" --window a=2012-02-01/2012-03-01 \
  --window a=2012-02-01/2012-03-01 -o "$new"
refuse window_of_a_map 2 "map without time" "$data/linear.nc" --window a=2012-02-01/2012-03-01 -o "$new"
refuse unknown_period 2 "week" "$cube" --zones "$zones" --by week -o "$new"
refuse unknown_december 2 "december" "$cube" --zones "$zones" --december never -o "$new"
refuse mask_on_another_grid 3 "utm_mask.nc: does not lie on the grid" "$cube" --zones "$zones" \
  --mask "$data/utm_mask.nc" -o "$new"
refuse mask_with_time 3 "masks.nc: .* 2 time steps" "$cube" --zones "$zones" \
  --mask "$data/masks.nc" -o "$new"
refuse filter_without_matches 3 "no feature passes" "$cube" --zones "$zones" \
  --zone-where "label = 'none'" -o "$new"
refuse a_missing_day 3 "2011-12-05" "$data/gap.nc" --zones "$zones" -o "$new"
refuse no_days_left 2 "2030" "$cube" --zones "$zones" --from 2030-01-01 -o "$new"
refuse little_memory 2 "memory" "$cube" --zones "$zones" --memory 64K -o "$new"
refuse output_over_input 2 "geographic" "$cube" --zones "$zones" -o "$zones"
refuse no_output_folder 4 "nofolder" "$cube" --zones "$zones" -o "$scratch/nofolder/t.csv"
cp "$scratch/grid.csv" "$new"
refuse existing_output 4 "new.csv exists" "$cube" --zones "$zones" -o "$new"
finish
