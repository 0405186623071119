#!/usr/bin/env bash
# prepare: rasters and station tables to one cube (P2.02-P2.09), the same bytes however it is run,
# against numpy's solution of the kriging system. ranks: 1 2 3 4 7
source tests/support/command.sh

# A Python of one's own may lack what Debian's has.
python=""
for candidate in python3 /usr/bin/python3; do
  "$candidate" -c 'import netCDF4, numpy' 2>/dev/null && python=$candidate && break
done
if [[ -z $python ]]; then
  skip prepare "python3-netcdf4 is missing"
  finish
fi

# ---- inputs ------------------------------------------------------------------------------------

"$python" - "$scratch" <<'PYTHON'
import csv, os, sys
import numpy as np
from netCDF4 import Dataset

folder = sys.argv[1]
random = np.random.default_rng(5)


def cube(path, name, units, values, lat, lon, first=0, **attributes):
    with Dataset(path, "w") as file:
        for axis, length in (("time", len(values)), ("lat", len(lat)), ("lon", len(lon))):
            file.createDimension(axis, length)
        time = file.createVariable("time", "f8", ("time",))
        time.units, time.calendar = "days since 2015-01-01", "standard"
        time[:] = first + np.arange(len(values))
        for axis, centres, of in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            variable = file.createVariable(axis, "f8", (axis,))
            variable.units = of
            variable[:] = centres
        variable = file.createVariable(name, "f4", ("time", "lat", "lon"), fill_value=-999.0, zlib=True)
        variable.units = units
        for key, value in attributes.items():
            variable.setncattr(key, value)
        variable[:] = np.ma.masked_invalid(values)


# A 7 x 5 grid of 0.5 degrees, north first, 30 days, with gaps, one empty day, a day with 3 cells
# and one high outlier.
lat, lon, days = 41.75 - 0.5 * np.arange(5), 113.25 + 0.5 * np.arange(7), 30
x, y = np.meshgrid(lon - 113, lat - 40)
field = np.stack([50 + 9 * np.sin(x * 1.3 + d) + 7 * np.cos(y * 2 + 0.3 * d) for d in range(days)])
truth = field.copy()
field[random.random(field.shape) < 0.2] = np.nan
field[3] = np.nan
field[4] = np.nan
field[4, 1, 1:4] = truth[4, 1, 1:4]
field[9, 2, 2] = 5000.0
cube(f"{folder}/gaps.nc", "pm25", "ug m-3", field, lat, lon)
cube(f"{folder}/zeros.nc", "pm25", "ug m-3", np.where(np.isnan(field), 0, field), lat, lon)
os.mkdir(f"{folder}/daily")
for day in range(days):
    cube(f"{folder}/daily/pm25_{20150101 + day}.nc", "pm25", "ug m-3", field[day:day + 1], lat, lon, day)
plane = np.stack([2 * (x + 113) - 3 * (y + 40) + d for d in range(days)])
cube(f"{folder}/plane.nc", "level", "m", plane, lat, lon)
cube(f"{folder}/constant.nc", "pm25", "ug m-3", np.where(np.isnan(field), np.nan, 12.3), lat, lon)
cube(f"{folder}/t2m.nc", "t2m", "K", np.full(field.shape, 293.15), lat, lon)
cube(f"{folder}/d2m.nc", "d2m", "K", np.full(field.shape, 283.15), lat, lon)
cube(f"{folder}/d2m_later.nc", "d2m", "K", np.full(field.shape, 283.15), lat, lon, 1)
cube(f"{folder}/far.nc", "pm25", "ug m-3", field, lat - 60, lon)

# Eleven stations, four outside the grid of the tests (114-116 E, 39-41 N), one at a cell centre; a
# day without any value, a day with one, and an outlier.
places = [("a", 114.25, 39.25), ("b", 115.61, 40.83), ("c", 114.92, 39.71), ("d", 115.37, 39.44),
          ("e", 114.07, 40.52), ("f", 115.83, 40.11), ("g", 114.66, 40.28), ("out1", 116.5, 40.0),
          ("out2", 113.2, 39.9), ("out3", 115.0, 41.6), ("out4", 114.4, 38.3)]
values = np.array([[60 + 20 * np.sin(lon * 1.1 + d) + 15 * np.cos(lat * 1.7 - 0.4 * d) for _, lon, lat in places]
                   for d in range(20)]).round(2)
values[5] = np.nan
values[6, 1:] = np.nan
values[11, 4] = 4321.0
date = lambda day: f"2015-01-{day + 1:02d}"
text = lambda value: "" if np.isnan(value) else repr(float(value))
with open(f"{folder}/places.csv", "w") as file:
    file.write("code,lon,lat\n" + "".join(f"{p[0]},{p[1]},{p[2]}\n" for p in places))
with open(f"{folder}/wide.csv", "w") as file:
    file.write("date," + ",".join(p[0] for p in places) + "\n")
    for day in range(20):
        file.write(date(day) + "," + ",".join(text(v) for v in values[day]) + "\n")
with open(f"{folder}/zeros.csv", "w") as file:
    file.write("date," + ",".join(p[0] for p in places) + "\n")
    for day in range(20):
        file.write(date(day) + "," + ",".join(text(v) or "0.0" for v in values[day]) + "\n")
with open(f"{folder}/long.csv", "w") as file:
    file.write("date,station,pm,hours,temp,dewp\n")
    for site, place in enumerate(places):
        for day in range(20):
            hours = 5 if (site, day) == (2, 8) else 24
            file.write(f"{date(day)},{place[0]},{text(values[day][site])},{hours},20,10\n")
with open(f"{folder}/gap.csv", "w") as file:
    for number, line in enumerate(open(f"{folder}/wide.csv")):
        if number != 10:
            file.write(line)
with open(f"{folder}/clip.geojson", "w") as file:
    file.write('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
               '{"type":"Polygon","coordinates":[[[114.5,39.5],[115.5,39.5],[115.5,40.5],[114.5,40.5],[114.5,39.5]]]}}]}')
PYTHON

box=(--cell 0.5 --bbox 114,39,116,41)
wide=(--stations "$scratch/wide.csv" --coordinates "$scratch/places.csv" --as pm25 --units 'ug m-3')
check() { # NAME, python over files opened with get(file, variable) and np
  expect_true "$1" "$python" -c '
import sys
import numpy as np
from netCDF4 import Dataset
folder = sys.argv[1]
def get(file, variable):
    with Dataset(f"{folder}/{file}") as data:
        return np.ma.filled(data[variable][:].astype(float), np.nan)
meanings = lambda file, variable: Dataset(f"{folder}/{file}")[variable].flag_meanings.split()
'"$2" "$scratch"
}

# ---- stations ----------------------------------------------------------------------------------

run 0 prepare "${wide[@]}" "${box[@]}" -o "$scratch/stations.nc" --scores "$scratch/scores.csv" --no-history
expect stations_become_a_cube 0
expect_clean stations_leave_nothing_behind "$scratch"
check a_day_without_any_value_is_missing_with_its_reason '
pm, flag, words = get("stations.nc", "pm25"), get("stations.nc", "pm25_flag"), meanings("stations.nc", "pm25_flag")
assert np.isnan(pm[5]).all() and (flag[5] == words.index("all_missing")).all()
assert np.isnan(pm).sum() == 16'
check one_observation_is_everywhere '
pm = get("stations.nc", "pm25")
assert np.allclose(pm[6], np.float32(pm[6][0, 0])) and pm[6].std() == 0'
check a_cell_with_its_centre_at_a_station_has_its_value_and_no_variance '
import csv
pm, variance, flag = (get("stations.nc", "pm25" + s) for s in ("", "_variance", "_flag"))
for day, row in enumerate(csv.DictReader(open(folder + "/wide.csv"))):
    if row["a"]:
        assert pm[day, 0, 0] == np.float32(row["a"]) and variance[day, 0, 0] == 0 and flag[day, 0, 0] == 0'
check cells_of_stations_are_ok_and_others_filled '
flag, words = get("stations.nc", "pm25_flag"), meanings("stations.nc", "pm25_flag")
ok = {(0, 0), (3, 3), (1, 1), (0, 2), (3, 0), (2, 3), (2, 1)}
for row in range(4):
    for col in range(4):
        assert flag[0, row, col] == (0 if (row, col) in ok else words.index("filled")), (row, col)'

# The kriging system of one day solved by numpy. The model is what the header names for the pooled
# variogram (four digits), at the scale of the day; the tolerance is the effect of those digits:
# weights depend on ratios of the model, each known to 5e-4, and move values of a spread of 35 by
# less than 35 * 5e-4 * 11 sites.
check a_day_is_the_solution_of_the_kriging_system '
import csv, re
comment = Dataset(folder + "/stations.nc").comment
nugget, sill, reach = (float(re.search(what + r" ([0-9.e+-]+)", comment).group(1)) for what in ("nugget", "partial sill", "range"))
places = [(float(r["lon"]), float(r["lat"])) for r in csv.DictReader(open(folder + "/places.csv"))]
rows = list(csv.reader(open(folder + "/wide.csv")))[1:]
day = 2
value = np.array([float(v) for v in rows[day][1:]])
def earth(lon, lat):
    lon, lat = np.radians(lon), np.radians(lat)
    a, f = 6378137.0, 1 / 298.257223563
    e2 = f * (2 - f)
    n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    return np.array([n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - e2) * np.sin(lat)])
def distance(p, q):
    chord = np.linalg.norm(p - q)
    return 2 * 6371008.8 * np.arcsin(chord / 2 / 6371008.8) / 1000
scale = value.var(ddof=1)
gamma = lambda h: 0.0 if h == 0 else scale * (nugget + sill * (1 - np.exp(-h / reach)))
sites = [earth(*p) for p in places]
radius = 3 * reach
pm, variance = get("stations.nc", "pm25"), get("stations.nc", "pm25_variance")
worst = 0
for row in range(4):
    for col in range(4):
        target = earth(114.25 + 0.5 * col, 39.25 + 0.5 * row)
        near = [i for i in range(11) if distance(sites[i], target) <= radius]
        assert len(near) == 11
        n = len(near)
        system = np.ones((n + 1, n + 1))
        system[n, n] = 0
        for i in range(n):
            for j in range(n):
                system[i, j] = gamma(distance(sites[near[i]], sites[near[j]]))
        right = np.array([gamma(distance(sites[i], target)) for i in near] + [1.0])
        weights = np.linalg.solve(system, right)
        worst = max(worst, abs(weights[:n] @ value[near] - pm[day, row, col]))
        assert abs(weights @ right - variance[day, row, col]) < 0.01 * scale
assert worst < 35 * 5e-4 * 11, worst'

for ranks in 2 3 4 7; do
  run $ranks prepare "${wide[@]}" "${box[@]}" -o "$scratch/stations_$ranks.nc" --scores "$scratch/scores_$ranks.csv" --no-history
  expect_same_bytes "stations_give_the_same_bytes_on_$ranks" "$scratch/stations.nc" "$scratch/stations_$ranks.nc"
  expect_same_bytes "scores_give_the_same_bytes_on_$ranks" "$scratch/scores.csv" "$scratch/scores_$ranks.csv"
done
run 0 prepare "${wide[@]}" "${box[@]}" -o "$scratch/stations_small.nc" --memory 3M --no-history
expect stations_fit_a_small_budget 0
expect_same_bytes stations_give_the_same_bytes_at_another_budget "$scratch/stations.nc" "$scratch/stations_small.nc"

check scores_are_those_of_predictions_without_the_station '
import csv
scores = {r["station"]: r for r in csv.DictReader(open(folder + "/scores.csv"))}
assert len(scores) == 11 and all(float(r["rmse"]) > 0 and abs(float(r["r"])) <= 1 for r in scores.values())
assert int(scores["a"]["days"]) == 18 and int(scores["e"]["days"]) == 17'

long=(--stations "$scratch/long.csv" --coordinates "$scratch/places.csv" --value pm --units 'ug m-3' --as pm25)
run 2 prepare "${long[@]}" "${box[@]}" -o "$scratch/long.nc" --no-history
expect a_long_table_is_read 0
expect_same_bytes a_long_table_gives_what_the_wide_one_gives "$scratch/stations.nc" "$scratch/long.nc"
run 0 prepare "${long[@]}" "${box[@]}" -o "$scratch/where.nc" --where 'hours>=18' --no-history
expect rows_that_fail_the_filter_are_left_out 0 '1 value\(s\) fail --where'
check the_filter_takes_one_day_of_one_station '
a, b = get("long.nc", "pm25_flag"), get("where.nc", "pm25_flag")
assert ((a != b).sum(axis=(1, 2)).nonzero()[0] == [8]).all() and (a != b).sum() == 1'
run 0 prepare --stations "$scratch/long.csv" --coordinates "$scratch/places.csv" --value temp --dew-point-column dewp "${box[@]}" -o "$scratch/rh.nc" --no-history
expect humidity_comes_from_two_columns 0
# 52.541325581065877: P2.04's formula by R for 20 and 10 degC; one rounding to float.
check humidity_is_magnus_formula '
rh = get("rh.nc", "rh")
assert np.abs(rh / 52.541325581065877 - 1).max() < 2 ** -23
assert Dataset(folder + "/rh.nc")["rh"].units == "%" and Dataset(folder + "/rh.nc")["rh"].standard_name == "relative_humidity"'
run 0 prepare "${wide[@]}" "${box[@]}" --clip "$scratch/clip.geojson" -o "$scratch/clip.nc" --no-history --utc-offset 8
expect a_clip_is_applied 0
check cells_outside_the_clip_are_missing_and_others_unchanged '
a, b = get("stations.nc", "pm25"), get("clip.nc", "pm25")
flag, words = get("clip.nc", "pm25_flag"), meanings("clip.nc", "pm25_flag")
outside = np.ones((4, 4), bool)
outside[1:3, 1:3] = False
assert np.isnan(b[:, outside]).all() and (flag[:, outside] == words.index("outside_mask")).all()
assert np.array_equal(a[:, 1:3, 1:3], b[:, 1:3, 1:3], equal_nan=True)
assert Dataset(folder + "/clip.nc").utc_offset_of_days == "+8 h"'
run 0 prepare --stations "$scratch/zeros.csv" "${wide[@]:2}" "${box[@]}" -o "$scratch/no_zeros.nc" --zeros missing --no-history
expect zeros_of_a_table_can_stand_for_gaps 0
expect_same_bytes zeros_of_a_table_are_as_empty_cells "$scratch/stations.nc" "$scratch/no_zeros.nc"
run 0 prepare "${wide[@]}" "${box[@]}" --method idw --outliers none -o "$scratch/idw.nc"
expect inverse_distance_is_there 0
run 0 prepare --stations "$scratch/gap.csv" "${wide[@]:2}" "${box[@]}" -o "$scratch/filled.nc" --missing-steps fill
expect a_missing_day_is_inserted_when_asked 0 '1 missing day\(s\) inserted.*2015-01-10'

# ---- rasters -----------------------------------------------------------------------------------

run 0 prepare "$scratch/gaps.nc" -o "$scratch/fields.nc" --no-history
expect gaps_of_a_raster_are_filled 0 'values \(0\.[0-9]+ %\) taken out as outliers'
expect_clean rasters_leave_nothing_behind "$scratch"
expect_false scratch_is_removed compgen -G "$scratch/*scratch*"
run 0 prepare "$scratch/zeros.nc" -o "$scratch/no_zero_fields.nc" --zeros missing --no-history
expect zeros_of_rasters_can_stand_for_gaps 0
expect_same_bytes zeros_of_rasters_are_as_missing_values "$scratch/fields.nc" "$scratch/no_zero_fields.nc"
check observed_cells_keep_their_values_and_gaps_are_filled '
pm, flag, variance = (get("fields.nc", "pm25" + s) for s in ("", "_flag", "_variance"))
words, raw = meanings("fields.nc", "pm25_flag"), get("gaps.nc", "pm25")[:, ::-1]
observed = ~np.isnan(raw)
observed[9, 2, 2] = False
assert np.array_equal(pm[observed], raw[observed]) and (variance[observed] == 0).all() and (flag[observed] == 0).all()
assert flag[9, 2, 2] == words.index("outlier") and pm[9, 2, 2] < 100 and variance[9, 2, 2] > 0
assert get("fields.nc", "pm25_outliers")[2, 2] == 1
gap = np.isnan(raw)
assert (flag[3] == words.index("all_missing")).all() and np.isnan(pm[3]).all()
gap[3] = False
assert (flag[gap] == words.index("filled")).all() and (variance[gap] > 0).all() and not np.isnan(pm[gap]).any()'
for ranks in 2 3 4 7; do
  run $ranks prepare "$scratch/gaps.nc" -o "$scratch/fields_$ranks.nc" --no-history
  expect_same_bytes "rasters_give_the_same_bytes_on_$ranks" "$scratch/fields.nc" "$scratch/fields_$ranks.nc"
done
run 3 prepare "$scratch/gaps.nc" -o "$scratch/fields_small.nc" --memory 10M --no-history
expect rasters_fit_a_small_budget 0
expect_same_bytes rasters_give_the_same_bytes_at_another_budget "$scratch/fields.nc" "$scratch/fields_small.nc"
run 2 prepare "$scratch/daily" -o "$scratch/fields_daily.nc" --no-history
expect daily_files_are_read 0
expect_same_bytes daily_files_give_what_one_file_gives "$scratch/fields.nc" "$scratch/fields_daily.nc"

# Kills in every phase and pass: item 0 belongs to each of the passes, item 7 to the slabs.
for fault in read:0 compute:7 write:0 write:7 journal:2 commit:0 commit:1; do
  AIRSHED_FAULT=$fault run 2 prepare "$scratch/gaps.nc" -o "$scratch/killed.nc" --no-history
  expect_false "a_fault_at_${fault}_kills" test "$exit_code" -eq 0
  for again in 1 2 3 4; do
    AIRSHED_FAULT='' run 3 prepare "$scratch/gaps.nc" -o "$scratch/killed.nc" --no-history --resume
    ((exit_code == 0)) && break
  done
  expect "a_run_killed_at_${fault}_resumes" 0
  expect_same_bytes "a_run_killed_at_${fault}_gives_the_same_bytes" "$scratch/fields.nc" "$scratch/killed.nc"
  expect_false "scratch_of_a_run_killed_at_${fault}_is_removed" compgen -G "$scratch/killed*scratch*"
  rm -f "$scratch"/killed*
done

run 0 prepare "$scratch/constant.nc" -o "$scratch/flat.nc" --no-history --cell 0.13 --bbox 113.5,39.9,116,41.8
expect a_constant_raster_is_prepared 0
check a_constant_field_stays_constant '
pm = get("flat.nc", "pm25")
assert set(np.unique(pm[~np.isnan(pm)])) == {np.float64(np.float32(12.3))} and not np.isnan(pm[0]).any()'
run 2 prepare "$scratch/plane.nc" -o "$scratch/fine.nc" --cell 0.1 --bbox 113.3,39.8,116.2,41.7 --units cm --as height --no-history
expect a_coarse_raster_becomes_a_fine_one 0
# A float of 2e4 cm has a spacing of 2e-3; input and output are rounded once each.
check resampling_is_exact_for_a_plane_and_units_are_converted '
height = get("fine.nc", "height")
lat, lon = get("fine.nc", "lat"), get("fine.nc", "lon")
expected = np.stack([100 * (2 * lon[None, :] - 3 * lat[:, None] + day) for day in range(30)])
assert np.abs(height - expected).max() < 4e-3 + 1e-7 * 2e4
assert Dataset(folder + "/fine.nc")["height"].units == "cm"'
run 0 prepare "$scratch/t2m.nc" --dew-point "$scratch/d2m.nc" --grid "$scratch/fine.nc" --resample nearest --method none -o "$scratch/humid.nc"
expect humidity_comes_from_two_rasters 0
# Temperatures are floats of kelvin: 1.5e-5 degC each, and 4 % a degree.
check humidity_of_rasters_is_magnus_formula '
rh = get("humid.nc", "rh")
assert np.abs(rh - 52.541325581065877).max() < 52.6 * 0.07 * 3.1e-5 and "rh_variance" not in Dataset(folder + "/humid.nc").variables'
run 0 prepare "$scratch/gaps.nc" --method none --outliers none -o "$scratch/raw.nc"
expect gaps_may_stay 0
check gaps_that_stay_say_so '
pm, flag, words = get("raw.nc", "pm25"), get("raw.nc", "pm25_flag"), meanings("raw.nc", "pm25_flag")
raw = get("gaps.nc", "pm25")[:, ::-1]
assert np.array_equal(pm, raw, equal_nan=True)
gap = np.isnan(raw)
gap[3] = False
assert (flag[gap] == words.index("missing")).all() and (flag[3] == words.index("all_missing")).all()'
run 0 prepare "$scratch/gaps.nc" -o "$scratch/dry.nc" --dry-run
expect a_dry_run_tells_the_plan_of_every_pass 0 'plan of prepare'
expect_false a_dry_run_writes_nothing compgen -G "$scratch/dry.nc*"

# ---- bad input ---------------------------------------------------------------------------------

for ranks in 0 3; do
  refuse() { # NAME CODE PATTERN ARGUMENT...
    run $ranks prepare "${@:4}" -o "$scratch/refused.nc"
    expect "$1_on_$ranks" "$2" "$3"
    expect_false "$1_writes_nothing_on_$ranks" test -e "$scratch/refused.nc"
  }
  refuse no_input_is_refused 2 'either rasters or --stations'
  refuse two_inputs_are_refused 2 'either rasters or --stations' "$scratch/gaps.nc" "${wide[@]}" "${box[@]}"
  refuse stations_without_a_grid_are_refused 2 'needs a grid' "${wide[@]}"
  refuse a_cell_without_a_box_is_refused 2 '--cell needs --bbox' "${wide[@]}" --cell 0.5
  refuse a_table_without_units_is_refused 2 '--units' --stations "$scratch/wide.csv" --coordinates "$scratch/places.csv" --as pm "${box[@]}"
  refuse a_wide_table_without_a_name_is_refused 2 'needs --as' --stations "$scratch/wide.csv" --coordinates "$scratch/places.csv" --units 1 "${box[@]}"
  refuse a_bad_name_is_refused 2 '--as 2 b' "$scratch/gaps.nc" --as '2 b'
  refuse unknown_units_are_refused 3 'gaps.nc.*furlongs' "$scratch/gaps.nc" --units furlongs
  refuse a_table_column_for_rasters_is_refused 2 '--value belongs to --stations' "$scratch/gaps.nc" --value x
  refuse swapped_bounds_are_refused 2 '--at-least 5 is above --at-most 1' "$scratch/gaps.nc" --at-least 5 --at-most 1
  refuse a_missing_day_is_refused 3 'gap.csv.*2015-01-10.*--missing-steps fill' --stations "$scratch/gap.csv" "${wide[@]:2}" "${box[@]}"
  refuse a_missing_column_is_refused 3 "long.csv.*'ozone'" --stations "$scratch/long.csv" --coordinates "$scratch/places.csv" --value ozone --units 1 "${box[@]}"
  refuse a_grid_elsewhere_is_refused 3 'far.nc.*do not overlap' "$scratch/far.nc" --grid "$scratch/fine.nc"
  refuse other_days_of_the_dew_point_are_refused 3 'd2m_later.nc' "$scratch/t2m.nc" --dew-point "$scratch/d2m_later.nc"
  refuse a_grid_and_a_cell_are_refused 2 '--grid and --cell' "$scratch/gaps.nc" --grid "$scratch/fine.nc" "${box[@]}"
  refuse an_unreadable_grid_is_refused 3 'nowhere.nc' "$scratch/gaps.nc" --grid "$scratch/nowhere.nc"
  refuse a_clip_that_holds_nothing_is_refused 3 'clip.geojson.*no cell' "$scratch/gaps.nc" --clip "$scratch/clip.geojson" --bbox 113,40.6,114,42
  refuse too_little_memory_is_refused 2 '--memory' "$scratch/gaps.nc" --memory 1M
  refuse a_text_in_a_number_is_refused 3 'places.csv' --stations "$scratch/places.csv" --coordinates "$scratch/places.csv" --as x --units 1 "${box[@]}"
done
run 0 prepare "$scratch/gaps.nc" -o "$scratch/fields.nc"
expect an_existing_output_is_refused 4 '--overwrite'

finish
