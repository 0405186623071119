#!/usr/bin/env bash
# Gives every fuzz target its seeds, and each seed cut off at many places: no libFuzzer needed.
# ranks: 1
set -uo pipefail
cd "$(dirname "$0")/../.."
build="${BUILD:-build}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

for source in tests/fuzz/*.c; do
  target=$(basename "$source" .c)
  if tests/fuzz/make_seeds "$target" "$scratch/$target" &&
    "$build/tests/fuzz/$target" "$scratch/$target"/* >"$scratch/log" 2>&1 </dev/null; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED $target"
    tail -n 40 "$scratch/log"
  fi
done
echo "$passed passed, $failed failed, 0 skipped"
((failed == 0))
