#!/usr/bin/env bash
# Figures of an inventory and its part of the report: all are there, of some size, and the same bytes anywhere.
# ranks: 1 2 3 4
source tests/support/command.sh

if ! command -v gmt >/dev/null || ! command -v gs >/dev/null || ! command -v ncgen >/dev/null; then
  skip inventory_figures "gmt, gs or ncgen is not installed"
  finish
fi
data="$scratch/data"
mkdir "$data"
python3 tests/commands/inventory_grid.py make "$data"

inventory() {
  local ranks=$1 name=$2 config=$3
  shift 3
  run "$ranks" inventory "$data/$config.yaml" -o "$scratch/$name" --draws 200 --no-history "$@"
}

# ---- the figures ------------------------------------------------------------------------------
inventory 2 on2 figures
expect "figures_are_drawn" 0
expect "the_end_tells_totals" 0 "2018: total [0-9.]+ t, 95 % interval [0-9.]+ to [0-9.]+ .-[0-9]+ % to .[0-9]+ %"
expect "the_end_tells_the_period" 0 "2015-2018: total|2015, 2016, 2018: total"
expect "the_end_tells_where_to_look" 0 "results are in .*/on2: open figures/ and totals.csv first, grid.nc for the map"
drawn="$scratch/on2/figures"
for name in flux years change cumulative grid sensitivities convergence fit_1; do
  expect_true "${name}_has_a_size" python3 - "$drawn/$name" <<'CHECK'
import struct, sys
png = open(sys.argv[1] + ".png", "rb").read()
assert png[:8] == b"\x89PNG\r\n\x1a\n" and len(png) > 4000, len(png)
width, height = struct.unpack(">II", png[16:24])
assert 500 < width < 1300 and 400 < height < 1400, (width, height)
pdf = open(sys.argv[1] + ".pdf", "rb").read()
assert pdf.startswith(b"%PDF") and len(pdf) > 3000, len(pdf)
CHECK
done
expect_true "each_is_there_as_pdf" test "$(ls "$drawn" | grep -c pdf)" = 8
expect_clean "nothing_is_left" "$scratch/on2"
expect_false "no_folder_for_drawing_is_left" test -e "$scratch/on2/figures.drawing"
inventory 2 on2 figures --resume
expect "complete_figures_are_left_alone" 0
inventory 2 on2 figures --resume --quiet
expect "quiet_is_quiet" 0
expect_false "quiet_tells_no_totals" grep -q "total\|results are" "$err"
for ranks in 1 4; do
  inventory "$ranks" "on$ranks" figures
  expect "it_runs_on_$ranks" 0
  expect_same_bytes "bytes_on_$ranks" "$scratch/on2" "$scratch/on$ranks"
done
inventory 1 on3 figures --no-figures
expect "figures_can_be_left_out" 0
expect_false "no_figures_are_left_out" test -e "$scratch/on3/figures"
inventory 3 on3 figures --resume
expect "figures_can_be_drawn_later" 0
expect_same_bytes "bytes_on_3" "$scratch/on2" "$scratch/on3"
run 2 inventory "$data/no_file.yaml" -o "$scratch/no_file" --draws 50 --no-sensitivities
expect "missing_polygons_are_told" 0 "no maps are drawn, because .*no_such_provinces.geojson is not there"
expect_true "other_figures_are_drawn_without_polygons" test -s "$scratch/no_file/figures/flux.png"
expect_false "maps_are_not_drawn_without_polygons" test -e "$scratch/no_file/figures/change.png"

# ---- the report -------------------------------------------------------------------------------
for ranks in 1 2; do
  mkdir "$scratch/report$ranks"
  run "$ranks" report "$scratch/on2" -o "$scratch/report$ranks/report.html" --no-history
  expect "a_report_is_made_on_$ranks" 0
done
expect_same_bytes "bytes_of_the_report" "$scratch/report1" "$scratch/report2"
expect_true "the_report_shows_all" python3 - "$scratch/report1/report.html" <<'CHECK'
import os, re, sys
page = open(sys.argv[1]).read()
assert page.count("<figure>") == 8, page.count("<figure>")
for words in ("Totals by year", "Table S20", "Table S19", "Sources that are not on the grid", "Conservation: ", "Uncertain values"):
    assert words in page, words
links = re.findall(r'<a href="([^"#]*\.(?:png|pdf))"', page)
assert len(links) == 16, links
for link in links:
    assert os.path.exists(os.path.join(os.path.dirname(sys.argv[1]), link)), link
CHECK
finish
