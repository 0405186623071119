# airshed -- GPL-3.0-or-later. A product is replaced as a whole: until the commit the old one is there,
# afterwards no file of it remains beside the new one, wherever the runs were killed.
import os

import commands
import support
from support import check, run


class Replacement:
    """A product with maps, in place of which one without them is made."""

    def __init__(self, region):
        self.region = region
        place = support.folder("overwrite-undisturbed")
        done = run(1, self.arguments(place, []))
        self.expected = support.checksums(place)
        check("grow_without_maps_runs_undisturbed", done.code == 0, done)

    def arguments(self, place, more):
        plain = [word for word in commands.arguments("grow", self.region, place) if word != "--geotiff"]
        return plain + more

    def with_maps(self, name, fault=None):
        """A folder with the old product, or with what its run left that was killed."""
        place = support.folder(f"overwrite-{name}")
        done = run(2, self.arguments(place, ["--geotiff", "--compress"]), fault=fault)
        check(f"{name}_has_an_old_product", (done.code == 0) == (fault is None), done)
        return place

    def check_replaced(self, name, place, attempt):
        got = support.checksums(place)
        check(f"{name}_leaves_the_new_product_only", attempt.code == 0 and got == self.expected,
              f"{sorted(set(got.items()) ^ set(self.expected.items()))}\n{attempt}")


def prove_companions(replacement):
    place = replacement.with_maps("complete")
    check("maps_are_written", os.path.exists(place + "/out_area.tif"), os.listdir(place))
    attempt = run(2, replacement.arguments(place, ["--overwrite"]))
    replacement.check_replaced("a_complete_product", place, attempt)
    # Before, in and after the commit of the old one: with maps under their partial names, or some
    # renamed.
    for step in (0, 1, 3, 9):
        place = replacement.with_maps(f"killed_at_{step}", f"commit:{step}")
        left = [path for path in support.unfinished(place) if path.endswith(".tif.partial")]
        check(f"killed_at_{step}_leaves_unfinished_maps", step == 9 or left, os.listdir(place))
        attempt = run(3, replacement.arguments(place, ["--overwrite"]))
        replacement.check_replaced(f"killed_at_{step}", place, attempt)


def prove_moment(replacement):
    """Kills in the run that replaces."""
    for fault in ("compute:3", "commit:0"):
        name = "replacing_killed_in_" + fault.replace(":", "_")
        place = replacement.with_maps(name)
        old = support.checksums(place)
        run(2, replacement.arguments(place, ["--overwrite"]), fault=fault)
        now = support.checksums(place)
        check(f"{name}_has_the_old_product_still", all(now.get(path) == sum for path, sum in old.items()),
              sorted(now))
        attempt = run(1, replacement.arguments(place, ["--resume"]))
        replacement.check_replaced(name, place, attempt)
    for step in (1, 2, 4, 7):
        name = f"replacing_killed_at_commit_{step}"
        place = replacement.with_maps(name)
        run(1, replacement.arguments(place, ["--overwrite"]), fault=f"commit:{step}")
        check(f"{name}_is_unfinished", support.unfinished(place), os.listdir(place))
        attempt = run(2, replacement.arguments(place, ["--resume"]))
        replacement.check_replaced(name, place, attempt)


def prove_kept(replacement):
    """What somebody changed, reads or named elsewhere is not removed."""
    place = replacement.with_maps("changed")
    with open(place + "/out_area.tif", "ab") as file:
        file.write(b"mine")
    run(1, replacement.arguments(place, ["--overwrite"]))
    check("a_map_that_was_changed_is_kept", os.path.exists(place + "/out_area.tif"), os.listdir(place))
    check("the_others_are_not", not os.path.exists(place + "/out_label.tif"), os.listdir(place))

    place = support.folder("overwrite-input")
    prepare = ["prepare", "--method", "none", "--outliers", "none", "--variable", "pm25"]
    first = run(1, prepare + [replacement.region + "/pm25.nc", "-o", place + "/out.nc", "--compress"])
    second = run(1, prepare + [place + "/out.nc4", "-o", place + "/out.nc", "--overwrite"])
    check("a_copy_that_is_the_input_is_kept",
          first.code == 0 and second.code == 0 and os.path.exists(place + "/out.nc4"), second)
    third = run(1, prepare + [place + "/out.nc4", "-o", place + "/out.nc", "--overwrite", "--compress"])
    check("a_copy_that_is_the_input_is_not_replaced",
          third.code == 2 and "is also an input" in third.said, third)

    place = support.folder("overwrite-elsewhere")
    os.makedirs(place + "/tables")
    near = os.path.relpath(place)
    arguments = replacement.arguments(near, [])
    cells = ["--cells", near + "/../overwrite-tables/cells.csv"]
    tables = support.folder("overwrite-tables")
    first = run(2, arguments + cells)
    check("a_table_in_another_folder_is_written",
          first.code == 0 and os.path.exists(tables + "/cells.csv") and not support.unfinished(tables), first)
    second = run(2, arguments + cells + ["--resume"])
    check("its_product_is_known_to_be_complete", second.code == 0 and "up to date" in second.said, second)
    third = run(2, arguments + ["--overwrite"])
    check("a_table_in_another_folder_is_kept",
          third.code == 0 and os.path.exists(tables + "/cells.csv"), third)


def prove(region):
    replacement = Replacement(region)
    prove_companions(replacement)
    prove_moment(replacement)
    prove_kept(replacement)
