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
python3 - "$page" <<'CHECK' >"$out" 2>&1
import base64, html.parser, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
void = {"meta", "link", "img", "br", "hr"}
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
assert len(page.pictures) >= 7, len(page.pictures)
for picture in page.pictures:
    assert base64.b64decode(picture.split(",", 1)[1]).startswith(b"\x89PNG"), "a picture is no PNG"
assert text.count("<caption>") == page.captions, "a table without caption"
for said in ("not in this run: airshed attribute makes it", "Alder", "rise-tolerance", "Handan",
             "Printed numbers that cannot both be true"):
    assert said in text, said
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
assert "Dots: p below 0.05" in section and section.count("<img") == 1
assert re.search(r'alt="Map, north up, of Pearson\'s correlation from together.nc: pearson from ', section), section[:800]
CHECK
  exit_code=$?
  last_run="the section of the correlations"
  expect "the_correlations_are_drawn_and_told" 0
else
  skip the_correlations_are_drawn_and_told "python3 with netCDF4 is missing (make deps)"
fi

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
if command -v chromium >/dev/null; then
  browse() {
    timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
      --disable-background-networking --disable-component-update --disable-sync \
      --user-data-dir="$scratch/profile" --enable-logging=stderr "$@" "file://$page" 2>"$err"
  }
  browse --dump-dom >"$out"
  exit_code=$? last_run="chromium $page"
  expect "a_browser_opens_it" 0 "Radiation areas"
  expect_false "the_console_stays_empty" grep -q "CONSOLE" "$err"
  browse --window-size=400,2000 --screenshot="$scratch/phone.png" >"$out"
  expect_true "a_phone_shows_it" test -s "$scratch/phone.png"
else
  skip browser "chromium is not installed"
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
