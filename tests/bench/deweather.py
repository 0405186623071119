# airshed -- GPL-3.0-or-later. `deweather` as one would write it in Python: xarray, dask, statsmodels.
#
#   deweather.py POLLUTION WEATHER OUTPUT JUMPS    JUMPS: r (a tenth of the window) or every (1)
#
# Weather on another grid is interpolated. Prints CPU milliseconds a cell from after the imports on,
# and the versions; ends with 77 and the name of what to install where a tool is missing.
import sys
import time
from importlib.metadata import version

try:
    import dask
    import numpy as np
    import xarray
    from statsmodels.tsa.seasonal import STL
except ImportError as missing:
    print(f"python3-{missing.name}")
    sys.exit(77)

FIELDS = ["t2m", "tp", "sp", "u10", "v10", "rh"]
JUMPS = {"r": {"trend_jump": 70, "low_pass_jump": 37}, "every": {}}


def baseline(series, settings):
    parts = STL(series, period=365, seasonal_deg=0, low_pass=367, **settings).fit(inner_iter=2, outer_iter=0)
    return parts.trend + parts.seasonal


def deweather(pollution, *weather, settings):
    y = baseline(pollution.astype(np.float64), settings)
    x = np.column_stack([baseline(field.astype(np.float64), settings) for field in weather])
    design = np.column_stack([np.ones(y.size), x])
    coefficients, squares = np.linalg.lstsq(design, y, rcond=None)[:2]
    left = y - (x - x.mean(axis=0)) @ coefficients[1:]
    r2 = 1 - squares[0] / ((y - y.mean()) ** 2).sum()
    return y.astype(np.float32), left.astype(np.float32), coefficients, r2


def main(pollution_path, weather_path, output, jumps):
    start = time.process_time()
    chunks = {"lat": 4, "lon": 4}
    pollution = xarray.open_dataset(pollution_path, chunks=chunks).pm25
    weather = xarray.open_dataset(weather_path, chunks={})
    if not (weather.lat.size == pollution.lat.size and np.all(weather.lat == pollution.lat)):
        weather = weather.interp(lat=pollution.lat, lon=pollution.lon)
    fields = [weather[name].chunk(chunks) for name in FIELDS]
    parts = xarray.apply_ufunc(
        deweather, pollution, *fields, kwargs={"settings": JUMPS[jumps]}, vectorize=True,
        dask="parallelized", input_core_dims=[["time"]] * 7,
        output_core_dims=[["time"], ["time"], ["term"], []],
        dask_gufunc_kwargs={"output_sizes": {"term": 7}},
        output_dtypes=[np.float32, np.float32, np.float64, np.float64])
    names = ("baseline", "deweathered", "coef", "r2")
    out = xarray.Dataset(dict(zip(names, parts))).transpose("time", "term", "lat", "lon")
    with dask.config.set(scheduler="synchronous"):
        out.to_netcdf(output, format="NETCDF3_64BIT")
    cells = pollution.lat.size * pollution.lon.size
    tools = " ".join(f"{tool} {version(tool)}" for tool in ("xarray", "dask", "statsmodels"))
    print(f"{1e3 * (time.process_time() - start) / cells:.6g} {tools}")


main(*sys.argv[1:])
