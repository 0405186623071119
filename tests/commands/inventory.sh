#!/usr/bin/env bash
# Inventories: totals against plain sums, intervals against closed forms, the same bytes however they are
# made, and a message with file, line and column for whatever is wrong.
# ranks: 1 2 3 4
source tests/support/command.sh
source tests/support/flow.sh
need_python inventory

check="$python tests/commands/inventory.py"
small="$scratch/small"
mkdir "$small"
$check make "$small"

# small RANKS NAME OPTION...: into $scratch/NAME
small() {
  local ranks=$1 name=$2
  shift 2
  run "$ranks" inventory --no-figures "$small/small.yaml" -o "$scratch/$name" --no-history "$@"
}

# ---- values -----------------------------------------------------------------------------------
small 1 one
expect a_small_inventory 0 "source 'fuel' has national data only"
expect_true totals_and_intervals_are_right $check check "$small" "$scratch/one"
expect_clean nothing_unfinished_is_left "$scratch"

# ---- the same bytes ---------------------------------------------------------------------------
for ranks in 2 3 4; do
  small "$ranks" "ranks$ranks"
  expect "a_run_on_${ranks}_ranks" 0
  expect_same_bytes "one_rank_equals_${ranks}" "$scratch/one" "$scratch/ranks$ranks"
done
run 2 inventory --no-figures "$small/twice.yaml" -o "$scratch/twice" --no-history
expect quantities_that_are_used_twice_are_built_once 0
expect_same_bytes and_are_what_they_are "$scratch/one/totals.csv" "$scratch/twice/totals.csv"
small 2 blocks --block 1000 --memory 64M
expect blocks_of_another_length 0
expect_same_bytes blocks_do_not_matter "$scratch/one" "$scratch/blocks"
small 3 long --draws 100000
expect a_longer_run 0
expect_true a_longer_run_begins_with_the_same_draws $check prefix "$scratch/one" "$scratch/long"
small 1 tiny --memory 1M
expect too_little_memory_is_told 2 "--memory 1M is too small for 10000 draws of 123 results .*use --memory [0-9]+M"
expect_false too_little_memory_leaves_nothing test -e "$scratch/tiny"
small 3 longest --draws 400000
expect a_run_of_400000_draws 0
expect_true memory_is_flat_in_draws $check memory "$scratch/long" "$scratch/longest"
# Beyond 2^20 draws, which are read again and again instead of held.
for draws in 1500000 6000000; do
  run 2 inventory --no-figures "$small/tiny.yaml" -o "$scratch/tiny_$draws" --no-history --draws "$draws" --memory 100M
  expect "a_run_of_$draws" 0
done
expect_true memory_is_flat_in_millions_of_draws $check flat "$scratch/tiny_1500000" "$scratch/tiny_6000000"
expect_true draws_that_are_read_again_give_the_same $check closed "$scratch/tiny_1500000" "$scratch/tiny_6000000"
run 3 inventory --no-figures "$small/tiny.yaml" -o "$scratch/tiny_ranks" --no-history --draws 1500000 --block 3000
expect a_run_of_1500000_on_3_ranks 0
expect_same_bytes millions_of_draws_feel_no_ranks_nor_blocks "$scratch/tiny_1500000" "$scratch/tiny_ranks"
small 1 again --seed 2
expect_false another_seed_gives_other_draws cmp -s "$scratch/one/totals.csv" "$scratch/again/totals.csv"
for method in latin sobol; do
  small 2 "$method" --sampling "$method"
  expect "draws_by_$method" 0
  expect_true "totals_by_${method}_are_right" $check check "$small" "$scratch/$method" "$method"
done

# ---- correlated values -------------------------------------------------------------------------
# correlated RANKS NAME OPTION...: as small
correlated() {
  local ranks=$1 name=$2
  shift 2
  run "$ranks" inventory --no-figures "$small/correlated.yaml" -o "$scratch/$name" --no-history "$@"
}
for sampling in random latin sobol; do
  for ranks in 1 2 3 4; do
    correlated "$ranks" "correlated_${sampling}_$ranks" --sampling "$sampling"
    expect "correlated_values_by_${sampling}_on_$ranks" 0
  done
  expect_true "correlations_by_${sampling}_are_right" $check correlated "$scratch/correlated_${sampling}_1"
  for ranks in 2 3 4; do
    expect_same_bytes "correlated_values_by_${sampling}_do_not_feel_${ranks}_ranks" \
      "$scratch/correlated_${sampling}_1" "$scratch/correlated_${sampling}_$ranks"
  done
done
correlated 2 correlated_blocks --block 3000
expect_same_bytes correlated_values_do_not_feel_blocks "$scratch/correlated_random_1" "$scratch/correlated_blocks"
for sampling in random sobol; do
  correlated 3 "correlated_long_$sampling" --draws 20000 --sampling "$sampling"
  expect "a_longer_run_of_correlated_values_by_$sampling" 0
  expect_true "it_begins_with_the_same_draws_by_$sampling" $check prefix \
    "$scratch/correlated_${sampling}_1" "$scratch/correlated_long_$sampling"
done

# ---- killed and resumed -----------------------------------------------------------------------
# The first strikes while draws are made, the second in the commit of the tables.
for fault in compute:17 write:3 journal:5 commit:2 commit:9; do
  name="killed_${fault/:/_}"
  AIRSHED_FAULT=$fault small 2 "$name"
  expect_true "${name}_is_killed" test "$exit_code" -ne 0
  small 3 "$name" --resume
  expect "${name}_is_resumed" 0
  expect_same_bytes "${name}_equals_an_undisturbed_run" "$scratch/one" "$scratch/$name"
done
# Draws are never synced: a power cut may leave zeros in their place, or less of them, beside records.
for damage in "conv=notrunc bs=4096 count=2" "bs=4096 count=0"; do
  name="damaged_${damage##*=}"
  AIRSHED_FAULT=journal:5 small 2 "$name"
  draws="$scratch/$name.draws.scratch.partial"
  expect_true "${name}_has_draws" test -s "$draws"
  dd if=/dev/zero of="$draws" seek=$(($(stat -c %s "$draws") / 65536)) $damage status=none
  small 3 "$name" --resume
  expect "${name}_makes_its_draws_anew" 0 "all starts afresh"
  expect_same_bytes "${name}_equals_an_undisturbed_run" "$scratch/one" "$scratch/$name"
done
expect_clean nothing_unfinished_is_left_after_kills "$scratch"
small 1 one
expect an_existing_result_is_refused 4 "use --overwrite"
small 1 one --resume
expect a_complete_result_is_left_alone 0
small 1 one --resume --draws 5000
expect other_draws_do_not_continue_a_result 4
small 2 plan --dry-run
expect a_plan_is_printed 0 "expected time"
expect_false a_plan_writes_nothing test -e "$scratch/plan"

# ---- workbooks --------------------------------------------------------------------------------
if command -v ogr2ogr >/dev/null; then
  ogr2ogr -f XLSX "$small/coal.xlsx" "$small/coal.csv" -oo AUTODETECT_TYPE=YES
  head -n 1 "$small/coal.csv" >"$small/empty.csv"
  ogr2ogr -f XLSX "$small/empty.xlsx" "$small/empty.csv"
  sed 's/coal.csv,/coal.xlsx, sheet: coal,/' "$small/small.yaml" >"$small/workbook.yaml"
  sed 's/coal.csv,/empty.xlsx,/' "$small/small.yaml" >"$small/empty.yaml"
  run 2 inventory "$small/workbook.yaml" -o "$scratch/workbook" --no-history --no-figures
  expect a_workbook_is_read 0
  expect_true a_workbook_gives_the_same_totals cmp "$scratch/one/totals.csv" "$scratch/workbook/totals.csv"
  run 1 inventory "$small/empty.yaml" -o "$scratch/empty" --no-figures
  expect an_empty_sheet_is_refused 3 "empty.xlsx: sheet 'empty' is empty; a table starts with a row of column"
else
  skip workbooks "ogr2ogr is not installed"
fi

# ---- what can be wrong ------------------------------------------------------------------------
$check bad "$scratch"
cd "$scratch" || exit 1
airshed=$(realpath "$OLDPWD/$airshed")

# bad NAME CODE PATTERN: NAME.yaml is refused so, and leaves nothing behind
bad() {
  run 1 inventory --no-figures "$1.yaml" -o "bad_$1"
  expect "$1" "$2" "$3"
  expect_false "$1_leaves_nothing" test -e "bad_$1"
}

bad unknown_unit 3 "unknown_unit.csv, line 3, column 'unit': unknown units 'wibble': write them as"
bad other_dimension 3 "line 3, column 'unit': 'kWh' cannot be converted to 't', the units of 'coal'"
bad missing_year 3 "'coal' of South, 2016 .*missing_year.yaml:10.* missing_year.csv, line 5, .*add rows"
bad twin 3 "twin.csv, line 7, column 'value': a second value of 'coal'.*first is in twin.csv, line 6"
bad negative 3 "line 6, column 'value': '-410' of 'coal' is negative, which no activity can be"
bad separators 3 "line 6, column 'value': '1,410' has separators in the number: write it without"
bad spelling 3 "line 6, column 'province': 'SOUTH' is spelled 'South' in the config: use one spelling"
bad unknown_province 3 "line 6, column 'province': unknown province 'Suoth'; did you mean 'South'"
bad longer_province 3 "unknown province 'South Province'; did you mean 'South'\? Correct it, add it to the config"
bad sheet_unit 3 "sheet_unit.xlsx, row 3, column 'unit': unknown units 'wibble': write them as"
bad sheet_year 3 "'coal' of South, 2016 .* sheet_year.xlsx, row 5, .*add rows"
bad sheet_twin 3 "sheet_twin.xlsx, row 7, column 'value': a second value of 'coal'.*sheet_twin.xlsx, row 6"
bad sheet_negative 3 "sheet_negative.xlsx, row 6, column 'value': '-410' of 'coal' is negative"
bad sheet_separators 3 "sheet_separators.xlsx, row 6, column 'value': '1,410' has separators"
bad sheet_spelling 3 "sheet_spelling.xlsx, row 6, column 'province': 'SOUTH' is spelled 'South' in the config"
bad sheet_header 3 "sheet_header.xlsx: holds no rows below its header: fill it in"
bad no_sheet 3 "nowhere.xlsx: cannot be read: No such file"
bad percent_above 3 "percent_above.yaml:27:45: a share of 199 % is above 1: correct it$"
bad set_unknown 3 "set_unknown.yaml:[0-9]+:[0-9]+: unknown parameter 'factr'; did you mean 'factor'"
bad told_once 3 " 1 value is missing: 'coal' of South, 2016"
bad encoding 3 "encoding.csv, line 12, character 2: is not UTF-8: save the table in that encoding"
bad text 3 "line 6, column 'value': 'n/a' is not a finite number; leave the cell empty"
bad odd_year 3 "line 6, column 'year': 'MMXVI' is not a year"
bad ragged 3 "ragged.csv, line 6: has 3 cells where the header has 4"
bad no_rows 3 "no_rows.csv: holds no rows below its header: fill it in"
bad no_table 3 "nowhere.csv: cannot be read"
bad share_above_one 3 "share_above_one.yaml:27:45: a share of 1.01 is above 1: correct it"
bad shares_above_one 3 "shares_above_one.yaml:.* the shares 'applied' over device sum to 1.1"
bad circle 2 "circle.yaml:36:14: .*circular formula: passed -> other -> passed"
bad list_of_quantities 2 "list_of_quantities.yaml:35:3: 'quantities' takes names, each with a formula"
bad deep_quantities 2 "formula of 'q199', character 1 \('q200'\): more than 200 quantities that use one another"
bad deep_operations 2 "formula of 'r6', .*more than 5000 operations within one another"
bad unknown_parameter 2 "unknown_parameter.yaml:37:71: .*'factr'; did you mean 'factor'"
bad unknown_value 3 "unknown_value.yaml:28:17: unknown parameter 'fuels'; did you mean 'fuel'"
bad unlike 2 "unlike.yaml:39:83: .*cannot add 't' and '1'"
bad not_mass 2 "not_mass.yaml:38:78: .*it gives '1' where 't', the units of the results, is expected"
bad unknown_key 2 "unknown_key.yaml:2:1: unknown key 'unit'; did you mean 'units'"
bad open_index 2 "open_index.yaml:40:87: .*it varies by 'device': sum over that index"
bad broken_formula 2 "broken_formula.yaml:40:83: formula 'c \* \(d': character 7"
bad odd_distribution 3 "odd_distribution.yaml:30:27: .*sd is not negative"
bad unknown_distribution 3 "'nromal'; did you mean 'normal'"
bad odd_printed 3 "odd_printed.yaml:42:60: a printed number needs .* a year of the inventory"
finish
