# airshed -- GPL-3.0-or-later. Ten years of days of pollution and weather on one grid for
# tests/bench/run. Arguments: folder, rows, columns.
import sys

import numpy as np

from cubes import Variable, write

FIELDS = {"t2m": ("air_temperature", "K", 285, 12),
          "tp": ("lwe_thickness_of_precipitation_amount", "m", 0.004, 0.002),
          "sp": ("surface_air_pressure", "Pa", 99000, 900), "u10": ("eastward_wind", "m s-1", 0.5, 2),
          "v10": ("northward_wind", "m s-1", -0.5, 2), "rh": ("relative_humidity", "%", 55, 15)}


def make(folder, rows, cols):
    random = np.random.RandomState(3)
    days = np.arange(3653.0)
    lat, lon = 30 + 0.1 * np.arange(rows), 110 + 0.1 * np.arange(cols)
    shape = (3653, rows, cols)

    def field(mean, amplitude):
        cycle = np.cos(2 * np.pi * days / 365.25)[:, None, None]
        return (mean + amplitude * (cycle + random.rand(*shape))).astype(np.float32)

    met = {key: Variable(field(mean, amplitude), units, standard_name=name)
           for key, (name, units, mean, amplitude) in FIELDS.items()}
    write(f"{folder}/pm.nc", {"pm25": Variable(field(80, 30), "ug m-3")}, days, lat, lon,
          epoch="days since 2012-01-01")
    write(f"{folder}/met.nc", met, days, lat, lon, epoch="days since 2012-01-01")


make(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
