#!/usr/bin/env bash
# `run`: stages in the order of their needs, redone only where something changed, safe to kill.
# ranks: 1 2 3
source tests/support/command.sh
source tests/support/flow.sh
need_python run

"$python" tests/commands/trend.py make "$scratch" || exit 1
mkdir -p "$scratch/work"
cp "$scratch/first.nc" "$scratch/work/pm.nc"

# The last stage stands first; its input sets the order. Paths start at the file.
write_chain() {
  cat >"$scratch/work/chain.yaml" <<YAML
stl: {period: 30, no-history: true}
trend: {by: month, no-history: true}
stages:
  - {name: slopes, command: trend, input: "@parts", variable: trend, output: out/slopes.nc}
  - {name: parts, command: stl, input: pm.nc, output: out/parts.nc, seasonal: ${1:-7}}
  - {name: raw, command: trend, input: pm.nc, output: out/raw.nc}
  - {name: again, command: trend, input: "@raw/parts.nc", variable: seasonal, output: out/again.nc${2:-}}
YAML
}

# Modification times of the products, one a line.
times() {
  (cd "$scratch/work/out" && stat -c '%n %y %i' -- *.nc *.nc.prov.json)
}

# ---- order and results ------------------------------------------------------------------------

write_chain
run 0 run "$scratch/work/chain.yaml" --dry-run
expect dry_run_prints_plans 0 "plan of stl"
expect dry_run_says_which_stages_wait 0 "plan of slopes: waits"
expect_false dry_run_writes_nothing test -e "$scratch/work/out"
run 3 run "$scratch/work/chain.yaml"
expect a_chain_runs 0
expect a_stage_follows_what_it_needs 0 "stage [2-4] of 4: slopes"
mkdir -p "$scratch/alone"
run 1 stl "$scratch/work/pm.nc" --period 30 -o "$scratch/alone/parts.nc" --no-history
run 2 trend "$scratch/alone/parts.nc" --variable trend --by month -o "$scratch/alone/slopes.nc" --no-history
run 1 trend "$scratch/work/pm.nc" --by month -o "$scratch/alone/raw.nc" --no-history
run 1 trend "$scratch/alone/parts.nc" --variable seasonal --by month -o "$scratch/alone/again.nc" --no-history
expect_same_bytes a_chain_gives_what_its_commands_give_alone "$scratch/work/out" "$scratch/alone"

# ---- only what changed ------------------------------------------------------------------------

before=$(times)
run 2 run "$scratch/work/chain.yaml"
expect a_second_run_ends_well 0
expect_true a_second_run_touches_nothing test "$before" = "$(times)"

changed() { # names of the products that differ from those listed in $before
  diff <(echo "$before") <(times) | sed -nE 's/^> ([a-z]+)\.nc .*/\1/p' | sort | paste -sd' '
}

write_chain 13
run 2 run "$scratch/work/chain.yaml"
expect a_changed_option_is_run 0
expect_true a_changed_option_redoes_its_stage_and_what_needs_it test "$(changed)" = "again parts slopes"
before=$(times)
"$python" -c "
import netCDF4
with netCDF4.Dataset('$scratch/work/pm.nc', 'a') as file:
    file['pm25'][5, 2, 3] = 99"
run 3 run "$scratch/work/chain.yaml"
expect a_changed_input_is_run 0
expect_true a_changed_input_redoes_all test "$(changed)" = "again parts raw slopes"
before=$(times)
rm "$scratch/work/out/slopes.nc"
run 1 run "$scratch/work/chain.yaml"
expect a_lost_output_is_run 0
expect_true a_lost_output_is_made_again test "$(changed)" = "slopes"

# ---- one stage, kills -------------------------------------------------------------------------

rm -rf "$scratch/work/out"
run 2 run "$scratch/work/chain.yaml" --only parts
expect only_runs_one_stage 0
expect_true only_leaves_the_others test "$(cd "$scratch/work/out" && echo *.nc)" = parts.nc
run 2 run "$scratch/work/chain.yaml" --only part
expect an_unknown_stage_is_refused 2 "no stage of that name"
run 1 run "$scratch/work/chain.yaml"
expect the_rest_is_run 0
cp -r "$scratch/work/out" "$scratch/whole"

rm -rf "$scratch/work/out"
run 2 run "$scratch/work/chain.yaml" --only parts
before=$(stat -c '%y %i' "$scratch/work/out/parts.nc")
AIRSHED_FAULT=journal:3 run 2 run "$scratch/work/chain.yaml"
expect_false a_kill_in_a_middle_stage_fails test "$exit_code" -eq 0
run 3 run "$scratch/work/chain.yaml"
expect an_unfinished_stage_is_not_overwritten 4 "stage 'slopes'.*--resume"
run 3 run "$scratch/work/chain.yaml" --resume
expect a_killed_chain_resumes 0
expect_same_bytes a_resumed_chain_has_the_same_bytes "$scratch/whole" "$scratch/work/out"
expect_clean a_resumed_chain_leaves_nothing_behind "$scratch/work/out"
expect_true finished_stages_are_not_repeated test "$before" = "$(stat -c '%y %i' "$scratch/work/out/parts.nc")"
expect_true finished_items_are_not_repeated test "$(sidecar "$scratch/work/out/slopes.nc" items_reused)" -gt 0

# ---- refused ----------------------------------------------------------------------------------

refuse() { # NAME PATTERN, the file on standard input
  cat >"$scratch/work/bad.yaml"
  run "${3:-2}" run "$scratch/work/bad.yaml"
  expect "$1" 2 "$2"
}

refuse a_circle_is_refused "bad.yaml:[0-9]+.*circle" <<'YAML'
stages:
  - {name: a, command: trend, input: "@b", output: a.nc}
  - {name: b, command: trend, input: "@a", output: b.nc}
YAML
refuse a_stage_that_needs_itself_is_refused "circle" <<'YAML'
stages:
  - {name: a, command: trend, input: "@a", output: a.nc}
YAML
refuse a_name_used_twice_is_refused "bad.yaml:3.*not twice 'a'" 3 <<'YAML'
stages:
  - {name: a, command: trend, input: pm.nc, output: a.nc}
  - {name: a, command: trend, input: pm.nc, output: b.nc}
YAML
refuse an_output_written_twice_is_refused "bad.yaml:3.*another stage.*a.nc" <<'YAML'
stages:
  - {name: a, command: trend, input: pm.nc, output: a.nc}
  - {name: b, command: trend, input: pm.nc, output: ../work/a.nc}
YAML
refuse an_unknown_reference_is_refused "no stage of the name.*@c" <<'YAML'
stages:
  - {name: a, command: trend, input: "@c", output: a.nc}
YAML
refuse an_unknown_command_is_refused "trendy" <<'YAML'
stages:
  - {name: a, command: trendy, input: pm.nc, output: a.nc}
YAML
refuse an_unknown_option_is_refused "stage 'a'.*bad.yaml:2.*periods" <<'YAML'
stages:
  - {name: a, command: stl, input: pm.nc, output: a.nc, periods: 12}
YAML
refuse a_chain_within_a_chain_is_refused "run" <<'YAML'
stages:
  - {name: a, command: run, chain: bad.yaml}
YAML
refuse a_file_without_stages_is_refused "stages" <<'YAML'
stl: {period: 30}
YAML
refuse an_input_that_is_the_output_is_refused "stage 'a'" <<'YAML'
stages:
  - {name: a, command: trend, input: pm.nc, output: pm.nc}
YAML
expect_false refused_chains_write_nothing test -e "$scratch/work/a.nc" -o -e "$scratch/work/b.nc"
# ---- readings ---------------------------------------------------------------------------------

mkdir -p "$scratch/vary"
cat >"$scratch/vary/chain.yaml" <<'YAML'
stages:
  - {name: region, command: synth, output: out/region, rows: 16, cols: 18, days: 900, gap-fraction: 0, sources: 3, rise-tolerance: 5}
  - {name: area, command: grow, input: "@region/dem.tif", sources: "@region/sources.geojson", rise-tolerance: 5, output: out/area.nc}
  - {name: deweathered, command: deweather, input: "@region/pm25.nc", met: "@region/met.nc", variable: pm25, output: out/deweathered.nc}
  - {name: expected, command: background, input: "@deweathered", area: "@area", variable: deweathered, output: out/expected.nc}
  - {name: ihs, command: attribute, input: "@region/pm25.nc", variable: pm25, deweathered: "@deweathered", expected: "@expected", by: year, output: out/ihs.nc}
  - {name: slopes, command: trend, input: "@deweathered", variable: deweathered, by: year, output: out/trend.nc}
YAML
cat >"$scratch/vary/readings.yaml" <<'YAML'
readings:
  - {name: removal, command: deweather, option: removal, values: [recentre, {value: literal, paper: true}]}
  - {name: fill, command: background, values: [{name: kriging, set: {}}, {name: nearest, set: {method: idw, neighbours: 1}}]}
  - {name: period, command: stl, option: period, values: [365, 30]}
YAML
vary() { # RANKS OPTION...
  run "$1" run "$scratch/vary/chain.yaml" --no-history --readings "$scratch/vary/readings.yaml" "${@:2}"
}
variants="$scratch/vary/out/readings"
vary 2 --vary fil
expect a_reading_to_vary_must_be_there 2 "no reading of that name"
expect_false bad_readings_run_nothing test -e "$scratch/vary/out"
vary 2
expect readings_are_run 0 "reading 'period' is left out"
expect_true a_reading_touches_only_what_it_changes test \
  "$(cd "$variants" && echo */*.nc)" = "fill-nearest/expected.nc fill-nearest/ihs.nc removal-literal/deweathered.nc removal-literal/expected.nc removal-literal/ihs.nc"
before=$(stat -c '%y %i' "$variants"/*/*.nc "$variants/readings.csv")
vary 3
expect readings_are_run_once 0
expect_true unchanged_readings_are_left_alone test "$before" = "$(stat -c '%y %i' "$variants"/*/*.nc "$variants/readings.csv")"
cp -r "$variants" "$scratch/vary/first"
for ranks in 1 3; do
  rm -rf "$variants"
  vary "$ranks"
  expect_same_bytes "readings_on_$ranks" "$scratch/vary/first" "$variants"
done
rm -rf "$variants"
AIRSHED_FAULT=journal:2 vary 2
expect_false a_kill_fails test "$exit_code" -eq 0
vary 2 --resume
expect readings_resume 0
expect_same_bytes resumed_readings_have_the_same_bytes "$scratch/vary/first" "$variants"
"$python" - "$scratch/vary/out" >"$out" 2>&1 <<'PYTHON'
import csv, math, sys
import netCDF4
rows = list(csv.DictReader(open(sys.argv[1] + "/readings/readings.csv")))
by = {(row["reading"], row["value"]): row for row in rows}
assert len(rows) == 5, len(rows)
chain, literal = by["", ""], by["removal", "literal"]
assert [row["is_chain"] for row in rows] == ["1", "1", "0", "1", "0"]
assert literal["is_paper"] == "1" and by["removal", "recentre"]["is_default"] == "1"
for kind in ("share_ratio_of_means", "share_mean_of_ratios"):
    share, own = float(chain[kind]), float(literal[kind])
    # As printed, the regression leaves a mean of zero in every cell (P2.31), so hardly a share.
    assert abs(own) < 0.02 < abs(share), (own, share)
    assert math.isclose(float(literal[kind + "_difference"]), own - share, abs_tol=1e-12)
    assert math.isclose(float(literal[kind + "_error"]), own - float(literal[kind + "_true"]), abs_tol=1e-12)
# Every row sums the summary of its own attribute; the truth in the same cells, by hand.
for row in rows:
    folder = sys.argv[1] + ("" if row["variant"] == "chain" else "/readings/" + row["variant"])
    summary = [r for r in csv.DictReader(open(folder + "/ihs_summary.csv")) if r["by"] == "all"]
    assert summary[0]["share_mean_of_ratios"] == row["share_mean_of_ratios"]
    with netCDF4.Dataset(folder + "/ihs.nc") as ihs, netCDF4.Dataset(sys.argv[1] + "/region/truth.nc") as truth:
        days = ihs["days"][-1].filled(0).astype(float)
        plume = float((days * truth["plume_mean"][:]).sum())
        pollution = float((days * ihs["pollution_mean"][-1].filled(0)).sum())
    assert math.isclose(plume / pollution, float(row["share_ratio_of_means_true"]), rel_tol=1e-6), row["variant"]
PYTHON
exit_code=$? last_run="the checks of readings.csv"
expect the_table_tells_shares_differences_and_truth 0
if command -v gmt >/dev/null && command -v gs >/dev/null; then
  for ranks in 1 2; do
    run "$ranks" report --product "$variants/readings.csv" -o "$scratch/vary/page-$ranks/report.html" --no-history
    expect "readings_are_drawn_on_$ranks" 0
  done
  expect_same_bytes the_page_of_readings_has_the_same_bytes "$scratch/vary/page-1" "$scratch/vary/page-2"
  for said in 'id="moves"' 'true share in the same cells' '<th scope="row">removal</th><td>literal</td>'; do
    expect_true "the_page_says_$said" grep -q "$said" "$scratch/vary/page-1/report.html"
  done
  expect_true the_figure_of_readings_is_a_file test -s "$scratch/vary/page-1/report_figures/moves-share-readings.pdf"
else
  skip readings_are_drawn "gmt or gs is not installed"
fi
vary 2 --full-grid --readings-output "$scratch/vary/grid"
expect a_grid_is_run 0
expect_true a_grid_has_all_combinations test "$(wc -l <"$scratch/vary/grid/readings.csv")" -eq 6
expect_true a_grid_shares_what_two_readings_have_in_common test \
  "$(cd "$scratch/vary/grid" && echo removal-literal+fill-nearest/*.nc)" = \
  "removal-literal+fill-nearest/expected.nc removal-literal+fill-nearest/ihs.nc"
vary 2 --vary fill --dry-run --readings-output "$scratch/vary/dry"
expect readings_can_be_planned 0
expect_false a_plan_of_readings_writes_nothing test -e "$scratch/vary/dry"

refuse_readings() { # NAME PATTERN, the file on standard input
  cat >"$scratch/vary/bad.yaml"
  run "${3:-2}" run "$scratch/vary/chain.yaml" --readings "$scratch/vary/bad.yaml"
  expect "$1" 2 "$2"
}
refuse_readings one_value_is_no_choice "bad.yaml:2.*two or more" <<'YAML'
readings:
  - {name: a, command: deweather, option: removal, values: [recentre]}
YAML
refuse_readings a_value_must_be_one_of_the_option "value 'recenter'.*bad.yaml:2.*recentre" 3 <<'YAML'
readings:
  - {name: a, command: deweather, option: removal, values: [recentre, recenter]}
YAML
refuse_readings a_key_must_be_known "bad.yaml:2.*did you mean 'option'" <<'YAML'
readings:
  - {name: a, command: deweather, options: removal, values: [recentre, literal]}
YAML
refuse_readings a_command_must_be_there "bad.yaml:2.*no command 'deweathers'" <<'YAML'
readings:
  - {name: a, command: deweathers, option: removal, values: [recentre, literal]}
YAML
refuse_readings a_stage_must_be_there "bad.yaml:2.*no such stage" <<'YAML'
readings:
  - {name: a, stage: none, option: removal, values: [recentre, literal]}
YAML
refuse_readings an_output_is_no_reading "bad.yaml:2.*output" <<'YAML'
readings:
  - {name: a, command: deweather, option: output, values: [a.nc, b.nc]}
YAML
refuse_readings a_reading_needs_a_name_of_its_own "bad.yaml:3.*has this name" <<'YAML'
readings:
  - {name: a, command: deweather, option: removal, values: [recentre, literal]}
  - {name: a, command: background, option: method, values: [kriging, idw]}
YAML
refuse_readings a_list_must_be_there "no list 'readings'" <<'YAML'
of: ihs
YAML
run 2 run "$scratch/vary/chain.yaml" --vary fill
expect vary_needs_readings 2 "needs --readings"
sed "s#\.\./build/demo#$scratch/demo#g" configs/demo.yaml >"$scratch/vary/demo.yaml"
run 0 run "$scratch/vary/demo.yaml" --readings configs/readings-p2.yaml --dry-run --only area
expect the_readings_of_p2_suit_the_demo 0 "removal = literal"
finish
