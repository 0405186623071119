#!/usr/bin/env bash
# Moran's I: equal to its definition, spdep and esda, and the same bytes however it is run.
# ranks: 1 2 3 4 7
source tests/support/command.sh
source tests/support/flow.sh
need_python moran
"$python" tests/commands/moran.py make "$scratch" || exit 1
zones="$scratch/zones.geojson"

# moran RANKS NAME INPUT OPTION...: the table and local results into a folder.
moran() {
  local ranks=$1 name=$2 input=$3 local_file=local.nc
  shift 3
  [[ " $* " == *" --column "* ]] && local_file=local.csv
  mkdir -p "$scratch/$name"
  run "$ranks" moran "$input" -o "$scratch/$name/table.csv" --local "$scratch/$name/$local_file" \
    --no-history --permutations 40 --local-permutations 499 "$@"
}

# ---- bytes ------------------------------------------------------------------------------------
for ranks in 1 2 3 4 7; do
  name="bytes$( ((ranks > 1)) && echo "-$ranks")"
  moran "$ranks" "$name" "$scratch/cube.nc"
  expect "it_runs_on_$ranks" 0
  expect_same_bytes "bytes_on_$ranks" "$scratch/bytes" "$scratch/$name"
  expect_clean "nothing_is_left_behind_on_$ranks" "$scratch/$name"
  moran "$ranks" "zones-$ranks" "$zones" --column x --id label
  expect "zones_run_on_$ranks" 0
  expect_same_bytes "bytes_of_zones_on_$ranks" "$scratch/zones-1" "$scratch/zones-$ranks"
done
expect_fair_shares "the_work_is_shared_out" "$scratch/bytes-3/table.csv"
moran 2 packed "$scratch/cube.nc4"
expect "a_compressed_file_is_read" 0
expect_same_bytes "a_compressed_file_gives_the_same_bytes" "$scratch/bytes" "$scratch/packed"
moran 2 seed "$scratch/cube.nc" --seed 2
expect "another_seed_is_taken" 0
expect_false "another_seed_gives_other_orders" cmp -s "$scratch/bytes/table.csv" "$scratch/seed/table.csv"

# 40 permutations, then blocks of local I.
for fault in read:20 compute:21 write:45 journal:50 commit:0 commit:1 commit:2; do
  name="kill_${fault/:/_}"
  AIRSHED_FAULT=$fault moran 2 "$name" "$scratch/cube.nc"
  expect_false "$name" test "$exit_code" -eq 0
  moran 3 "$name" "$scratch/cube.nc" --resume
  expect "${name}_resumes" 0
  expect_same_bytes "${name}_ends_with_the_same_bytes" "$scratch/bytes" "$scratch/$name"
  expect_clean "${name}_leaves_nothing" "$scratch/$name"
done

# ---- values -----------------------------------------------------------------------------------
checks "$python" tests/commands/moran.py maps "$scratch"
run 1 moran "$zones" --column x -o "$scratch/polygons.csv" --local "$scratch/polygons_local.csv" --id label
expect "polygons_that_touch_are_neighbours" 0
run 1 moran "$scratch/zones.csv" --column x --id label --neighbours "$scratch/queen.csv" -o "$scratch/list.csv"
expect "a_table_with_a_list_is_read" 0
# Squares of one degree near the equator: corners within 158 km, the next within 222.
run 2 moran "$scratch/zones.csv" --column x --weights distance --distance 160 -o "$scratch/points.csv"
expect "points_within_a_distance_are_neighbours" 0
checks "$python" tests/commands/moran.py tables "$scratch"
run 1 moran "$scratch/zones.csv" --column x --id label --neighbours "$scratch/weighted.csv" -o "$scratch/w.csv"
expect "a_list_may_have_weights" 0
run 2 moran "$scratch/flat.nc" -o "$scratch/flat.csv"
expect "a_flat_map_is_no_error" 0
expect_true "a_flat_map_is_told" grep -q 'flat_series' "$scratch/flat.csv"
run 2 moran "$scratch/empty.nc" -o "$scratch/none.csv" --local "$scratch/none.nc"
expect "an_empty_map_is_no_error" 0
expect_true "an_empty_map_is_told" grep -q 'all_missing' "$scratch/none.csv"
run 2 moran "$scratch/map.nc" -o - --quiet --no-history --scratch "$scratch"
expect "a_table_goes_to_standard_output" 0 "^pm25,queen"
run 2 moran "$scratch/map.nc" -o "$scratch/plan.csv" --dry-run
expect "a_dry_run_prints_a_plan" 0 "memory +[0-9]+ MB per rank"
expect_true "a_dry_run_writes_nothing" test -z "$(compgen -G "$scratch/plan.csv*")"
run 3 moran "$scratch/map.nc" -o "$scratch/forms.csv" --local "$scratch/forms.nc" --geotiff --compress \
  --permutations 9 --local-permutations 9
expect "other_forms_are_written" 0
expect_opens_silently moran "$scratch/forms.nc" "$scratch/forms_local_i.tif" local_i
if [[ -d $shared/fixtures ]]; then
  checks "$python" tests/commands/moran.py references "$shared" "$scratch"
else
  skip moran_equals_references "no reference data at $shared"
fi

# ---- refusals ---------------------------------------------------------------------------------
refuse() {
  local name=$1 code=$2 pattern=$3
  shift 3
  for ranks in 0 3; do
    run "$ranks" moran "$@"
    expect "${name}_on_$ranks" "$code" "$pattern"
  done
}
map="$scratch/map.nc" new="$scratch/new.csv" list="$scratch/zones.csv"
refuse distance_without_one 2 "give the distance in km" "$map" --weights distance -o "$new"
refuse distance_of_queens 2 "belongs to --weights distance" "$map" --distance 5 -o "$new"
refuse distance_too_small 3 "no cell has a neighbour that near" "$map" --weights distance --distance 3 -o "$new"
refuse neighbours_of_a_map 2 "name its values with --column" "$map" --neighbours "$scratch/queen.csv" -o "$new"
refuse two_kinds_of_neighbours 2 "give one of them" "$list" --column x --weights rook \
  --neighbours "$scratch/queen.csv" -o "$new"
refuse points_that_should_touch 3 "points, which do not touch" "$list" --column x -o "$new"
refuse unknown_column 3 "no column 'y'" "$zones" --column y -o "$new"
refuse text_for_values 3 "column 'label'" "$zones" --column label -o "$new"
refuse unknown_zone 3 "'nowhere' is no zone" "$list" --column x --id label --neighbours "$scratch/unknown.csv" -o "$new"
refuse zone_beside_itself 3 "cannot be its own neighbour" "$list" --column x --id label \
  --neighbours "$scratch/itself.csv" -o "$new"
refuse pair_twice 3 "stands here a second time" "$list" --column x --id label --neighbours "$scratch/twice.csv" -o "$new"
refuse negative_weight 3 "weight must be above 0" "$list" --column x --id label \
  --neighbours "$scratch/negative.csv" -o "$new"
refuse names_that_repeat 3 "names a second zone" "$list" --column x --id lat --neighbours "$scratch/queen.csv" -o "$new"
refuse box_of_a_table 2 "--bbox belongs to maps" "$zones" --column x --bbox 0,0,1,1 -o "$new"
refuse forms_of_no_maps 2 "no maps without --local" "$map" --geotiff -o "$new"
refuse no_map 3 "nowhere.nc" "$scratch/nowhere.nc" -o "$new"
refuse little_memory 2 "use at least --memory" "$map" --memory 1M -o "$new"
refuse local_over_the_table 2 "" "$map" -o "$new" --local "$new"
refuse existing_output 4 "exists" "$map" -o "$scratch/flat.csv"
finish
