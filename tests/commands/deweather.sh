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
run 3 "${coarse[@]}" -o "$scratch/forms.nc" --compress --geotiff
expect other_forms_are_written 0
expect_opens_silently deweather "$scratch/forms.nc" "$scratch/forms_r2.tif" deweathered
finish
