#!/usr/bin/env bash
# `stl`: the same bytes however it is run, the peers' numbers, parts of inputs, readable outputs.
# ranks: 1 2 3 4 7
source tests/support/command.sh
source tests/support/flow.sh
need_python stl
stl_py() { # counts the checks that stl.py prints
  checks "$python" tests/commands/stl.py "$@"
}

"$python" tests/commands/stl.py make "$scratch" || exit 1

# ---- same bytes -------------------------------------------------------------------------------

prove_counts bytes stl "$scratch/classic.nc" --period 30
prove_budget bytes "$(least_memory stl "$scratch/classic.nc" --period 30)" stl "$scratch/classic.nc" \
  --period 30
for input in packed.nc4 daily; do
  for ranks in 1 3; do
    mkdir -p "$scratch/$input-$ranks"
    run "$ranks" stl "$scratch/$input" -o "$scratch/$input-$ranks/out.nc" --no-history --period 30
    expect "stl_reads_${input}_on_$ranks" 0
    expect_same_bytes "${input}_on_${ranks}_gives_the_bytes_of_a_classic_file" "$scratch/bytes" \
      "$scratch/$input-$ranks"
  done
done
prove_kills bytes stl "$scratch/classic.nc" --period 30
prove_kill bytes compute:1 2 3 stl "$scratch/daily" --period 30
mkdir -p "$scratch/tight"
AIRSHED_FAULT=read:2 run 1 stl "$scratch/classic.nc" --period 30 -o "$scratch/tight/out.nc" --no-history
run 2 stl "$scratch/classic.nc" --period 30 -o "$scratch/tight/out.nc" --no-history --resume --memory \
  "$(least_memory stl "$scratch/classic.nc" --period 30)"
expect a_resume_keeps_its_items_and_refuses_less_memory 2 "larger --memory"
run 2 stl "$scratch/classic.nc" --period 30 -o "$scratch/tight/out.nc" --no-history --resume
expect it_goes_on_with_enough_memory 0
expect_same_bytes it_ends_with_the_same_bytes "$scratch/bytes" "$scratch/tight"
prove_checkpoint checkpoint stl "$scratch/slow.nc" --robust --period 73

# ---- numbers ----------------------------------------------------------------------------------

if [[ -d $shared/fixtures ]]; then
  stl_py peers "$shared" "$scratch"
  stl_py monthly "$shared" "$scratch"
else
  skip stl_equals_peers "no reference data at $shared"
fi
stl_py leap "$scratch"

# ---- parts of the input -----------------------------------------------------------------------

# Runs two inputs that must give one result: NAME, then arguments, "--", arguments.
expect_equal_results() {
  local name=$1 first=()
  shift
  while [[ $1 != -- ]]; do first+=("$1") && shift; done
  shift
  mkdir -p "$scratch/$name-a" "$scratch/$name-b"
  run 2 stl "${first[@]}" --period 30 -o "$scratch/$name-a/out.nc" --no-history
  expect "${name}_runs" 0
  run 1 stl "$@" --period 30 -o "$scratch/$name-b/out.nc" --no-history
  expect "${name}_runs_on_what_is_selected" 0
  expect_same_bytes "$name" "$scratch/$name-a" "$scratch/$name-b"
}

part=(--from 2015-01-31 --to 2015-05-20 --bbox 115.95,39.05,118.05,39.35)
expect_equal_results from_to_and_bbox_select "$scratch/classic.nc" "${part[@]}" -- "$scratch/part.nc"
expect_equal_results bbox_counts_longitudes_both_ways "$scratch/daily" --from 2015-01-31 \
  --to 2015-05-20 --bbox -244.05,39.05,-241.95,39.35 -- "$scratch/part.nc"
expect_equal_results clip_selects "$scratch/packed.nc4" "${part[@]}" --clip "$scratch/clip.geojson" -- \
  "$scratch/clipped.nc"
expect_equal_results variable_selects "$scratch/two.nc" --variable pm25 -- "$scratch/classic.nc"
expect_equal_results missing_steps_are_filled "$scratch/holes.nc" --missing-steps fill -- "$scratch/filled.nc"
run 2 stl "$scratch/holes.nc" -o "$scratch/no.nc"
expect missing_steps_are_refused 3 "2015-04-11.*--missing-steps fill"
run 3 stl "$scratch/two.nc" -o "$scratch/no.nc"
expect several_variables_are_refused 3 "other.*pm25|pm25.*other"
run 1 stl "$scratch/two.nc" -o "$scratch/no.nc" --variable pm10
expect an_unknown_variable_is_refused 3 "pm10.*pm25"
expect_true units_are_kept grep -q 'trend:units = "mg m-3"' <(
  run 1 stl "$scratch/kilo.nc" -o "$scratch/kilo-out.nc" && ncdump -h "$scratch/kilo-out.nc")

# ---- dry run ----------------------------------------------------------------------------------

run 2 stl "$scratch/slow.nc" -o "$scratch/plan.nc" --dry-run --memory 64M
expect dry_run_prints_a_plan 0 "memory +[0-9]+ MB per rank"
expect_true dry_run_writes_nothing test -z "$(compgen -G "$scratch/plan.nc*")"
planned=$(sed -nE 's/^ +memory +([0-9]+) MB per rank.*/\1/p' "$out")
run 2 stl "$scratch/slow.nc" -o "$scratch/plan.nc" --memory 64M
peak=$(sed -nE 's/.*"peak_memory_bytes": ([0-9]+).*/\1/p' "$scratch/plan.nc.prov.json" | sort -n | tail -n 1)
expect_true dry_run_predicts_memory_within_a_fifth \
  awk -v planned="$planned" -v peak="$peak" 'BEGIN { exit !(planned * 1e6 > 0.8 * peak && planned * 1e6 < 1.2 * peak) }'

# ---- outputs open -----------------------------------------------------------------------------

"$python" tests/commands/stl.py pattern "$scratch"
run 3 stl "$scratch/pattern.nc" -o "$scratch/pattern_out.nc" --period 6 --compress --geotiff
expect other_forms_are_written 0
expect_opens_silently stl "$scratch/pattern_out.nc" "$scratch/pattern_out_remainder_mean.tif" trend
# Column and row count from the north west: 40 is the first value of the northernmost row.
expect_true gdal_reads_the_copy_unflipped test "$(gdallocationinfo -valonly -b 1 \
  "NETCDF:$scratch/pattern_out.nc4:trend" 2 0 | cut -c1-2)" = 42
if "$python" -c 'import xarray' 2>/dev/null; then
  stl_py readers "$scratch"
else
  skip xarray_opens_the_cube "python3-xarray is missing (make deps)"
fi
finish
