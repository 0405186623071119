# airshed -- GPL-3.0-or-later. Large cubes of valid values for tests/memory/run, written day by day,
# with a map of areas and a file of zones.
import json
import sys

import netCDF4
import numpy as np

DAYS = 3653  # 2012-2021
FIELDS = {"t2m": ("air_temperature", "K", 285, 12),
          "tp": ("lwe_thickness_of_precipitation_amount", "m", 0.004, 0.002),
          "sp": ("surface_air_pressure", "Pa", 99000, 900), "u10": ("eastward_wind", "m s-1", 0.5, 2),
          "v10": ("northward_wind", "m s-1", -0.5, 2), "rh": ("relative_humidity", "%", 55, 15)}


def create(path, rows, cols, cell):
    file = netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_DATA")
    axes = (("time", np.arange(DAYS), "days since 2012-01-01"),
            ("lat", 20 + cell * (0.5 + np.arange(rows)), "degrees_north"),
            ("lon", 70 + cell * (0.5 + np.arange(cols)), "degrees_east"))
    for name, values, units in axes:
        file.createDimension(name, len(values))
        axis = file.createVariable(name, "f8", (name,))
        axis.units = units
        axis[:] = values
    return file


def fill(file, variables, random):
    """A yearly cycle, its phase of the cell, and noise: the same cost for STL everywhere."""
    rows, cols = (len(file.dimensions[name]) for name in ("lat", "lon"))
    phase = random.random((rows, cols), dtype=np.float32) * 6.28
    outs = []
    for name, (standard, units, mean, amplitude) in variables.items():
        out = file.createVariable(name, "f4", ("time", "lat", "lon"), fill_value=False)
        out.setncatts({"units": units, "standard_name": standard})
        outs.append((out, np.float32(mean), np.float32(amplitude)))
    for day in range(DAYS):
        cycle = np.cos(np.float32(6.283185 * day / 365.25) + phase)
        for out, mean, amplitude in outs:
            noise = random.random((rows, cols), dtype=np.float32)
            out[day] = mean + amplitude * (cycle + np.float32(0.5) * noise)


def write_areas(path, rows, cols, cell):
    """Areas of 3 x 3 cells, 200 columns apart."""
    areas = np.zeros((rows, cols), np.float32)
    for col in range(100, cols - 2, 200):
        areas[rows // 2 - 1:rows // 2 + 2, col:col + 3] = 1
    with create(path, rows, cols, cell) as file:
        out = file.createVariable("area", "f4", ("lat", "lon"), fill_value=False)
        out.units = "1"
        out[:] = areas


def write_zones(path, rows, cols, cell):
    """Four zones side by side."""
    west, south, north, width = 70, 20, 20 + cell * rows, cell * cols / 4
    zones = []
    for number in range(4):
        left, right = west + number * width, west + (number + 1) * width
        ring = [[left, south], [right, south], [right, north], [left, north], [left, south]]
        zones.append({"type": "Feature", "properties": {"name": f"zone {number + 1}"},
                      "geometry": {"type": "Polygon", "coordinates": [ring]}})
    with open(path, "w") as file:
        json.dump({"type": "FeatureCollection", "features": zones}, file)


def main(folder, size_bytes, cols):
    rows = max(1, round(size_bytes / (4 * DAYS * cols)))
    random = np.random.default_rng(1)
    with create(f"{folder}/pm.nc", rows, cols, 0.02) as file:
        name = "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air"
        fill(file, {"pm25": (name, "ug m-3", 80, 30)}, random)
    with create(f"{folder}/met.nc", rows // 10 + 2, cols // 10 + 2, 0.2) as file:
        fill(file, FIELDS, random)
    write_areas(f"{folder}/areas.nc", rows, cols, 0.02)
    write_zones(f"{folder}/zones.geojson", rows, cols, 0.02)


main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
