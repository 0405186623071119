#!/usr/bin/env bash
# Broken inputs: each has its exit code and one message that names what is at fault; none hangs, none
# leaves anything behind. At 1 and 3 ranks. Data that are merely odd are no errors.
# ranks: 1 3
source tests/support/command.sh
source tests/support/flow.sh
need_python bad_input

"$python" tests/commands/bad_input.py "$scratch" || { fail inputs_are_made; finish; }
airshed=$(realpath "$airshed")
cd "$scratch" || exit 1

# One message, from one rank.
expect_one_message() {
  local count
  count=$(grep -c '^airshed: error: ' "$err")
  if ((count == 1)); then
    pass
  else
    fail "$1: $count messages instead of one"
    show_run
  fi
}

expect_nothing_left() {
  local left
  left=$(find "$2" -mindepth 1)
  if [[ -z $left ]]; then
    pass
  else
    fail "$1: left behind: $left"
  fi
}

# Starting a program is mostly waiting, so some runs go on at once, each with its own out/.
at_once=4
mkdir said

# later NAME COMMAND...: runs a function in the background; what it says and counts is kept.
later() {
  local name=$1
  shift
  while (($(jobs -rp | wc -l) >= at_once)); do wait -n; done
  (
    out="$scratch/said/$name.out" err="$scratch/said/$name.err"
    passed_count=0 failed_count=0 skipped_count=0
    mkdir -p "out/$name"
    "$@" >"said/$name"
    echo "$passed_count $failed_count $skipped_count" >"said/$name.counts"
  ) &
}

# What the runs in the background came to.
gather() {
  local file p f s
  wait
  for file in said/*.counts; do
    cat "${file%.counts}"
    read -r p f s <"$file"
    passed_count=$((passed_count + p))
    failed_count=$((failed_count + f))
    skipped_count=$((skipped_count + s))
  done
}

bad_now() {
  local name=$1 ranks=$2 code=$3 pattern=$4
  shift 4
  run "$ranks" "${@//out\//out/$name/}"
  expect "$name" "$code" "$pattern"
  expect_one_message "$name"
  expect_nothing_left "$name" "out/$name"
}

# bad NAME CODE PATTERN ARGUMENT...: the run fails so at 1 and at 3 ranks.
bad() {
  local name=$1 ranks
  shift
  for ranks in 1 3; do
    later "${name}_at_${ranks}_ranks" bad_now "${name}_at_${ranks}_ranks" "$ranks" "$@"
  done
}

odd_now() {
  local name=$1
  shift
  run 3 "${@//out\//out/$name/}"
  expect "$name" 0
  expect_true "${name}_gives_a_result" test -s "out/$name/o.nc"
  expect_clean "${name}_leaves_nothing_unfinished" "out/$name"
}

# odd NAME ARGUMENT...: no error, and a result.
odd() {
  later "$1" odd_now "$@"
}

stl() { echo "stl $1 --period 7 -o out/o.nc"; }
trend="trend good.nc --by day"
met="deweather good.nc --period 7 -o out/o.nc --met"
grow="grow dem.nc -o out/o.nc --sources"
zonal="zonal good.nc -o out/z.csv --zones"
prepare="prepare --as pm25 --units ug.m-3 --cell 0.1 --bbox 116,39,116.7,39.5 -o out/o.nc"

# ---- words of the command line --------------------------------------------------------------
bad unknown_command 2 "'sttl'; did you mean 'stl'\?" sttl good.nc
bad unknown_option 2 "'--perod'; did you mean '--period'" stl good.nc --perod 7 -o out/o.nc
bad missing_input 2 "missing CUBE" stl -o out/o.nc
bad missing_output 2 "missing option --output" stl good.nc
bad second_input 2 "unexpected argument 'good4.nc'" $(stl good.nc) good4.nc
bad period_of_nothing 2 "'period': '0' is not a whole number of 2 or more" stl good.nc -o out/o.nc --period 0
bad period_with_a_fraction 2 "'7.5' is not a whole number" stl good.nc -o out/o.nc --period 7.5
bad even_window 2 "--seasonal 4: a loess window is an odd number" $(stl good.nc) --seasonal 4
bad negative_window 2 "'trend': '-5' is not a whole number of 3 or more" $(stl good.nc) --trend -5
bad memory_of_a_kilobyte 2 "'memory': '1K' is not a size" $(stl good.nc) --memory 1K
bad memory_for_no_item 2 "--memory" $(stl good.nc) --memory 64K
bad box_of_three_numbers 2 "'bbox' needs 4 items" $(stl good.nc) --bbox 116,39,117
bad box_outside 2 "--bbox 0,0,10,10 holds no cell" $(stl good.nc) --bbox 0,0,10,10
bad box_upside_down 2 "the order is west, south, east, north" $(stl good.nc) --bbox 116,40,117,39
bad from_after_to 2 "holds no step" $(stl good.nc) --from 2012-02-10 --to 2012-01-10
bad from_a_word 2 "'yesterday' is not a date" $(stl good.nc) --from yesterday
bad from_a_day_that_is_none 2 "there is no 2012-02-30" $(stl good.nc) --from 2012-02-30
bad unknown_system 2 "--crs: .*'nonsense' is not understood" $(stl good.nc) --crs nonsense
bad output_names_the_input 2 "'good.nc' is also the input" stl good.nc -o good.nc --period 7 --overwrite
bad setting_without_value 2 "'period' is not KEY=VALUE" $(stl good.nc) --set period

as_json_now() {
  run 3 "$@"
  expect "an_error_of_the_command_line_is_json" 2 \
    '^\{"time":"[^"]+","level":"error","rank":0,"text":"(command line: )?unknown (command|option) .*\}$'
  expect_true "it_is_one_line" test "$(wc -l <"$err")" -eq 1
}
later json_of_an_option as_json_now stl good.nc --perod 7 -o out/o.nc --log-format json
later json_of_a_command as_json_now sttl good.nc --log-format=json

# ---- config files ---------------------------------------------------------------------------
bad unknown_key 2 "unknown_key.yaml:1:1: unknown option 'perod'; did you mean" \
  stl good.nc -o out/o.nc --config unknown_key.yaml
bad key_of_wrong_type 2 "wrong_type.yaml:1:9: option 'period': 'weekly'" \
  stl good.nc -o out/o.nc --config wrong_type.yaml
bad list_for_a_number 2 "takes one value, not a list" stl good.nc -o out/o.nc \
  --config list_for_number.yaml
bad broken_yaml 2 "broken.yaml:2:1" stl good.nc -o out/o.nc --config broken.yaml
bad key_given_twice 2 "duplicate key 'period'" stl good.nc -o out/o.nc --config twice.yaml
bad config_not_there 2 "'nowhere.yaml': No such file" stl good.nc -o out/o.nc --config nowhere.yaml
bad stages_in_a_circle 2 "cycle.yaml:2:5: .*circle.* 'a'" run cycle.yaml
bad stages_of_one_name 2 "same_name.yaml:3:12: .*'a'" run same_name.yaml
bad output_written_twice 2 "same_output.yaml:3:5: .*'out/a.nc'" run same_output.yaml
bad stage_that_is_none 2 "no_such_stage.yaml:2:.*'@z'" run no_such_stage.yaml
bad command_that_is_none 2 "no_such_command.yaml:2:.*'trand'" run no_such_command.yaml
bad unknown_key_of_a_stage 2 "bad_stage_key.yaml:2:.*unknown option 'colour'" run bad_stage_key.yaml
bad chain_without_stages 2 "no list 'stages'" run no_stages.yaml
bad chain_without_anything 2 "no list 'stages'" run empty.yaml
bad input_of_a_stage_not_there 3 "stage 'a': 'nowhere.nc' cannot be opened" run missing_input.yaml

# ---- files ----------------------------------------------------------------------------------
bad truncated_file 3 "'cut.nc' is truncated: it has [0-9]+ bytes" $(stl cut.nc)
bad truncated_header 3 "'cut_header.nc' is truncated or damaged" $(stl cut_header.nc)
bad truncated_netcdf4 3 "'cut4.nc' is truncated" $(stl cut4.nc)
bad random_bytes 3 "'noise.nc' is no raster that can be read" $(stl noise.nc)
bad random_bytes_as_tiff 3 "'noise.tif' is no raster that can be read" $(stl noise.tif)
bad no_bytes 3 "'empty.nc' is empty" $(stl empty.nc)
bad link_to_nothing 3 "'dangling.nc' cannot be opened: it is a link" $(stl dangling.nc)
bad no_file 3 "'nowhere.nc' cannot be opened: No such file" $(stl nowhere.nc)
bad file_for_a_folder 3 "'good.nc/inside.nc' cannot be opened: Not a directory" $(stl good.nc/inside.nc)
bad pattern_without_files 3 "no file matches 'nothing\*.nc'" stl 'nothing*.nc' --period 7 -o out/o.nc
bad folder_without_rasters 3 "'no_rasters' holds no raster file" $(stl no_rasters)
bad folder_without_dates 3 "the files of 'no_dates' have no time axis" $(stl no_dates)
bad vector_for_a_raster 3 "'zone.geojson' is no raster" $(stl zone.geojson)

# ---- time -----------------------------------------------------------------------------------
bad reversed_time 3 "'reversed.nc'.* 2012-02-28 follows 2012-02-29" $(stl reversed.nc)
bad repeated_day 3 "'repeated.nc'.* 2012-01-30 repeats" $(stl repeated.nc)
bad missing_day 3 "gap.nc: 1 step is missing .*2012-01-31.*--missing-steps fill" $(stl gap.nc)
bad months_since 3 "'months.nc'.*'months since 2012-01-01'" $(stl months.nc)
bad time_without_units 3 "'no_time_units.nc'.*needs units like" $(stl no_time_units.nc)
bad unknown_unit_of_time 3 "'odd_time_units.nc'.*'fortnights' is no unit" $(stl odd_time_units.nc)
bad unknown_calendar 3 "'odd_calendar.nc'.*unknown calendar 'mayan'" $(stl odd_calendar.nc)
bad time_that_is_no_number 3 "'nan_time.nc'.*time step 7" $(stl nan_time.nc)
bad no_steps 3 "'no_steps.nc'" $(stl no_steps.nc)
bad map_for_a_series 3 "map.nc: variable 'pm25' has no time axis" $(stl map.nc)

# ---- grids and variables --------------------------------------------------------------------
bad projected_without_a_system 3 "'projected.nc'.*give its system with --crs" $(stl projected.nc)
bad jumping_latitudes 3 "'jumping_rows.nc'.*does not run in one direction" $(stl jumping_rows.nc)
bad latitude_that_is_no_number 3 "'nan_row.nc'.*not finite" $(stl nan_row.nc)
bad wrong_variable 3 "'good.nc' holds no variable 'o3'; it has pm25" $(stl good.nc) --variable o3
bad several_variables 3 "name one with --variable: pm25, pm10" $(stl two.nc)

# ---- folders of days ------------------------------------------------------------------------
bad day_of_another_grid 3 "20120105.nc' has another grid" $(stl days_grid)
bad day_of_another_date 3 "the name says 2012-01-05, the time axis 2012-01-06" $(stl days_date)
bad day_of_another_variable 3 "20120105.nc' has no variable 'pm25'" $(stl days_variable)
bad day_of_other_units 3 "20120105.nc' has 'pm25' in 'K'" $(stl days_units)
bad day_that_is_truncated 3 "20120105.nc' is truncated" $(stl days_cut)
bad day_that_is_not_there 3 "days_gap: 1 step is missing .*2012-01-05" $(stl days_gap)

# ---- weather --------------------------------------------------------------------------------
bad no_wind 3 "no variable is 10 m eastward wind.*hold: t2m, tp, sp, rh" $met met_no_wind.nc
bad wrong_unit 3 "'met_odd_units.nc', variable 't2m': cannot convert 'kg' to 'K'" $met met_odd_units.nc
bad unknown_unit 3 "unknown units 'wibble'" $met met_unknown_units.nc
bad weather_of_other_years 3 "met_later.nc: its dates, 2015-01-01 to 2015-03-01" $met met_later.nc
bad weather_of_another_region 3 "--met: the grid of 't2m' covers no cell" $met elsewhere.nc
bad name_that_no_file_has 3 "--met-variables t2m=temperature" $met met.nc \
  --met-variables t2m=temperature

# ---- polygons, sources, tables --------------------------------------------------------------
bad clip_with_points 3 "--clip: points.geojson.*POINT where polygons" $trend -o out/o.nc --clip points.geojson
bad clip_with_an_empty_polygon 3 "empty_polygon.geojson.*has no geometry" $trend -o out/o.nc \
  --clip empty_polygon.geojson
bad clip_without_features 3 "no_features.geojson: holds no features" $trend -o out/o.nc \
  --clip no_features.geojson
bad clip_outside 3 "--clip far.geojson: no cell of good.nc" $trend -o out/o.nc --clip far.geojson
bad clip_without_area 3 "flat.geojson.*no area" $trend -o out/o.nc --clip flat.geojson
bad clip_with_axes_swapped 3 "swapped.geojson.*longitude and latitude swapped" $trend -o out/o.nc \
  --clip swapped.geojson
bad clip_cut_short 3 "broken.geojson: is no vector file that can be read" $trend -o out/o.nc \
  --clip broken.geojson
bad clip_not_there 3 "nowhere.geojson: cannot be opened: No such file" $trend -o out/o.nc \
  --clip nowhere.geojson
bad source_outside 3 "far.csv: .*outside the grid of dem.nc" $grow far.csv
bad sources_without_a_column 3 "no_lon.csv: has no column 'lon'" $grow no_lon.csv
bad text_in_a_number 3 "text_lat.csv, line 2, column 'lat': 'north'" $grow text_lat.csv
bad table_without_anything 3 "empty.csv: is empty" $grow empty.csv
bad table_without_rows 3 "header.csv: holds no rows" $grow header.csv
bad row_cut_short 3 "ragged.csv, line 2: has 2 cells where the header has 3" $grow ragged.csv
bad quote_that_never_closes 3 "quote.csv, line 2: a quote is opened" $grow quote.csv
bad series_for_a_map 3 "good.nc: has 60 time steps" grow good.nc -o out/o.nc --sources sources.csv
bad zones_outside 3 "--zones far.geojson: no polygon lies on the grid" $zonal far.geojson
bad zones_without_that_column 3 "no column 'colour'" $zonal zone.geojson --zone-name colour
bad text_among_values 3 "stations_text.csv, line 3, column 'a': 'eleven'" $prepare \
  --stations stations_text.csv --coordinates places.csv
bad month_that_is_none 3 "line 3, column 'date': '2012-13-02' is not a date" $prepare \
  --stations stations_date.csv --coordinates places.csv
bad day_twice_in_a_table 3 "line 3, column 'date': '2012-01-01' stands here a second time" $prepare \
  --stations stations_twice.csv --coordinates places.csv
bad table_without_dates 3 "has no column 'date'" $prepare --stations stations_undated.csv \
  --coordinates places.csv
bad station_without_a_place 3 "station 'c' is unknown" $prepare --stations stations_unknown.csv \
  --coordinates places.csv
bad places_swapped 3 "'lat': 116.1 is not in degrees" $prepare --stations stations.csv \
  --coordinates places_swapped.csv
bad units_that_do_not_fit 3 "cannot convert 'ug m-3' to 'K'" prepare good.nc --units K -o out/o.nc

# ---- statistics -----------------------------------------------------------------------------
bad moran_of_a_truncated_file 3 "'cut.nc' is truncated" moran cut.nc -o out/m.csv --local out/m.nc
bad moran_of_a_missing_day 3 "gap.nc: 1 step is missing" moran gap.nc -o out/m.csv
bad moran_of_a_broken_layer 3 "broken.geojson: is no vector file" moran broken.geojson --column x -o out/m.csv
bad compare_with_random_bytes_for_a_mask 3 "'noise.nc' is no raster" compare good.nc --mask-a noise.nc \
  -o out/c.csv
bad compare_with_a_mask_elsewhere 3 "does not lie on the grid" compare good.nc --mask-a elsewhere.nc \
  --mask-variable t2m -o out/c.csv --from 2012-01-01 --to 2012-01-01
bad correlate_with_random_bytes 3 "'noise.nc' is no raster" correlate good.nc --with noise.nc -o out/o.nc
bad correlate_with_later_dates 3 "met_later.nc: has other dates" correlate good.nc --with met_later.nc \
  --with-variable t2m -o out/o.nc
bad correlate_of_a_ragged_table 3 "ragged.csv, line 2" correlate ragged.csv --with header.csv -o out/t.csv
bad trend_of_seasons_by_year 2 "a year has no seasons" trend good.nc --variant seasonal -o out/o.nc

# ---- the synthetic region -------------------------------------------------------------------
small="synth --rows 8 --cols 8 --days 400"
bad region_without_rows 2 "'rows': '0' is not a whole number from 1" synth --rows 0 -o out/region
bad more_gaps_than_days 2 "'gap-fraction': '2' is not a number" synth --gap-fraction 2 -o out/region
bad region_in_a_file 4 "good.nc is a file: name a folder" $small -o good.nc
bad region_where_nobody_writes 4 "/proc/region: cannot be made" $small -o /proc/region

# ---- outputs --------------------------------------------------------------------------------
bad output_where_nobody_writes 4 "/proc/o.nc.*check that the output folder exists" $trend -o /proc/o.nc
bad output_folder_not_there 4 "nowhere/o.nc.*check that the output folder exists" $trend -o nowhere/o.nc
bad output_folder_is_a_file 4 "good.nc/o.nc.*Not a directory" $trend -o good.nc/o.nc
bad output_is_a_folder 4 "no_rasters is a folder" $trend -o no_rasters --overwrite
bad output_is_a_device 4 "/dev/full is a device" $trend -o /dev/full --overwrite
cp good.nc existing.nc
bad existing_output 4 "existing.nc exists.*--overwrite" $trend -o existing.nc

# ---- info -----------------------------------------------------------------------------------
bad info_of_random_bytes 3 "'noise.nc' is no raster" info noise.nc
bad info_of_a_truncated_file 3 "'cut.nc' is truncated" info cut.nc
bad info_of_a_broken_vector 3 "'broken.geojson' is no vector file" info broken.geojson
bad info_of_an_empty_table 3 "empty.csv: is empty" info empty.csv
bad info_of_a_gap_with_strict 3 "'gap.nc': 2 suspicious things" info gap.nc --strict

# ---- merely odd -----------------------------------------------------------------------------
odd gaps_and_flat_series_are_no_error $(stl nan.nc)
odd infinite_values_are_no_error $(stl infinite.nc)
odd nothing_but_gaps_is_no_error $(stl all_missing.nc)
odd one_step_is_no_error $(stl one_step.nc)
odd units_that_nobody_converts_are_no_error $(stl unknown_units.nc)
odd no_units_are_no_error $(stl no_units.nc)
odd a_missing_day_can_be_filled $(stl gap.nc) --missing-steps fill
odd a_clip_that_fits_is_no_error $trend -o out/o.nc --clip zone.geojson
odd good_weather_is_no_error $met met.nc

gather
expect_same_bytes an_existing_output_is_untouched good.nc existing.nc
finish
