# airshed -- GPL-3.0-or-later. Points and checks for tests/commands/explain.sh: the numbers of the cell
# against those that netCDF4 reads from the maps.
import csv
import json
import sys

import netCDF4
import numpy as np


def open_cell(path, part):
    return netCDF4.Dataset(path), part["cell"]["row"], part["cell"]["col"]


def points(run):
    """LAT,LON off the centres of a cell inside the areas and of one outside."""
    with netCDF4.Dataset(f"{run}/area.nc") as file:
        area, lat, lon = file["area"][:], file["lat"][:], file["lon"][:]
    said = []
    for wanted in (1, 0):
        row, col = np.argwhere(area == wanted)[0]
        said.append(f"{lat[row] + 0.003:.4f},{lon[col] - 0.004:.4f}")
    print(*said)


def same(value, stored):
    if value is None or value == "":
        return bool(np.ma.is_masked(stored))
    return not np.ma.is_masked(stored) and np.float32(float(value)) == np.float32(stored)


def tell(name, problems):
    print(f"FAILED {name}: {problems[:3]}" if problems else f"ok {name}")


def layers_of(file, name):
    """Variables with layers are [layer, lat, lon]; the flag meanings of their axis are the labels."""
    return {label: layer for layer, label in
            enumerate(file[file[name].dimensions[0]].flag_meanings.split())}


def check_numbers(run, part):
    file, row, col = open_cell(f"{run}/{part['product']}", part)
    problems, count = [], 0
    for fact in part["numbers"]:
        if fact["verdict"] == "no map":
            continue
        name, _, label = fact["name"].partition("[")
        variable = file[name]
        if variable.ndim == 2:
            stored = variable[row, col]
        elif label:
            stored = variable[layers_of(file, name)[label[:-1]], row, col]
        else:
            stored = variable[0, row, col]
        count += 1
        if not same(fact["value"], stored):
            problems.append((fact["name"], fact["value"], stored))
    tell(f"the_numbers_of_{part['product']}_are_the_maps", problems)
    return count


def check_series(run, part, columns):
    file, row, col = open_cell(f"{run}/{part['product']}", part)
    for fact in part["series"]:
        if fact["verdict"] == "no map":
            continue
        stored = file[fact["name"]][:, row, col]
        series = columns[fact["column"]]
        problems = [step for step in range(len(stored)) if not same(series[step], stored[step])]
        tell(f"the_series_{fact['name']}_of_{part['product']}_is_the_maps", problems)


def numbers(run, stem):
    with open(f"{stem}.json", encoding="utf-8") as text:
        result = json.load(text)
    with open(f"{stem}_series.csv", encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    count = 0
    for part in result["parts"]:
        count += check_numbers(run, part)
        check_series(run, part, columns)
    tell("hundreds_of_numbers_were_compared", [] if count > 150 else [count])
    equal = {fact["verdict"] for part in result["parts"] for fact in part["numbers"] + part["series"]}
    tell("no_number_differs", [] if equal == {"equal", "read", "no map"} else [equal])
    commands = [part["command"] for part in result["parts"]]
    wanted = ["prepare", "grow", "stl", "deweather", "background", "attribute", "trend", "moran"]
    tell("every_stage_is_there", [] if commands == wanted else commands)
    check_nearest(result)


def check_nearest(result):
    """The point lies in the cell whose centre is nearest."""
    problems = []
    for part in result["parts"]:
        cell = part["cell"]
        if abs(cell["lat"] - result["latitude"]) > 0.005 or abs(cell["lon"] - result["longitude"]) > 0.005:
            problems.append(cell)
    tell("the_nearest_cell_is_taken", problems)


def empty(run):
    """Takes all values of a cell inside the areas and of one outside, and nearly all of a third.
    LAT,LON of their centres, and of a cell beside the first."""
    said = []
    with netCDF4.Dataset(f"{run}/area.nc") as file:
        area = file["area"][:]
    with netCDF4.Dataset(f"{run}/region/pm25.nc", "r+") as file:
        for wanted, last in ((1, None), (0, None), (0, 380)):
            row, col = np.argwhere(area == wanted)[0 if last is None else -1]
            file["pm25"][:last, row, col] = np.ma.masked
            said.append(f"{file['lat'][row]:.4f},{file['lon'][col]:.4f}")
        row, col = np.argwhere(area == 1)[1]
        said.append(f"{file['lat'][row]:.4f},{file['lon'][col]:.4f}")
    print(*said)


def change(run):
    """One bit of the last digit of r2, everywhere."""
    path = f"{run}/deweathered.nc"
    with netCDF4.Dataset(path, "r+") as file:
        file["r2"][:] = np.nextafter(file["r2"][:].filled(0), np.float32(2))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
