# airshed -- GPL-3.0-or-later. Shared by the tests of commands (tests/commands/NAME.sh).
#
#   #!/usr/bin/env bash
#   # What the test proves. ranks: 1 2 3 4
#   source tests/support/command.sh
#
#   run 3 stl in.nc -o "$scratch/out.nc" --no-history
#   expect "a_series_is_decomposed" 0
#   run 1 stl in.nc -o "$scratch/out.nc"
#   expect "an_existing_output_is_refused" 4 "out.nc exists: use --overwrite"
#   expect_same_bytes "one_rank_equals_three" "$scratch/a" "$scratch/b"
#   finish
#
# Run from the top of the project, as tests/run does. One call of expect... is one test; its name
# says what is true. What failed is shown with the command, its exit code and its messages.
#
#   scratch                      a folder of this test, removed at its end
#   airshed                      path of the program
#   run RANKS ARGUMENT...        runs airshed on RANKS ranks with a time limit (limit_s); leaves
#                                exit_code, and the files $out and $err. RANKS 0: without mpirun
#   expect NAME CODE [PATTERN]   the last run ended with CODE, not by the time limit, and, where
#                                given, $out or $err has a line that holds PATTERN (grep -E)
#   expect_same_bytes NAME A B   files, or folders of files, have the same bytes; *.prov.json hold
#                                times and hosts, and are left out (design page, "Same bytes")
#   expect_true NAME COMMAND...  a command succeeds, such as: test -e FILE
#   expect_false NAME COMMAND... it fails
#   expect_clean NAME FOLDER     no .partial, .journal or .lock lies below FOLDER
#   skip NAME REASON             counts a test that cannot be made here
#   finish                       prints "N passed, N failed, N skipped" and ends the test
set -uo pipefail

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_mpi_yield_when_idle=1
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 LC_ALL=C

airshed="${BUILD:-build}/airshed"
shared="${AIRSHED_SHARED:-../shared}"
limit_s="${limit_s:-240}"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/airshed-test-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
out="$scratch/.out"
err="$scratch/.err"
exit_code=0
last_run="(nothing was run)"
passed_count=0 failed_count=0 skipped_count=0

run() {
  local ranks=$1
  shift
  local launcher=(mpirun -q -np "$ranks")
  ((ranks == 0)) && launcher=()
  last_run="${launcher[*]} airshed $*"
  timeout -k 5 "$limit_s" "${launcher[@]}" "$airshed" "$@" >"$out" 2>"$err" </dev/null
  exit_code=$?
}

pass() {
  passed_count=$((passed_count + 1))
}

fail() {
  failed_count=$((failed_count + 1))
  echo "FAILED $1"
}

show_run() {
  echo "  command: $last_run"
  echo "  exit code: $exit_code$( ((exit_code == 124 || exit_code == 137)) && echo " (time limit of $limit_s s)")"
  sed 's/^/  out: /' "$out" | tail -n 20
  sed 's/^/  err: /' "$err" | tail -n 20
}

expect() {
  local name=$1 code=$2 pattern=${3:-}
  if ((exit_code != code)); then
    fail "$name: expected exit code $code"
    show_run
  elif [[ -n $pattern ]] && ! grep -qE -- "$pattern" "$out" "$err"; then
    fail "$name: no message matches '$pattern'"
    show_run
  else
    pass
  fi
}

# One line "checksum  path" for each file.
checksums() {
  if [[ -d $1 ]]; then
    (cd "$1" && find . -type f ! -name '*.prov.json' ! -name '.out' ! -name '.err' -print0 |
      sort -z | xargs -0 -r sha256sum)
  else
    sha256sum <"$1"
  fi
}

expect_same_bytes() {
  local name=$1 difference
  if [[ ! -e $2 || ! -e $3 ]]; then
    fail "$name: $2 or $3 is missing"
  elif [[ -d $2 && -z $(checksums "$2") ]]; then
    fail "$name: $2 is empty"
  elif difference=$(diff <(checksums "$2") <(checksums "$3")); then
    pass
  else
    fail "$name: $2 and $3 differ"
    sed 's/^/  /' <<<"$difference"
  fi
}

expect_true() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then
    pass
  else
    fail "$name: $* failed"
    sed 's/^/  /' <<<"$said" | tail -n 20
  fi
}

expect_false() {
  local name=$1
  shift
  if "$@" >/dev/null 2>&1; then
    fail "$name: $* succeeded"
  else
    pass
  fi
}

expect_clean() {
  local left
  left=$(find "$2" -name '*.partial' -o -name '*.journal' -o -name '*.lock')
  if [[ -z $left ]]; then
    pass
  else
    fail "$1: left behind: $left"
  fi
}

skip() {
  skipped_count=$((skipped_count + 1))
  echo "skipped $1: $2"
}

finish() {
  echo "$passed_count passed, $failed_count failed, $skipped_count skipped"
  exit $((failed_count > 0))
}
