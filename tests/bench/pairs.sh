# airshed -- GPL-3.0-or-later. What tests/bench/io, scaling and cost share.
#
#   spread FILE COLUMN   "median lowest highest" of a column of numbers
#   begin_table NAME     starts build/bench/NAME.csv and NAME.md
#   row WORK UNIT VALUE GOAL ROUNDS   adds a row; VALUE is "median lowest highest"
#   machine              a sentence on where this was measured
set -uo pipefail
source tests/support/command.sh
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
build="${BUILD:-build}"
folder="$build/bench"
mkdir -p "$folder"

spread() {
  sort -g -k "$2,$2" "$1" | awk -v c="$2" '{ v[NR] = $c }
    END { printf "%.4g %.4g %.4g\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2, v[1], v[NR] }'
}

machine() {
  echo "$(date -u +%F), $(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), $(nproc --all) cores," \
    "Linux $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg), $("$airshed" --version)."
}

begin_table() {
  csv="$folder/$1.csv" markdown="$folder/$1.md"
  echo "work,unit,airshed,lowest,highest,goal,rounds" >"$csv"
  { echo "# $2"; echo; machine; echo; echo "$3"; echo
    echo "| work | unit | median (lowest - highest) | goal | rounds |"; echo "|---|---|---|---|---|"; } >"$markdown"
}

row() {
  local value
  read -ra value <<<"$3"
  echo "\"$1\",$2,${value[0]},${value[1]},${value[2]},$4,$5" >>"$csv"
  echo "| $1 | $2 | **${value[0]}** (${value[1]} - ${value[2]}) | $4 | $5 |" >>"$markdown"
  tail -n 1 "$markdown"
}
