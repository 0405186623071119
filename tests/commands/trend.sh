#!/usr/bin/env bash
# `trend`: the same bytes however it is run; Mann-Kendall and Sen as others compute them.
# ranks: 1 2 3 4 7
source tests/support/command.sh
source tests/support/flow.sh
need_python trend
trend_py() { # counts the checks that trend.py prints
  checks "$python" tests/commands/trend.py "$@"
}

"$python" tests/commands/trend.py make "$scratch" || exit 1

prove_counts bytes trend "$scratch/classic.nc" --by month
prove_budget bytes "$(least_memory trend "$scratch/classic.nc" --by month)" trend "$scratch/classic.nc" --by month
mkdir -p "$scratch/packed" "$scratch/daily-out" "$scratch/first"
run 3 trend "$scratch/packed.nc4" --by month -o "$scratch/packed/out.nc" --no-history
expect trend_reads_a_compressed_file 0
expect_same_bytes a_compressed_file_gives_the_bytes_of_a_classic_one "$scratch/bytes" "$scratch/packed"
run 4 trend "$scratch/daily" --by day -o "$scratch/daily-out/out.nc" --no-history
expect trend_reads_daily_files 0
run 1 trend "$scratch/first.nc" --by day -o "$scratch/first/out.nc" --no-history
expect trend_reads_their_sum 0
expect_same_bytes daily_files_give_the_bytes_of_one_file "$scratch/first" "$scratch/daily-out"
prove_kill bytes journal:3 3 4 trend "$scratch/classic.nc" --by month
prove_kill bytes write:1 2 1 trend "$scratch/classic.nc" --by month
prove_checkpoint checkpoint trend "$scratch/slow.nc" --by day

for variant in seasonal hamed-rao trend-free; do
  for ranks in 1 3; do
    mkdir -p "$scratch/$variant-$ranks"
    run "$ranks" trend "$scratch/classic.nc" --by month --variant "$variant" -o "$scratch/$variant-$ranks/out.nc" --no-history
    expect "${variant}_runs_on_$ranks" 0
    expect_same_bytes "${variant}_on_$ranks" "$scratch/$variant-1" "$scratch/$variant-$ranks"
  done
  expect_false "${variant}_is_another_test" cmp -s "$scratch/bytes/out.nc" "$scratch/$variant-1/out.nc"
done
run 2 trend "$scratch/slow.nc" --by day --variant seasonal -o "$scratch/days.nc"
expect seasons_may_be_days 0
for ranks in 0 3; do
  run "$ranks" trend "$scratch/slow.nc" --variant seasonal -o "$scratch/no.nc"
  expect "years_have_no_seasons_on_$ranks" 2 "a year has no seasons"
done

if [[ -d $shared/fixtures ]]; then
  trend_py references "$shared" "$scratch"
else
  skip trend_equals_references "no reference data at $shared"
fi

run 2 trend "$scratch/slow.nc" -o "$scratch/plan.nc" --dry-run
expect dry_run_prints_a_plan 0 "memory +[0-9]+ MB per rank"
expect_true dry_run_writes_nothing test -z "$(compgen -G "$scratch/plan.nc*")"
run 2 trend "$scratch/classic.nc" -o "$scratch/forms.nc" --compress --geotiff --by month
expect other_forms_are_written 0
expect_opens_silently trend "$scratch/forms.nc" "$scratch/forms_slope.tif" slope
finish
