#!/usr/bin/env bash
# `attribute`: the same bytes however it is run; parts, shares, counts and standard errors as closed
# forms give them; its interval on regions whose truth is known.
# ranks: 1 2 3 4 7
source tests/support/command.sh
source tests/support/flow.sh
need_python attribute
attribute_py() { # counts the checks that attribute.py prints
  checks "$python" tests/commands/attribute.py "$@"
}
inputs() { # NAME: the arguments of a case
  echo "$scratch/$1-pm.nc --deweathered $scratch/$1-deweathered.nc --expected $scratch/$1-expected.nc"
}

"$python" tests/commands/attribute.py make "$scratch" || exit 1
mixed=(attribute $(inputs mixed) --clipped --expected-others "$scratch/mixed-expected.nc")

prove_counts bytes "${mixed[@]}"
prove_kill bytes read:3 1 3 "${mixed[@]}"
prove_kill bytes write:2 3 1 "${mixed[@]}"
prove_kill bytes compute:3 3 4 "${mixed[@]}"
prove_kill bytes journal:2 1 2 "${mixed[@]}"
prove_kill bytes commit:2 2 3 "${mixed[@]}"
mkdir -p "$scratch/small"
run 3 "${mixed[@]}" -o "$scratch/small/out.nc" --no-history --memory 4M
expect attribute_runs_in_4_MB 0
expect_same_bytes a_small_budget_gives_the_same_bytes "$scratch/bytes" "$scratch/small"

attribute_py daily "$scratch"
attribute_py periods "$scratch"
attribute_py summary "$scratch"

run 2 attribute $(inputs drawn) -o "$scratch/drawn.nc"
expect replicates_give_an_error 0
run 2 attribute $(inputs rough) -o "$scratch/rough.nc"
expect background_is_held_out 0 "deweather --replicates"
attribute_py errors "$scratch"
run 1 attribute $(inputs mixed) --no-errors --by year,month --share mean-of-ratios -o "$scratch/unsure.nc"
expect errors_can_be_left_out 0
run 2 attribute $(inputs drawn) --by season --window "a summer=2015-06-01/2015-08-31" -o "$scratch/windows.nc"
expect a_window_is_a_period 0
"$python" - "$scratch/windows_summary.csv" "$scratch/windows.nc" <<'PYTHON' >"$out" 2>&1
import csv, sys
import netCDF4
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
season, = (row for row in rows if row["season"] == "JJA" and row["year"] == "2015")
window, = (row for row in rows if row["window"] == "a summer")
keys = {"by", "year", "season", "window"}
differs = {name for name in season if season[name] != window[name]}
assert differs == keys, differs
assert season["steps"] == "92" and season["share_ratio_of_means_se"], season
labels = netCDF4.Dataset(sys.argv[2])["period"].flag_meanings.split()
assert "a_summer" in labels, labels
PYTHON
exit_code=$?
last_run="the rows of a season and of the window of its days"
expect a_window_equals_the_season_of_its_days 0
run 2 attribute $(inputs mixed) --window "b=2035-06-01/2035-08-31" -o "$scratch/bad.nc"
expect a_window_off_the_data_is_refused 2 "window b: .*no step"

# ---- removals (P2.31) -------------------------------------------------------------------------

region="$scratch/region"
run 2 synth -o "$region" --rows 14 --cols 17 --days 760 --sources 5 --gap-fraction 0 --plumes confined --rise-tolerance 5
expect a_region_is_made 0
run 1 grow "$region/dem.tif" --sources "$region/sources.geojson" --rise-tolerance 5 -o "$region/area.nc"
expect its_areas_are_made 0
for removal in recentre keep-intercept literal; do
  own="$scratch/$removal"
  run 2 deweather "$region/pm25.nc" --met "$region/met.nc" --removal $removal -o "$own-deweathered.nc"
  expect "removal_${removal}_is_made" 0
  run 2 background "$own-deweathered.nc" --variable deweathered --area "$region/area.nc" --method idw -o "$own-expected.nc"
  expect "removal_${removal}_is_predicted" 0
  said="removal $removal, which does not keep the mean of a cell: "
  [[ $removal == literal ]] && said+="every share comes out near 0" || said+="shares hold differences between the intercepts"
  for ranks in 1 3; do
    run $ranks attribute "$region/pm25.nc" --deweathered "$own-deweathered.nc" --expected "$own-expected.nc" \
      -o "$own-$ranks.nc" --quiet
    if [[ $removal == recentre ]]; then
      expect "removal_recentre_is_attributed_on_$ranks" 0
      expect_false "removal_recentre_is_taken_in_silence_on_$ranks" test -s "$err"
    else
      expect "removal_${removal}_is_warned_of_on_$ranks" 0 "$said"
      expect_true "removal_${removal}_is_warned_of_once_on_$ranks" test "$(grep -c 'keep the mean' "$err")" -eq 1
    fi
  done
done
attribute_py removals "$scratch"
run 1 attribute $(inputs mixed) -o "$scratch/silent.nc" --quiet
expect_false a_cube_that_names_no_removal_is_taken_in_silence test -s "$err"

# ---- refusals ---------------------------------------------------------------------------------

run 2 attribute $(inputs mixed) --by day -o "$scratch/bad.nc"
expect days_are_no_periods 2 "daily values are variables of their own"
run 3 attribute $(inputs mixed) --expected "$scratch/mixed-pm.nc" -o "$scratch/bad.nc"
expect an_input_without_the_variable_is_refused 3 "expected"
run 2 attribute $(inputs mixed) --share other -o "$scratch/bad.nc"
expect an_unknown_reading_is_refused 2 "ratio-of-means"
run 2 attribute $(inputs mixed) --from 2015-02-01 -o "$scratch/part.nc"
expect a_part_of_the_days_is_enough 0
"$python" - "$scratch" <<'PYTHON'
import sys
import numpy as np
from cubes import Variable, write
values = np.ones((800, 12, 10), np.float32)
axes = 30.5 + 0.01 * np.arange(12), 110 + 0.01 * np.arange(10)
for name, days, lat in (("shifted", np.arange(800.0), axes[0]), ("later", 5 + np.arange(800.0), axes[0] - 0.5)):
    write(f"{sys.argv[1]}/{name}.nc", {"expected": Variable(values, "ug m-3")}, days, lat, axes[1])
write(f"{sys.argv[1]}/nowhere.nc", {"expected": Variable(values * np.nan, "ug m-3")}, np.arange(800.0),
      axes[0] - 0.5, axes[1])
PYTHON
run 3 attribute $(inputs mixed) --expected "$scratch/shifted.nc" -o "$scratch/bad.nc"
expect another_grid_is_refused 3 "is not on the grid of"
run 2 attribute $(inputs mixed) --expected "$scratch/later.nc" -o "$scratch/bad.nc"
expect other_days_are_refused 3 "has not the days of"
run 2 attribute $(inputs mixed) --memory 64K -o "$scratch/bad.nc"
expect a_budget_that_is_too_small_is_refused 2 "use at least --memory"
expect_true refused_runs_leave_nothing test -z "$(compgen -G "$scratch/bad*")"
run 3 attribute $(inputs mixed) --expected "$scratch/nowhere.nc" -o "$scratch/nowhere-out.nc"
expect an_expected_cube_without_values_is_refused 3 "no cell has pollution"

run 2 "${mixed[@]}" -o "$scratch/plan.nc" --dry-run
expect dry_run_prints_a_plan 0 "memory +[0-9]+ MB per rank"
expect_true dry_run_writes_nothing test -z "$(compgen -G "$scratch/plan*")"
run 2 "${mixed[@]}" -o "$scratch/forms.nc" --compress --geotiff
expect other_forms_are_written 0
expect_opens_silently attribute "$scratch/forms.nc" "$scratch/forms_share_ratio_of_means.tif" share_standard_error

# The whole study is `make coverage`; a few regions show a gross mistake.
REGIONS=4 SPREADING=0 DAYS=800 OUTPUT="$scratch/coverage.csv" checks tests/coverage/run
finish
