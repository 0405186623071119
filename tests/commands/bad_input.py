# airshed -- GPL-3.0-or-later. Makes the inputs of tests/commands/bad_input.sh in the folder argv[1].
import json
import os
import sys

import netCDF4
import numpy

folder = sys.argv[1]
days, rows, cols = 60, 5, 7


def path(name):
    return os.path.join(folder, name)


def cube(name, variables=("pm25",), times=None, units="ug m-3", time_units="days since 2012-01-01",
         format="NETCDF3_64BIT_OFFSET", seed=1, lat=None, lon=None, change=None, degrees=True, grid=(rows, cols),
         **options):
    """A sound cube of noise around 60; the arguments break it."""
    times = numpy.arange(days) if times is None else times
    height, width = grid
    random = numpy.random.default_rng(seed)
    with netCDF4.Dataset(path(name), "w", format=format) as file:
        file.createDimension("time", len(times))
        file.createDimension("lat", height)
        file.createDimension("lon", width)
        time = file.createVariable("time", "f8", ("time",))
        if time_units:
            time.units = time_units
        time[:] = times
        y = file.createVariable("lat", "f8", ("lat",))
        x = file.createVariable("lon", "f8", ("lon",))
        if degrees:
            y.units, x.units = "degrees_north", "degrees_east"
        else:
            y.units, x.units = "m", "m"
        y[:] = 39 + 0.1 * numpy.arange(height) if lat is None else lat
        x[:] = 116 + 0.1 * numpy.arange(width) if lon is None else lon
        for number, variable in enumerate(variables):
            values = file.createVariable(variable, "f4", ("time", "lat", "lon"), **options)
            if units is not None:
                values.units = units[number] if isinstance(units, (list, tuple)) else units
            data = random.normal(60, 10, (len(times), height, width)).astype("f4")
            if change:
                change(data)
            values[:] = data


def cut(source, name, share):
    with open(path(source), "rb") as file:
        data = file.read()
    with open(path(name), "wb") as file:
        file.write(data[: int(len(data) * share)])


def text(name, content):
    with open(path(name), "w") as file:
        file.write(content)


def features(name, *geometries):
    text(name, json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "a"}, "geometry": geometry}
        for geometry in geometries]}))


def square(west, south, size):
    return {"type": "Polygon", "coordinates": [[
        [west, south], [west + size, south], [west + size, south + size], [west, south + size],
        [west, south]]]}


def daily(subfolder, count=10, **changes):
    os.makedirs(path(subfolder), exist_ok=True)
    for day in range(count):
        settings = {"times": [day], "seed": day, **changes.get("day%d" % day, {})}
        cube("%s/pm25_201201%02d.nc" % (subfolder, day + 1), **settings)


# Sound inputs.
cube("good.nc")
cube("good4.nc", format="NETCDF4", zlib=True, chunksizes=(10, 5, 7))
cube("met.nc", ("t2m", "tp", "sp", "u10", "v10", "rh"),
     units=["K", "m", "Pa", "m s-1", "m s-1", "%"])
with netCDF4.Dataset(path("map.nc"), "w") as file:
    for name, size, first in (("lat", rows, 39), ("lon", cols, 116)):
        file.createDimension(name, size)
        file.createVariable(name, "f8", (name,))[:] = first + 0.1 * numpy.arange(size)
    file.createVariable("pm25", "f4", ("lat", "lon"))[:] = 1
cube("dem.nc", ("elevation",), times=[0], units="m")
features("zone.geojson", square(116, 39, 0.3))
text("sources.csv", "name,lon,lat\nsteel,116.2,39.2\n")
text("stations.csv", "date,a,b\n2012-01-01,10,20\n2012-01-02,11,21\n")
text("places.csv", "station,lon,lat\na,116.1,39.1\nb,116.3,39.3\n")

# Files.
cut("good.nc", "cut.nc", 0.6)
cut("good.nc", "cut_header.nc", 0.01)
cut("good4.nc", "cut4.nc", 0.6)
with open(path("noise.nc"), "wb") as file:
    file.write(numpy.random.default_rng(2).bytes(4096))
with open(path("noise.tif"), "wb") as file:
    file.write(numpy.random.default_rng(3).bytes(4096))
open(path("empty.nc"), "w").close()
os.symlink(path("nowhere.nc"), path("dangling.nc"))
os.makedirs(path("no_rasters"))
text("no_rasters/readme.txt", "nothing here\n")
os.makedirs(path("no_dates"))
for name in "ab":
    with netCDF4.Dataset(path("no_dates/%s.nc" % name), "w") as file:
        file.createDimension("lat", rows)
        file.createDimension("lon", cols)
        file.createVariable("lat", "f8", ("lat",))[:] = 39 + numpy.arange(rows)
        file.createVariable("lon", "f8", ("lon",))[:] = 116 + numpy.arange(cols)
        file.createVariable("pm25", "f4", ("lat", "lon"))[:] = 1

# Time.
cube("reversed.nc", times=numpy.arange(days)[::-1])
cube("repeated.nc", times=numpy.r_[numpy.arange(30), 29, numpy.arange(30, 59)])
cube("gap.nc", times=numpy.r_[numpy.arange(30), numpy.arange(31, 61)])
cube("months.nc", time_units="months since 2012-01-01")
cube("no_time_units.nc", time_units=None, times=numpy.arange(days) + 0.5)
cube("odd_time_units.nc", time_units="fortnights since 2012-01-01")
cube("odd_calendar.nc")
with netCDF4.Dataset(path("odd_calendar.nc"), "a") as file:
    file["time"].calendar = "mayan"
cube("nan_time.nc", times=numpy.where(numpy.arange(days) == 7, numpy.nan, numpy.arange(days)))
cube("no_steps.nc", times=numpy.arange(0))
cube("one_step.nc", times=[0])
cube("met_later.nc", ("t2m", "tp", "sp", "u10", "v10", "rh"),
     units=["K", "m", "Pa", "m s-1", "m s-1", "%"], time_units="days since 2015-01-01")

# Grids.
cube("projected.nc", degrees=False, lat=4e6 + 1000 * numpy.arange(rows),
     lon=1e5 + 1000 * numpy.arange(cols))
cube("jumping_rows.nc", lat=[39, 39.1, 39.3, 39.2, 39.4])
cube("nan_row.nc", lat=[39, 39.1, numpy.nan, 39.3, 39.4])
cube("elsewhere.nc", ("t2m", "tp", "sp", "u10", "v10", "rh"),
     units=["K", "m", "Pa", "m s-1", "m s-1", "%"], lat=-30 + 0.1 * numpy.arange(rows))

# Variables and units.
cube("two.nc", ("pm25", "pm10"))
cube("met_no_wind.nc", ("t2m", "tp", "sp", "rh"), units=["K", "m", "Pa", "%"])
cube("met_odd_units.nc", ("t2m", "tp", "sp", "u10", "v10", "rh"),
     units=["kg", "m", "Pa", "m s-1", "m s-1", "%"])
cube("met_unknown_units.nc", ("t2m", "tp", "sp", "u10", "v10", "rh"),
     units=["wibble", "m", "Pa", "m s-1", "m s-1", "%"])
cube("unknown_units.nc", units="wibble")
cube("no_units.nc", units=None)

# Folders of days.
daily("days")
daily("days_grid", day4={"grid": (rows, cols + 1)})
daily("days_date", day4={"times": [5]})
daily("days_variable", day4={"variables": ("so2",)})
daily("days_units", day4={"units": "K"})
daily("days_cut")
cut("days/pm25_20120105.nc", "days_cut/pm25_20120105.nc", 0.9)
daily("days_gap")
os.remove(path("days_gap/pm25_20120105.nc"))

# Vectors and tables.
features("points.geojson", {"type": "Point", "coordinates": [116.2, 39.2]})
features("empty_polygon.geojson", {"type": "Polygon", "coordinates": []})
features("no_geometry.geojson", None)
features("no_features.geojson")
features("far.geojson", square(10, 50, 0.3))
features("flat.geojson", {"type": "Polygon", "coordinates": [[[116, 39], [116.1, 39], [116, 39]]]})
features("swapped.geojson", square(39, 116, 0.3))
text("broken.geojson", '{"type": "FeatureCollection", "features": [')
text("no_lon.csv", "name,x1,lat\nsteel,116.2,39.2\n")
text("text_lat.csv", "name,lon,lat\nsteel,116.2,north\n")
text("far.csv", "name,lon,lat\nsteel,10,50\n")
text("empty.csv", "")
text("header.csv", "name,lon,lat\n")
text("ragged.csv", "name,lon,lat\nsteel,116.2\n")
text("quote.csv", 'name,lon,lat\n"steel,116.2,39.2\n')
text("stations_text.csv", "date,a,b\n2012-01-01,10,20\n2012-01-02,eleven,21\n")
text("stations_date.csv", "date,a,b\n2012-01-01,10,20\n2012-13-02,11,21\n")
text("stations_twice.csv", "date,a,b\n2012-01-01,10,20\n2012-01-01,11,21\n")
text("stations_unknown.csv", "date,a,c\n2012-01-01,10,20\n2012-01-02,11,21\n")
text("stations_undated.csv", "a,b\n10,20\n")
text("places_swapped.csv", "station,lon,lat\na,39.1,116.1\nb,39.3,116.3\n")

# Configurations.
text("unknown_key.yaml", "perod: 7\n")
text("wrong_type.yaml", "period: weekly\n")
text("list_for_number.yaml", "period: [7, 8]\n")
text("broken.yaml", "period: [7\n")
text("twice.yaml", "period: 7\nperiod: 8\n")


def chain(name, *stages):
    text(name, "stages:\n" + "".join(
        "  - {%s}\n" % ", ".join("%s: %s" % pair for pair in stage.items()) for stage in stages))


trend = {"command": "trend", "by": "day"}
chain("cycle.yaml", {"name": "a", **trend, "input": '"@b"', "output": "out/a.nc"},
      {"name": "b", **trend, "input": '"@a"', "output": "out/b.nc"})
chain("same_name.yaml", {"name": "a", **trend, "input": "good.nc", "output": "out/a.nc"},
      {"name": "a", **trend, "input": "good.nc", "output": "out/b.nc"})
chain("same_output.yaml", {"name": "a", **trend, "input": "good.nc", "output": "out/a.nc"},
      {"name": "b", **trend, "input": "good.nc", "output": "out/a.nc"})
chain("no_such_stage.yaml", {"name": "a", **trend, "input": '"@z"', "output": "out/a.nc"})
chain("no_such_command.yaml", {"name": "a", "command": "trand", "input": "good.nc",
                               "output": "out/a.nc"})
chain("bad_stage_key.yaml", {"name": "a", **trend, "input": "good.nc", "output": "out/a.nc",
                             "colour": "red"})
chain("missing_input.yaml", {"name": "a", **trend, "input": "nowhere.nc", "output": "out/a.nc"})
text("no_stages.yaml", "period: 7\n")
text("empty.yaml", "")

# Odd, but no errors.
def nan(data):
    data[3, :, :] = numpy.nan
    data[:, 1, 1] = numpy.nan
    data[:, 2, 2] = 7


def infinite(data):
    data[3, 0, 0] = numpy.inf
    data[4, 0, 1] = -numpy.inf
    data[:, 3, 3] = numpy.inf


def all_missing(data):
    data[:] = numpy.nan


cube("nan.nc", change=nan)
cube("infinite.nc", change=infinite)
cube("all_missing.nc", change=all_missing)
