# airshed -- GPL-3.0-or-later. Every command that writes, on inputs that take it a moment.
import os
import re
import subprocess
import sys

import support

ROWS, COLS, DAYS = 24, 5, 200


def make_inputs():
    """The region that the other commands read."""
    place = support.folder("region")
    made = support.run(0, ["synth", "-o", place, "--rows", str(ROWS), "--cols", str(COLS), "--days",
                           str(DAYS), "--sources", "12", "--quiet"])
    if not support.check("synth_makes_the_inputs", made.code == 0, made):
        support.finish()
    packed = support.run(0, ["prepare", place + "/pm25.nc", "-o", place + "/packed.nc", "--method", "none",
                             "--outliers", "none", "--compress", "--quiet"])
    if not support.check("prepare_makes_a_compressed_input", packed.code == 0, packed):
        support.finish()
    parts = [["deweather", place + "/pm25.nc", "--met", place + "/met.nc", "-o", place + "/deweathered.nc",
              "--period", "30", "--preset", "r"],
             ["background", place + "/deweathered.nc", "--variable", "deweathered", "--area",
              place + "/truth.nc", "-o", place + "/expected.nc"]]
    for one in parts:
        made = support.run(0, one + ["--quiet"])
        if not support.check(f"{one[0]}_makes_an_input_of_attribute", made.code == 0, made):
            support.finish()
    tables = os.path.join(place, "inventory")
    os.mkdir(tables)
    subprocess.run([sys.executable, "tests/commands/inventory.py", "make", tables], check=True)
    with open(os.path.join(place, "chain.yaml"), "w") as file:
        file.write(f"""
stages:
  - {{name: parts, command: stl, input: {place}/pm25.nc, output: OUTPUT/parts.nc, period: 30, preset: r}}
  - {{name: trend, command: trend, input: "@parts", variable: trend, output: OUTPUT/trend.nc, by: month}}
""")
    return place


def chain(region, output):
    """A copy of the chain that writes into @output."""
    path = os.path.join(region, os.path.basename(output) + ".yaml")
    with open(os.path.join(region, "chain.yaml")) as source, open(path, "w") as copy:
        copy.write(source.read().replace("OUTPUT", output))
    return path


def arguments(name, region, output):
    """The command @name into the folder @output."""
    cube = region + "/pm25.nc"
    stl = ["--period", "30", "--preset", "r"]
    told = {
        "synth": ["synth", "-o", output + "/region", "--rows", str(ROWS), "--cols", str(COLS),
                  "--days", str(DAYS), "--sources", "12"],
        "prepare": ["prepare", cube, "-o", output + "/out.nc"],
        "grow": ["grow", region + "/dem.tif", "--sources", region + "/sources.geojson", "-o",
                 output + "/out.nc", "--geotiff"],
        "stl": ["stl", cube, "-o", output + "/out.nc"] + stl,
        "deweather": ["deweather", region + "/packed.nc4", "--variable", "pm25", "--met",
                      region + "/met.nc", "-o", output + "/out.nc", "--geotiff"] + stl,
        "background": ["background", cube, "--area", region + "/truth.nc", "-o", output + "/out.nc"],
        "attribute": ["attribute", cube, "--deweathered", region + "/deweathered.nc", "--expected",
                      region + "/expected.nc", "-o", output + "/out.nc"],
        "trend": ["trend", cube, "-o", output + "/out.nc", "--by", "month", "--geotiff", "--compress"],
        "zonal": ["zonal", cube, "--zones", region + "/zones.geojson", "-o", output + "/out.csv", "--by",
                  "month"],
        "compare": ["compare", cube, "--mask-a", region + "/truth.nc", "--zones", region + "/zones.geojson",
                    "-o", output + "/out.csv", "--groups", output + "/groups.csv", "--by", "all,month"],
        "correlate": ["correlate", cube, "--with", cube, "-o", output + "/out.nc", "--by", "month",
                      "--geotiff"],
        "moran": ["moran", cube, "-o", output + "/out.csv", "--local", output + "/local.nc",
                  "--permutations", "40"],
        "explain": ["explain", "38.103", "115.023", "--product", region + "/deweathered.nc",
                    "--product", region + "/expected.nc", "--no-figure", "-o", output + "/out.json"],
        "inventory": ["inventory", region + "/inventory/small.yaml", "-o", output + "/tables", "--block", "64",
                      "--no-figures"],
        "report": ["report", region, "-o", output + "/report.html"],
        "run": ["run", chain(region, output)],
    }
    return told[name] + ["--no-history"]


NAMES = ["synth", "prepare", "grow", "stl", "deweather", "background", "attribute", "trend", "zonal",
         "compare", "correlate", "moran", "inventory", "explain", "report", "run"]
WRITE_NOTHING = ["info"]
# With a compressed input decoded first, passes of their own, or a chain.
OF_SEVERAL_STAGES = ["prepare", "deweather", "inventory", "report", "run"]

# Of two items: on more than one rank, rank 0 has no second one to stop at (support.start).
OF_TWO_ITEMS = ["explain"]


def commit_steps(name, expected):
    """Number of steps of a commit (src/flow/stage_commit.c): before and after its record, after each
    rename, the sidecar's included, and when the folder is synced."""
    return 5 if name in OF_SEVERAL_STAGES else 4 + len(expected)


def check_names():
    with open("src/commands/list.h") as file:
        known = set(re.findall(r"^ +X\((\w+)\)", file.read(), re.MULTILINE))
    missing = known - set(NAMES) - set(WRITE_NOTHING)
    support.check("every_command_that_writes_is_tested", known and not missing,
                  f"add to tests/faults/commands.py: {sorted(missing)}")
