#!/usr/bin/env bash
# `explain`: every number is the map's, whatever the ranks; a changed product is found out.
# ranks: 1 2 3 4
source tests/support/command.sh
source tests/support/flow.sh
need_python explain

# ---- a small run ------------------------------------------------------------------------------
run="$scratch/run"
region="$run/region"
mkdir -p "$run"
make_product() { # NAME COMMAND ARGUMENT...
  run 2 "${@:2}"
  expect "${1}_is_made" 0
}
make_product region synth -o "$region" --rows 14 --cols 17 --days 1100 --sources 5 --rise-tolerance 5
make_product pm prepare "$region/pm25.nc" --method kriging --at-least 0 -o "$run/pm25.nc"
make_product area grow "$region/dem.tif" --sources "$region/sources.geojson" --rise-tolerance 5 -o "$run/area.nc"
make_product parts stl "$run/pm25.nc" --variable pm25 -o "$run/parts.nc"
make_product deweathered deweather "$run/pm25.nc" --variable pm25 --met "$region/met.nc" -o "$run/deweathered.nc"
make_product expected background "$run/deweathered.nc" --variable deweathered --area "$run/area.nc" -o "$run/expected.nc"
make_product ihs attribute "$run/pm25.nc" --variable pm25 --deweathered "$run/deweathered.nc" \
  --expected "$run/expected.nc" --window "a spring=2013-03-01/2013-05-31" -o "$run/ihs.nc"
make_product trend trend "$run/deweathered.nc" --variable deweathered -o "$run/trend.nc"
make_product clusters moran "$run/deweathered.nc" --variable deweathered -o "$run/moran.csv" --local "$run/clusters.nc"

read -r inside outside <<<"$("$python" tests/commands/explain.py points "$run")"

# ---- same bytes, and the maps' numbers --------------------------------------------------------
for ranks in 1 2 3 4; do
  mkdir -p "$scratch/cell-$ranks"
  run "$ranks" explain ${inside/,/ } "$run" --no-figure -o "$scratch/cell-$ranks/cell.json" --no-history
  expect "a_cell_is_explained_on_$ranks" 0 "[0-9]+ computed anew and equal to the maps, 0 differ"
  expect_same_bytes "explained_on_$ranks" "$scratch/cell-1" "$scratch/cell-$ranks"
  expect_clean "nothing_is_left_on_$ranks" "$scratch/cell-$ranks"
done
checks "$python" tests/commands/explain.py numbers "$run" "$scratch/cell-1/cell"
run 2 explain ${inside/,/ } --product "$run/ihs.nc" --no-figure -o "$scratch/followed.json"
expect a_product_is_followed_to_its_sources 0 "deweathered.nc \(deweather\)"
run 1 explain ${inside/,/ } "$run"
expect the_text_goes_to_standard_output 0 "^expected.nc \(background\)"
run 3 explain ${outside/,/ } "$run" --no-figure -o "$scratch/background.json"
expect a_cell_outside_the_areas_is_explained_in_words 0 "The cell is in no radiation area"
if command -v gmt >/dev/null && command -v gs >/dev/null; then
  run 2 explain ${inside/,/ } "$run" -o "$scratch/drawn.json" --quiet
  expect the_stages_are_drawn 0
  expect_true the_figure_is_a_png grep -q PNG <(head -c 8 "$scratch/drawn.png")
  expect_true the_figure_is_a_pdf grep -q %PDF <(head -c 8 "$scratch/drawn.pdf")
else
  skip the_stages_are_drawn "gmt or gs is not installed"
fi

# ---- refusals ---------------------------------------------------------------------------------
mkdir -p "$scratch/empty"
for ranks in 0 3; do
  run "$ranks" explain -33.4 -70.6 "$run" -o "$scratch/no.json"
  expect "a_point_in_the_south_west_is_outside_on_$ranks" 3 "outside the grid of pm25.nc"
  run "$ranks" explain 95 115 "$run" -o "$scratch/no.json"
  expect "a_latitude_of_95_is_refused_on_$ranks" 2 "latitude"
  run "$ranks" explain ${inside/,/ } -o "$scratch/no.json"
  expect "no_run_is_refused_on_$ranks" 2 "give the folder of a run"
  run "$ranks" explain ${inside/,/ } "$scratch/empty" -o "$scratch/no.json"
  expect "an_empty_folder_is_refused_on_$ranks" 3 "no complete product"
  run "$ranks" explain ${inside/,/ } "$run" -o "$scratch/no.nc"
  expect "another_ending_is_refused_on_$ranks" 2 "ends in .json"
done

# Two cells without a value: one inside the areas, one outside; the rest of the map has them.
bare="$scratch/bare"
mkdir -p "$bare"
make_product bare_region synth -o "$bare/region" --rows 14 --cols 17 --days 400 --sources 5 --rise-tolerance 5 --gap-fraction 0
make_product bare_area grow "$bare/region/dem.tif" --sources "$bare/region/sources.geojson" --rise-tolerance 5 -o "$bare/area.nc"
read -r without off few full <<<"$("$python" tests/commands/explain.py empty "$bare")"
make_product bare_parts stl "$bare/region/pm25.nc" --variable pm25 --period 30 -o "$bare/parts.nc"
make_product bare_deweathered deweather "$bare/region/pm25.nc" --met "$bare/region/met.nc" --period 30 -o "$bare/deweathered.nc"
make_product bare_expected background "$bare/deweathered.nc" --variable deweathered --area "$bare/area.nc" -o "$bare/expected.nc"
make_product bare_ihs attribute "$bare/region/pm25.nc" --deweathered "$bare/deweathered.nc" --expected "$bare/expected.nc" -o "$bare/ihs.nc"
for ranks in 0 3; do
  for cell in "$without" "$off"; do
    run "$ranks" explain ${cell/,/ } "$bare" -o "$scratch/no.json"
    expect "a_cell_without_data_is_refused_on_$ranks" 3 "has no value at any time \(all_missing\): there is nothing to explain"
  done
  run "$ranks" explain ${few/,/ } "$bare" -o "$scratch/no.json"
  expect "the_reason_of_a_missing_cell_is_told_on_$ranks" 3 "has no value at any time \(too_short\)"
done
run 2 explain ${without/,/ } --product "$bare/area.nc" --no-figure -o "$scratch/place.json"
expect where_a_cell_without_data_lies_is_explained 0 "area.nc|numbers"
run 2 explain ${full/,/ } "$bare" --no-figure -o "$scratch/whole.json"
expect cells_beside_it_are_explained 0 "[0-9]+ computed anew and equal to the maps, 0 differ"
expect_clean nothing_is_left_by_refusals "$scratch"
expect_false no_file_is_left_by_refusals test -e "$scratch/no.json"

# ---- a changed product ------------------------------------------------------------------------
"$python" tests/commands/explain.py change "$run"
for ranks in 1 3; do
  run "$ranks" explain ${inside/,/ } "$run" --no-figure -o "$scratch/changed-$ranks.json"
  expect "a_changed_product_is_found_out_on_$ranks" 1 "r2 of deweathered.nc"
done
run 2 explain ${inside/,/ } "$run" --no-figure -o "$scratch/changed-1.json" --resume
expect a_finished_result_still_says_so 1 "r2 of deweathered.nc"
finish
