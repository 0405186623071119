"""Inventories of rectangular provinces, whose cells are known in closed form.

make FOLDER        proxies, polygons and configs
check NAME OUT IN  compares OUT/grid.nc with exact overlaps of rectangles and the totals of OUT
tif OUT            compares the GeoTIFFs with grid.nc
"""
import csv
import json
import math
import os
import re
import subprocess
import sys

# Cells of 0.5 degrees, 9 columns from 10 E, 7 rows from 40 N. Edges of provinces lie within cells.
COLS, ROWS, SIZE, WEST, SOUTH = 9, 7, 0.5, 10.0, 40.0
RECTANGLES = {"Alpha": (10.2, 40.1, 12.3, 41.7), "Beta": (12.3, 40.1, 13.9, 41.7),
              "Gamma": (10.6, 41.7, 13.9, 43.2)}
YEARS = [2015, 2016, 2018]


def people(row, col):
    return None if (row, col) == (2, 3) else float((row * 7 + col * 3) % 11)


def plants(row, col):  # none in Beta
    return 2.0 if (row, col) in ((1, 1), (5, 4)) else 0.0


def lights(row, col, year):
    return float((row + col + year) % 5 + 1)


def write_map(path, name, value, years=None, cols=COLS, rows=ROWS, size=SIZE):
    def numbers(year):
        return [value(r, c) if year is None else value(r, c, year) for r in range(rows) for c in range(cols)]
    data = [v for year in (years or [None]) for v in numbers(year)]
    text = ", ".join("_" if v is None else repr(v) for v in data)
    time = f"time = {len(years)};" if years else ""
    dims = "time, lat, lon" if years else "lat, lon"
    lon = ", ".join(str(WEST + (c + 0.5) * size) for c in range(cols))
    lat = ", ".join(str(SOUTH + (r + 0.5) * size) for r in range(rows))
    days = ", ".join(str(round((year - 2000) * 365.25 + 0.25)) for year in years or [])
    cdl = f"""netcdf x {{ dimensions: lat = {rows}; lon = {cols}; {time}
variables: double lat(lat); lat:units = "degrees_north"; double lon(lon); lon:units = "degrees_east";
{'double time(time); time:units = "days since 2000-01-01";' if years else ''}
float {name}({dims}); {name}:_FillValue = -999.f;
data: lat = {lat}; lon = {lon}; {f'time = {days};' if years else ''} {name} = {text}; }}"""
    subprocess.run(["ncgen", "-o", path, "-"], input=cdl, text=True, check=True)


POLYGONS = """polygons:
  file: provinces.geojson
  spellings: {province: {Alfa: Alpha, Gama: Gamma}}
"""


def config(folder, name, grid, provinces=True, polygons=POLYGONS):
    regions = "regions: {North: [Alpha, Beta], South: [Gamma]}\n" if provinces else ""
    by = "province, year" if provinces else "year"
    rows = [f"  - {{parameter: {p}, {'province: ' + z + ', ' if z else ''}year: {y}, value: {v}, unit: t}}\n"
            for p, base in (("burnt", 100), ("driven", 40))
            for k, z in enumerate(RECTANGLES if provinces else [""])
            for y in YEARS for v in [base * (k + 1) + (y - 2010) * 3.7]]
    rows += [f"  - {{parameter: sailed, year: {y}, value: {y - 2000}, unit: t}}\n" for y in YEARS]
    with open(f"{folder}/{name}.yaml", "w") as out:
        out.write(f"""title: Test
units: t
years: {YEARS}
{regions}parameters:
  burnt: {{kind: activity, units: t, by: [{by}], spread: normal(cv=10 %)}}
  driven: {{kind: activity, units: t, by: [{by}], spread: lognormal(cv=20 %)}}
  sailed: {{kind: activity, units: t, by: [year], spread: normal(cv=5 %)}}
  factor: {{units: g/t}}
values:
{''.join(rows)}  - {{parameter: factor, value: 700000, unit: g/t, distribution: lognormal(cv=30 %)}}
sources:
  - {{name: plants, category: industry, formula: burnt * factor}}
  - {{name: cars, category: transport, formula: driven * factor}}
  - {{name: ships, category: transport, extent: national, formula: sailed * factor}}
{polygons}grid:
{grid}""")


def figures(folder):
    """The inventory of "groups", with a factor that was measured."""
    text = open(f"{folder}/groups.yaml").read()
    text = re.sub(r"  - {parameter: factor[^\n]*\n", "", text)
    table = "tables:\n  - {file: samples.csv, set: {parameter: factor, unit: g/t}, samples: mean}\n"
    for name, change in (("figures", ""), ("no_file", "no_such_")):
        with open(f"{folder}/{name}.yaml", "w") as out:
            out.write(text.replace("values:\n", table + "values:\n", 1)
                      .replace("provinces.geojson", change + "provinces.geojson")
                      .replace("grid:\n", "about:\n" if change else "grid:\n"))
    with open(f"{folder}/samples.csv", "w") as out:
        out.write("value\n" + "".join(f"{600000 + 9000 * (k * k % 37)}\n" for k in range(24)))


def make(folder):
    write_map(f"{folder}/people.nc", "people", people)
    write_map(f"{folder}/points.nc", "points", plants)
    write_map(f"{folder}/years.nc", "lights", lights, YEARS)
    write_map(f"{folder}/two.nc", "lights", lights, YEARS[:2])
    write_map(f"{folder}/negative.nc", "people", lambda r, c: -1.0 if c == 3 and r in (1, 2) else 1.0)
    write_map(f"{folder}/coarse.nc", "people", people, cols=4, rows=3, size=1.0)
    write_map(f"{folder}/east.nc", "people", people, cols=9, rows=7, size=0.5)
    features = []
    for name, (w, s, e, n) in RECTANGLES.items():
        ring = [[w, s], [e, s], [e, n], [w, n], [w, s]]
        spelled = {"Alpha": "Alfa", "Gamma": "Gama"}.get(name, name)
        features.append({"type": "Feature", "properties": {"name": spelled},
                         "geometry": {"type": "Polygon", "coordinates": [ring]}})
    ring = [[13.9, 40.1], [14.2, 40.1], [14.2, 41], [13.9, 41], [13.9, 40.1]]
    features.append({"type": "Feature", "properties": {"name": "abroad"},
                     "geometry": {"type": "Polygon", "coordinates": [ring]}})
    json.dump({"type": "FeatureCollection", "features": features},
              open(f"{folder}/provinces.geojson", "w"))
    off = json.loads(json.dumps(features))
    for point in off[0]["geometry"]["coordinates"][0]:
        point[0] = point[0] - 1 if point[0] < 12 else point[0]
    json.dump({"type": "FeatureCollection", "features": off}, open(f"{folder}/off.geojson", "w"))

    config(folder, "amount", "  proxy: people.nc\n")
    config(folder, "density", "  proxy: people.nc\n  values: density\n  by: source\n")
    config(folder, "years", "  proxy: years.nc\n  variable: lights\n  by: [all, category, source]\n")
    config(folder, "groups", """  proxy: people.nc
  proxies:
    - {proxy: points.nc, sources: plants}
    - {proxy: years.nc, sources: [ships], values: density}
  by: [all, source, category, receptor]
""")
    config(folder, "points", "  proxy: points.nc\n")
    figures(folder)
    config(folder, "nation", "  proxy: people.nc\n  by: [all, source]\n", provinces=False, polygons="")
    config(folder, "unknown_name", "  proxy: people.nc\n", polygons=POLYGONS.replace(", Gama: Gamma", ""))
    config(folder, "negative", "  proxy: negative.nc\n")
    config(folder, "empty_refused", "  proxy: points.nc\n  empty: refuse\n")
    config(folder, "other_grid", "  proxy: people.nc\n  proxies:\n    - {proxy: coarse.nc, sources: plants}\n")
    config(folder, "missing_year", "  proxy: years.nc\n")
    os.rename(f"{folder}/missing_year.yaml", f"{folder}/m.yaml")
    text = open(f"{folder}/m.yaml").read().replace("years.nc", "bad/years.nc")
    open(f"{folder}/missing_year.yaml", "w").write(text)
    os.mkdir(f"{folder}/bad")
    os.rename(f"{folder}/two.nc", f"{folder}/bad/years.nc")
    config(folder, "unknown_source", "  proxies:\n    - {proxy: people.nc, sources: plant}\n")
    config(folder, "two_proxies", """  proxies:
    - {proxy: people.nc, sources: plants}
    - {proxy: points.nc, sources: [cars, plants]}
""")
    config(folder, "unknown_key", "  proxi: people.nc\n")
    config(folder, "no_polygons", "  proxy: people.nc\n", polygons="")
    config(folder, "off", "  proxy: people.nc\n", polygons=POLYGONS.replace("provinces.geojson", "off.geojson"))
    config(folder, "left", "  proxy: people.nc\n  leave_out: [Gamma]\n",
           polygons=POLYGONS.replace(", Gama: Gamma", ""))


# ---- expected values ------------------------------------------------------------------------------

def overlap(low, high, first, size, i):
    return max(0.0, min(high, first + (i + 1) * size) - max(low, first + i * size)) / size


def band_area(south, north):
    """Area of a zone of one radian between latitudes on WGS84, m2."""
    a, f = 6378137.0, 1 / 298.257223563
    e = math.sqrt(f * (2 - f))

    def q(lat):
        s = math.sin(math.radians(lat))
        return s / (1 - e * e * s * s) + math.atanh(e * s) / e
    return a * a * (1 - e * e) / 2 * (q(north) - q(south))


def cell_area(row):
    south = SOUTH + row * SIZE
    return band_area(south, south + SIZE) * math.radians(SIZE)


def extents(rectangle, is_density):
    """{(row, col): how much of it the rectangle covers}"""
    w, s, e, n = rectangle
    found = {}
    for row in range(ROWS):
        for col in range(COLS):
            part = overlap(w, e, WEST, SIZE, col) * overlap(s, n, SOUTH, SIZE, row)
            if part > 1e-12:
                found[row, col] = part * (cell_area(row) if is_density else 1)
    return found


def shares(zone, proxy, is_density):
    weights = {}
    for rectangle in zone:
        for cell, extent in extents(rectangle, is_density).items():
            weights[cell] = weights.get(cell, 0) + (proxy(*cell) or 0) * extent
    if sum(weights.values()) == 0:
        weights = {}
        for rectangle in zone:
            for cell, extent in extents(rectangle, True).items():
                weights[cell] = weights.get(cell, 0) + extent
    whole = math.fsum(weights.values())
    return {cell: weight / whole for cell, weight in weights.items()}


def totals(folder):
    found = {}
    for row in csv.DictReader(open(f"{folder}/totals.csv")):
        found[row["subject"], row["name"], row["place"], row["year"]] = row
    return found


def sources_of(name):
    """For each source on the grid: proxy by year, whether it is a density, whether it is national."""
    def fixed(f):
        return lambda year: f

    def lit(year):
        return lambda r, c: lights(r, c, year)
    if name == "groups":
        return {"plants": (fixed(plants), False, False), "cars": (fixed(people), False, False),
                "ships": (lit, True, True)}
    proxy = {"points": fixed(plants), "years": lit}.get(name, fixed(people))
    if name == "nation":
        return {s: (proxy, False, True) for s in ("plants", "cars", "ships")}
    return {s: (proxy, name == "density", False) for s in ("plants", "cars")}


SUBJECTS = {"total": ("all", "all", ("plants", "cars", "ships")), "plants": ("source", "plants", ("plants",)),
            "cars": ("source", "cars", ("cars",)), "ships": ("source", "ships", ("ships",)),
            "category_industry": ("category", "industry", ("plants",)),
            "category_transport": ("category", "transport", ("cars", "ships")),
            "receptor_air": ("receptor", "air", ("plants", "cars", "ships"))}
VARIABLES = {"amount": ["total"], "density": ["plants", "cars"], "points": ["total"],
             "years": ["total", "category_industry", "category_transport", "plants", "cars"],
             "groups": list(SUBJECTS), "nation": ["total", "plants", "cars", "ships"]}
MIXED = {"groups": ["total", "category_transport", "receptor_air"]}


def expected_map(name, variable, column, year, rows):
    subject, member, sources = SUBJECTS[variable]
    known = sources_of(name)
    cells = {}
    is_mixed = variable in MIXED.get(name, [])
    jobs = [(s, "source", s) for s in sources if s in known] if is_mixed else \
           [([s for s in sources if s in known][0], subject, member)]
    for source, of, key in jobs:
        proxy, is_density, is_national = known[source]
        if name == "nation":
            zones = {"all": [(WEST, SOUTH, WEST + COLS * SIZE, SOUTH + ROWS * SIZE)]}
        elif is_national:
            zones = {"NATIONAL": list(RECTANGLES.values())}
        else:
            zones = {place: [r] for place, r in RECTANGLES.items()}
        for place, zone in zones.items():
            value = float(rows[of, key, place, str(year)][column])
            for cell, share in shares(zone, proxy(year), is_density).items():
                cells[cell] = cells.get(cell, 0) + value * share
    return cells


def dump(path, variable):
    text = subprocess.run(["ncdump", "-p", "17,17", "-v", variable, path], capture_output=True, text=True,
                          check=True).stdout
    data = re.search(r"\n %s =\n?(.*?);" % variable, text, re.S).group(1)
    return [None if v.strip() == "_" else float(v) for v in data.split(",")]


def check(name, out, _data):
    rows = totals(out)
    header = subprocess.run(["ncdump", "-h", f"{out}/grid.nc"], capture_output=True, text=True).stdout
    there = re.findall(r"double (\w+)\(time, lat, lon\)", header)
    columns = {"": "mean", "_median": "median", "_low": "low", "_high": "high"}
    want = [v + e for v in VARIABLES[name] for e in columns if e == "" or v not in MIXED.get(name, [])]
    assert sorted(there) == sorted(want), (there, want)
    for variable in there:
        ending = next((e for e in columns if e and variable.endswith(e)), "")
        base = variable[:len(variable) - len(ending)]
        got = dump(f"{out}/grid.nc", variable)
        for k, year in enumerate(YEARS):
            cells = expected_map(name, base, columns[ending], year, rows)
            for row in range(ROWS):
                for col in range(COLS):
                    value = got[(k * ROWS + row) * COLS + col]
                    wanted = cells.get((row, col))
                    # Fractions of cells are known to a few ulp of a coordinate over the size of the cell
                    # (grid/zones.h): 40 * 2^-53 / 0.5, and some 60 cells share a sum.
                    ok = value is None if wanted is None else value is not None and \
                        abs(value - wanted) <= 1e-12 * max(cells.values())
                    assert ok, (variable, year, row, col, value, wanted)
            total = math.fsum(v for v in got[k * ROWS * COLS:(k + 1) * ROWS * COLS] if v is not None)
            # Nothing is lost: at most (ceil(log2 n) + 2) u a province (kernels/apportion.h) and one u for
            # every cell that provinces share; ncdump prints 17 digits.
            assert abs(total - math.fsum(cells.values())) <= 2e-15 * total * 8, (variable, year, total)
    for row in csv.DictReader(open(f"{out}/grid_provinces.csv")):
        if row["spread"] in ("by proxy", "even"):
            assert abs(float(row["gridded"]) - float(row["total"])) <= 9 * 2**-53 * float(row["total"]), row
        else:
            assert float(row["gridded"]) == 0 and float(row["total"]) > 0, row


def tif(out):
    for variable in ("total", "total_low"):
        cube = dump(f"{out}/grid.nc", variable)
        path = f"{out}/grid_{variable}.tif"
        for band in range(len(YEARS)):
            for row, col in ((1, 1), (2, 3), (3, 6), (6, 4)):
                text = subprocess.run(["gdallocationinfo", "-valonly", "-b", str(band + 1), path, str(col),
                                       str(ROWS - 1 - row)], capture_output=True, text=True).stdout
                value = cube[(band * ROWS + row) * COLS + col]
                got = float(text)
                assert math.isnan(got) if value is None else abs(got - value) <= 2**-23 * value, (row, col)


if __name__ == "__main__":
    {"make": make, "check": check, "tif": tif}[sys.argv[1]](*sys.argv[2:])
