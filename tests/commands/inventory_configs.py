# airshed -- GPL-3.0-or-later. For tests/commands/inventory_configs.sh: what the configs that are kept with the program
# must give, from requirements P3.01 to P3.21 and from the tables themselves, in plain Python.
#
#   inventory_configs.py contradictions OUTPUT   just those that P3.02, P3.20 and P3.21 name
#   inventory_configs.py structure OUTPUT        sources, provinces, regions, years, receptors (P3.01, P3.02)
#   inventory_configs.py template FOLDER         columns, units, keys; no value
#   inventory_configs.py standin FOLDER OUTPUT   every row is marked; printed totals; the chain by hand
#   inventory_configs.py gridded FOLDER OUTPUT   polygons, people and sums of cells of a stand-in
#   inventory_configs.py fill FROM TO            fills the template with numbers of its own
#   inventory_configs.py filled FOLDER OUTPUT    totals of the filled template by hand
#   inventory_configs.py reas TABLE OUTPUT       national totals and differences
#   inventory_configs.py metals OUTPUT           says what its printed numbers are not
import csv
import json
import math
import os
import subprocess
import sys


def rows(*path):
    with open(os.path.join(*path), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def say(name, holds, why=""):
    print(f"ok {name}" if holds else f"FAILED {name}: {why}")


def near(a, b, tolerance):
    return abs(a - b) <= tolerance * abs(b)


# ---- contradictions -------------------------------------------------------------------------------
# Printed number, what the others come to, half a unit of what P3.20 and P3.21 say of the latter.
EXPECTED = {
    "a whole": (100, 99.8, 0.05),
    "share of gasoline in transport": (42.9, 23, 0.5),
    "share of diesel in transport": (34.3, 42.5, 1),     # "about 42"
    "share of fuel oil in transport": (22.8, 34.5, 1),   # "about 35"
    "rise of the share of crude oil, 2015 to 2019": (9.7, 8.3, 0.05),
    "provinces that emit 35.8 %": (4, 5, 0),
    "share of coal": (47.5, 46.7, 1e-9),
    "sub-sources": (21, 20, 0),
}
FITS = {"share of gasoline in transport": "share of diesel in transport",
        "share of diesel in transport": "share of fuel oil in transport",
        "share of fuel oil in transport": "share of gasoline in transport"}


def contradictions(output):
    table = rows(output, "contradictions.csv")
    found = {row["number"]: row for row in table if row["holds"] == "no"}
    say("just_the_known_contradictions_are_found", set(found) == set(EXPECTED),
        f"{sorted(set(found) ^ set(EXPECTED))}")
    for name, (printed, others, tolerance) in EXPECTED.items():
        row = found.get(name, {"printed": "nan", "others": "nan", "difference": "nan"})
        given = [float(row[key]) for key in ("printed", "others", "difference")]
        say(f"contradiction_of_{name.replace(' ', '_')}",
            given[0] == printed and abs(given[1] - others) <= tolerance
            and abs(given[2] - (given[0] - given[1])) < 1e-9, str(given))
        say(f"both_places_of_{name.replace(' ', '_')}",
            row.get("printed_at", "") != "" and row.get("others_at", "") != "")
    say("exchanged_labels_are_named", all(found[name]["fits"] == fits for name, fits in FITS.items()))
    holding = {row["number"] for row in table if row["holds"] == "yes"}
    say("sums_that_add_up_are_no_contradictions",
        {"emission to air, soil and water, 2015 to 2019", "mean emission a year"} <= holding, str(holding))


# ---- the structure of the paper -------------------------------------------------------------------
TABLE_1 = {
    "coal.RC": "air", "coal.CK": "air", "oil.CO": "air", "oil.GO": "air", "oil.KS": "air", "oil.DO": "air",
    "oil.FO": "air", "transport.GO": "air", "transport.DO": "air", "transport.FO": "air",
    "industry.SM": "air", "industry.GM": "air", "industry.MG": "soil", "industry.OE": "soil",
    "industry.VM": "soil", "waste.INC": "air", "waste.LF": "soil", "waste.SW": "soil", "waste.SD": "soil",
    "waste.WW": "water"}


def structure(output):
    sources = {row["source"]: row for row in rows(output, "sources.csv")}
    say("twenty_sources_of_table_1", {name: row["receptor"] for name, row in sources.items()} == TABLE_1)
    say("transport_is_national",
        all((row["extent"] == "national") == name.startswith("transport") for name, row in sources.items()))
    totals = rows(output, "totals.csv")
    places = {extent: {row["place"] for row in totals if row["extent"] == extent}
              for extent in ("province", "region", "without province")}
    say("31_provinces_and_7_regions", len(places["province"]) == 31 and len(places["region"]) == 7)
    say("national_sources_are_in_no_province", places["without province"] == {"NATIONAL"})
    say("five_years_and_their_sum", {row["year"] for row in totals} ==
        {"2015", "2016", "2017", "2018", "2019", "2015-2019"})


# ---- templates ------------------------------------------------------------------------------------
VALUES = ["value", "unit", "distribution", "sd", "low", "high", "reference", "about"]
COLUMNS = {
    "coal": ["source", "province", "year"], "energy": ["source", "province", "year"],
    "production": ["source", "province", "year"], "waste": ["source", "province", "year"],
    "transport": ["source", "year"], "release": ["boiler"], "factors": ["source", "province"], "coal_content": ["source", "province"],
    "coal_chain": ["parameter", "source", "province", "boiler", "collector", "device"]}
SOURCES = {"coal": 2, "energy": 5, "production": 5, "waste": 5}


def template(folder):
    for name, keys in COLUMNS.items():
        table = rows(folder, name + ".csv")
        say(f"columns_of_{name}", list(table[0]) == keys + VALUES, str(list(table[0])))
        say(f"no_value_in_{name}", all(row["value"] == "" and row["reference"] == "" for row in table))
        say(f"a_unit_in_every_row_of_{name}", all(row["unit"] != "" for row in table))
        seen = {tuple(row[key] for key in keys) for row in table}
        say(f"no_key_twice_in_{name}", len(seen) == len(table))
        if name in SOURCES:
            say(f"a_row_for_each_cell_of_{name}", len(table) == SOURCES[name] * 31 * 5, str(len(table)))
    with open(os.path.join(folder, "coal.json"), encoding="utf-8") as file:
        say("the_title_says_what_it_is", json.load(file)["title"].startswith("to fill in"))


# ---- emissions by hand ----------------------------------------------------------------------------
UNITS = {"10^4 t": 1e4, "kg/t": 1e-3, "ug/g": 1e-6, "%": 1e-2}
FACTS = {"ESP": 0.897, "FB": 0.790}  # P3.08


def number(row):
    return float(row["value"]) * UNITS[row["unit"]]


def chain(folder):
    """Part of the vanadium in coal that reaches the air, by source (P3.08)."""
    share, release, collectors, desulphurised = {}, {}, {}, {}
    removal = dict(FACTS)
    share["coal.CK", "CKO"] = 1.0
    for row in rows(folder, "coal_chain.csv"):
        value, boiler = number(row), row["boiler"]
        if row["parameter"] == "boiler_share":
            share[row["source"], boiler] = value
        elif row["parameter"] == "collector_share":
            collectors[boiler, row["collector"]] = value
        elif row["parameter"] == "removal":
            removal[row["device"]] = value
        else:
            desulphurised[boiler] = value
    for row in rows(folder, "release.csv"):  # samples: their mean
        release.setdefault(row["boiler"], []).append(number(row))
    release = {boiler: sum(values) / len(values) for boiler, values in release.items()}
    parts = {}
    for (source, boiler), part in share.items():
        passes = 1 - sum(p * removal[k] for (b, k), p in collectors.items() if b == boiler)
        wet = 1 - desulphurised[boiler] * removal["WFGD"]
        parts[source] = parts.get(source, 0) + part * release[boiler] * passes * wet
    return parts


def by_hand(folder):
    """Tonnes by source and year, of the nation."""
    passes = chain(folder)
    content = {(row["source"], row["province"]): number(row) for row in rows(folder, "coal_content.csv")}
    factor = {row["source"]: number(row) for row in rows(folder, "factors.csv")}
    totals = {}
    for name in ("coal", "energy", "production", "waste", "transport"):
        for row in rows(folder, name + ".csv"):
            source = row["source"]
            per_tonne = (content[source, row["province"]] * passes[source] if source.startswith("coal")
                         else factor[source])
            key = source, row["year"]
            totals[key] = totals.get(key, 0) + number(row) * per_tonne
    return totals


def compare(folder, output, name):
    mine = by_hand(folder)
    theirs = {(row["name"], row["year"]): float(row["point"]) for row in rows(output, "totals.csv")
              if row["subject"] == "source" and row["extent"] == "nation" and "-" not in row["year"]}
    # Sums of at most 31 products of ten factors: some 100 roundings of 1.1e-16.
    worst = max(abs(theirs[key] / mine[key] - 1) for key in mine)
    say(f"{name}_totals_are_those_by_hand", set(mine) == set(theirs) and worst < 1e-13, str(worst))
    return theirs


def standin(folder, output):
    for name in COLUMNS:
        table = rows(folder, name + ".csv")
        say(f"every_row_of_{name}_says_that_it_is_synthetic",
            all(row["reference"] == "synthetic, seed 1" and row["value"] != "" for row in table))
        with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
            say(f"the_title_of_{name}_says_so", json.load(file)["title"].startswith("SYNTHETIC"))
    for name in ("totals", "shares", "printed"):
        with open(os.path.join(output, name + ".json"), encoding="utf-8") as file:
            say(f"the_title_of_{name}_says_so", "SYNTHETIC" in json.load(file)["title"])
    totals = compare(folder, output, "stand_in")
    printed = rows(output, "printed.csv")
    say("printed_numbers_say_that_their_neighbours_are_synthetic",
        all(row["basis"] == "synthetic" for row in printed))
    scaled = [row for row in printed if row["statistic"] == "total" and row["subject"] == "source"]
    # Amounts have four digits: 5e-4 in the worst case of one row (transport has only one).
    say("scaled_totals_are_the_printed_ones", len(scaled) == 22 and all(
        near(totals[row["name"], row["year"]], float(row["printed"]), 5e-4) for row in scaled))
    # P3.20: 41389 t in 2015, 44069 t in 2019, 214820.1 t in all; the sources without a printed total make the rest.
    sums = {row["year"]: float(row["point"]) for row in rows(output, "totals.csv")
            if row["subject"] == "all" and row["extent"] == "nation"}
    say("sums_are_the_printed_ones", near(sums["2015"], 41389, 5e-4) and near(sums["2019"], 44069, 5e-4) and
        near(sums["2015-2019"], 214820.1, 5e-4), str(sums))


# ---- the stand-in on a grid -----------------------------------------------------------------------
def values_of(path, name):
    text = subprocess.run(["ncdump", "-p", "9,17", "-v", name, path], capture_output=True, text=True, check=True).stdout
    numbers = text[text.rindex(f"\n {name} ="):].split("=", 1)[1].split(";")[0]
    return [None if number.strip() == "_" else float(number) for number in numbers.split(",")]


def crossing(ring, x, y):
    inside = False
    for (ax, ay), (bx, by) in zip(ring, ring[1:]):
        inside ^= (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax)
    return inside


def gridded(folder, output):
    with open(os.path.join(folder, "china_provinces.geojson"), encoding="utf-8") as file:
        features = json.load(file)["features"]
    say("each_province_has_a_polygon", len({one["properties"]["ADM1_EN"] for one in features}) == len(features) == 31)
    say("polygons_say_that_they_are_synthetic",
        all(one["properties"]["reference"] == "synthetic, seed 1" for one in features))
    rings = [one["geometry"]["coordinates"][0] for one in features]
    points = [(70 + 0.37 * i, 15 + 0.41 * k) for i in range(180) for k in range(100)]
    held = [sum(crossing(ring, x, y) for ring in rings) for x, y in points]
    say("polygons_do_not_overlap", max(held) == 1 and sum(held) > 3000, str((max(held), sum(held))))
    people = [value for value in values_of(os.path.join(folder, "population.nc"), "population") if value is not None]
    # Cells are rounded to persons: half a person each, and single precision, 6e-8.
    say("cells_hold_all_people", abs(sum(people) - 1.4e9) <= 0.5 * len(people) + 1.4e9 * 6e-8, str(sum(people)))
    order = sorted(people, reverse=True)
    # 60 % in 40 towns a province, of 31 x 40 cells at least: a tenth of the cells hold more than half.
    say("people_live_in_towns", sum(order[:len(order) // 10]) > 0.5 * sum(people) and order[-1] >= 0)
    totals = rows(output, "totals.csv")
    cells = values_of(os.path.join(output, "grid.nc"), "V_total")
    size = len(cells) // 5
    sums = rows(output, "grid_sums.csv")
    say("a_row_for_each_year", [row["year"] for row in sums] == ["2015", "2016", "2017", "2018", "2019"])
    for k, row in enumerate(sums):
        mine = [float(one["mean"]) for one in totals if one["extent"] == "province" and one["subject"] == "all"
                and one["year"] == row["year"]]
        nation = [float(one["mean"]) for one in totals if one["extent"] == "nation" and one["subject"] == "all"
                  and one["year"] == row["year"]]
        held = math.fsum(value for value in cells[k * size:(k + 1) * size] if value is not None)
        # kernels/apportion.h: some 15 u for a province; sums of cells in a tree add as much.
        say(f"cells_of_{row['year']}_hold_the_provinces", len(mine) == 31 and near(held, math.fsum(mine), 4e-15) and
            near(float(row["cells"]), held, 4e-15) and near(float(row["on_grid"]), math.fsum(mine), 4e-15) and
            near(float(row["nation"]), nation[0], 1e-15), str(row))
    header = subprocess.run(["ncdump", "-h", os.path.join(output, "grid.nc")], capture_output=True, text=True).stdout
    say("the_grid_says_what_it_is", "BY A SYNTHETIC PROXY" in header and "transport.GO" in header)


def fill(source, target):
    os.makedirs(target)
    for name in COLUMNS:
        table = rows(source, name + ".csv")
        for at, row in enumerate(table):
            row["value"] = repr(1.5 + 0.25 * (at % 40))
            row["distribution"] = "normal(cv=3 %)"
            if name == "coal_chain":
                row["value"] = {"boiler_share": repr(100 / 3)}.get(row["parameter"], repr(10 + at / 8))
                row["distribution"] = "beta(cv=1 %)"
            row["reference"] = "made up by a test"
        if name == "release":
            table = [dict(row, value=repr(10 * at + 5 * k), distribution="") for k in range(6)
                     for at, row in enumerate(table)]
        with open(os.path.join(target, name + ".csv"), "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)


def filled(folder, output):
    compare(folder, output, "filled")
    with open(os.path.join(output, "totals.json"), encoding="utf-8") as file:
        say("nothing_is_called_synthetic_then", "SYNTHETIC" not in json.load(file)["title"])


# ---- configs on real tables -----------------------------------------------------------------------
def reas(table, output):
    """National sums over provinces, and the rows of the nation."""
    sums, nation = {}, {}
    for row in rows(table):
        for year in range(2000, 2016):
            key = row["species"], row["sector"], str(year)
            if row["region"] == "WC":
                nation[key] = float(row[str(year)])
            elif row["sector"] != "TOTAL":
                for sector in (row["sector"], "TOTAL"):
                    one = row["species"], sector, str(year)
                    sums[one] = sums.get(one, 0) + float(row[str(year)])
    printed = {}
    for row in rows(output, "printed.csv"):
        printed[row["species"], row["name"] if row["name"] != "all" else "TOTAL", row["year"]] = row
    say("every_sector_year_and_total_is_compared", set(printed) == set(nation),
        str(len(set(printed) ^ set(nation))))
    # At most 33 x 6 additions of positive numbers.
    say("national_totals_are_sums_of_provinces",
        all(near(float(printed[key]["recomputed"]), sums[key], 1e-13) for key in printed))
    say("printed_are_the_rows_of_the_nation",
        all(float(printed[key]["printed"]) == nation[key] for key in printed))
    say("differences_are_tabled",
        all(abs(float(printed[key]["difference"]) - (sums[key] - nation[key])) < 1e-7 for key in printed))
    # The README of the data: sum of the regions = WC within 1e-5, checked there for the totals of 2015.
    last = [key for key in printed if key[1:] == ("TOTAL", "2015")]
    say("regions_make_the_nation_in_2015",
        len(last) == 9 and all(near(sums[key], nation[key], 1e-5) for key in last))


def metals(output):
    printed = rows(output, "printed.csv")
    say("six_metals_are_compared", [row["species"] for row in printed] == ["Hg", "As", "Se", "Pb", "Cd", "Cr"])
    say("they_say_that_years_and_units_differ",
        all("2010" in row["label"] and "300 MW" in row["label"] and row["year"] == "2012" for row in printed))
    published = {"Hg": 118.54, "As": 335.45, "Se": 459.4, "Pb": 705.45, "Cd": 13.34, "Cr": 505.03}
    say("published_totals", all(float(row["printed"]) == published[row["species"]] for row in printed))
    say("no_stand_in_is_in_it", all(row["basis"] == "tables" for row in printed))


if __name__ == "__main__":
    {"contradictions": contradictions, "structure": structure, "template": template, "standin": standin,
     "gridded": gridded, "fill": fill, "filled": filled, "reas": reas, "metals": metals}[sys.argv[1]](*sys.argv[2:])
