#!/usr/bin/env bash
# `background`: the same bytes however it is run; kriging, inverse distance and the linear model, and
# their scores, as plain solutions give them.
# ranks: 1 2 3 4 7
source tests/support/command.sh
source tests/support/flow.sh
need_python background
background_py() { # counts the checks that background.py prints
  checks "$python" tests/commands/background.py "$@"
}

"$python" tests/commands/background.py make "$scratch" || exit 1
slow=(background "$scratch/slow.nc" --area "$scratch/slow-area.nc")

prove_counts bytes "${slow[@]}"
prove_kill bytes compute:3 3 4 "${slow[@]}"
prove_kill bytes journal:2 1 2 "${slow[@]}"
prove_kill bytes commit:2 2 3 "${slow[@]}"
mkdir -p "$scratch/small"
run 3 "${slow[@]}" -o "$scratch/small/out.nc" --no-history --memory 6M
expect background_runs_in_6_MB 0
expect_same_bytes a_small_budget_gives_the_same_bytes "$scratch/bytes" "$scratch/small"
prove_checkpoint checkpoint "${slow[@]}" --variogram-steps 1

# Every known cell is a neighbour, and every step is scored.
mkdir "$scratch/all"
for method in kriging idw linear; do
  for cube in clean gappy; do
    run 2 background "$scratch/$cube.nc" --area "$scratch/area.nc" --method $method --neighbours 500 \
      --per-octant 0 --score-steps 10000 -o "$scratch/all/$cube-$method.nc"
    expect "background_by_${method}_runs_on_the_${cube}_cube" 0
  done
done
background_py predictions "$scratch" "$scratch/all"
background_py scores "$scratch" "$scratch/all"
background_py same_scores "$scratch" "$scratch/all"

# Areas of their own in every year.
turn=(background "$scratch/turn.nc" --area "$scratch/years.nc" --area-variable area_yearly)
for method in kriging idw linear; do
  run 2 "${turn[@]}" --method $method --neighbours 500 --per-octant 0 --score-steps 10000 \
    -o "$scratch/all/yearly-$method.nc"
  expect "yearly_areas_are_predicted_by_$method" 0
done
background_py yearly "$scratch" "$scratch/all"
for ranks in 1 3; do
  mkdir "$scratch/turn-$ranks"
  run $ranks "${turn[@]}" -o "$scratch/turn-$ranks/out.nc" --no-history --memory 8M
done
expect_same_bytes yearly_areas_give_the_same_bytes "$scratch/turn-1" "$scratch/turn-3"
run 2 "${turn[@]}" -o "$scratch/part.nc" --from 2015-12-10
expect days_from_within_a_year_have_its_areas 0
run 2 background "$scratch/turn.nc" --area "$scratch/early.nc" --area-variable area_yearly -o "$scratch/bad.nc"
expect days_without_a_map_are_refused 3 "has no map for 2016-01-01"

run 2 background "$scratch/clean.nc" --area "$scratch/none.nc" -o "$scratch/bad.nc"
expect a_map_without_areas_is_refused 3 "no cell of its areas has values"
run 2 background "$scratch/clean.nc" --area "$scratch/shifted.nc" -o "$scratch/bad.nc"
expect another_grid_is_refused 3 "is not on the grid of"
run 3 background "$scratch/clean.nc" --area "$scratch/clean.nc" -o "$scratch/bad.nc"
expect a_file_without_the_variable_is_refused 3 "area"
run 2 background "$scratch/clean.nc" --area "$scratch/area.nc" -o "$scratch/bad.nc" --memory 1M
expect a_budget_that_is_too_small_is_refused 2 "use at least --memory"
run 2 background "$scratch/clean.nc" -o "$scratch/bad.nc"
expect the_area_must_be_named 2 "area"
expect_true refused_runs_leave_nothing test -z "$(compgen -G "$scratch/bad*")"

run 2 background "$scratch/clean.nc" --area "$scratch/area.nc" -o "$scratch/plan.nc" --dry-run
expect dry_run_prints_a_plan 0 "memory +[0-9]+ MB per rank"
expect_true dry_run_writes_nothing test -z "$(compgen -G "$scratch/plan*")"
run 2 background "$scratch/clean.nc" --area "$scratch/area.nc" -o "$scratch/forms.nc" --compress --geotiff
expect other_forms_are_written 0
expect_opens_silently background "$scratch/forms.nc" "$scratch/forms_role.tif" role
finish
