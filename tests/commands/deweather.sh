#!/usr/bin/env bash
# `deweather`: the same bytes however it is run, the same numbers as STL, numpy and another road.
# ranks: 1 2 3 4 7
source tests/support/command.sh
source tests/support/flow.sh
need_python deweather
deweather_py() { # counts the checks that deweather.py prints
  checks "$python" tests/commands/deweather.py "$@"
}

"$python" tests/commands/deweather.py make "$scratch" || exit 1

# ---- same bytes -------------------------------------------------------------------------------

classic=(deweather "$scratch/classic-pm.nc" --met "$scratch/classic-met.nc" --period 30)
prove_counts bytes "${classic[@]}"
prove_budget bytes "$(least_memory "${classic[@]}")" "${classic[@]}"
for form in packed daily; do
  input="$scratch/$form-pm" met="$scratch/$form-met"
  [[ $form == packed ]] && input+=.nc met+=.nc
  mkdir -p "$scratch/$form-out"
  run 3 deweather "$input" --met "$met" --period 30 -o "$scratch/$form-out/out.nc" --no-history
  expect "deweather_reads_$form" 0
  expect_same_bytes "${form}_gives_the_bytes_of_a_classic_file" "$scratch/bytes" "$scratch/$form-out"
done
for phase in read compute write journal; do
  prove_kill bytes "$phase:2" 3 2 "${classic[@]}"
done
prove_kill bytes commit:2 3 1 "${classic[@]}"

coarse=(deweather "$scratch/pm.nc" --met "$scratch/coarse-met.nc")
mkdir -p "$scratch/coarse"
run 1 "${coarse[@]}" -o "$scratch/coarse/out.nc" --no-history
expect coarse_weather_is_decomposed_on_its_own_grid 0 "t2m: 3 x 3 cells, decomposed on its own grid"
expect_true coarse_scratch_is_removed test -z "$(compgen -G "$scratch/coarse/*scratch*")"
prove_kill coarse compute:1 2 3 "${coarse[@]}" # strikes in the decomposition of the first field
prove_kill coarse write:4 1 4 "${coarse[@]}"   # strikes in the product: weather has three items
prove_checkpoint checkpoint "${classic[@]}" --period 29 --robust

# ---- numbers ----------------------------------------------------------------------------------

deweather_py other_road "$scratch"
for road in own:coarse fine:fine short:short holed:holed; do
  run 2 deweather "$scratch/pm.nc" --met "$scratch/${road#*:}-met.nc" -o "$scratch/${road%:*}.nc"
  expect "deweather_takes_${road#*:}_weather" 0
done
expect weather_with_gaps_is_interpolated_first 0 "t2m: .*interpolated, then decomposed"
deweather_py coarse "$scratch"

# ---- replicates -------------------------------------------------------------------------------

redrawn=("${classic[@]}" --replicates 3 --block-days 8 --seed 4)
prove_counts redrawn "${redrawn[@]}"
prove_budget redrawn "$(least_memory "${redrawn[@]}")" "${redrawn[@]}"
for fault in read:2 compute:2 write:3 journal:2 commit:1; do
  prove_kill redrawn "$fault" 2 3 "${redrawn[@]}"
done
deweather_py unmoved "$scratch/bytes/out.nc" "$scratch/redrawn/out.nc"
if "$python" -c 'import statsmodels' 2>/dev/null; then
  deweather_py replicates "$scratch"
  drawn=(deweather "$scratch/drawn-pm.nc" --met "$scratch/drawn-met.nc" --period 30 --removal keep-intercept)
  run 2 "${drawn[@]}" --replicates 2000 --block-days 1 -o "$scratch/single.nc"
  expect blocks_of_one_day_are_drawn 0
  run 2 "${drawn[@]}" --replicates 2000 -o "$scratch/blocks.nc"
  expect blocks_of_30_days_are_the_default 0
  deweather_py spread "$scratch" 2000
else
  skip replicates "python3-statsmodels is missing (make deps-bench)"
fi
for block in 90 5000; do # of 90 steps
  run 3 "${classic[@]}" --replicates 2 --block-days $block -o "$scratch/no.nc"
  expect "a_block_of_${block}_days_is_refused" 2 "block-days $block: the series has 90 steps"
done
for block in 0 -3 two; do
  run 2 "${classic[@]}" --replicates 2 --block-days $block -o "$scratch/no.nc"
  expect "a_block_of_${block}_days_is_refused" 2 "block-days"
done
run 2 "${classic[@]}" --replicates -1 -o "$scratch/no.nc"
expect less_than_no_replicate_is_refused 2 "replicates"
expect_true refused_blocks_leave_nothing test -z "$(compgen -G "$scratch/no.nc*")"

# ---- units and names --------------------------------------------------------------------------

mkdir -p "$scratch/hpa" "$scratch/pa"
run 2 deweather "$scratch/pm.nc" --met "$scratch/hpa-met.nc" --met-variables sp=pressure_in_hpa \
  -o "$scratch/hpa/out.nc" --no-history
expect pressure_in_hpa_is_converted 0
run 1 deweather "$scratch/pm.nc" --met "$scratch/pa-met.nc" -o "$scratch/pa/out.nc" --no-history
expect pressure_in_pa_is_taken 0
# The options differ (--met-variables), the values may not.
for variable in deweathered coef r2; do
  expect_true "units_do_not_change_$variable" cmp <(ncdump -v "$variable" "$scratch/hpa/out.nc" | sed '1,/^data:/d') \
    <(ncdump -v "$variable" "$scratch/pa/out.nc" | sed '1,/^data:/d')
done
run 3 deweather "$scratch/pm.nc" --met "$scratch/hpa-met.nc" -o "$scratch/no.nc"
expect a_field_that_is_not_found_is_named 3 "surface pressure.*--met-variables sp=NAME.*pressure_in_hpa"
run 2 deweather "$scratch/pm.nc" --met "$scratch/wrong-met.nc" -o "$scratch/no.nc"
expect a_unit_that_measures_something_else_is_refused 3 "t2m.*m s-1|m s-1.*K"
run 2 deweather "$scratch/pm.nc" --met "$scratch/classic-met.nc" -o "$scratch/no.nc"
expect weather_of_other_dates_is_refused 3 "--from and --to|between|dates"

# ---- plan and outputs -------------------------------------------------------------------------

run 2 "${coarse[@]}" -o "$scratch/plan.nc" --dry-run
expect dry_run_prints_a_plan 0 "memory +[0-9]+ MB per rank"
expect_true dry_run_writes_nothing test -z "$(compgen -G "$scratch/plan.nc*")"
run 3 "${coarse[@]}" -o "$scratch/forms.nc" --compress --geotiff --replicates 2
expect other_forms_are_written 0
expect_opens_silently deweather "$scratch/forms.nc" "$scratch/forms_r2.tif" deweathered
expect_false replicates_are_no_maps_of_geotiff test -e "$scratch/forms_deweathered_replicate.tif"
finish
