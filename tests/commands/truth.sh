#!/usr/bin/env bash
# Known truth recovered: `synth` puts coefficients, a trend and weatherless PM2.5 into a region, and
# `deweather` and `trend` find them again within bounds derived from the noise put in, gaps
# included; a calendar peak is seasonal (P2.25). Bounds and their derivation: truth.py.
# ranks: 1 3
limit_s="${limit_s:-120}"
source tests/support/command.sh
source tests/support/flow.sh
need_python truth
truth_py() { # counts the checks that truth.py prints
  checks "$python" tests/commands/truth.py "$@"
}

# Ten years with three 29 Februaries; 36 km, so that there are cells in and outside of areas.
region=(synth --rows 12 --cols 12 --cell 0.03 --sources 8 --days 3653 --seed 5 --no-history)

deweather() { # RANKS NAME OPTION...: deweathers the region NAME into NAME/OPTIONS/out.nc
  local ranks=$1 name=$2 options=${*:3} folder
  shift 2
  folder="$scratch/$name/on$ranks${options//[^a-z]/}"
  mkdir -p "$folder"
  run "$ranks" deweather "$scratch/$name/pm25.nc" --met "$scratch/$name/met.nc" "$@" \
    -o "$folder/out.nc" --no-history
  expect "deweather_of_${name}_runs_on_$ranks${options:+_with_$options}" 0
}

for form in spreading:0 confined:0 gappy:0.05; do
  name=${form%:*}
  run 2 "${region[@]}" -o "$scratch/$name" --gap-fraction "${form#*:}" \
    --plumes "${name/gappy/confined}"
  expect "synth_makes_a_${name}_region" 0
  deweather 1 "$name"
  run 2 trend "$scratch/$name/on1/out.nc" --variable deweathered --by year -o "$scratch/$name/trend.nc"
  expect "trend_of_the_deweathered_${name}_region" 0
done
for name in spreading gappy; do
  deweather 3 "$name"
  expect_same_bytes "three_ranks_find_what_one_finds_in_the_${name}_region" \
    "$scratch/$name/on1" "$scratch/$name/on3"
done
deweather 1 confined --removal literal
deweather 1 gappy --removal literal

truth_py spreading "$scratch/spreading"
truth_py confined "$scratch/confined"
truth_py gappy "$scratch/gappy" "$scratch/confined"

"$python" tests/commands/truth.py make_peak "$scratch" || exit 1
for days in naive drop calendar interpolate; do
  run 1 stl "$scratch/peak.nc" --preset r --calendar-days "$days" -o "$scratch/peak-$days.nc"
  expect "the_calendar_peak_is_decomposed_$days" 0
done
truth_py peak "$scratch"
finish
