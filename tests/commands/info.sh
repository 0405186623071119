#!/usr/bin/env bash
# `info`: what it tells is true, what is odd is found, and the text is the same at any rank count.
# ranks: 1 2 3 4
source tests/support/command.sh
source tests/support/flow.sh
need_python info

"$python" tests/commands/bad_input.py "$scratch" || { fail inputs_are_made; finish; }
"$python" tests/commands/info.py make "$scratch" || { fail odd_inputs_are_made; finish; }

# same_text NAME ARGUMENT...: one text at 1, 2, 3 and 4 ranks.
same_text() {
  local name=$1 ranks
  shift
  for ranks in 1 2 3 4; do
    run "$ranks" info "$@"
    cp "$out" "$scratch/text.$ranks"
    ((ranks == 1)) || expect_same_bytes "${name}_at_${ranks}_ranks_as_at_1" "$scratch/text.1" \
      "$scratch/text.$ranks"
  done
  expect_true "${name}_says_something" test -s "$scratch/text.1"
}

# finds NAME PATTERN ARGUMENT...: the report has such a line, and the exit code is 0.
finds() {
  local name=$1 pattern=$2
  shift 2
  run 0 info "$@"
  expect "$name" 0 "$pattern"
}

same_text a_sample "$scratch/wide.nc"
same_text all_values "$scratch/wide.nc" --full
same_text a_json_report "$scratch/wide.nc" --full --json -
same_text a_compressed_cube "$scratch/good4.nc" --full
same_text a_folder_of_days "$scratch/days_date" --full
same_text a_table "$scratch/places.csv"

# Numbers against NumPy: extremes to the digits printed, the mean to 1e-9 of the sum's rounding.
run 3 info "$scratch/wide.nc" --full --json -
cp "$out" "$scratch/wide.json"
checks "$python" tests/commands/info.py check "$scratch"

finds the_format_is_told "NetCDF-4" "$scratch/good4.nc"
finds compression_is_told "chunks of 10 x 5 x 7, .*deflate" "$scratch/good4.nc"
finds dates_are_told "60 steps, daily, 2012-01-01 to 2012-02-29" "$scratch/good.nc"
finds an_assumed_system_is_suspicious "no coordinate reference system is named" "$scratch/good.nc"
finds missing_days_are_found "1 step is missing from the time axis: 2012-01-31" "$scratch/gap.nc"
finds repeated_days_are_found "1 time step repeats a date, first 2012-01-30" "$scratch/repeated.nc"
finds unsorted_days_are_found "59 time steps lie before" "$scratch/reversed.nc"
finds months_are_suspicious "'months since 2012-01-01' are lengths" "$scratch/months.nc"
finds wrong_names_are_found "the name says 2012-01-05, the time axis 2012-01-06" "$scratch/days_date" --full
finds infinite_values_are_counted "62 values are infinite" "$scratch/infinite.nc" --full
finds empty_cells_are_counted "1 of 35 cells are missing at every step" "$scratch/nan.nc" --full
finds constant_cells_are_counted "1 of 34 cells never change" "$scratch/nan.nc" --full
finds nothing_but_gaps_is_found "no values at all" "$scratch/all_missing.nc"
finds unknown_units_are_found "does not know the units 'wibble'" "$scratch/unknown_units.nc"
finds absent_units_are_found "has no units: its values would be plausible in 'ug m-3'" "$scratch/no_units.nc"
finds units_of_another_kind_are_found "'t2m' is air_temperature by its name, but 'kg'" "$scratch/met_odd_units.nc"
finds wrong_magnitudes_are_found "not plausible .*they would be in 'ug m-3'" "$scratch/kilograms.nc"
finds celsius_in_kelvin_is_found "they would be in 'degC'" "$scratch/celsius.nc"
finds negative_concentrations_are_found "2 values are negative, the least -5" "$scratch/negative.nc" --full
finds zeros_of_particles_are_found "3 of [0-9]+ values are exactly 0" "$scratch/negative.nc" --full
finds repeated_maps_are_found "1 maps? equals? the one before, first 2012-01-08" "$scratch/stuck.nc" --full
finds an_old_standard_name_is_found "deprecated alias" "$scratch/kilograms.nc"
finds a_descending_latitude_is_a_remark "rows run from north to south" "$scratch/wide.nc"
finds longitudes_beyond_180_are_a_remark "longitudes run to 359" "$scratch/wide.nc"
finds packing_is_told "short, packed \(scale 0.5, offset 100\)" "$scratch/wide.nc"
finds polygons_are_told "features +1, Polygon" "$scratch/zone.geojson"
finds a_layer_without_features_is_found "has no features" "$scratch/no_features.geojson"
finds swapped_axes_are_found "longitude and latitude swapped" "$scratch/swapped.geojson"
finds columns_are_told "lon +number, 116.1 to 116.3" "$scratch/places.csv"
finds texts_among_numbers_are_found "'a': 1 of 3 cells are no numbers, first 'eleven' on line 3" \
  "$scratch/mixed.csv"
finds days_missing_from_a_table_are_found "1 days? (is|are) missing .*2012-01-03" "$scratch/mixed.csv"

run 0 info "$scratch/celsius.nc" --strict
expect strict_ends_with_3 3 "suspicious"
run 0 info "$scratch/good.nc" --json "$scratch/good.json"
expect json_goes_to_a_file 0 "nothing suspicious|suspicious"
expect_true the_json_file_is_json "$python" -m json.tool "$scratch/good.json"
run 0 info "$scratch/good.nc" --json "$scratch/good.json"
expect an_existing_report_is_kept 4 "good.json exists"

if [[ -d $shared/data ]]; then
  finds real_pressure_is_described "3652 steps, daily, 2001-01-01 to 2010-12-31" \
    "$shared/data/gridded_series/ncep_slp_daily_2001_2010.nc"
  finds winters_only_are_noticed "5225 steps are missing" \
    "$shared/data/gridded_series/ncep_iberia_djf_surface.nc"
  finds a_real_missing_day_is_noticed "1 step is missing from the time axis: 2020-01-22" \
    "$shared/data/cmaq_china_jan2020/pm25_20200101_20200123.nc" \
    --crs '+proj=lcc +lat_1=25 +lat_2=40 +lat_0=30 +lon_0=110 +R=6370000'
  finds a_real_geotiff_is_described "641 rows x 561 columns" "$shared/data/dem/china_dem_0p05deg.tif"
  finds real_cities_are_described "features +13" "$shared/data/boundaries/bth_cities.geojson"
  finds a_real_table_is_described "one for each 'date' and 'station' \(9\)" \
    "$shared/data/beijing_stations/daily.csv"
else
  skip real_data_are_described "$shared/data is absent"
fi
finish
