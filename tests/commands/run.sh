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
finish
