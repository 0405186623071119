#!/usr/bin/env bash
# The inventories that are kept as configs: the vanadium paper's structure and contradictions, templates that ask
# for its tables, a stand-in for them, and totals of real tables.
# ranks: 1 2
source tests/support/command.sh
source tests/support/flow.sh
need_python inventory_configs

check="$python tests/commands/inventory_configs.py"
vanadium=configs/vanadium-china.yaml

# ---- templates --------------------------------------------------------------------------------
run 1 inventory --no-figures $vanadium -o "$scratch/none"
expect tables_that_are_asked_for_are_named 2 "vanadium-china.yaml:[0-9:]+ the table 'coal.csv' is asked of you"
expect_false and_nothing_is_written test -e "$scratch/none"
run 2 inventory --no-figures $vanadium --template -o "$scratch/template"
expect a_template_is_written 0 "coal.csv: 310 rows to fill in"
checks $check template "$scratch/template"
run 1 inventory --no-figures $vanadium --tables "$scratch/template" -o "$scratch/none"
expect an_empty_template_is_refused 3 "coal.csv: none of its 310 rows gives a value"
$check fill "$scratch/template" "$scratch/mine"
cp "$scratch/mine/coal.csv" "$scratch/template/coal.csv"
run 1 inventory --no-figures $vanadium --template -o "$scratch/template"
expect a_template_does_not_overwrite 4 "use --overwrite"
expect_same_bytes what_was_filled_in_is_kept "$scratch/mine/coal.csv" "$scratch/template/coal.csv"
run 1 inventory --no-figures $vanadium --template -o "$scratch/mine"
expect files_of_others_are_not_overwritten 4 "exists"
run 2 inventory --no-figures $vanadium --tables "$scratch/mine" -o "$scratch/filled" --draws 20 --no-history
expect a_filled_template_runs 0 "grid: none is made, because .*population.nc is not there"
expect_false nothing_is_gridded_without_a_proxy test -e "$scratch/filled/grid.nc"
checks $check filled "$scratch/mine" "$scratch/filled"

# ---- the stand-in -----------------------------------------------------------------------------
for ranks in 1 2; do
  run "$ranks" synth --inventory $vanadium -o "$scratch/tables$ranks" --no-history
  expect "a_stand_in_on_${ranks}_ranks" 0 "rows of a synthetic stand-in"
  run "$ranks" inventory --no-figures $vanadium --tables "$scratch/tables$ranks" -o "$scratch/out$ranks" --draws 50 \
    --no-history
  expect "it_runs_on_${ranks}_ranks" 0 "synthetic stand-in: no result of this run is an emission"
done
expect_same_bytes stand_ins_do_not_depend_on_ranks "$scratch/tables1" "$scratch/tables2"
expect_same_bytes results_do_not_depend_on_ranks "$scratch/out1" "$scratch/out2"
run 1 synth --inventory $vanadium -o "$scratch/other" --seed 2
expect another_seed 0
expect_false another_seed_gives_other_tables cmp -s "$scratch/tables1/coal.csv" "$scratch/other/coal.csv"
checks $check structure "$scratch/out1"
checks $check standin "$scratch/tables1" "$scratch/out1"
checks $check contradictions "$scratch/out1"

# ---- its grid, where the config's polygons are not there --------------------------------------
mkdir "$scratch/alone"
cp $vanadium configs/paper-p3.yaml "$scratch/alone"
for ranks in 1 3; do
  run "$ranks" synth --inventory "$scratch/alone/vanadium-china.yaml" -o "$scratch/alone/tables$ranks" --no-history
  expect "polygons_are_made_on_${ranks}_ranks" 0 "31 synthetic polygons"
done
expect_same_bytes polygons_and_people_do_not_depend_on_ranks "$scratch/alone/tables1" "$scratch/alone/tables3"
run 2 inventory --no-figures "$scratch/alone/vanadium-china.yaml" --tables "$scratch/alone/tables1" -o "$scratch/alone/out" \
  --draws 50 --no-history
expect a_stand_in_is_gridded 0 "synthetic stand-in: no cell of it is an emission"
expect a_stand_in_is_gridded 0 "grid: cells add up to the totals of their provinces within"
checks $check gridded "$scratch/alone/tables1" "$scratch/alone/out"
run 1 report "$scratch/out1" --printed configs/paper-p3.yaml -o "$scratch/report.html"
expect a_report_of_the_printed_numbers 0
expect_true it_tells_contradictions_and_stand_ins grep -q "fits .*share of diesel in transport'" "$scratch/report.html"
expect_true it_says_what_is_no_evidence grep -q "from a synthetic stand-in: no evidence" "$scratch/report.html"
run 1 synth --inventory configs/reas-check.yaml -o "$scratch/none"
expect a_config_that_asks_for_nothing_has_no_stand_in 2 "asks for no table"
run 1 synth --inventory $vanadium --rows 9 -o "$scratch/none"
expect options_of_a_region_say_nothing_about_tables 2 "--rows is of a region"

# ---- what can be wrong with them --------------------------------------------------------------
# bad NAME PATTERN SED: a config changed so is refused
bad() {
  sed "$3" $vanadium >"$scratch/$1.yaml"
  cp configs/paper-p3.yaml "$scratch"
  run 1 synth --inventory "$scratch/$1.yaml" -o "$scratch/none"
  expect "$1" 2 "$2"
  expect_false "$1_writes_nothing" test -e "$scratch/none"
}
bad an_unknown_key_of_an_ask "'sauce' is no key of what a table asks for" 's/{source: coal.RC, about/{sauce: coal.RC, about/'
bad an_unknown_source_of_an_ask "unknown source 'coal.RX'; did you mean 'coal.RC'" 's/{source: coal.RC, about: raw coal burnt/{source: coal.RX, about: raw coal/'
bad no_stand_in "no stand-in for 'content'" 's/vanadium in raw coal, synthetic: .*}}/vanadium in raw coal}/'
bad a_total_without_a_printed_one "no printed total of its source and years" 's/total: 6000, spread: 0.9,/total: 6000, scale: printed,/'
bad a_rest_that_is_nothing "printed total of all sources, or one that leaves nothing" 's/total: 1500, spread: 1.6/total: 9000000, spread: 1.6/'
bad an_unknown_scale "'scale' is printed or rest" 's/scale: rest/scale: rests/'
bad a_province_that_lies_nowhere "'Tibet' needs .degrees east, degrees north, radius." 's/    Tibet: .88, 31.5, 5.5., /    /'
bad people_without_towns "'towns' from 1 to" 's/towns: 40/towns: 0/'
bad an_unknown_statistic "'totel' is none of total, mean, share" 's/paper: paper-p3.yaml/statistic: totel, value: 1/'
sed -i 's/is: labelled/is: labeled/' "$scratch/paper-p3.yaml"
run 1 inventory --no-figures "$scratch/no_stand_in.yaml" --tables "$scratch/tables1" -o "$scratch/none"
expect a_misspelt_check 2 "paper-p3.yaml:[0-9]+:[0-9]+: a check of a list 'of' needs 'is: labelled'"

# ---- real tables ------------------------------------------------------------------------------
# The configs name them from their own place.
if [[ -d ../shared/data/reas_china && -d ../shared/data/coal_metals ]]; then
  run 2 inventory --no-figures configs/reas-check.yaml -o "$scratch/reas" --draws 10
  expect reas_totals_run 0
  checks $check reas "../shared/data/reas_china/reas_v32_china_provinces_1950_2015.csv" "$scratch/reas"
  run 2 inventory --no-figures configs/coal-metals.yaml -o "$scratch/metals" --draws 20
  expect coal_metals_run 0
  checks $check metals "$scratch/metals"
  run 1 inventory --no-figures configs/coal-metals.yaml --template -o "$scratch/asked"
  expect any_config_gives_templates 0 "power_units.csv"
  expect_true with_the_columns_of_its_tables grep -q "^province,coal_g_per_kwh" "$scratch/asked/power_units.csv"
else
  skip real_tables "the data of configs/reas-check.yaml and configs/coal-metals.yaml are not here"
fi
finish
