#!/usr/bin/env bash
# The report: one file that needs nothing else, the same bytes however it is run, and what it says.
# ranks: 1 2 3 4
source tests/support/command.sh
source tests/support/flow.sh

if ! command -v gmt >/dev/null || ! command -v gs >/dev/null; then
  run 0 report "$scratch" -o "$scratch/report.html"
  expect "a_missing_program_is_told_with_its_package" 1 "Debian packages gmt, gmt-gshhg-low and ghostscript"
  skip report "gmt or gs is not installed"
  finish
fi

# ---- a small run ------------------------------------------------------------------------------
products="$scratch/run"
mkdir -p "$products"
run 2 synth -o "$products/region" --rows 14 --cols 17 --days 800 --sources 5 --rise-tolerance 5 --no-history
expect "a_region_is_made" 0
region="$products/region"
run 1 grow "$region/dem.tif" --sources "$region/sources.geojson" --rise-tolerance 5 -o "$products/area.nc" --no-history
expect "areas_are_made" 0
run 1 trend "$region/pm25.nc" --variable pm25 --by month -o "$products/trend.nc" --no-history
expect "a_trend_is_made" 0
run 1 zonal "$region/pm25.nc" --variable pm25 --zones "$region/zones.geojson" --by year,season \
  -o "$products/cities.csv" --boxes "$products/boxes.csv" --rates "$products/rates.csv" --no-history
expect "zones_are_made" 0
run 1 correlate "$region/pm25.nc" --variable pm25 --with "$region/truth.nc" --with-variable plume --by month \
  -o "$products/together.nc" --no-history
expect "correlations_are_made" 0
# Shares in zones and windows, and day by day around a point; correlations by zone.
windows=(--window "a spring=2012-03-01/2012-05-31" --window "the next=2013-03-01/2013-05-31")
run 1 zonal "$region/truth.nc" --variable plume --rest background --zones "$region/zones.geojson" --by year,season,all \
  "${windows[@]}" --shares "$products/shares.csv" --rates "$products/plume_rates.csv" -o "$products/plume.csv" --no-history
expect "shares_are_made" 0
run 1 zonal "$region/truth.nc" --variable plume --rest background --bbox 115,38,115.1,38.1 --by day "${windows[@]}" \
  --shares "$products/days.csv" -o "$products/case.csv" --no-history
expect "a_case_is_made" 0
run 1 correlate "$products/plume_rates.csv" --with "$products/rates.csv" --on year,zone --columns mean,change \
  -o "$products/indicators.csv" --no-history
expect "tables_are_correlated" 0

# report RANKS NAME OPTION...: the report into a folder.
report() {
  local ranks=$1 name=$2
  shift 2
  mkdir -p "$scratch/$name"
  run "$ranks" report "$products" -o "$scratch/$name/report.html" --borders "$region/zones.geojson" \
    --printed configs/paper-p2.yaml --no-history "$@"
}

for ranks in 1 2 3 4; do
  report "$ranks" "bytes-$ranks"
  expect "it_runs_on_$ranks" 0
  expect_same_bytes "bytes_on_$ranks" "$scratch/bytes-1" "$scratch/bytes-$ranks"
  expect_clean "nothing_is_left_behind_on_$ranks" "$scratch/bytes-$ranks"
done
expect_false "no_folder_for_drawing_is_left" test -e "$scratch/bytes-1/report.html.drawing"
report 2 bytes-1 --resume
expect "a_complete_report_is_left_alone" 0
report 2 bytes-1
expect "a_complete_report_is_not_replaced" 4 "exists"
for fault in compute:1 journal:2 commit:0 commit:2; do
  name="kill_${fault/:/_}"
  AIRSHED_FAULT=$fault report 2 "$name"
  expect_false "$name" test "$exit_code" -eq 0
  report 3 "$name" --resume
  expect "${name}_resumes" 0
  expect_false "${name}_leaves_no_folder_for_drawing" test -e "$scratch/$name/report.html.drawing"
  expect_same_bytes "${name}_ends_with_the_same_bytes" "$scratch/bytes-1" "$scratch/$name"
done

# ---- the page ---------------------------------------------------------------------------------
page="$scratch/bytes-1/report.html"
python3 - "$page" "$products" <<'CHECK' >"$out" 2>&1
import base64, html, html.parser, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
void = {"meta", "link", "img", "br", "hr", "wbr"}
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.loads, self.pictures, self.heads = [], [], [], [], [], []
    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag not in void:
            self.open.append(tag)
        if "id" in a:
            self.ids.append(a["id"])
        if tag == "a":
            self.links.append(a["href"])
        if tag in ("img", "script", "link", "iframe", "object", "source"):
            self.loads.append(a.get("src") or a.get("href") or "")
        if tag == "img":
            assert a["alt"].strip(), "a picture without alternative text"
            self.pictures.append(a["src"])
        if tag in ("h1", "h2", "h3"):
            self.heads.append(int(tag[1]))
        if tag == "table":
            self.captions = getattr(self, "captions", 0) + 1
        if tag == "html":
            assert a.get("lang"), "no language"
    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another element"
page = Page()
page.feed(text)
assert not page.open, page.open
assert len(set(page.ids)) == len(page.ids), "an id stands twice"
assert len(text) < 8e6, len(text)
assert all(source.startswith("data:") for source in page.loads), "something is loaded"
assert not re.search(r"url\(|@import|<script", text), "something is loaded or run"
assert all(link[1:] in page.ids for link in page.links if link.startswith("#")), "a link leads nowhere"
assert not any(re.match(r"[a-z]+:", link) for link in page.links), "a link leaves the folder"
assert page.heads[0] == 1 and all(b - a <= 1 for a, b in zip(page.heads, page.heads[1:])), page.heads
assert len(page.pictures) >= 17, len(page.pictures)
for picture in page.pictures:
    assert base64.b64decode(picture.split(",", 1)[1]).startswith(b"\x89PNG"), "a picture is no PNG"
assert text.count("<caption>") == page.captions, "a table without caption"
for said in ("not in this run: airshed attribute makes it", "Alder", "rise-tolerance", "Handan",
             "Printed numbers that cannot both be true"):
    assert said in text, said
def rows(name):
    """Rows of a table of a product, by column."""
    import csv
    return list(csv.DictReader(open(f"{sys.argv[2]}/{name}.csv", newline="")))
def cells(caption, *marks):
    """Rows of the first such table behind all marks: their cells as text."""
    start = 0
    for mark in marks:
        start = text.index(mark, start)
    table = text[text.index(f"<caption>{caption}", start):]
    body = table[table.index("<tbody>"):table.index("</tbody>")]
    return [[html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", body)]
def shown(number, times=1):
    return f"{times * float(number):.6g}" if number else "\u2013"
# Table 2: zones by years, and the decline from the first year to the last.
wanted = {}
for row in rows("plume"):
    if row["by"] == "year":
        wanted.setdefault(row["zone"], []).append(row["mean"])
table = {row[0]: row[1:] for row in cells("Mean plume (ug m-3) by zone and year")}
for zone, years in wanted.items():
    assert table[zone][:len(years)] == [shown(mean) for mean in years], (zone, table[zone], years)
    if years[0] and float(years[0]):
        decline = 100 * (float(years[0]) - float(years[-1])) / float(years[0])
        assert abs(float(table[zone][len(years) + 1]) - decline) <= 1e-5 * abs(decline), zone
# Figure 10 and Table 4: the numbers of zonal --shares.
found = cells("Share by zone over the whole period")
assert found == [[row["zone"], shown(row["part_mean"]), shown(row["whole_mean"]),
                  shown(row["share_ratio_of_means"], 100), shown(row["share_mean_of_ratios"], 100)]
                 for row in rows("shares") if row["by"] == "all"], found
found = cells("Share in windows", '<h2 id="windows">', "From plume.csv")
assert {row[1] for row in found} == {"a spring", "the next"}, found
for row in rows("shares"):
    if row["by"] == "window":
        mine = [cell for cell in found if cell[:2] == [row["zone"], row["window"]]]
        assert mine and mine[0][2:4] == [row["date"], row["steps"]], mine
        assert mine[0][-2] == shown(row["share_ratio_of_means_change"], 100), mine
# Rates: yearly changes, and the whole of them (P2.56).
for row in rows("plume_rates"):
    mine, = (cells for cells in cells("Change from year to year", '<h2 id="rates">', "From plume.csv")
             if cells[0] == row["zone"])
    assert mine[int(row["year"]) - 2011] == shown(row["change_percent"]), (mine, row)
    whole, = (cells for cells in cells("Change from the first year", '<h2 id="rates">', "From plume.csv")
              if cells[0] == row["zone"])
    if row["year"] == "2014":
        assert whole[-1] == shown(row["compound_annual_percent"]), (whole, row)
# Table 3: groups by indicators.
found, = [row for row in cells("Correlation (pearson)") if row[0] == "all rows"]
for cell, name in zip(found[1:], ("mean", "change")):
    row, = (row for row in rows("indicators") if row["method"] == "pearson" and row["column"] == name)
    star = " *" if float(row["p"]) < 0.05 else ""
    assert cell == f"{float(row['r']):.2f}{star} (n = {row['n']})", (cell, row)
bad = text[text.index("Contradictions among"):text.index("Printed numbers that agree")]
good = text[text.index("Checks that hold"):]
# P2.63 names these; 84.90 - 29.27 is 55.63 and 52.05 / 9 is 5.78.
for number in ("21.97", "37.60", "37.45", "18.16", "52.05", "14.33", "42.42"):
    assert number in bad, number
assert "55.63" in good and "5.78" in good
CHECK
exit_code=$?
last_run="the checks of the page"
expect "the_page_is_whole_loads_nothing_and_tells" 0

# What is said of the correlations is what netCDF4 reads of them.
if [[ -n $python ]]; then
  "$python" - "$page" "$products/together.nc" <<'CHECK' >"$out" 2>&1
import html, re, sys
import netCDF4
text = html.unescape(open(sys.argv[1], encoding="utf-8").read())
with netCDF4.Dataset(sys.argv[2]) as file:
    r, p = file["pearson"][:], file["pearson_p"][:]
section = text[text.index('<section aria-labelledby="correlation-map">'):]
section = section[:section.index("</section>")]
least, greatest = (float(re.search(word + r" (-?[0-9.e-]+)", section)[1]) for word in ("least cell", "greatest"))
assert abs(least - r.min()) < 1e-5 and abs(greatest - r.max()) < 1e-5, (least, greatest, r.min(), r.max())
assert f"{r.count()} cells with a value, {r.size - r.count()} without" in section, section[:500]
assert f"{(p < 0.05).sum()} of {p.count()} tested cells" in section and p.count() > 20, section[:500]
assert "Signs: above or below zero, with p below 0.05" in section and section.count("<img") == 1
assert re.search(r'alt="Map, north up, of Pearson\'s correlation from together.nc: pearson from ', section), section[:800]
CHECK
  exit_code=$?
  last_run="the section of the correlations"
  expect "the_correlations_are_drawn_and_told" 0
else
  skip the_correlations_are_drawn_and_told "python3 with netCDF4 is missing (make deps)"
fi

# A published share of a zone in a window stands beside that of the run (Table 4).
cat >"$scratch/published.yaml" <<'YAML'
paper: "nobody, nowhere"
numbers:
  - {id: a, what: published share, place: here, value: 12.5, units: "%", quantity: zone_share, zone: Alder,
     window: "the next"}
  - {id: b, what: share of all days, place: here, value: 12.5, units: "%", quantity: zone_share, zone: Alder,
     reading: mean_of_ratios}
  - {id: c, what: share of nowhere, place: here, value: 12.5, units: "%", quantity: zone_share, zone: Nowhere}
YAML
run 1 report --product "$products/plume.csv" --printed "$scratch/published.yaml" -o "$scratch/published.html" --no-history
expect "published_shares_are_set_beside" 0
python3 - "$scratch/published.html" "$products/shares.csv" <<'CHECK' >"$out" 2>&1
import csv, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
rows = [row for row in csv.DictReader(open(sys.argv[2], newline="")) if row["zone"] == "Alder"]
window, = (row for row in rows if row["window"] == "the next")
whole, = (row for row in rows if row["by"] == "all")
def recomputed(what):
    return re.search(rf'{what}</th><td>here</td><td class="n">12.5</td><td class="n">([^<]*)</td>', text)[1]
assert recomputed("published share") == f"{100 * float(window['share_ratio_of_means']):.6g}"
assert recomputed("share of all days") == f"{100 * float(whole['share_mean_of_ratios']):.6g}"
assert recomputed("share of nowhere") == "\u2013" and "with zone 'Nowhere'" in text
CHECK
exit_code=$?
last_run="the printed numbers of $scratch/published.html"
expect "published_shares_are_recomputed" 0

# A map without any value is told and not drawn.
mkdir -p "$scratch/flat"
run 1 correlate "$region/pm25.nc" --variable pm25 --with "$region/truth.nc" --with-variable plume --by month \
  --from 2012-01-01 --to 2012-02-28 -o "$scratch/flat/none.nc" --no-history
expect "months_that_are_too_few_are_correlated" 0
run 2 report "$scratch/flat" -o "$scratch/flat.html" --no-history
expect "a_map_without_values_is_reported" 0
expect_true "a_map_without_values_is_told" grep -q "pearson: no cell has a value" "$scratch/flat.html"
expect_false "a_map_without_values_is_not_drawn" grep -q "<img" "$scratch/flat.html"

for file in "$scratch"/bytes-1/report_figures/*; do
  case $file in
    *.png) expect_true "png_${file##*/}" grep -q PNG <(head -c 8 "$file") ;;
    *.pdf) expect_true "pdf_${file##*/}" grep -q %PDF <(head -c 8 "$file") ;;
  esac
done

# ---- a browser --------------------------------------------------------------------------------
if command -v chromium >/dev/null && command -v pdftotext >/dev/null; then
  # The console, the keyboard, a narrow screen, dark and light, print: see the script.
  checks timeout 300 python3 tests/commands/report_browser.py check "$page" "$scratch"
else
  skip browser "chromium or pdftotext is not installed: make deps-browser"
fi

# ---- refusals ---------------------------------------------------------------------------------
mkdir -p "$scratch/empty"
printf 'numbers:\n  - {id: a, value: 1}\nchecks:\n  - {what: x, of: b, is: equal, to: value, by: [a]}\n' >"$scratch/wrong.yaml"
new="$scratch/new.html"
for ranks in 0 3; do
  run "$ranks" report -o "$new"
  expect "no_run_on_$ranks" 2 "give the folder of a run"
  run "$ranks" report "$scratch/empty" -o "$new"
  expect "an_empty_folder_on_$ranks" 3 "no complete product"
  run "$ranks" report --product "$region/dem.tif" -o "$new"
  expect "a_file_without_sidecar_on_$ranks" 3 "only complete products"
  run "$ranks" report "$products" --printed "$scratch/wrong.yaml" -o "$new"
  expect "a_check_of_nothing_on_$ranks" 2 "wrong.yaml:4"
done
finish
