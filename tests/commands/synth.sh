#!/usr/bin/env bash
# The synthetic region: the same bytes at any rank count and memory budget and after a kill, options,
# refusals, and files that other programs and commands read. ranks: 1 2 3 4
source tests/support/command.sh

region=(--rows 7 --cols 25 --days 800 --gap-fraction 0.2 --noise-memory 0.3 --no-history)
files="dem.tif met.nc pm25.nc sources.geojson truth.nc zones.geojson"

for ranks in 1 2 3 4; do
  run "$ranks" synth -o "$scratch/r$ranks" "${region[@]}"
  expect "a_region_is_made_on_${ranks}_ranks" 0
  ((ranks > 1)) && expect_same_bytes "bytes_do_not_depend_on_ranks_$ranks" "$scratch/r1" "$scratch/r$ranks"
done
expect_clean "nothing_is_left_behind" "$scratch"
expect_true "all_files_are_there" test "$(cd "$scratch/r1" && echo *)" = "dem.tif met.nc pm25.nc sources.geojson synth.prov.json truth.nc zones.geojson"

run 9 synth -o "$scratch/r9" "${region[@]}"
expect "more_ranks_than_rows_are_fine" 0
expect_same_bytes "bytes_with_more_ranks_than_rows" "$scratch/r1" "$scratch/r9"

# So little that rows are split into blocks of 16 columns.
run 2 synth -o "$scratch/small" "${region[@]}" --memory 3700K
expect "a_small_budget_will_do" 0 "14 items"
expect_same_bytes "bytes_do_not_depend_on_memory" "$scratch/r1" "$scratch/small"
run 1 synth -o "$scratch/none" "${region[@]}" --memory 1M
expect "a_budget_below_one_item_is_refused" 2 "memory 1M is too small.* use at least --memory"
expect_false "and_no_folder_is_made" test -e "$scratch/none"

# Stopped by a fault in each phase, then resumed on another number of ranks.
for phase in compute:3 write:3 journal:3 commit:2; do
  folder="$scratch/kill-${phase%:*}"
  AIRSHED_FAULT=$phase run 1 synth -o "$folder" "${region[@]}"
  expect_true "the_fault_in_${phase%:*}_stops_it" test "$exit_code" -ne 0
  run 2 synth -o "$folder" "${region[@]}" --resume
  expect "a_run_stopped_in_${phase%:*}_is_resumed" 0
  expect_same_bytes "bytes_after_a_kill_in_${phase%:*}" "$scratch/r1" "$folder"
done

run 1 synth -o "$scratch/plan" "${region[@]}" --dry-run
expect "a_plan_is_printed" 0 "items +7 row bands"
expect_false "and_nothing_is_written" test -e "$scratch/plan"

run 1 synth -o "$scratch/r1" "${region[@]}"
expect "an_existing_region_is_kept" 4 "exists: use --overwrite"
run 1 synth -o "$scratch/r1" "${region[@]}" --resume
expect "a_complete_region_is_left_alone" 0
run 2 synth -o "$scratch/r2" "${region[@]}" --seed 2 --overwrite
expect "overwrite_replaces_a_region" 0
for file in $files; do
  expect_false "another_seed_gives_another_$file" cmp -s "$scratch/r1/$file" "$scratch/r2/$file"
done

run 0 synth --help
expect "help_names_the_options" 0 "--gap-fraction"
run 0 synth
expect "an_output_is_needed" 2 "output"
touch "$scratch/file"
bad() {
  run 0 synth -o "$scratch/bad" --rows 5 --cols 5 --days 30 "${@:3}"
  expect "$1" 2 "$2"
}
bad "no_rows_are_refused" "rows" --rows 0
bad "a_half_row_is_refused" "rows" --rows 2.5
bad "all_gaps_are_refused" "gap-fraction" --gap-fraction 1
bad "unknown_plumes_are_refused" "plumes" --plumes wide
bad "a_day_that_is_none_is_refused" "2013-02-29" --start 2013-02-29
bad "the_julian_calendar_is_refused" "1583" --start 1500-01-01
bad "a_region_over_the_pole_is_refused" "pole" --south 88 --cell 1
bad "a_region_round_the_globe_is_refused" "longitude" --cell 1 --cols 400
bad "too_much_memory_of_noise_is_refused" "noise-memory" --noise-memory 0.9
bad "an_unknown_option_is_refused" "did you mean '--rows'" --row 5
expect_false "bad_options_make_no_folder" test -e "$scratch/bad"
run 3 synth -o "$scratch/file" --rows 5 --cols 5 --days 30
expect "a_file_in_place_of_the_folder_is_refused" 4 "is a file"
run 3 synth -o "$scratch/no/such/folder" --rows 5 --cols 5 --days 30
expect "a_folder_without_its_parent_is_refused" 4 "cannot be made"

# Others read it.
if command -v gdalinfo >/dev/null; then
  expect_true "gdal_reads_the_elevation" gdalinfo "$scratch/r1/dem.tif"
else
  skip "gdal_reads_the_elevation" "no gdalinfo"
fi
if command -v ncdump >/dev/null; then
  ncdump -h "$scratch/r1/truth.nc" >"$scratch/header"
  for name in base season weather background plume trend noise coef trend_slope share_ratio_of_means area; do
    expect_true "truth_holds_$name" grep -qE "(float|byte) $name\(" "$scratch/header"
  done
else
  skip "truth_holds_its_variables" "no ncdump"
fi

# The area that confines plumes is the one that grow finds, with the same dates and tolerance.
run 2 synth -o "$scratch/grown" --rows 30 --cols 40 --days 400 --rise-tolerance 3 --no-history
expect "a_region_to_grow_in_is_made" 0
run 2 grow "$scratch/grown/dem.tif" --sources "$scratch/grown/sources.geojson" --rise-tolerance 3 \
  --start-column opened --end-column closed -o "$scratch/grown/areas.nc"
expect "grow_reads_the_region" 0
values() {
  ncdump -v area "$1" | sed -n '/^ area =/,/;/p'
}
if command -v ncdump >/dev/null; then
  expect_true "grow_finds_the_true_area" diff <(values "$scratch/grown/truth.nc") <(values "$scratch/grown/areas.nc")
else
  skip "grow_finds_the_true_area" "no ncdump"
fi

finish
