#!/usr/bin/env bash
# Differences between areas and zones: equal to scipy's, and the same bytes however they are made.
# ranks: 1 2 3 4 7
source tests/support/command.sh
source tests/support/flow.sh
need_python compare
"$python" tests/commands/compare.py make "$scratch" || exit 1
cube="$scratch/cube.nc" zones="$scratch/zones.geojson" area="$scratch/area.nc"
periods=(--by all,year,season)

# compare RANKS NAME CUBE OPTION...: both tables into a folder.
compare() {
  local ranks=$1 name=$2 input=$3
  shift 3
  mkdir -p "$scratch/$name"
  run "$ranks" compare "$input" -o "$scratch/$name/table.csv" --groups "$scratch/$name/groups.csv" \
    "${periods[@]}" --zones "$zones" --mask-a "$area" --no-history "$@"
}

# ---- bytes ------------------------------------------------------------------------------------
for unit in cells steps; do
  for ranks in 1 2 3 4 7; do
    name="$unit$( ((ranks > 1)) && echo "-$ranks")"
    compare "$ranks" "$name" "$cube" --unit "$unit"
    expect "${unit}_on_$ranks" 0
    expect_same_bytes "bytes_of_${unit}_on_$ranks" "$scratch/$unit" "$scratch/$name"
    expect_clean "${unit}_on_${ranks}_leaves_nothing" "$scratch/$name"
  done
  compare 2 "$unit-packed" "$scratch/cube.nc4" --unit "$unit"
  expect "${unit}_of_a_compressed_file" 0
  expect_same_bytes "${unit}_of_a_compressed_file_are_the_same" "$scratch/$unit" "$scratch/$unit-packed"
  compare 2 "$unit-small" "$cube" --unit "$unit" --memory "$( [[ $unit == cells ]] && echo 1150K || echo 1450K)"
  expect "${unit}_in_little_memory" 0
  expect_same_bytes "bytes_of_${unit}_in_little_memory" "$scratch/$unit" "$scratch/$unit-small"
  for fault in read:3 compute:4 write:5 journal:6 commit:0 commit:2; do
    name="$unit-kill-${fault/:/-}"
    AIRSHED_FAULT=$fault compare 2 "$name" "$cube" --unit "$unit"
    expect_false "$name" test "$exit_code" -eq 0
    compare 3 "$name" "$cube" --unit "$unit" --resume
    expect "${name}_resumes" 0
    expect_same_bytes "${name}_ends_with_the_same_bytes" "$scratch/$unit" "$scratch/$name"
    expect_clean "${name}_leaves_nothing" "$scratch/$name"
  done
done

# ---- values -----------------------------------------------------------------------------------
run 2 compare "$cube" --mask-a "$area" --mask-b "$scratch/other.nc" "${periods[@]}" -o "$scratch/two.csv"
expect "two_masks_are_compared" 0
run 2 compare "$cube" --zones "$zones" "${periods[@]}" -o "$scratch/zones.csv"
expect "zones_are_compared" 0
if "$python" -c 'import scipy' 2>/dev/null; then
  checks "$python" tests/commands/compare.py values "$scratch"
else
  skip compare_equals_scipy "python3-scipy is missing (make deps-bench)"
fi
run 3 compare "$scratch/map.nc" --mask-a "$area" -o - --quiet --no-history --scratch "$scratch"
expect "a_map_is_compared" 0 "^all,.*mann_whitney"
run 2 compare "$cube" --mask-a "$area" -o "$scratch/plan.csv" --dry-run
expect "a_dry_run_prints_a_plan" 0 "memory +[0-9]+ MB per rank"
expect_true "a_dry_run_writes_nothing" test -z "$(compgen -G "$scratch/plan.csv*")"

# ---- refusals ---------------------------------------------------------------------------------
refuse() {
  local name=$1 code=$2 pattern=$3
  shift 3
  for ranks in 0 3; do
    run "$ranks" compare "$@"
    expect "${name}_on_$ranks" "$code" "$pattern"
  done
}
new="$scratch/new.csv"
refuse nothing_to_compare 2 "nothing to compare" "$cube" -o "$new"
refuse background_alone 2 "needs --mask-a" "$cube" --mask-b "$area" -o "$new"
refuse years_of_a_map 2 "only --by all" "$scratch/map.nc" --mask-a "$area" --by year -o "$new"
refuse mask_with_time 3 "has 800 time steps" "$cube" --mask-a "$cube" -o "$new"
refuse no_mask 3 "nowhere.nc" "$cube" --mask-a "$scratch/nowhere.nc" -o "$new"
refuse unknown_period 2 "week" "$cube" --mask-a "$area" --by week -o "$new"
refuse output_over_input 2 "area" "$cube" --mask-a "$area" -o "$area"
cp "$scratch/two.csv" "$new"
refuse existing_output 4 "new.csv exists" "$cube" --mask-a "$area" -o "$new"
finish
