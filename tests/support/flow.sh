# airshed -- GPL-3.0-or-later. What every command on the flow loop must prove; sourced by tests of
# commands after command.sh. Each call of prove_... counts its tests there.
#
#   python                       a Python with numpy and netCDF4; empty where there is none
#   need_python NAME             skips and ends the test where there is none
#   checks COMMAND...            counts lines "ok NAME" and "FAILED NAME: why" of a command
#   sidecar FILE KEY             an integer of FILE.prov.json, such as items or items_reused
#   least_memory ARGUMENT...     the smallest --memory that a command accepts
#   prove_counts NAME ARG...     the same bytes at 1, 2, 3, 4 and 7 ranks; fair shares
#   prove_budget NAME MEM ARG... the same bytes at a budget that splits rows into blocks of columns
#   prove_kills NAME ARG...      the same bytes after a kill in each phase and a resume
#   prove_checkpoint NAME ARG... USR1 ends with 75, --resume completes with the same bytes
#   expect_silence NAME COMMAND... a reader's command succeeds and prints no warning
#   expect_opens_silently NAME CUBE TIF VARIABLE   every reader opens CUBE, its copy CUBE4 (.nc4)
#                                and the GeoTIFF TIF; VARIABLE is one of the copy
#
# The arguments are those of a run without -o; `--no-history` is added. All compare with
# $scratch/NAME/out.nc, which prove_counts makes.

find_python() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import numpy, netCDF4' 2>/dev/null && echo "$candidate" && return
  done
}

export PYTHONPATH=tests/support PYTHONDONTWRITEBYTECODE=1
python=$(find_python)

need_python() {
  [[ -n $python ]] && return
  skip "$1" "python3 with numpy and netCDF4 is missing (make deps)"
  finish
}

checks() {
  local line said
  said=$("$@" 2>&1)
  local code=$?
  while IFS= read -r line; do
    case $line in
    "ok "*) pass ;;
    "FAILED "*) fail "${line#FAILED }" ;;
    esac
  done <<<"$said"
  if ((code != 0)) || ! grep -qE '^(ok|FAILED) ' <<<"$said"; then
    fail "$* ended with $code"
    tail -n 20 <<<"$said" | sed 's/^/  /'
  fi
}

sidecar() {
  sed -nE "s/^  \"$2\": ([0-9]+),?\$/\1/p" "$1.prov.json"
}

# Items of each rank, one a line.
shares() {
  sed -nE 's/^      "items": ([0-9]+),?$/\1/p' "$1.prov.json"
}

shares_sum() {
  shares "$1" | awk '{ sum += $1 } END { print sum + 0 }'
}

# Records of items in a journal (layout: include/flow/journal.h).
records() {
  "$python" - "$1" <<'PYTHON'
import struct, sys
data = open(sys.argv[1], "rb").read()
at, count = 8, 0
while at + 16 <= len(data):
    kind, length = struct.unpack_from("<II", data, at)
    if at + 16 + length > len(data):
        break
    count += at > 8
    at += 16 + length
print(count)
PYTHON
}

least_memory() {
  run 1 "$@" -o "$scratch/least.nc" --dry-run --memory 65536
  sed -nE 's/.*use at least --memory ([0-9]+M).*/\1/p' "$err"
}

expect_fair_shares() {
  local ranks items most
  ranks=$(shares "$2" | wc -l)
  items=$(shares_sum "$2")
  most=$(shares "$2" | sort -n | tail -n 1)
  # Twice the mean, or one item where there are fewer items than ranks.
  expect_true "$1" test "$((most * ranks))" -le "$((2 * items > ranks ? 2 * items : ranks))"
}

prove_counts() {
  local name=$1 ranks
  shift
  for ranks in 1 2 3 4 7; do
    local folder="$scratch/$name$( ((ranks > 1)) && echo "-$ranks")"
    mkdir -p "$folder"
    run "$ranks" "$@" -o "$folder/out.nc" --no-history
    expect "${name}_runs_on_${ranks}_ranks" 0
    ((ranks > 1)) && expect_same_bytes "${name}_on_${ranks}_ranks_equals_one" "$scratch/$name" "$folder"
    expect_fair_shares "${name}_on_${ranks}_ranks_is_shared_out" "$folder/out.nc"
  done
}

prove_budget() {
  local name=$1 memory=$2 ranks
  shift 2
  for ranks in 1 3; do
    local folder="$scratch/$name-budget-$ranks"
    mkdir -p "$folder"
    run "$ranks" "$@" -o "$folder/out.nc" --no-history --memory "$memory"
    expect "${name}_runs_in_${memory}_on_${ranks}_ranks" 0
    expect_same_bytes "${name}_in_${memory}_on_${ranks}_ranks_equals_1G" "$scratch/$name" "$folder"
    expect_true "${name}_in_${memory}_splits_rows_into_blocks" \
      test "$(sidecar "$folder/out.nc" items)" -gt "$(sidecar "$scratch/$name/out.nc" items)"
  done
}

# One kill at PHASE:NUMBER on BEFORE ranks, and a resume on AFTER ranks.
prove_kill() {
  local name=$1 fault=$2 before=$3 after=$4
  shift 4
  local folder="$scratch/$name-${fault/:/-}-$before" label="${name}_killed_in_${fault/:/_}_on_${before}"
  local done_before=0 total reused
  mkdir -p "$folder"
  AIRSHED_FAULT=$fault run "$before" "$@" -o "$folder/out.nc" --no-history
  expect_false "${label}_ranks_fails" test "$exit_code" -eq 0
  expect_false "${label}_leaves_no_product" test -e "$folder/out.nc.prov.json" -a "${fault%%:*}" != commit
  [[ -e $folder/out.nc.journal ]] && done_before=$(records "$folder/out.nc.journal")
  run "$after" "$@" -o "$folder/out.nc" --no-history --resume
  expect "${label}_resumes_on_$after" 0
  expect_same_bytes "${label}_gives_the_same_bytes" "$scratch/$name" "$folder"
  expect_clean "${label}_leaves_nothing_behind" "$folder"
  [[ ${fault%%:*} == commit ]] && return
  total=$(sidecar "$folder/out.nc" items)
  reused=$(sidecar "$folder/out.nc" items_reused)
  # Whatever was recorded is used. In flight is the item struck and, until that one writes, the one
  # before it, whose data are on their way to the disk (include/flow/run.h).
  local kept=${fault##*:}
  [[ ${fault%%:*} == read || ${fault%%:*} == compute ]] && kept=$((kept - 1))
  expect_true "${label}_reuses_what_was_done" test "$reused" -eq "$done_before"
  expect_true "${label}_computes_the_others_once" \
    test "$(($(shares_sum "$folder/out.nc") + reused))" -eq "$total"
  if ((before == 1)); then
    expect_true "${label}_repeats_only_the_item_in_flight" test "$reused" -eq "$kept"
  fi # on several ranks the others may be anywhere
}

prove_kills() {
  local name=$1 phase
  shift
  for phase in read compute write journal; do
    prove_kill "$name" "$phase:2" 1 3 "$@"
    prove_kill "$name" "$phase:3" 3 2 "$@"
  done
  for step in 0 1 2 3; do
    prove_kill "$name" "commit:$step" 2 1 "$@"
  done
}

# Waits until the journal of a run holds a record. It is gone again once all items are done.
wait_for_record() { # JOURNAL PID
  local tries header
  for ((tries = 0; tries < 3000; tries++)); do
    header=$(od -An -tu4 -j12 -N4 "$1" 2>/dev/null) # bytes of the first frame, which is no record
    [[ -n $header ]] && (($(stat -c %s "$1" 2>/dev/null || echo 0) > 24 + header)) && return
    kill -0 "$2" 2>/dev/null || return
    sleep 0.005
  done
}

prove_checkpoint() {
  local name=$1 folder="$scratch/$1-stopped" launched tries
  shift
  mkdir -p "$folder" "$scratch/$name"
  last_run="mpirun -q -np 2 airshed $* with USR1"
  # On a busy machine all items may be done before the signal is on its way: then once more.
  for ((tries = 0; tries < 5; tries++)); do
    mpirun -q -np 2 "$airshed" "$@" -o "$folder/out.nc" --no-history --overwrite \
      >"$out" 2>"$err" </dev/null &
    launched=$!
    wait_for_record "$folder/out.nc.journal" "$launched"
    kill -USR1 "$launched" 2>/dev/null
    wait "$launched"
    exit_code=$?
    ((exit_code == 0)) || break
  done
  expect "${name}_stops_at_a_checkpoint_on_usr1" 75 "go on with --resume"
  run 3 "$@" -o "$folder/out.nc" --no-history --resume
  expect "${name}_resumes_from_its_checkpoint" 0
  expect_true "${name}_reuses_items_of_its_checkpoint" test "$(sidecar "$folder/out.nc" items_reused)" -gt 0
  run 2 "$@" -o "$scratch/$name/out.nc" --no-history
  expect_same_bytes "${name}_has_the_same_bytes_after_a_checkpoint" "$scratch/$name" "$folder"
}

expect_silence() {
  local name=$1
  shift
  if ! command -v "$1" >/dev/null; then
    skip "$name" "$1 is missing (make deps)"
    return
  fi
  expect_true "$name" "$@"
  expect_true "${name}_without_a_warning" test -z "$("$@" 2>&1 >/dev/null)"
}

# GDAL does not know CDF-5, so it gets the compressed copy.
expect_opens_silently() {
  local name=$1 cube=$2 tif=$3 variable=$4
  expect_silence "ncdump_opens_the_cube_of_$name" ncdump -h "$cube"
  expect_silence "cdo_opens_the_cube_of_$name" cdo -s sinfo "$cube"
  expect_silence "cdo_opens_the_copy_of_$name" cdo -s sinfo "${cube}4"
  expect_silence "gdal_opens_the_copy_of_$name" gdalinfo "NETCDF:${cube}4:$variable"
  expect_silence "gdal_opens_the_geotiff_of_$name" gdalinfo "$tif"
  expect_true "the_geotiff_of_${name}_is_cloud_optimised" grep -q LAYOUT=COG <(gdalinfo "$tif")
  if "$python" -c 'import xarray' 2>/dev/null; then
    expect_silence "xarray_opens_the_files_of_$name" "$python" -W error::UserWarning -c "
import xarray
for path in ('$cube', '${cube}4'):
    xarray.open_dataset(path, engine='netcdf4').load()"
  else
    skip "xarray_opens_the_files_of_$name" "python3-xarray is missing (make deps)"
  fi
}
