# airshed -- GPL-3.0-or-later. A folder of compressed daily files for tests/memory/run, and the
# number of chunks in one.
import glob
import sys

import netCDF4
import numpy as np

from cubes import Variable, write_daily


def make(folder):
    days = np.arange(120.0)
    values = np.random.RandomState(1).rand(120, 40, 60).astype(np.float32)
    write_daily(folder, {"pm25": Variable(values, "ug m-3")}, days, 30 + 0.1 * np.arange(40),
                110 + 0.1 * np.arange(60))


def count(folder):
    chunks = 0
    for path in glob.glob(f"{folder}/*.nc"):
        with netCDF4.Dataset(path) as file:
            variable = file["pm25"]
            chunks += int(np.prod([-(-n // c) for n, c in zip(variable.shape, variable.chunking())]))
    print(chunks)


count(sys.argv[2]) if sys.argv[1] == "count" else make(sys.argv[1])
