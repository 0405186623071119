# airshed -- GPL-3.0-or-later. Inputs of tests/commands/info.sh, and its numbers checked with NumPy.
import json
import os
import sys

import netCDF4
import numpy

task, folder = sys.argv[1:3]


def path(name):
    return os.path.join(folder, name)


def cube(name, data, units, lat, lon, standard_name=None, variable="pm25", packed=False):
    with netCDF4.Dataset(path(name), "w", format="NETCDF3_64BIT_OFFSET") as file:
        for dimension, values, unit in (("time", numpy.arange(len(data)), "days since 2012-01-01"),
                                        ("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            file.createDimension(dimension, len(values))
            axis = file.createVariable(dimension, "f8", (dimension,))
            axis.units = unit
            axis[:] = values
        out = file.createVariable(variable, "i2" if packed else "f4", ("time", "lat", "lon"),
                                  fill_value=-32768 if packed else None)
        out.units = units
        if standard_name:
            out.standard_name = standard_name
        if packed:
            out.scale_factor, out.add_offset = 0.5, 100.0
        out[:] = data


def make():
    random = numpy.random.default_rng(5)
    lat, lon = 39 + 0.1 * numpy.arange(5), 116 + 0.1 * numpy.arange(7)
    noise = random.normal(60, 10, (60, 5, 7))
    wide = numpy.ma.masked_array(numpy.round(random.normal(200, 40, (400, 18, 36)) * 2) / 2,
                                 random.random((400, 18, 36)) < 0.1)
    cube("wide.nc", wide, "K", 85 - 10.0 * numpy.arange(18), 9 + 10.0 * numpy.arange(36),
         variable="x", packed=True)
    cube("kilograms.nc", noise, "kg m-3", lat, lon,
         "mass_concentration_of_pm2p5_ambient_aerosol_in_air")
    cube("celsius.nc", noise / 4, "K", lat, lon, "air_temperature", "t")
    negative = noise.copy()
    negative[3, 1, 1], negative[5, 2, 2] = -5, -1
    negative[7:10, 0, 0] = 0
    cube("negative.nc", negative, "ug m-3", lat, lon)
    stuck = noise.copy()
    stuck[7] = stuck[6]
    cube("stuck.nc", stuck, "ug m-3", lat, lon)
    with open(path("mixed.csv"), "w") as file:
        file.write("date,a\n2012-01-01,10\n2012-01-02,eleven\n2012-01-04,12\n")


def check(name, is_true, why=""):
    print("ok " + name if is_true else "FAILED %s: %s" % (name, why))


def compare():
    with netCDF4.Dataset(path("wide.nc")) as file:
        data = file["x"][:]
    with open(path("wide.json")) as file:
        found = json.load(file)["groups"][0]["variables"][0]
    check("missing_values_are_counted", found["missing"] == data.mask.sum(), found["missing"])
    check("all_values_are_counted", found["values"] == data.size, found["values"])
    # Halves: exact in floats. JSON has nine digits.
    check("the_least_value_is_true", found["min"] == data.min(), found["min"])
    check("the_greatest_value_is_true", found["max"] == data.max(), found["max"])
    mean = float(data.astype("f8").mean())
    check("the_mean_is_true", abs(found["mean"] - mean) <= 1e-8 * abs(mean), found["mean"])


make() if task == "make" else compare()
