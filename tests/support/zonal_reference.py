#!/usr/bin/env python3
"""A cube, zones and their statistics for tests/commands/zonal.sh.

    zonal_reference.py make FOLDER
    zonal_reference.py check TABLE geographic|utm BY DECEMBER [split]
    zonal_reference.py constant TABLE VALUE
    zonal_reference.py linear TABLE
    zonal_reference.py boxes|rates|shares TABLE TABLE ...

Zones are rectangles, with holes and parts that are rectangles too, so that the covered fraction of
a cell is a product of two overlaps of intervals. Sums are Python's exact fsum.
"""
import csv
import datetime
import functools
import json
import math
import struct
import subprocess
import sys

A, F = 6378137.0, 1 / 298.257223563
ROWS, COLS, STEPS = 7, 5, 793
FIRST = datetime.date(2011, 12, 1)
GRIDS = {'geographic': (100.0, 30.0, 0.25), 'utm': (500000.0, 3300000.0, 25000.0)}
# In cells from the south-western corner: (west, south, east, north, +1 covered or -1 hole).
ZONES = {
    'cut "cells"': [(0.4, 0.8, 3.2, 5.3, 1)],
    'within, a cell': [(2.25, 3.25, 2.75, 3.5, 1)],
    'two parts': [(0, 0, 1, 1, 1), (3.5, 5.5, 4.5, 6.25, 1)],
    'beyond': [(3.5, -3, 9, 2.5, 1)],
    'elsewhere': [(20, 20, 21, 21, 1)],
    'with a hole': [(0.5, 0.5, 4.5, 6.5, 1), (1.25, 1.5, 3.75, 5, -1)],
    'all of it': [(-1, -1, COLS + 1, ROWS + 1, 1)],
}


def value(step, row, col):
    if (step * 3 + row * 5 + col * 11) % 13 == 0 or step % 97 == 5:
        return math.nan
    return ((step * 7 + row * 13 + col * 29) % 101) / 4 + row / 2 + 250


def mask_value(row, col):
    return math.nan if (row, col) == (3, 1) else 1 if (row + 2 * col) % 3 == 0 else 0


def linear(row, col):
    """Whole numbers, so that floats hold them exactly."""
    return 40 + 3 * row + 2 * col


# ---- files ------------------------------------------------------------------------------------

def cdl(name, grid, steps, field, units='ug m-3'):
    west, south, cell = GRIDS[grid]
    x, y = ('lon', 'lat') if grid == 'geographic' else ('x', 'y')
    time = steps is not None
    days = f'time = {steps} ;' if time else ''
    lines = [f'netcdf {name} {{', f'dimensions: {days} {y} = {ROWS} ; {x} = {COLS} ;', 'variables:']
    if time:
        lines += ['double time(time) ; time:units = "days since 2011-12-01 00:00:00" ; '
                  'time:calendar = "standard" ;']
    axis = {'lon': 'degrees_east', 'lat': 'degrees_north', 'x': 'm', 'y': 'm'}
    standard = {'lon': 'longitude', 'lat': 'latitude', 'x': 'projection_x_coordinate',
                'y': 'projection_y_coordinate'}
    for a in (x, y):
        lines += [f'double {a}({a}) ; {a}:units = "{axis[a]}" ; '
                  f'{a}:standard_name = "{standard[a]}" ;']
    if grid == 'utm':
        wkt = subprocess.run(['gdalsrsinfo', '-o', 'wkt1', '--single-line', 'EPSG:32647'],
                             capture_output=True, text=True).stdout.strip().replace('"', '\\"')
        lines += [f'int crs ; crs:grid_mapping_name = "transverse_mercator" ; '
                  f'crs:crs_wkt = "{wkt}" ;']
    dims = f'time, {y}, {x}' if time else f'{y}, {x}'
    lines += [f'float {name}({dims}) ; {name}:units = "{units}" ; {name}:_FillValue = -999.f ;']
    if grid == 'utm':
        lines += [f'{name}:grid_mapping = "crs" ;']
    lines += ['data:']
    if time:
        lines += ['time = ' + ', '.join(str(s) for s in range(steps)) + ' ;']
    lines += [f'{x} = ' + ', '.join(repr(west + (c + 0.5) * cell) for c in range(COLS)) + ' ;']
    lines += [f'{y} = ' + ', '.join(repr(south + (r + 0.5) * cell) for r in range(ROWS)) + ' ;']
    values = [field(s, r, c) for s in range(steps or 1) for r in range(ROWS) for c in range(COLS)]
    lines += [f'{name} = ' + ', '.join('_' if math.isnan(v) else repr(v) for v in values) + ' ;']
    return '\n'.join(lines + ['}'])


def rest_value(step, row, col):
    """What is left of the whole; now and then the whole is below 1, or this has no value."""
    if (step * 5 + row * 3 + col) % 17 == 0:
        return math.nan
    if (step + row + col) % 19 == 0:
        return 0.5 - value(step, row, col)
    return 100 + ((step * 3 + row * 7 + col * 5) % 53) / 8


def write_parts(folder):
    """The cube with a second variable, and a third in other units."""
    texts = [cdl(name, 'geographic', STEPS, field, units) for name, field, units in
             (('pm25', value, 'ug m-3'), ('rest', rest_value, 'ug m-3'), ('area', value, 'm2'))]
    first, *others = [text.splitlines() for text in texts]
    end = first.index('data:')
    for other in others:
        name = next(line for line in other if line.startswith('float'))
        first.insert(end, name)
        first.insert(len(first) - 1, next(line for line in other[other.index('data:'):]
                                          if line.startswith(name.split('(')[0].split()[1])))
        end += 1
    with open(f'{folder}/parts.cdl', 'w') as out:
        out.write('\n'.join(first))
    subprocess.run(['ncgen', '-o', f'{folder}/parts.nc', f'{folder}/parts.cdl'], check=True)


def write_cube(folder, file, *arguments):
    path = f'{folder}/{file}'
    with open(path + '.cdl', 'w') as out:
        out.write(cdl(*arguments))
    subprocess.run(['ncgen', '-o', path + '.nc', path + '.cdl'], check=True)


def geometry(grid, boxes):
    west, south, cell = GRIDS[grid]
    rings = []
    for w, s, e, n, sign in boxes:
        corners = [[w, s], [e, s], [e, n], [w, n], [w, s]]
        ring = [[west + x * cell, south + y * cell] for x, y in corners]
        if sign > 0:
            rings.append([ring])
        else:
            rings[-1].append(ring)
    return ({'type': 'Polygon', 'coordinates': rings[0]} if len(rings) == 1 else
            {'type': 'MultiPolygon', 'coordinates': rings})


def write_zones(path, grid, zones):
    features = [{'type': 'Feature', 'properties': {'label': name, 'rank': i},
                 'geometry': geometry(grid, boxes)} for i, (name, boxes) in enumerate(zones)]
    layer = {'type': 'FeatureCollection', 'features': features}
    if grid == 'utm':
        layer['crs'] = {'type': 'name', 'properties': {'name': 'urn:ogc:def:crs:EPSG::32647'}}
    with open(path, 'w') as out:
        json.dump(layer, out)


def make(folder):
    for grid in GRIDS:
        write_cube(folder, grid, 'pm25', grid, STEPS, value)
        write_zones(f'{folder}/{grid}.geojson', grid, ZONES.items())
    write_parts(folder)
    write_cube(folder, 'constant', 'pm25', 'geographic', 400, lambda s, r, c: 17.3)
    write_cube(folder, 'linear', 'pm25', 'utm', None, lambda s, r, c: linear(r, c))
    write_cube(folder, 'mask', 'area', 'geographic', None, lambda s, r, c: mask_value(r, c), '1')
    write_cube(folder, 'masks', 'area', 'geographic', 2, lambda s, r, c: mask_value(r, c), '1')
    write_cube(folder, 'utm_mask', 'area', 'utm', None, lambda s, r, c: mask_value(r, c), '1')
    write_zones(f'{folder}/off.geojson', 'geographic', [('elsewhere', ZONES['elsewhere'])])
    with open(f'{folder}/points.geojson', 'w') as out:
        json.dump({'type': 'FeatureCollection', 'features': [
            {'type': 'Feature', 'properties': {},
             'geometry': {'type': 'Point', 'coordinates': [100.5, 30.5]}}]}, out)
    # A day is missing.
    with open(f'{folder}/gap.cdl', 'w') as out:
        out.write(cdl('pm25', 'geographic', 10, value).replace('time = 0, 1, 2, 3, 4',
                                                              'time = 0, 1, 2, 3, 10').replace(
            '10, 5, 6, 7, 8, 9 ;', '5, 6, 7, 8, 9, 10 ;'))
    subprocess.run(['ncgen', '-o', f'{folder}/gap.nc', f'{folder}/gap.cdl'], check=True)


# ---- statistics -------------------------------------------------------------------------------

def authalic(lat):
    e = math.sqrt(F * (2 - F))
    s = math.sin(math.radians(lat))
    return (1 - e * e) * (s / (1 - (e * s) ** 2) + math.atanh(e * s) / e)


def cell_m2(grid, row):
    west, south, cell = GRIDS[grid]
    if grid == 'utm':
        return cell * cell
    low, high = south + row * cell, south + (row + 1) * cell
    return A * A * math.radians(cell) * (authalic(high) - authalic(low)) / 2


def overlap(low, high, cell):
    return max(0.0, min(high, cell + 1) - max(low, cell))


def covered(grid, boxes):
    """Area that a zone covers of each cell."""
    cells = {}
    for row in range(ROWS):
        for col in range(COLS):
            part = math.fsum(sign * overlap(w, e, col) * overlap(s, n, row)
                             for w, s, e, n, sign in boxes)
            if part > 1e-12:
                cells[row, col] = part * cell_m2(grid, row)
    return cells


def season_of(date, december):
    season = 'DJF' if date.month in (12, 1, 2) else ('MAM', 'JJA', 'SON')[date.month // 3 - 1]
    following = date.month == 12 and december == 'following'
    return date.year + following, season


def key_of(by, date, december):
    return {'year': (date.year, '', ''), 'season': season_of(date, december) + ('',),
            'month': (date.year, '', date.month), 'day': (date.year, '', date.month, date.day),
            'all': ('', '', '')}[by]


def expect(condition, sentence):
    if not condition:
        sys.exit(sentence)


def near(got, wanted, relative):
    return abs(float(got) - wanted) <= relative * abs(wanted)


def float32(number):
    return struct.unpack('f', struct.pack('f', number))[0]


def check_row(row, cells, steps, boxes, grid):
    where = f"{row['zone']} {row['part']} {row['by']} {row['year']} {row['season']} {row['month']}"
    pairs = [(s, area, float32(value(s, *cell))) for s in steps for cell, area in cells.items()
             if not math.isnan(value(s, *cell))]
    expect(int(row['steps']) == len(steps), f'{where}: steps')
    expect(row['date'] == str(FIRST + datetime.timedelta(steps[0])), f'{where}: date')
    expect(int(row['valid_cell_steps']) == len(pairs), f'{where}: valid_cell_steps')
    expect(int(row['valid_steps']) == len({p[0] for p in pairs}), f'{where}: valid_steps')
    total = math.fsum(cells.values())
    # Sums of n positive terms in double lose at most n / 2^53 of their value; n < 30000.
    loose = 4e-12
    expect(near(row['zone_area_km2'], total / 1e6, loose), f'{where}: zone_area_km2')
    size = sum(sign * (e - w) * (n - s) for w, s, e, n, sign in boxes)
    inside = sum(sign * sum(overlap(w, e, c) for c in range(COLS)) *
                 sum(overlap(s, n, r) for r in range(ROWS)) for w, s, e, n, sign in boxes)
    expect(abs(float(row['share_in_grid']) - inside / size) < 1e-9, f'{where}: share_in_grid')
    if not pairs:
        expect(row['mean'] == row['min'] == row['sd'] == '', f'{where}: a value without data')
        expect(row['covered_share'] == '0', f'{where}: covered_share')
        reason = ('outside_grid' if not inside else 'outside_mask' if not cells else 'all_missing')
        expect(row['reason'] == reason, f"{where}: {row['reason']}, not {reason}")
        return
    weight = math.fsum(p[1] for p in pairs)
    mean = math.fsum(p[1] * p[2] for p in pairs) / weight
    sd = math.sqrt(math.fsum(p[1] * (p[2] - mean) ** 2 for p in pairs) / weight)
    daily = []
    for step in sorted({p[0] for p in pairs}):
        own = [p for p in pairs if p[0] == step]
        daily.append(math.fsum(p[1] * p[2] for p in own) / math.fsum(p[1] for p in own))
    expect(near(row['mean'], mean, loose), f"{where}: mean {row['mean']}, not {mean}")
    expect(near(row['mean_of_daily_means'], math.fsum(daily) / len(daily), loose),
           f'{where}: mean_of_daily_means')
    # The squares are about the mean, so only their own rounding and that of the mean (250 * loose
    # against distances of about 10) remain.
    expect(abs(float(row['sd']) - sd) <= 1e-10 * (sd + 1), f"{where}: sd {row['sd']}, not {sd}")
    expect(float(row['min']) == min(p[2] for p in pairs), f'{where}: min')
    expect(float(row['max']) == max(p[2] for p in pairs), f'{where}: max')
    expect(near(row['covered_share'], weight / (total * len(steps)), loose), f'{where}: covered')
    expect(row['reason'] == 'ok', f'{where}: reason')


def read_csv(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def expected_periods(kinds, december):
    """Keys and their steps, kind by kind, in the order of their first steps."""
    periods = {}
    for kind in kinds:
        for step in range(STEPS):
            date = FIRST + datetime.timedelta(step)
            periods.setdefault((kind,) + key_of(kind, date, december), []).append(step)
    return periods


def check(path, grid, by, december, split):
    rows = iter(read_csv(path))
    periods = expected_periods(by.split(','), december)
    parts = {'all': lambda m: True, 'inside': lambda m: m > 0, 'outside': lambda m: m <= 0}
    for number, (name, boxes) in enumerate(ZONES.items(), 1):
        for part in ['inside', 'outside', 'all'] if split else ['all']:
            cells = {cell: area for cell, area in covered(grid, boxes).items()
                     if part == 'all' or parts[part](mask_value(*cell))}
            for key, steps in periods.items():
                row = next(rows)
                got = (row['by'], row['year'], row['season'], row['month'])
                wanted = tuple(str(v) for v in key[:4])
                expect((row['zone'], int(row['zone_number']), row['part']) == (name, number, part),
                       f"row of {row['zone']} where {name} {part} should be")
                expect(got == wanted, f'{name}: period {got} where {wanted} should be')
                check_row(row, cells, steps, boxes, grid)
    expect(next(rows, None) is None, 'rows are left over')


def constant(path, number):
    """Every mean of a constant field is that constant, to the rounding of a ratio of sums."""
    rows = [row for row in read_csv(path) if row['zone'] != 'elsewhere']
    wanted = float32(float(number))
    expect(len(rows) == (len(ZONES) - 1) * 4, f'{len(rows)} rows')
    for row in rows:
        for name in ('mean', 'mean_of_daily_means', 'min', 'max'):
            expect(near(row[name], wanted, 4e-13), f"{row['zone']}: {name} is {row[name]}")
        expect(float(row['sd']) < 1e-10, f"{row['zone']}: sd is {row['sd']}")
        expect(row['covered_share'] == '1', f"{row['zone']}: covered {row['covered_share']}")


def line_mean(low, high, base, gain):
    """Mean over [low, high] of the steps base + gain * floor(x)."""
    def whole(x):
        full = math.floor(x)
        return full * (full - 1) / 2 + full * (x - full)
    return base + gain * (whole(high) - whole(low)) / (high - low)


def linear_means(path):
    """On cells of one size, the mean of a plane of steps over a rectangle has a closed form."""
    rows = {row['zone']: row for row in read_csv(path)}
    for name, mean in [
            ('cut "cells"', line_mean(0.8, 5.3, 40, 3) + line_mean(0.4, 3.2, 0, 2)),
            ('within, a cell', linear(3, 2)),
            ('beyond', line_mean(0, 2.5, 40, 3) + line_mean(3.5, 5, 0, 2))]:
        expect(near(rows[name]['mean'], mean, 1e-13), f"{name}: {rows[name]['mean']}, not {mean}")
        expect(rows[name]['by'] == 'all' and rows[name]['date'] == '', f'{name}: a date of a map')


def quantile(values, probability):
    """Linear between order statistics, type 7."""
    at = (len(values) - 1) * probability
    below = int(at)
    above = min(below + 1, len(values) - 1)
    return values[below] + (at - below) * (values[above] - values[below])


def close(got, wanted, where):
    expect(got != '' and abs(float(got) - wanted) <= 1e-11 * max(1, abs(wanted)),
           f'{where} is {got}, not {wanted}')


def boxes(path, table, december):
    """Box plots from the means of the days in a table that was checked."""
    days = {}
    for row in read_csv(table):
        if row['by'] == 'day' and row['mean']:
            days.setdefault((row['zone'], row['part']), {})[row['date']] = float(row['mean'])
    first = {}
    for row in read_csv(path):
        where = f"{row['zone']} {row['part']} {row['by']} {row['year']} {row['season']}"
        own = days.get((row['zone'], row['part']), {})
        keys = {date: key_of(row['by'], datetime.date.fromisoformat(date), december) for date in own}
        wanted = tuple(row[name] for name in ('year', 'season', 'month'))
        values = sorted(own[date] for date, key in keys.items()
                        if tuple(str(v) for v in key[:3]) == wanted and
                        (row['by'] != 'day' or date == row['date']))
        expect(int(row['n']) == len(values), f"{where}: n is {row['n']}, not {len(values)}")
        if not values:
            expect(row['median'] == '', f'{where}: a median of nothing')
            continue
        q1, median, q3 = (quantile(values, p) for p in (0.25, 0.5, 0.75))
        kept = [v for v in values if q1 - 1.5 * (q3 - q1) <= v <= q3 + 1.5 * (q3 - q1)]
        for name, number in (('q1', q1), ('median', median), ('q3', q3), ('iqr', q3 - q1),
                             ('whisker_low', kept[0]), ('whisker_high', kept[-1]),
                             ('min', values[0]), ('max', values[-1]),
                             ('mean', math.fsum(values) / len(values))):
            close(row[name], number, f'{where}: {name}')
        expect(int(row['outliers']) == len(values) - len(kept), f'{where}: outliers')
        month = row['month'] if row['by'] == 'month' else ''
        since = (row['zone'], row['part'], row['by'], row['season'], month)
        start = first.setdefault(since, (median, q3 - q1))
        close(row['median_change'], median - start[0], f'{where}: median_change')
        close(row['iqr_change'], q3 - q1 - start[1], f'{where}: iqr_change')


def rates(path, table):
    """Changes from the means of years in a table that was checked."""
    years = {}
    for row in read_csv(table):
        if row['by'] == 'year':
            mean = float(row['mean']) if row['mean'] else None
            years.setdefault((row['zone'], row['part']), {})[int(row['year'])] = mean
    for row in read_csv(path):
        own, year = years[row['zone'], row['part']], int(row['year'])
        where, mean = f"{row['zone']} {row['part']} {year}", own[year]
        known = sorted(y for y in own if own[y] is not None)
        before = own.get(year - 1)
        if mean is None or before is None:
            expect(row['change'] == '', f'{where}: a change from nothing')
        else:
            close(row['change'], mean - before, f'{where}: change')
            close(row['change_percent'], 100 * (mean - before) / before, f'{where}: change_percent')
        if mean is None or year == known[0]:
            expect(row['total_change'] == '', f'{where}: total_change')
            continue
        since, start = year - known[0], own[known[0]]
        close(row['total_change_percent'], 100 * (mean - start) / start, f'{where}: total')
        close(row['mean_annual_change_percent'], 100 * (mean - start) / start / since, f'{where}: annual')
        close(row['compound_annual_percent'], 100 * ((mean / start) ** (1 / since) - 1), f'{where}: compound')


WINDOWS = {'first winter': ('2011-12-01', '2012-02-29'), 'next, winter': ('2012-12-01', '2013-02-28')}


@functools.cache
def part_and_rest(step, row, col):
    return float32(value(step, row, col)), float32(rest_value(step, row, col))


@functools.cache
def whole_area(zone):
    return covered('geographic', ZONES[zone])


def steps_of(row):
    """Steps of the period of a row, from its own words."""
    if row['by'] == 'day':
        return [(datetime.date.fromisoformat(row['date']) - FIRST).days]
    dates = [FIRST + datetime.timedelta(step) for step in range(STEPS)]
    if row['by'] == 'window':
        low, high = (datetime.date.fromisoformat(day) for day in WINDOWS[row['window']])
        return [s for s, date in enumerate(dates) if low <= date <= high]
    wanted = tuple(row[name] for name in ('year', 'season', 'month'))
    return [s for s, date in enumerate(dates)
            if tuple(str(v) for v in key_of(row['by'], date, 'following')[:3]) == wanted]


def shares(path, table):
    """Shares from the fields themselves; rows and steps are those of the main table."""
    first = {}
    rows, main = read_csv(path), read_csv(table)
    expect([tuple(r[n] for n in ('zone', 'part', 'by', 'window', 'date', 'steps')) for r in rows] ==
           [tuple(r[n] for n in ('zone', 'part', 'by', 'window', 'date', 'steps')) for r in main],
           'rows of the two tables differ')
    expect({row['window'] for row in rows} == {'', *WINDOWS}, 'windows are missing')
    for row in rows:
        where = f"{row['zone']} {row['part']} {row['by']} {row['date']} {row['window']}"
        inside = row['part'] == 'inside'
        cells = {cell: area for cell, area in whole_area(row['zone']).items()
                 if (mask_value(*cell) > 0 if inside else mask_value(*cell) <= 0)}
        steps = steps_of(row)
        expect(int(row['steps']) == len(steps), f'{where}: steps')
        pairs = [(area, *part_and_rest(s, *cell)) for s in steps for cell, area in cells.items()]
        pairs = [pair for pair in pairs if not math.isnan(pair[1] + pair[2])]
        expect(int(row['valid_cell_steps']) == len(pairs), f'{where}: valid_cell_steps')
        if not pairs:
            expect(row['share_ratio_of_means'] == row['part_mean'] == '', f'{where}: not empty')
            continue
        area = math.fsum(p[0] for p in pairs)
        part = math.fsum(p[0] * p[1] for p in pairs) / area
        rest = math.fsum(p[0] * p[2] for p in pairs) / area
        close(row['part_mean'], part, f'{where}: part_mean')
        close(row['rest_mean'], rest, f'{where}: rest_mean')
        close(row['whole_mean'], part + rest, f'{where}: whole_mean')
        close(row['share_ratio_of_means'], part / (part + rest), f'{where}: ratio of means')
        whole = [p for p in pairs if p[1] + p[2] >= 1]
        expect(int(row['share_cell_steps']) == len(whole), f'{where}: share_cell_steps')
        mean = None
        if whole:
            # Each ratio is a float before it is summed: half a unit in 2^-24 of it.
            mean = (math.fsum(p[0] * p[1] / (p[1] + p[2]) for p in whole) /
                    math.fsum(p[0] for p in whole))
            expect(abs(float(row['share_mean_of_ratios']) - mean) <= 6e-8 * mean,
                   f"{where}: mean of ratios {row['share_mean_of_ratios']}, not {mean}")
        since = (row['zone'], row['part'], row['by'], row['season'])
        start = first.setdefault(since, part / (part + rest))
        close(row['share_ratio_of_means_change'], part / (part + rest) - start, f'{where}: change')
        close(row['share_ratio_of_means_change_percent'], 100 * (part / (part + rest) - start) / start,
              f'{where}: change in percent')


if __name__ == '__main__':
    task, arguments = sys.argv[1], sys.argv[2:]
    if task == 'make':
        make(arguments[0])
    elif task == 'check':
        check(*arguments[:4], len(arguments) > 4)
    elif task == 'constant':
        constant(*arguments)
    elif task == 'linear':
        linear_means(arguments[0])
    elif task == 'boxes':
        boxes(*arguments)
    elif task == 'rates':
        rates(*arguments)
    elif task == 'shares':
        shares(*arguments)
