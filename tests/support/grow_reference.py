#!/usr/bin/env python3
"""Terrain, sources and expected areas for tests/commands/grow.sh, by plain repetition.

    grow_reference.py make FOLDER
    grow_reference.py check FOLDER OUTPUT_STEM DEM TOLERANCE LIMIT_KM FILLS SOURCES...

Nothing here comes from the program: growth and filling repeat their rule until nothing changes,
distances are Vincenty's, areas of cells the closed form on the ellipsoid.
"""
import csv
import json
import math
import random
import re
import subprocess
import sys

A, F = 6378137.0, 1 / 298.257223563
ROWS, COLS, CELL, WEST, SOUTH = 33, 41, 0.01, 115.0, 38.0
UTM_CELL, UTM_WEST, UTM_SOUTH = 1000.0, 323000.0, 4206500.0


def vincenty(lon1, lat1, lon2, lat2):
    """Metres along the ellipsoid, to a tenth of a millimetre (Vincenty 1975)."""
    if (lon1, lat1) == (lon2, lat2):
        return 0.0
    b = A * (1 - F)
    u1 = math.atan((1 - F) * math.tan(math.radians(lat1)))
    u2 = math.atan((1 - F) * math.tan(math.radians(lat2)))
    length = lam = math.radians(lon2 - lon1)
    for _ in range(100):
        s = math.hypot(math.cos(u2) * math.sin(lam),
                       math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(lam))
        c = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(lam)
        sigma = math.atan2(s, c)
        sin_a = math.cos(u1) * math.cos(u2) * math.sin(lam) / s
        cos2 = 1 - sin_a ** 2
        cm = c - 2 * math.sin(u1) * math.sin(u2) / cos2
        k = F / 16 * cos2 * (4 + F * (4 - 3 * cos2))
        before = lam
        lam = length + (1 - k) * F * sin_a * (sigma + k * s * (cm + k * c * (2 * cm * cm - 1)))
        if abs(lam - before) < 1e-13:
            break
    u = cos2 * (A * A - b * b) / (b * b)
    big_a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    big_b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    d = big_b * s * (cm + big_b / 4 * (c * (2 * cm * cm - 1) - big_b / 6 * cm *
                                       (4 * s * s - 3) * (4 * cm * cm - 3)))
    return b * big_a * (sigma - d)


def authalic(lat):
    e = math.sqrt(F * (2 - F))
    s = math.sin(math.radians(lat))
    return (1 - e * e) * (s / (1 - (e * s) ** 2) + math.atanh(e * s) / e)


def cell_area_km2(row):
    south, north = SOUTH + row * CELL, SOUTH + (row + 1) * CELL
    return A * A * math.radians(CELL) * (authalic(north) - authalic(south)) / 2 / 1e6


# ---- terrains, row 0 the southernmost ---------------------------------------------------------

def rough():
    """A slope to the east with plateaus, pits, hills and gaps."""
    draw = random.Random(7)
    field = [[600 - 8 * c + draw.choice([0, 0, 0, 4, 4, 10, -12]) for c in range(COLS)]
             for _ in range(ROWS)]
    for row in range(5, 12):
        for col in range(8, 17):
            field[row][col] = 480            # a plateau
    for row in range(20, 26):
        for col in range(20, 26):
            field[row][col] = 300 if 21 <= row <= 24 and 21 <= col <= 24 else 470  # a pit
    for row, col in [(3, 3), (15, 30), (15, 31), (16, 30), (28, 12), (0, 20)]:
        field[row][col] = None               # gaps
    return field


def slope():
    """A plane that falls to the east by 10 m a cell."""
    return [[1000 - 10 * c for c in range(COLS)] for _ in range(ROWS)]


def write_grid(path, field, west, south, cell, crs):
    with open(path + '.asc', 'w') as out:
        out.write(f'ncols {COLS}\nnrows {ROWS}\nxllcorner {west}\nyllcorner {south}\n'
                  f'cellsize {cell}\nNODATA_value -9999\n')
        for row in reversed(field):
            out.write(' '.join('-9999' if v is None else str(v) for v in row) + '\n')
    wkt = subprocess.run(['gdalsrsinfo', '-o', 'wkt_esri', crs], capture_output=True, text=True)
    with open(path + '.prj', 'w') as out:
        out.write(wkt.stdout.strip() + '\n')


def centre(row, col):
    return WEST + (col + 0.5) * CELL, SOUTH + (row + 0.5) * CELL


# name, row, col (may lie between cells), first and last year
ROUGH_SOURCES = [
    ('corner', 0, 0, '', ''), ('east edge', 17, COLS - 1, '2012', ''), ('north', ROWS - 1, 9, '', ''),
    ('plateau', 8, 12, '2010-05-01', '2014'), ('pit', 22, 22, '2014', 'unknown'),
    ('rim', 20, 20, '2013', '2013'), ('gap', 15, 30, '', ''), ('off centre', 12.4, 5.7, '2016', ''),
    ('same cell', 12, 6, '2012', '2014'), ('hill', 26, 4, '', ''), ('away', 12, COLS + 3, '', ''),
]


def write_sources(path, sources):
    with open(path, 'w') as out:
        out.write('name,longitude,latitude,status,from,until\n')
        for name, row, col, first, last in sources:
            lon, lat = centre(row, col)
            out.write(f'{name},{lon:.6f},{lat:.6f},operating,{first},{last}\n')
        out.write('planned,115.2,38.1,planned,2030,\n')


def ring(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def make(folder):
    write_grid(f'{folder}/rough', rough(), WEST, SOUTH, CELL, 'EPSG:4326')
    write_grid(f'{folder}/slope', slope(), WEST, SOUTH, CELL, 'EPSG:4326')
    write_grid(f'{folder}/utm', rough(), UTM_WEST, UTM_SOUTH, UTM_CELL, 'EPSG:32650')
    write_sources(f'{folder}/rough.csv', ROUGH_SOURCES)
    # Six kilometres apart, down the slope: 7 columns of 877 m.
    write_sources(f'{folder}/pair.csv', [('upper', 16, 10, '', ''), ('lower', 16, 17, '', '')])
    write_sources(f'{folder}/upper.csv', [('upper', 16, 10, '', '')])
    write_sources(f'{folder}/lower.csv', [('lower', 16, 17, '', '')])
    write_sources(f'{folder}/away.csv', [('away', 0, 900, '', '')])
    # One polygon over nine centres, one smaller than a cell beside its centre, one mostly away.
    shapes = [ring(115.0801, 38.0501, 115.1099, 38.0799), ring(115.201, 38.201, 115.203, 38.203),
              ring(114.9, 38.1, 115.006, 38.12)]
    features = [{'type': 'Feature', 'properties': {'name': f'works {i}'},
                 'geometry': {'type': 'Polygon', 'coordinates': [shape]}}
                for i, shape in enumerate(shapes)]
    with open(f'{folder}/works.geojson', 'w') as out:
        json.dump({'type': 'FeatureCollection', 'features': features}, out)


# ---- the rule, by repetition ------------------------------------------------------------------

def neighbours(row, col):
    return [(r, c) for r in range(max(row - 1, 0), min(row + 2, ROWS))
            for c in range(max(col - 1, 0), min(col + 2, COLS)) if (r, c) != (row, col)]


def fill(field):
    """Lowest level at which water leaves each cell: repeated until nothing sinks any more."""
    level = [[None if v is None else math.inf for v in row] for row in field]
    changed = True
    while changed:
        changed = False
        for row in range(ROWS):
            for col in range(COLS):
                if field[row][col] is None:
                    continue
                around = neighbours(row, col)
                out = min([-math.inf] if len(around) < 8 or
                          any(field[r][c] is None for r, c in around)
                          else [level[r][c] for r, c in around])
                lowest = max(field[row][col], out)
                if lowest < level[row][col]:
                    level[row][col] = lowest
                    changed = True
    return level


def grow(field, cells, near, tolerance):
    area, changed = set(cells), True
    while changed:
        changed = False
        for row in range(ROWS):
            for col in range(COLS):
                if (row, col) in area or field[row][col] is None or not near(row, col):
                    continue
                for r, c in neighbours(row, col):
                    if (r, c) in area and field[r][c] is not None:
                        rise = field[row][col] - field[r][c]
                        if rise <= tolerance if tolerance > 0 else rise < 0:
                            area.add((row, col))
                            changed = True
                            break
    return area


def label(mask):
    labels, count = {}, 0
    for row in range(ROWS):
        for col in range(COLS):
            if (row, col) in mask and (row, col) not in labels:
                count += 1
                todo = [(row, col)]
                labels[row, col] = count
                while todo:
                    for cell in neighbours(*todo.pop()):
                        if cell in mask and cell not in labels:
                            labels[cell] = count
                            todo.append(cell)
    return labels


# ---- what the program wrote -------------------------------------------------------------------

def read_map(path, name):
    text = subprocess.run(['ncdump', '-v', name, path], capture_output=True, text=True).stdout
    data = re.search(rf'^data:.*\n {name} =\n(.*?);', text, re.S | re.M).group(1)
    values = [int(v) for v in data.replace('\n', ' ').split(',')]
    return {(i // COLS, i % COLS): v for i, v in enumerate(values)}


def read_csv(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def transform(source, target, points):
    text = '\n'.join(f'{x!r} {y!r}' for x, y in points)
    done = subprocess.run(['gdaltransform', '-s_srs', source, '-t_srs', target, '-output_xy'],
                          input=text, capture_output=True, text=True).stdout
    return [tuple(float(v) for v in line.split()) for line in done.splitlines()]


def expect(condition, sentence):
    if not condition:
        sys.exit(sentence)


def polygon_cells(index):
    return [{(r, c) for r in (5, 6, 7) for c in (8, 9, 10)}, {(20, 20)}, {(10, 0), (11, 0)}][index]


def check(folder, stem, dem, tolerance, limit_km, fills, paths):
    field = {'rough': rough, 'slope': slope, 'utm': rough}[dem]()
    field = fill(field) if fills else field
    is_utm = dem == 'utm'
    if is_utm:
        points = [(UTM_WEST + (c + 0.5) * UTM_CELL, UTM_SOUTH + (r + 0.5) * UTM_CELL)
                  for r in range(ROWS) for c in range(COLS)]
        lonlat = transform('EPSG:32650', 'EPSG:4326', points)
    else:
        lonlat = [centre(r, c) for r in range(ROWS) for c in range(COLS)]
    table = read_csv(f'{stem}_sources.csv')
    cells = {}
    for row in read_csv(f'{stem}_cells.csv'):
        cells.setdefault(int(row['source']), set()).add((int(row['row']), int(row['col'])))
    union, count = set(), {}
    for number, row in enumerate(table, 1):
        expect(int(row['source']) == number, 'sources are out of order')
        lon, lat = float(row['lon']), float(row['lat'])
        if row['name'].startswith('works'):
            own = polygon_cells(int(row['name'].split()[1]))
        elif is_utm:
            x, y = transform('EPSG:4326', 'EPSG:32650', [(lon, lat)])[0]
            own = {(math.floor((y - UTM_SOUTH) / UTM_CELL), math.floor((x - UTM_WEST) / UTM_CELL))}
        else:
            own = {(math.floor((lat - SOUTH) / CELL), math.floor((lon - WEST) / CELL))}
        own = {(r, c) for r, c in own if 0 <= r < ROWS and 0 <= c < COLS}
        reason = ('outside_grid' if not own else
                  'no_elevation' if all(field[r][c] is None for r, c in own) else 'ok')
        expect(row['reason'] == reason, f"{row['name']}: reason {row['reason']}, not {reason}")
        near = lambda r, c: vincenty(lon, lat, *lonlat[r * COLS + c]) <= 1000 * limit_km
        area = grow(field, own, near, tolerance)
        got = cells.get(number, set())
        expect(got == area, f"{row['name']}: {len(got)} cells, expected {len(area)}: "
                            f'{sorted(got ^ area)[:9]}')
        expect(int(row['cells']) == len(area), f"{row['name']}: cells")
        expect(int(row['is_single_cell']) == (len(area) == 1), f"{row['name']}: is_single_cell")
        # Rounding: at most a few hundred additions, each 1e-16 of the sum.
        km2 = len(area) * 1.0 if is_utm else sum(cell_area_km2(r) for r, c in area)
        expect(abs(float(row['area_km2']) - km2) <= 1e-10 * km2, f"{row['name']}: area_km2")
        union |= area
        for cell in area:
            count[cell] = count.get(cell, 0) + 1
    labels = label(union)
    for name, expected in [('area', dict.fromkeys(union, 1)), ('source_count', count),
                           ('label', labels)]:
        got = read_map(f'{stem}.nc', name)
        wrong = [cell for cell in got if got[cell] != expected.get(cell, 0)]
        expect(len(got) == ROWS * COLS and not wrong, f'{name} differs at {wrong[:9]}')
    for row in table:
        if row['label']:
            first = min(cells[int(row['source'])])
            expect(int(row['label']) == labels[first], f"{row['name']}: label")
    summary = read_csv(f'{stem}_summary.csv')[0]
    inside = [row for row in table if row['reason'] != 'outside_grid']
    single = sum(row['cells'] == '1' for row in inside)
    expect(int(summary['sources_single_cell']) == single, 'sources_single_cell')
    expect(abs(float(summary['single_cell_share']) - single / len(inside)) < 1e-15, 'share')
    expect(int(summary['cells']) == len(union), 'cells of the summary')
    expect(int(summary['connected_areas']) == max(labels.values()), 'connected_areas')


def years(stem):
    """Masks of years are the unions of the sources that work in them."""
    cells = {}
    for row in read_csv(f'{stem}_cells.csv'):
        cells.setdefault(row['source'], set()).add((int(row['row']), int(row['col'])))
    table = read_csv(f'{stem}_sources.csv')
    expected = {2012: ['east edge', 'plateau', 'same cell'], 2013: ['east edge', 'plateau', 'same cell'],
                2014: ['east edge', 'pit'], 2015: ['east edge', 'pit']}
    got = {row['name'] for row in table}
    expect(got == {'east edge', 'plateau', 'same cell', 'pit'}, f'sources of the years: {got}')
    maps = read_map(f'{stem}.nc', 'area_yearly')
    for index, names in enumerate(expected.values()):
        union = set().union(*[cells[row['source']] for row in table if row['name'] in names])
        got = {(r - index * ROWS, c) for (r, c), v in maps.items()
               if v == 1 and index * ROWS <= r < (index + 1) * ROWS}
        expect(got == union, f'mask of year {index + 2012}')
    summary = read_csv(f'{stem}_summary.csv')
    expect([row['year'] for row in summary] == ['all', '2012', '2013', '2014', '2015'], 'years')
    expect([row['sources'] for row in summary] == ['4', '3', '3', '2', '2'], 'sources by year')


def far_enough(stem):
    """Both sources reach their own ten kilometres on the common slope."""
    cells = {}
    for row in read_csv(f'{stem}_cells.csv'):
        cells.setdefault(row['source'], set()).add((int(row['row']), int(row['col'])))
    expect(max(c for r, c in cells['1']) == 21, 'the upper area ends elsewhere')  # 11 x 877 m
    expect(max(c for r, c in cells['2']) == 28, 'the lower area ends elsewhere')
    expect(cells['1'] & cells['2'], 'the areas do not overlap')


def units(stem):
    """Working coal units in the region as the README of the data counts them."""
    rows = [row for row in read_csv(f'{stem}_sources.csv') if 113.5 <= float(row['lon']) <= 119.8
            and 36 <= float(row['lat']) <= 42.6]
    for year, wanted in [(2012, 374), (2016, 416), (2021, 431)]:
        got = sum(int(row['start_year']) <= year and
                  (row['end_year'] == '' or year < int(row['end_year'])) for row in rows)
        expect(got == wanted, f'{got} units work in {year}, not {wanted}')


if __name__ == '__main__':
    task, arguments = sys.argv[1], sys.argv[2:]
    if task == 'make':
        make(arguments[0])
    elif task == 'check':
        folder, stem, dem, tolerance, limit, fills = arguments[:6]
        check(folder, stem, dem, float(tolerance), float(limit), fills == 'fill', arguments[6:])
    elif task == 'years':
        years(arguments[0])
    elif task == 'units':
        units(arguments[0])
    elif task == 'pair':
        far_enough(arguments[0])
