# airshed -- GPL-3.0-or-later. Inputs and expected values for tests/commands/stl.sh.
import csv
import os
import subprocess

import netCDF4
import numpy as np

from cubes import Variable, check, check_true, half_ulp, main, read, write, write_daily

PEERS = "fixtures/peers"
REFERENCE = "data/reference/stl"


def grid(rows, cols):
    return 39.0 + 0.1 * np.arange(rows), 115.0 + 0.1 * np.arange(cols)


def make(folder):
    """The same values as a classic file, as a compressed one that runs south, as a file a day. One
    row of 480 cells takes more than the 1 MB to which a least --memory is rounded."""
    random = np.random.RandomState(7)
    steps, (lat, lon) = 150, grid(5, 480)
    days = np.arange(steps, dtype=float)
    values = 60 + 20 * np.cos(2 * np.pi * days / 30)[:, None, None] + random.gamma(2, 10, (steps, 5, 480))
    values[random.rand(*values.shape) < 0.02] = np.nan
    values[:, 0, :40] = values[:, 0, :40] * 0 + 50  # flat, and with gaps
    values[:, 1, 3] = np.nan
    values[:, 2, 50:60] = 30 + random.rand(steps, 10)  # complete cells beside gappy ones
    values = values.astype(np.float32)
    pm25 = {"pm25": Variable(values, "ug m-3", long_name="fine particles")}
    write(f"{folder}/classic.nc", pm25, days, lat, lon)
    write(f"{folder}/packed.nc4", pm25, days, lat, lon, form="NETCDF4", north_up=True)
    write_daily(f"{folder}/daily", pm25, days, lat, lon)
    write(f"{folder}/two.nc", pm25 | {"other": pm25["pm25"]}, days, lat, lon)
    write(f"{folder}/kilo.nc", {"pm25": Variable(values, "mg m-3")}, days, lat, lon)
    keep = np.delete(np.arange(steps), [100, 101, 130])
    write(f"{folder}/holes.nc", {"pm25": Variable(values[keep], "ug m-3")}, days[keep], lat, lon)
    filled = values.copy()
    filled[[100, 101, 130]] = np.nan
    write(f"{folder}/filled.nc", {"pm25": Variable(filled, "ug m-3")}, days, lat, lon)
    make_part(folder, values, days, lat, lon)
    lat, lon = grid(60, 20)
    slow = 60 + random.rand(730, 60, 20)
    slow[0] = np.nan
    write(f"{folder}/slow.nc", {"pm25": Variable(slow, "ug m-3")}, np.arange(730.0), lat, lon)


def make_part(folder, values, days, lat, lon):
    """What --from --to --bbox and --clip select, cut by hand."""
    part = values[30:140, 1:4, 10:31]
    write(f"{folder}/part.nc", {"pm25": Variable(part, "ug m-3")}, days[30:140], lat[1:4], lon[10:31])
    clipped = part.copy()
    clipped[:, 0, :] = np.nan
    clipped[:, :, 5:] = np.nan
    write(f"{folder}/clipped.nc", {"pm25": Variable(clipped, "ug m-3")}, days[30:140], lat[1:4], lon[10:31])
    box = [[115.95, 39.15], [116.45, 39.15], [116.45, 39.35], [115.95, 39.35], [115.95, 39.15]]
    with open(f"{folder}/clip.geojson", "w") as file:
        file.write('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, '
                   '"geometry": {"type": "Polygon", "coordinates": [%s]}}]}' % box)


# ---- peers ------------------------------------------------------------------------------------

# Prefix of the columns in R's and statsmodels' answers, and what asks airshed for the same.
VARIANTS = {
    ("statsmodels", "s7.rob0.j1"): [],
    ("statsmodels", "s7.rob1.j1"): ["--robust"],
    ("statsmodels", "s365.rob0.j1"): ["--seasonal", "365"],
    ("R", "s7.d0.rob0.jdef"): ["--preset", "r"],
    ("R", "s7.d1.rob1.jdef"): ["--preset", "r", "--seasonal-degree", "1", "--robust"],
    ("R", "speriodic.d0.rob0.jdef"): ["--preset", "r", "--seasonal", "periodic"],
}
SCALE = 1000  # the fixtures have three decimals: times 1000 every value is exact in float


def table(path):
    with open(path) as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def run(*arguments):
    program = os.environ.get("BUILD", "build") + "/airshed"
    subprocess.run([program, *arguments, "--quiet"], check=True)


def peers(shared, folder):
    """Series of the fixtures in cells of a cube, beside a gappy copy and an empty cell."""
    series = table(f"{shared}/{PEERS}/stl_n1095_p365_input.csv")["y"]
    cube = np.full((1095, 2, 5), np.nan)
    cube[:, 0, :] = np.round(series * SCALE)[:, None]
    cube[:, 1, 1] = cube[:, 0, 0]
    cube[200:230, 0, 2] = np.nan  # the gappy neighbour
    cube[7::50, 1, 1] = np.nan
    lat, lon = grid(2, 5)
    # 2013 to 2015 have no 29 February.
    write(f"{folder}/peers.nc", {"pm25": Variable(cube, "ug m-3")}, np.arange(-730.0, 365.0), lat, lon)
    for (peer, prefix), options in VARIANTS.items():
        compare(shared, folder, peer, prefix, options, cube)


def compare(shared, folder, peer, prefix, options, cube):
    expected = table(f"{shared}/{PEERS}/stl_n1095_p365_{peer}.csv")
    name = f"stl_equals_{peer}_{prefix.replace('.', '_')}"
    run("stl", f"{folder}/peers.nc", "-o", f"{folder}/{name}.nc", *options)
    # Peers agree with one another to 1e-9, robust 1e-8 (fixtures); a file adds rounding to float.
    peer_bound = SCALE * (1e-8 if "rob1" in prefix else 1e-9)
    parts = {}
    for part in ("trend", "seasonal"):
        parts[part] = read(f"{folder}/{name}.nc", part)
        wanted = expected[f"{prefix}.{part}"] * SCALE
        for row, col in ((0, 0), (0, 1), (0, 3), (0, 4)):
            check(f"{name}_{part}_in_cell_{row}_{col}", parts[part][:, row, col] - wanted,
                  half_ulp(wanted) + peer_bound)
    gappy = parts["trend"][:, 0, 2] + parts["seasonal"][:, 0, 2]
    check_true(f"{name}_fills_the_gappy_neighbour", not np.isnan(gappy).any())
    remainder = read(f"{folder}/{name}.nc", "remainder")
    check_true(f"{name}_remainder_is_missing_where_the_observation_is",
               np.array_equal(np.isnan(remainder), np.isnan(cube)))
    bound = sum(half_ulp(v) for v in (parts["trend"], parts["seasonal"], remainder))
    seen = ~np.isnan(cube)
    check(f"{name}_parts_add_up", (cube - parts["trend"] - parts["seasonal"] - remainder)[seen],
          bound[seen] + 1e-9)
    reason = read(f"{folder}/{name}.nc", "reason")
    check_true(f"{name}_names_the_empty_cell", reason[1, 0] == 1 and reason[0].max() == 0, reason)


def monthly(shared, folder):
    """Mauna Loa by the original Fortran, and R's electrical equipment, on monthly axes."""
    co2 = table(f"{shared}/{REFERENCE}/co2_monthly.csv")["co2"]
    answers = list(csv.DictReader(open(f"{shared}/{REFERENCE}/fortran_stl_co2_expected.csv")))
    settings = {row["scenario"]: row for row in
                csv.DictReader(open(f"{shared}/{REFERENCE}/fortran_stl_co2_parameters.csv"))}
    row = settings["baseline"]
    options = []
    for option, key in (("seasonal", "ns"), ("trend", "nt"), ("low-pass", "nl"),
                        ("seasonal-degree", "isdeg"), ("trend-degree", "itdeg"),
                        ("low-pass-degree", "ildeg"), ("seasonal-jump", "nsjump"),
                        ("trend-jump", "ntjump"), ("low-pass-jump", "nljump"), ("inner", "ni"),
                        ("outer", "no")):
        options += [f"--{option}", row[key]]
    expected = {key: np.array([float(a[key]) for a in answers if a["scenario"] == "baseline"])
                for key in ("season", "trend")}
    one_series("co2_baseline_of_the_fortran", folder, co2, 1959, options,
               expected["trend"], expected["season"], 1e-8)
    for file, extra, bound in (("r_stl_elec_equip", [], 1e-9),
                               ("r_stl_elec_equip_robust", ["--robust"], 1e-8)):
        answer = table(f"{shared}/{REFERENCE}/{file}.csv")
        one_series(file, folder, answer["value"], 1995, ["--preset", "r", *extra],
                   answer["trend"], answer["seasonal"], bound)


def one_series(name, folder, series, year, options, trend, seasonal, peer_bound):
    months = [netCDF4.date2num(__import__("datetime").datetime(year + i // 12, i % 12 + 1, 1),
                               "days since 2015-01-01") for i in range(len(series))]
    lat, lon = grid(1, 1)
    scaled = np.round(series * 100).reshape(-1, 1, 1)  # two decimals
    write(f"{folder}/{name}_in.nc", {"x": Variable(scaled, "1")}, months, lat, lon)
    run("stl", f"{folder}/{name}_in.nc", "-o", f"{folder}/{name}.nc", "--period", "12", *options)
    for part, expected in (("trend", trend), ("seasonal", seasonal)):
        wanted = 100 * expected
        check(f"stl_equals_{name}_{part}", read(f"{folder}/{name}.nc", part)[:, 0, 0] - wanted,
              half_ulp(wanted) + 100 * peer_bound)


# ---- 29 February ------------------------------------------------------------------------------

LEAP = 424  # 29 February 2016, in days since 2015


def leap(folder):
    """P2.25 by hand: what STL gives without the 29 Februaries, put back."""
    random = np.random.RandomState(8)
    values = 60 + 20 * np.cos(np.arange(800) / 58.1)[:, None, None] + random.gamma(2, 10, (800, 1, 8))
    values[30:45, 0, 5:] = np.nan  # no phase loses all its years
    values = values.astype(np.float32).astype(float)
    lat, lon = grid(1, 8)
    days = np.arange(len(values), dtype=float)
    write(f"{folder}/leap.nc", {"pm25": Variable(values, "ug m-3")}, days, lat, lon)
    without = np.delete(values, LEAP, axis=0)
    write(f"{folder}/noleap.nc", {"pm25": Variable(without, "ug m-3")}, days[:-1], lat, lon,
          calendar="noleap")
    for mode in ("calendar", "drop", "naive", "interpolate"):
        run("stl", f"{folder}/leap.nc", "-o", f"{folder}/leap-{mode}.nc", "--calendar-days", mode)
    run("stl", f"{folder}/leap.nc", "-o", f"{folder}/leap-auto.nc")
    run("stl", f"{folder}/noleap.nc", "-o", f"{folder}/leap-no.nc")
    for part in ("trend", "seasonal", "remainder"):
        expected = read(f"{folder}/leap-no.nc", part)
        got = {m: read(f"{folder}/leap-{m}.nc", part)
               for m in ("calendar", "drop", "auto", "naive", "interpolate")}
        seen = ~np.isnan(expected)
        for mode in ("calendar", "drop"):
            others = np.delete(got[mode], LEAP, axis=0)
            check(f"leap_{mode}_{part}_of_other_days", (others - expected)[seen], 0)
        check_true(f"leap_auto_is_calendar_{part}",
                   np.array_equal(got["auto"], got["calendar"], equal_nan=True))
        check_true(f"leap_drop_leaves_{part}_of_29_february_missing", np.isnan(got["drop"][LEAP]).all())
        for mode in ("naive", "interpolate"):
            check_true(f"leap_{mode}_differs_in_{part}",
                       np.nanmax(np.abs(got[mode] - got["calendar"])) > 0.01)
        if part != "remainder":
            between = (expected[LEAP - 1] + expected[LEAP]) / 2
            # The mean is taken in double of parts that the other file rounds to float.
            check(f"leap_calendar_{part}_of_29_february", got["calendar"][LEAP] - between,
                  half_ulp(between) + half_ulp(expected[LEAP - 1:LEAP + 1]).max(axis=0))


# ---- readers ----------------------------------------------------------------------------------

def pattern(folder):
    """A pattern without symmetry: the value tells row and column, counted from the south west."""
    lat, lon = grid(5, 7)
    place = 10.0 * np.arange(5)[:, None] + np.arange(7)
    cube = np.broadcast_to(place, (60, 5, 7)) + 0.0
    write(f"{folder}/pattern.nc", {"x": Variable(cube, "K")}, np.arange(60.0), lat, lon, form="NETCDF4",
          north_up=True)


def readers(folder):
    import xarray
    path = f"{folder}/pattern_out.nc"
    place = 10.0 * np.arange(5)[:, None] + np.arange(7)
    for file in (path, f"{folder}/pattern_out.nc4"):
        name = file.rsplit(".", 1)[1]
        with xarray.open_dataset(file, engine="netcdf4") as data:
            check_true(f"latitude_ascends_in_{name}", bool((np.diff(data.lat) > 0).all()))
            # A constant series: loess reproduces it up to rounding in double.
            check(f"xarray_reads_{name}_unflipped", data.trend[0].values - place, half_ulp(place) + 1e-9)
            check_true(f"xarray_selects_by_coordinate_in_{name}",
                       abs(float(data.trend.sel(lat=39.4, lon=115.0, method="nearest")[0]) - 40) < 1e-5)


main({"make": make, "peers": peers, "monthly": monthly, "leap": leap, "pattern": pattern,
      "readers": readers})
