#!/usr/bin/env bash
# Inventories of what others worked out: the end gauge and the impedance of the Guide to the Expression of
# Uncertainty in Measurement (H.1, H.2), fits of R's fitdistrplus, intervals of R's boot.
# ranks: 1 2 3
source tests/support/command.sh
source tests/support/flow.sh
need_python inventory_truth

if [[ ! -e $shared/data/reference/gum ]]; then
  skip known_measurements "$shared is absent"
  finish
fi
check="$python tests/commands/inventory_truth.py"
$check make "$shared" "$scratch"

for level in 95 99; do
  run 2 inventory "$scratch/gum_h1.yaml" -o "$scratch/h1_$level" --draws 200000 --level "$level" --no-figures
  expect "the_end_gauge_at_$level" 0
done
expect_true the_end_gauge_is_that_of_the_guide $check h1 "$shared" "$scratch/h1_95" "$scratch/h1_99"
# Independent draws that are reordered in blocks lose 0.003 of a linear correlation; u(R) is what three of them leave.
run 2 inventory "$scratch/gum_h2_copula.yaml" -o "$scratch/h2" --draws 200000 --no-figures
expect correlated_readings 0
expect_true the_impedance_is_that_of_the_guide $check h2 "$shared" "$scratch/h2"
for sampling in latin sobol; do
  run 2 inventory "$scratch/gum_h2.yaml" -o "$scratch/h2_$sampling" --draws 200000 --sampling "$sampling" --no-figures
  expect "readings_that_are_reordered_by_$sampling" 0
  expect_true "the_impedance_by_reordered_${sampling}_is_that_of_the_guide" $check h2 "$shared" "$scratch/h2_$sampling"
done
run 2 inventory "$scratch/samples.yaml" -o "$scratch/samples" --replicates 20000 --no-figures
expect samples_of_three_metals 0
expect_true fits_and_intervals_are_those_of_r $check samples "$shared" "$scratch/samples"

# Values with samples are shared out over the ranks.
for ranks in 1 3; do
  run "$ranks" inventory "$scratch/samples.yaml" -o "$scratch/samples_$ranks" --replicates 200 \
    --no-figures --no-history
  expect "samples_on_${ranks}_ranks" 0
done
expect_same_bytes samples_do_not_feel_the_ranks "$scratch/samples_1" "$scratch/samples_3"
finish
