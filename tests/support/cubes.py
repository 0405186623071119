# airshed -- GPL-3.0-or-later. Cubes for the tests of commands: written, read and compared without
# any part of airshed.
import math
import os
import sys

import netCDF4
import numpy as np

EPOCH = "days since 2015-01-01 00:00:00"


class Variable:
    """Values [time, lat, lon] or [lat, lon] with NaN where missing, and their attributes."""

    def __init__(self, values, units, **attributes):
        self.values = np.asarray(values)
        self.units = units
        self.attributes = attributes


def write(path, variables, days, lat, lon, epoch=EPOCH, calendar="standard", form="NETCDF3_CLASSIC",
          north_up=False):
    """Writes one file. form: NETCDF3_CLASSIC, or NETCDF4 with deflate and uneven chunks."""
    order = slice(None, None, -1 if north_up else 1)
    with netCDF4.Dataset(path, "w", format=form) as file:
        add_axes(file, days, np.asarray(lat)[order], lon, epoch, calendar)
        for name, variable in variables.items():
            dimensions = ("time", "lat", "lon")[-variable.values.ndim:]
            shape = variable.values.shape
            storage = {}
            if form == "NETCDF4":
                chunks = [max(1, length * 2 // 3) for length in shape]
                storage = {"zlib": True, "complevel": 1, "chunksizes": chunks}
            out = file.createVariable(name, "f4", dimensions, fill_value=np.float32(-9999.0), **storage)
            out.units = variable.units
            out.setncatts(variable.attributes)
            out[:] = np.where(np.isnan(variable.values), -9999.0, variable.values)[..., order, :]


def add_axes(file, days, lat, lon, epoch, calendar):
    axes = (("time", days, epoch), ("lat", lat, "degrees_north"), ("lon", lon, "degrees_east"))
    for name, values, units in axes:
        if values is None:
            continue
        file.createDimension(name, len(values))
        axis = file.createVariable(name, "f8", (name,))
        axis.units = units
        axis[:] = values
    if days is not None:
        file.variables["time"].calendar = calendar


def write_daily(folder, variables, days, lat, lon):
    """One compressed file a day, with the date in its name and in its time axis."""
    os.makedirs(folder, exist_ok=True)
    dates = netCDF4.num2date(days, EPOCH)
    for step, day in enumerate(days):
        one = {name: Variable(v.values[step:step + 1], v.units, **v.attributes)
               for name, v in variables.items()}
        write(f"{folder}/day_{dates[step].strftime('%Y%m%d')}.nc", one, [day], lat, lon,
              form="NETCDF4")


def read(path, name):
    """Values in double with NaN where missing, as a reader of CF files sees them."""
    with netCDF4.Dataset(path) as file:
        values = np.ma.asarray(file.variables[name][:])
        return np.ma.filled(values.astype(np.float64), np.nan)


def half_ulp(values):
    """Largest error of rounding these numbers to float."""
    return np.spacing(np.abs(np.asarray(values, dtype=np.float32))).astype(np.float64) / 2


def check(name, difference, bound):
    """Notes whether |difference| <= bound everywhere; a NaN on one side only is a failure."""
    difference, bound = np.broadcast_arrays(np.asarray(difference, dtype=np.float64), bound)
    within = np.abs(difference) <= bound
    if difference.size > 0 and within.all():
        print(f"ok {name}")
        return
    ratio = np.where(np.isnan(difference), np.inf, np.abs(difference) / np.maximum(bound, 1e-300))
    worst = np.unravel_index(np.argmax(ratio), ratio.shape) if ratio.size else ()
    print(f"FAILED {name}: {np.count_nonzero(~within)} of {within.size} values, at "
          f"{tuple(int(i) for i in worst)} differ by "
          f"{difference[worst] if ratio.size else math.nan:.6g}, bound "
          f"{bound[worst] if ratio.size else math.nan:.3g}")


def check_true(name, condition, detail=""):
    print(f"ok {name}" if condition else f"FAILED {name}: {detail}")


def main(commands):
    commands[sys.argv[1]](*sys.argv[2:])
