#!/usr/bin/env bash
# Correlations of cubes and of tables: equal to scipy's, and the same bytes however they are made.
# ranks: 1 2 3 4 7
source tests/support/command.sh
source tests/support/flow.sh
need_python correlate
"$python" tests/commands/correlate.py make "$scratch" || exit 1
first="$scratch/first.nc" second="$scratch/second.nc"

# ---- cubes ------------------------------------------------------------------------------------
pair=(correlate "$first" --with "$second")
prove_counts bytes "${pair[@]}"
prove_budget bytes "$(least_memory "${pair[@]}")" "${pair[@]}"
mkdir -p "$scratch/packed"
run 3 correlate "$first" --with "$scratch/second.nc4" -o "$scratch/packed/out.nc" --no-history
expect "a_compressed_file_is_read" 0
expect_same_bytes "a_compressed_file_gives_the_same_bytes" "$scratch/bytes" "$scratch/packed"
prove_kill bytes journal:3 3 4 "${pair[@]}"
prove_kill bytes write:1 2 1 "${pair[@]}"
prove_checkpoint checkpoint correlate "$scratch/slow.nc" --with "$scratch/slow.nc" --by day
run 2 "${pair[@]}" --by month -o "$scratch/months.nc" --compress --geotiff
expect "months_and_other_forms" 0
expect_opens_silently correlate "$scratch/months.nc" "$scratch/months_pearson.tif" pearson

# ---- tables -----------------------------------------------------------------------------------
zonal="$scratch/zonal.csv" energy="$scratch/energy.csv"
# tables RANKS NAME OPTION...
tables() {
  local ranks=$1 name=$2
  shift 2
  run "$ranks" correlate "$zonal" --with "$energy" --missing NA -o "$scratch/$name.csv" --no-history "$@"
}
tables 1 groups --where by=year --group zone
expect "tables_are_paired" 0 "1 of 30 rows .* have no partner"
for ranks in 2 3; do
  tables "$ranks" "groups-$ranks" --where by=year --group zone
  expect "tables_on_$ranks" 0
  expect_same_bytes "bytes_of_tables_on_$ranks" "$scratch/groups.csv" "$scratch/groups-$ranks.csv"
done
tables 2 all --where by=year --on zone,year --columns coal
expect "one_group_one_column" 0
AIRSHED_FAULT=commit:1 tables 2 killed --where by=year --group zone
expect_false "a_kill_fails" test "$exit_code" -eq 0
tables 3 killed --where by=year --group zone --resume
expect "a_killed_table_resumes" 0
expect_same_bytes "a_killed_table_has_the_same_bytes" "$scratch/groups.csv" "$scratch/killed.csv"
run 2 correlate "$zonal" --with "$energy" --missing NA --where by=year --group zone -o - --quiet --scratch "$scratch"
expect "a_table_goes_to_standard_output" 0 "^Beijing,mean,coal,pearson"

# ---- values -----------------------------------------------------------------------------------
if "$python" -c 'import scipy' 2>/dev/null; then
  checks "$python" tests/commands/correlate.py maps "$scratch"
  checks "$python" tests/commands/correlate.py tables "$scratch"
else
  skip correlate_equals_scipy "python3-scipy is missing (make deps-bench)"
fi

# ---- refusals ---------------------------------------------------------------------------------
refuse() {
  local name=$1 code=$2 pattern=$3
  shift 3
  for ranks in 0 3; do
    run "$ranks" correlate "$@"
    expect "${name}_on_$ranks" "$code" "$pattern"
  done
}
new="$scratch/new.nc" csv="$scratch/new.csv"
refuse another_grid 3 "does not lie on the grid of the input" "$first" --with "$scratch/grid.nc" -o "$new"
refuse other_dates 3 "has other dates" "$first" --with "$scratch/dates.nc" -o "$new"
refuse cube_and_table 2 "two cubes or two tables" "$first" --with "$energy" -o "$new"
refuse table_and_cube 2 "two cubes or two tables" "$zonal" --with "$first" -o "$csv"
refuse years_of_tables 2 "--by belongs to cubes" "$zonal" --with "$energy" --by year -o "$csv"
refuse columns_of_cubes 2 "--group belongs to tables" "$first" --with "$second" --group zone -o "$new"
refuse no_second 2 "missing option --with" "$first" -o "$new"
refuse rows_that_repeat 3 "name this row a second time.*--where" "$zonal" --with "$energy" --group zone -o "$csv"
refuse partners_that_repeat 3 "twice.csv, line 3.*a second time" "$zonal" --where by=year --group zone \
  --with "$scratch/twice.csv" -o "$csv"
refuse no_partners 3 "no row of .* has a partner" "$zonal" --where by=year --group zone --with "$scratch/others.csv" -o "$csv"
refuse no_numbers 3 "no column of numbers" "$zonal" --where by=year --group zone --with "$scratch/words.csv" -o "$csv"
refuse no_rows 3 "holds no rows" "$zonal" --with "$scratch/headers.csv" -o "$csv"
refuse unknown_value 3 "--value: .*'average'" "$zonal" --with "$energy" --value average -o "$csv"
refuse unknown_key 3 "--on: .*'month'" "$zonal" --with "$energy" --on month -o "$csv"
refuse unknown_column 3 "--columns: .*'gas'" "$zonal" --with "$energy" --columns gas -o "$csv"
refuse condition_without_value 2 "is not COLUMN=VALUE" "$zonal" --with "$energy" --where year -o "$csv"
refuse no_row_passes 3 "no row passes --where" "$zonal" --with "$energy" --where by=decade -o "$csv"
refuse text_for_a_number 3 "column 'note'" "$zonal" --where by=year --group zone --with "$energy" --columns note -o "$csv"
refuse existing_output 4 "exists" "$zonal" --with "$energy" --missing NA --where by=year --group zone -o "$scratch/groups.csv"
finish
