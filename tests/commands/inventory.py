# airshed -- GPL-3.0-or-later. For tests/commands/inventory.sh: makes inventories, sound and bad, and checks what
# comes of them against closed forms and plain sums.
#
#   inventory.py make FOLDER          small.yaml with its tables
#   inventory.py bad FOLDER           NAME.yaml for each thing that can be wrong
#   inventory.py check FOLDER OUTPUT [SAMPLING]   tables of small.yaml
#   inventory.py prefix SHORT LONG    a longer run begins with the draws of a shorter one
#   inventory.py correlated OUTPUT    tables of correlated.yaml
#   inventory.py flat SHORT LONG      1.5 and 6 million draws of tiny.yaml take the same memory
#   inventory.py closed SHORT LONG    their statistics are right, and those after a million draws the same
#   inventory.py memory LONG LONGEST  100,000 and 400,000 draws take the same memory
import csv
import json
import math
import os
import statistics
import sys
import zipfile

YEARS = [2015, 2016, 2017]
PROVINCES = {"North": "Up", "South": "Up", "East": "Down"}
COAL = {("North", 2015): 100, ("North", 2016): 120, ("North", 2017): 90,
        ("South", 2015): 400, ("South", 2016): 410, ("South", 2017): 0,
        ("East", 2015): 50, ("East", 2016): 55, ("East", 2017): 70}  # kt
EMISSION = {"North": 20, None: 30}  # g/t: one province has its own
FUEL = 2.5e6  # t a year, in the nation

CONFIG = """\
title: A small inventory
units: t
years: 2015-2017
regions:
  Up: [North, South]
  Down: [East]
indices:
  device: [ESP, FF]
parameters:
  coal: {kind: activity, units: t, by: [province, year], spread: normal(cv=5 %)}
  factor: {units: g/t, by: [province], spread: lognormal(cv=30 %)}
  applied: {kind: share, by: [device], exclusive: device}
  removal: {kind: share, by: [device]}
  fuel: {kind: activity, units: t, by: [year]}
  metal: {units: mg/kg}
  a: {units: t, kind: number}
  b: {units: t, kind: number}
  c: {units: t}
  d: {units: 1}
tables:
  - {file: coal.csv, set: {parameter: coal}, leave_out: {province: Sea}}
  - {file: factors.csv, set: {parameter: factor, unit: g/t}}
values:
  - {parameter: applied, device: ESP, value: 60, unit: "%"}
  - {parameter: applied, device: FF, value: 30, unit: "%"}
  - {parameter: removal, device: ESP, value: 0.9, distribution: "uniform(low=0.85, high=0.95)"}
  - {parameter: removal, device: FF, value: 0.99}
  - {parameter: fuel, value: 2.5, unit: 10^6 t}
  - {parameter: metal, value: 4, unit: ug/g, distribution: "triangular(low=2, high=8)", reference: a book}
  - {parameter: a, value: 10, unit: t, distribution: normal(sd=1)}
  - {parameter: b, value: 20, unit: t, distribution: normal(sd=3)}
  - {parameter: c, value: 5, unit: t, distribution: lognormal(cv=50 %)}
  - {parameter: d, value: 2, distribution: lognormal(cv=20 %)}
quantities:
  passed: 1 - sum(device, applied * removal)
sources:
  - {name: coal, category: stationary, receptor: air, formula: coal * factor * passed}
  - {name: fuel, category: mobile, receptor: air, extent: national, formula: fuel * metal}
  - {name: linear, category: closed, receptor: soil, extent: national, formula: a + 2 * b}
  - {name: product, category: closed, receptor: water, extent: national, formula: c * d}
printed:
  - {label: of a paper, source: linear, year: 2015, value: 0.05, unit: kt}
"""
# Two by the default and one by each method that can be named.
RANK_AB, RANK_CD = 0.7, -0.5
CORRELATIONS = f"""\
correlations:
  - {{parameters: [a, b], rank: {RANK_AB}}}
  - {{parameters: [c, d], rank: {RANK_CD}, method: iman-conover}}
  - {{parameters: [coal, factor], rank: 0.4, method: gaussian-copula}}
"""

TINY = """\
units: t
parameters:
  a: {units: t, kind: number}
  b: {units: t, kind: number}
values:
  - {parameter: a, value: 10, unit: t, distribution: normal(sd=1)}
  - {parameter: b, value: 20, unit: t, distribution: normal(sd=3)}
sources:
  - {name: linear, formula: a + 2 * b}
"""


def write(folder, name, text, encoding="utf-8"):
    with open(os.path.join(folder, name), "w", encoding=encoding, newline="") as file:
        file.write(text)


def coal_table():
    rows = ["province,year,value,unit"]
    rows += [f"{province},{year},{value},kt" for (province, year), value in COAL.items()]
    rows += ["East,2014,33,kt", "Sea,2015,7,kt"]  # another year, a place to leave out
    return "\n".join(rows) + "\n"


def twice():
    """Each quantity uses the one before twice, and is 1: 2^60 operations where each is written out."""
    halves = "".join(f"  t{i + 1}: 0.5 * t{i} + 0.5 * t{i}\n" for i in range(60))
    changed = CONFIG.replace("quantities:\n", "quantities:\n  t0: 1\n" + halves)
    return changed.replace("formula: a + 2 * b", "formula: (a + 2 * b) * t60")


def make(folder):
    write(folder, "small.yaml", CONFIG)
    write(folder, "tiny.yaml", TINY)
    write(folder, "correlated.yaml", CONFIG + CORRELATIONS)
    write(folder, "twice.yaml", twice())
    write(folder, "coal.csv", coal_table())
    write(folder, "factors.csv", "province,value\nNorth,20\n,30\n")


# ---- what can be wrong ------------------------------------------------------------------------

SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(folder, name, text):
    """The least that is a workbook: one sheet of the rows of a CSV text, numbers as numbers."""
    def cell(row, col, value):
        place = f'r="{chr(65 + col)}{row}"'
        is_number = value.replace(".", "", 1).isdigit()
        return (f"<c {place}><v>{value}</v></c>" if is_number else
                f'<c {place} t="inlineStr"><is><t>{value}</t></is></c>')
    rows = "".join(f'<row r="{i}">' + "".join(cell(i, col, value) for col, value in enumerate(row)) + "</row>"
                   for i, row in enumerate(csv.reader(text.splitlines()), 1))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
        f'"/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEETS}" xmlns:r="{OFFICE}"><sheets><sheet name="data" sheetId="1" '
        'r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEETS}"><sheetData>{rows}</sheetData></worksheet>'}
    with zipfile.ZipFile(os.path.join(folder, name), "w") as file:
        for part, xml in parts.items():
            file.writestr(part, xml)


def bad(folder):
    make(folder)

    def table(name, old, new, encoding="utf-8"):
        text = coal_table()
        assert old in text, name
        write(folder, name + ".csv", text.replace(old, new), encoding)
        write(folder, name + ".yaml", CONFIG.replace("coal.csv", name + ".csv"))

    def sheet(name, old, new):
        text = coal_table()
        assert old in text, name
        workbook(folder, name + ".xlsx", text.replace(old, new))
        write(folder, name + ".yaml", CONFIG.replace("coal.csv", name + ".xlsx"))

    def config(name, old, new):
        assert old in CONFIG, name
        write(folder, name + ".yaml", CONFIG.replace(old, new))

    table("unknown_unit", "North,2016,120,kt", "North,2016,120,wibble")
    table("other_dimension", "North,2016,120,kt", "North,2016,120,kWh")
    table("missing_year", "South,2016,410,kt\n", "")
    table("twin", "South,2016,410,kt\n", "South,2016,410,kt\nSouth,2016,411,kt\n")
    table("negative", "South,2016,410", "South,2016,-410")
    table("separators", "South,2016,410", 'South,2016,"1,410"')
    table("spelling", "South,2016,410", "SOUTH,2016,410")
    table("unknown_province", "South,2016,410", "Suoth,2016,410")
    table("longer_province", "South,2016,410", "South Province,2016,410")
    sheet("sheet_unit", "North,2016,120,kt", "North,2016,120,wibble")
    sheet("sheet_year", "South,2016,410,kt\n", "")
    sheet("sheet_twin", "South,2016,410,kt\n", "South,2016,410,kt\nSouth,2016,411,kt\n")
    sheet("sheet_negative", "South,2016,410", "South,2016,-410")
    sheet("sheet_separators", "South,2016,410", 'South,2016,"1,410"')
    sheet("sheet_spelling", "South,2016,410", "SOUTH,2016,410")
    workbook(folder, "sheet_header.xlsx", "province,year,value,unit\n")
    write(folder, "sheet_header.yaml", CONFIG.replace("coal.csv", "sheet_header.xlsx"))
    config("no_sheet", "coal.csv", "nowhere.xlsx")
    config("percent_above", "device: FF, value: 0.99}", 'device: FF, value: 199, unit: "%"}')
    config("set_unknown", "set: {parameter: factor,", "set: {parameter: factr,")
    two = CONFIG.replace("regions:", "species: [Hg, Pb]\nregions:", 1)
    write(folder, "told_once.yaml", two.replace("coal.csv", "missing_year.csv"))
    table("encoding", "Sea,2015", "S\u00e9a,2015", "latin-1")
    table("text", "South,2016,410", "South,2016,n/a")
    table("odd_year", "South,2016,410", "South,MMXVI,410")
    table("ragged", "South,2016,410,kt", "South,2016,410")
    write(folder, "no_rows.csv", "province,year,value,unit\n")
    write(folder, "no_rows.yaml", CONFIG.replace("coal.csv", "no_rows.csv"))
    config("share_above_one", "{parameter: removal, device: FF, value: 0.99}",
           "{parameter: removal, device: FF, value: 1.01}")
    config("shares_above_one", "device: FF, value: 30", "device: FF, value: 50")
    config("circle", "  passed: 1 - sum(device, applied * removal)",
           "  passed: 1 - other\n  other: 2 * passed")
    config("list_of_quantities", "  passed: 1 -", "  - passed: 1 -")
    chain = "".join(f"  q{i}: q{i + 1}\n" for i in range(400))
    config("deep_quantities", "quantities:\n", "quantities:\n" + chain + "  q400: 1\n")
    sums = "".join(f"  r{i + 1}: r{i}" + " + 0" * 900 + "\n" for i in range(6))
    config("deep_operations", "quantities:\n", "quantities:\n  r0: 1\n" + sums)
    config("unknown_parameter", "formula: coal * factor * passed", "formula: coal * factr * passed")
    config("unknown_value", "{parameter: fuel, value", "{parameter: fuels, value")
    config("unlike", "formula: a + 2 * b", "formula: a + 2 * d")
    config("not_mass", "formula: fuel * metal", "formula: metal")
    config("unknown_key", "units: t\nyears", "unit: t\nyears")
    config("open_index", "formula: c * d", "formula: c * removal")
    config("broken_formula", "formula: c * d", "formula: c * (d")
    config("no_table", "coal.csv", "nowhere.csv")
    config("odd_distribution", "normal(sd=1)", "normal(sd=-1)")
    config("unknown_distribution", "normal(sd=1)", "nromal(sd=1)")
    config("odd_printed", "source: linear, year: 2015", "source: linear, year: 2031")


# ---- checks -----------------------------------------------------------------------------------

def rows_of(folder, name):
    with open(os.path.join(folder, name + ".csv"), encoding="utf-8", newline="") as file:
        text = file.read()
    assert text.count("\r\n") == text.count("\n"), f"{name}.csv: records end in CR LF (RFC 4180)"
    rows = list(csv.DictReader(text.splitlines()))
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
        described = json.load(file)
    names = [column["name"] for column in described["columns"]]
    assert rows == [] or list(rows[0]) == names, f"{name}.json describes other columns"
    return rows


def find(rows, **keys):
    found = [row for row in rows if all(row[key] == value for key, value in keys.items())]
    assert len(found) == 1, f"{keys}: {len(found)} rows instead of one"
    return found[0]


def near(what, found, wanted, tolerance):
    found = float(found)
    assert abs(found - wanted) <= tolerance, f"{what}: {found!r} instead of {wanted!r}"


PASSED = 1 - (0.6 * 0.9 + 0.3 * 0.99)


def coal_point(province, year):
    return COAL[province, year] * 1e3 * EMISSION.get(province, EMISSION[None]) * 1e-6 * PASSED


def check_points(totals):
    """Every total is the plain sum of its cells; equal to rounding of a few sums."""
    def coal(provinces, years):
        return sum(coal_point(province, year) for province in provinces for year in years)

    for year in YEARS + [None]:
        years = YEARS if year is None else [year]
        label = "2015-2017" if year is None else str(year)
        for province in PROVINCES:
            row = find(totals, subject="source", name="coal", place=province, year=label)
            near(f"coal of {province} {label}", row["point"], coal([province], years), 1e-9)
        for region in ("Up", "Down"):
            inside = [province for province in PROVINCES if PROVINCES[province] == region]
            row = find(totals, subject="all", place=region, year=label)
            near(f"{region} {label}", row["point"], coal(inside, years), 1e-9)
        rest = len(years) * (FUEL * 4e-6 + 50 + 10)
        row = find(totals, subject="all", extent="nation", year=label)
        near(f"all {label}", row["point"], coal(PROVINCES, years) + rest, 1e-9)
        row = find(totals, subject="receptor", name="air", extent="nation", year=label)
        near(f"air {label}", row["point"], coal(PROVINCES, years) + len(years) * FUEL * 4e-6, 1e-9)
        row = find(totals, subject="all", extent="without province", year=label)
        near(f"without province {label}", row["point"], rest, 1e-9)


def check_error(name, found, true, spread, sampling):
    """Of even draws: told from ten randomisations, so uncertain by 24 % itself, and no larger than of independent
    ones; the mean of a sum has far less."""
    if sampling == "random":
        near(f"standard error of {name}", found, true, 5 * true * spread)
    else:
        most = 0.5 if name == "mean" else 1 + 5 * 0.24
        assert 0 < float(found) < most * true, f"standard error of {name}: {found}, of independent draws {true}"


def check_closed_forms(totals, draws, sampling):
    """Normal and lognormal results: four standard errors of each statistic, which one run in some thousand
    leaves; the seed is fixed. Errors of percentiles are estimates themselves, so five of those."""
    z = statistics.NormalDist().inv_cdf(0.975)
    row = find(totals, subject="source", name="linear", extent="nation", year="2015")
    sd = math.sqrt(1 + 36)
    near("mean of the sum", row["mean"], 50, 4 * sd / math.sqrt(draws))
    near("sd of the sum", row["sd"], sd, 4 * sd / math.sqrt(2 * draws))
    near("propagated sd of the sum", row["propagated_sd"], sd, 1e-9)
    near("propagated interval", row["propagated_low"], 50 - z * sd, 1e-9)
    for name, wanted in (("low", 50 - z * sd), ("median", 50), ("high", 50 + z * sd)):
        p = {"low": 0.025, "median": 0.5, "high": 0.975}[name]
        density = statistics.NormalDist(50, sd).pdf(wanted)
        true = math.sqrt(p * (1 - p) / draws) / density
        # Half the sum of 2 sqrt(n p q) spacings, each of which varies as much as its mean.
        check_error(name, row[name + "_error"], true, 1 / math.sqrt(2 * math.sqrt(draws * p * (1 - p))), sampling)
        near(f"{name} of the sum", row[name], wanted, 5 * true)
    check_error("mean", row["mean_error"], sd / math.sqrt(draws), 1 / math.sqrt(2 * draws), sampling)
    near("minus", row["minus_percent"], (float(row["low"]) / float(row["mean"]) - 1) * 100, 1e-9)
    near("plus", row["plus_percent"], (float(row["high"]) / float(row["mean"]) - 1) * 100, 1e-9)

    row = find(totals, subject="source", name="product", extent="nation", year="2016")
    spread = [math.sqrt(math.log(1 + cv * cv)) for cv in (0.5, 0.2)]
    log = statistics.NormalDist(math.log(10) - sum(s * s for s in spread) / 2, math.hypot(*spread))
    near("mean of the product", row["mean"], 10, 4 * float(row["sd"]) / math.sqrt(draws))
    for name, p in (("low", 0.025), ("median", 0.5), ("high", 0.975)):
        wanted = math.exp(log.inv_cdf(p))
        true = math.sqrt(p * (1 - p) / draws) / (log.pdf(log.inv_cdf(p)) / wanted)
        near(f"{name} of the product", row[name], wanted, 5 * true)
    near("propagated sd of the product", row["propagated_sd"], 10 * math.hypot(0.5, 0.2), 1e-9)


def check_sharing(totals):
    """A factor that provinces share is one draw: their sum spreads as the factor does, not less."""
    sums = [find(totals, subject="source", name="coal", place=place, year="2015")
            for place in ("South", "East")]
    cv = [float(row["sd"]) / float(row["mean"]) for row in sums]
    assert all(0.25 < one < 0.40 for one in cv), cv
    row = find(totals, subject="source", name="product", extent="nation", year="2015-2017")
    one = find(totals, subject="source", name="product", extent="nation", year="2015")
    near("a value without a year is one draw", row["high"], 3 * float(one["high"]), 1e-5)


def check_correlated(output):
    """A sum of two normal values and a product of two lognormal ones, correlated: five standard errors of 10,000
    independent draws, and what blocks of 1024 take from a covariance, 0.5 % of it."""
    draws = 10000
    totals = rows_of(output, "totals")
    row = find(totals, subject="source", name="linear", extent="nation", year="2015")
    r = 2 * math.sin(math.pi / 6 * RANK_AB)
    variance = 1 + 36 + 2 * r * 6
    near("propagated sd", row["propagated_sd"], math.sqrt(variance), 1e-9)
    near("variance", float(row["sd"]) ** 2, variance, 5 * variance * math.sqrt(2 / draws) + 0.005 * 2 * r * 6)
    near("mean", row["mean"], 50, 5 * math.sqrt(variance / draws))
    row = find(totals, subject="source", name="product", extent="nation", year="2016")
    s, t = (math.sqrt(math.log(1 + cv * cv)) for cv in (0.5, 0.2))
    r = 2 * math.sin(math.pi / 6 * RANK_CD)
    # log(c d) is normal.
    log_variance = s * s + t * t + 2 * r * s * t
    mean = 10 * math.exp(r * s * t)
    near("mean of the product", row["mean"], mean,
         5 * mean * math.sqrt(math.expm1(log_variance) / draws) + 0.005 * abs(r) * s * t * mean)
    middle = math.log(10) - (s * s + t * t) / 2
    width = math.log(float(row["high"]) / float(row["low"]))
    normal = statistics.NormalDist(0, math.sqrt(log_variance))
    # Errors of the ends of an interval of log(c d), 2 z sd apart.
    error = math.hypot(*[math.sqrt(p * (1 - p) / draws) / normal.pdf(normal.inv_cdf(p)) for p in (0.025, 0.975)])
    wanted = 2 * normal.inv_cdf(0.975)
    near("width", width, wanted, 5 * error + wanted * 0.005 * abs(r) * s * t / log_variance)
    near("median", math.log(float(row["median"])), middle,
         5 * math.sqrt(0.25 / draws) / normal.pdf(0))


def check_others(output):
    changes = rows_of(output, "changes")
    row = find(changes, subject="source", name="coal", extent="nation", year="2017", of="share")
    shares = rows_of(output, "shares")
    first, last = (float(find(shares, subject="source", name="coal", extent="nation", year=year)["point"])
                   for year in ("2015", "2017"))
    near("a change of share is a ratio of shares", row["point"], (last / first - 1) * 100, 1e-9)
    levels = rows_of(output, "levels")
    for place, level in (("North", "province"), ("South", "national")):
        row = find(levels, source="coal", place=place, year="2016", parameter="factor")
        assert row["level"] == level, row
    row = find(levels, source="coal", place="East", year="2016", parameter="coal")
    assert row["level"] == "province-year", row
    row = find(rows_of(output, "inputs"), file="coal.csv")
    assert (row["rows"], row["used"], row["left_out_rows"], row["other_years"]) == ("11", "9", "1", "1"), row
    assert (float(row["left_out_sum"]), float(row["other_years_sum"])) == (7, 33), row
    near("used", row["used_sum"], sum(COAL.values()), 1e-9)
    row = find(rows_of(output, "printed"), name="linear")
    assert float(row["printed"]) == 50 and float(row["recomputed"]) == 50 and row["agrees"] == "yes", row
    row = find(rows_of(output, "parameters"), parameter="metal")
    assert row["reference"] == "a book" and row["distribution"].startswith("triangular"), row
    near("metal", row["value"], 4, 1e-12)


def check_sensitivities(output):
    """Of two normals with sd 1 and 6 the correlations are their sd by that of the sum, exactly."""
    rows = [row for row in rows_of(output, "sensitivities") if row["name"] == "closed"]
    largest = max(rows, key=lambda row: abs(float(row["pearson"])))
    assert largest["order"] == "1" and largest["is_significant"] == "yes", largest
    # The category is linear + product, three times: variances 37 and about those of the lognormal product.
    product = 100 * (1.25 * 1.04 - 1)
    wanted = {"a": 1, "b": 6}
    for name, sd in wanted.items():
        true = sd / math.sqrt(37 + product)
        row = find(rows, parameter=name)
        near(f"Pearson of {name}", row["pearson"], true, 4 * (1 - true * true) / math.sqrt(10000))
    explained = sum(float(row["contribution_percent"]) for row in rows)
    near("contributions add up", explained, float(rows[0]["explained_percent"]), 1e-6)
    # Holm's step-down, from its definition: the least level at which a hypothesis falls.
    p = [float(row["pearson_p"]) for row in rows]
    for row in rows:
        before = [value for value in p if value <= float(row["pearson_p"])]
        wanted = max(min(1, sum(other >= value for other in p) * value) for value in before)
        near("Holm's p", row["adjusted_p"], wanted, 1e-12 * wanted)


def check_convergence(output, sampling):
    """One randomisation alone tells no error."""
    for row in rows_of(output, "convergence"):
        known = sampling == "random" or int(row["draws"]) > 1024
        assert all((row[name + "_error"] != "") == known for name in ("mean", "median")), row


def check(folder, output, sampling="random"):
    totals = rows_of(output, "totals")
    check_points(totals)
    check_closed_forms(totals, 10000, sampling)
    check_convergence(output, sampling)
    check_sharing(totals)
    check_others(output)
    check_sensitivities(output)


def prefix(short, long):
    """Statistics after the first 10,000 draws are the same numbers."""
    a, b = rows_of(short, "convergence"), rows_of(long, "convergence")
    keys = [(row["year"], row["draws"]) for row in a]
    assert ("2015", "10000") in keys and max(int(row["draws"]) for row in b) > 10000
    b = {(row["year"], row["draws"]): row for row in b}
    for row in a:
        assert row == b[row["year"], row["draws"]], row


def peak(output):
    with open(os.path.join(output, "inventory.prov.json"), encoding="utf-8") as file:
        return max(rank["peak_memory_bytes"] for rank in json.load(file)["ranks"])


def memory(long, longest):
    """16 bytes for each of 300,000 further draws, and 8 MB of slack: buffers for files, pages of a rank."""
    more = peak(longest) - peak(long)
    assert more < 16 * 300000 + 8e6, f"{more} bytes more for 400,000 draws than for 100,000"


def flat(short, long):
    """16 bytes for each of 4.5 million draws would be 72 MB; 4 MB of slack: buffers for files, records of items."""
    more = peak(long) - peak(short)
    assert more < 4e6, f"{more} bytes more for 6 million draws than for 1.5 million"


def closed(short, long):
    """Five standard errors of normal draws; the longer run begins with the shorter one also where it is read again."""
    sd = math.sqrt(37)
    for output in (short, long):
        for row in rows_of(output, "convergence"):
            draws = int(row["draws"])
            near("mean", row["mean"], 50, 5 * sd / math.sqrt(draws))
            near("sd", row["sd"], sd, 5 * sd / math.sqrt(2 * draws))
            for name, p in (("low", 0.025), ("median", 0.5), ("high", 0.975)):
                normal = statistics.NormalDist(50, sd)
                wanted = normal.inv_cdf(p)
                near(name, row[name], wanted, 5 * math.sqrt(p * (1 - p) / draws) / normal.pdf(wanted))
        whole, last = rows_of(output, "totals")[0], rows_of(output, "convergence")[-1]
        assert all(whole[name] == last[name] for name in ("mean", "sd", "low", "low_error", "high")), (whole, last)
    a, b = rows_of(short, "convergence"), rows_of(long, "convergence")
    same = [row for row in a if row in b]
    assert same == a[:-1] and int(same[-1]["draws"]) == 1000000, same


if __name__ == "__main__":
    {"make": make, "bad": bad, "check": check, "correlated": check_correlated,
     "prefix": prefix, "flat": flat, "closed": closed, "memory": memory}[sys.argv[1]](*sys.argv[2:])
