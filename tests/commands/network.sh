#!/usr/bin/env bash
# `background --method network`: the same weights and bytes at any number of ranks and after any kill, tiles
# that equal the whole, weights that Python's torch reads and predicts alike from.
# ranks: 1 2 3 4
source tests/support/command.sh
source tests/support/flow.sh
need_python network
network_py() { # counts the checks that network.py prints
  checks "$python" tests/commands/network.py "$@"
}

"$python" tests/commands/network.py make "$scratch" || exit 1
input=("$scratch/wide.nc" --area "$scratch/wide-area.nc")
paint=(background "${input[@]}" --method network --features coordinates,elevation,season
  --elevation "$scratch/wide-height.nc" --channels 2 --sequence 2 --patch 32 --batch 3 --rate 0.01
  --validation-share 0.2 --tile 32)
short=("${paint[@]}" --epochs 2 --epoch-steps 3)

mkdir "$scratch/bare"
cp "$airshed" "$scratch/bare/airshed"
last_run="a program without its plug-ins"
timeout 60 "$scratch/bare/airshed" "${short[@]}" -o "$scratch/none.nc" >"$out" 2>"$err"
exit_code=$?
expect a_missing_plug_in_names_its_package 1 "libtorch-dev"
if [[ ! -e ${BUILD:-build}/airshed-network.so ]]; then
  skip "network" "airshed-network.so was not built (libtorch-dev)"
  finish
fi

for ranks in 1 2 3 4; do
  mkdir "$scratch/$ranks"
  run $ranks "${short[@]}" -o "$scratch/$ranks/out.nc" --no-history
  expect "a_network_is_trained_on_${ranks}_ranks" 0 "epoch 2: loss"
  ((ranks > 1)) && expect_same_bytes "a_network_on_${ranks}_ranks_equals_one" "$scratch/1" "$scratch/$ranks"
done
expect_clean training_leaves_nothing_behind "$scratch/1"
expect_false training_leaves_no_checkpoint test -e "$scratch/1/out_network.checkpoint"

for fault in compute:4 compute:5 commit:1 write:3; do
  folder="$scratch/${fault/:/-}"
  mkdir "$folder"
  AIRSHED_FAULT=$fault run 2 "${short[@]}" -o "$folder/out.nc" --no-history
  expect_false "a_run_killed_in_${fault/:/_}_fails" test "$exit_code" -eq 0
  run 3 "${short[@]}" -o "$folder/out.nc" --no-history --resume
  expect "a_run_killed_in_${fault/:/_}_resumes" 0
  [[ $fault == compute:* ]] && expect "training_goes_on_after_a_kill_in_${fault/:/_}" 0 "goes on after 3 steps"
  expect_same_bytes "a_kill_in_${fault/:/_}_changes_no_byte" "$scratch/1" "$folder"
done

# A checkpoint signal in the middle of a training.
mkdir "$scratch/stopped" "$scratch/whole"
long=("${paint[@]}" --epochs 3 --epoch-steps 40)
last_run="mpirun -np 2 airshed ${long[*]} with USR1"
mpirun -q -np 2 "$airshed" "${long[@]}" -o "$scratch/stopped/out.nc" --no-history >"$out" 2>"$err" </dev/null &
launched=$!
for ((tries = 0; tries < 600; tries++)); do
  [[ -e $scratch/stopped/out_network.checkpoint ]] && break
  sleep 0.1
done
kill -USR1 "$launched"
wait "$launched"
exit_code=$?
expect training_stops_at_a_checkpoint_on_usr1 75 "go on with --resume"
run 1 "${long[@]}" -o "$scratch/stopped/out.nc" --no-history --resume
expect training_resumes_from_its_checkpoint 0 "training goes on after"
run 2 "${long[@]}" -o "$scratch/whole/out.nc" --no-history
expect_same_bytes a_checkpoint_changes_no_byte "$scratch/whole" "$scratch/stopped"

mkdir "$scratch/given"
cp "$scratch/1/out_network.safetensors" "$scratch/good.safetensors"
head -c 5000 "$scratch/good.safetensors" >"$scratch/cut.safetensors"
head -c 4 "$scratch/good.safetensors" >"$scratch/short.safetensors"
given=(background "${input[@]}" --method network --elevation "$scratch/wide-height.nc" --validation-share 0.2 --tile 32)
run 2 "${given[@]}" --weights "$scratch/good.safetensors" -o "$scratch/given/out.nc" --no-history
expect given_weights_predict 0
expect_same_bytes given_weights_give_the_same_cube "$scratch/1/out.nc" "$scratch/given/out.nc"
run 2 "${given[@]}" --tile 512 --weights "$scratch/good.safetensors" -o "$scratch/one-tile.nc"
expect one_tile_holds_all 0
network_py same_values "$scratch/given/out.nc" "$scratch/one-tile.nc"
for name in cut short; do
  run 2 "${given[@]}" --weights "$scratch/$name.safetensors" -o "$scratch/bad.nc"
  expect "weights_that_are_${name}_are_refused" 3 "$name.safetensors"
done
run 2 "${given[@]}" --weights "$scratch/wide.nc" -o "$scratch/bad.nc"
expect a_file_that_holds_no_weights_is_refused 3 "is no file of weights"
run 2 background "${input[@]}" --method network --features elevation -o "$scratch/bad.nc"
expect elevation_must_be_named 2 "elevation"
run 2 "${short[@]}" --channels 12 -o "$scratch/bad.nc"
expect odd_channels_are_refused 2 "multiple of 8"
run 2 "${paint[@]}" --batch 1000 --memory 2M -o "$scratch/bad.nc"
expect a_training_beyond_the_budget_is_refused 2 "use at least --memory"
run 2 "${short[@]}" -o "$scratch/plan.nc" --dry-run
expect dry_run_prints_a_plan 0 "memory +[0-9]+ MB per rank"
expect_true dry_run_writes_nothing test -z "$(compgen -G "$scratch/plan*")"

# A kriged first guess that the network corrects.
guess=(background "${input[@]}" --method network --features guess,season --channels 2 --sequence 2 --patch 32
  --batch 2 --epochs 1 --epoch-steps 3 --rate 0.01 --tile 32)
for ranks in 1 3; do
  mkdir "$scratch/guess-$ranks"
  run $ranks "${guess[@]}" -o "$scratch/guess-$ranks/out.nc" --no-history
  expect "a_guess_is_corrected_on_${ranks}_ranks" 0
done
expect_same_bytes a_corrected_guess_has_the_same_bytes "$scratch/guess-1" "$scratch/guess-3"
run 1 background "${input[@]}" --method kriging -o "$scratch/kriging.nc"

# Areas that change at the turn of a year: each step has those of its year, also in a sequence across it.
turn=(background "$scratch/turn.nc" --area "$scratch/years.nc")
for ranks in 1 3; do
  mkdir "$scratch/turn-$ranks"
  run $ranks "${turn[@]}" "${guess[@]:4}" -o "$scratch/turn-$ranks/out.nc" --no-history
  expect "yearly_areas_are_predicted_on_${ranks}_ranks" 0
done
expect_same_bytes yearly_areas_have_the_same_bytes "$scratch/turn-1" "$scratch/turn-3"
run 1 "${turn[@]}" --method kriging -o "$scratch/turn-kriging.nc"

run 2 "${short[@]}" --seed 2 -o "$scratch/seed.nc"
expect another_seed_is_trained 0
network_py differ "$scratch/1/out.nc" "$scratch/seed.nc"

if "$python" -c 'import torch' 2>/dev/null; then
  network_py prediction "$scratch" "$scratch/1/out"
  network_py prediction "$scratch" "$scratch/guess-1/out"
  network_py prediction "$scratch" "$scratch/turn-1/out" turn-
  if [[ -n ${ASAN_OPTIONS:-} ]]; then
    skip the_gradient_equals_python "Python cannot load a plug-in built with a sanitizer"
  else
    network_py gradient
  fi
else
  skip network_equals_python "python3-torch is missing (make deps-bench)"
fi
finish
