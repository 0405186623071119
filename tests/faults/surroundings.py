# airshed -- GPL-3.0-or-later. Disks that are full, folders and inputs that change, ranks that abort:
# one message, an exit code, no hang, and a resume afterwards.
import os
import re
import resource
import shutil
import signal
import subprocess

import commands
import support
from support import Run, check, run


FULL = "No space left|disk full"


def expect_failed(name, attempt, code, said):
    """One message of airshed with the code and what to do."""
    errors = attempt.errors()
    check(name, attempt.code == code and len(errors) == 1 and re.search(said, errors[0]), attempt)


def expect_resumed(name, arguments, place, expected, ranks=2):
    again = run(ranks, arguments + ["--resume"])
    got = {path: sum for path, sum in support.checksums(place).items() if path in expected}
    check(f"{name}_can_be_resumed", again.code == 0 and got == expected, again)


class SmallDisk:
    """A file system of @size bytes in memory; needs root."""

    def __init__(self, name, size):
        self.place = support.folder(name)
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.place],
            stderr=subprocess.DEVNULL).returncode == 0

    def remount(self, options):
        subprocess.run(["mount", "-o", "remount," + options, self.place], check=True)

    def fill(self):
        """Leaves no free byte; what is removed again is the file `filler`."""
        with open(self.place + "/filler", "wb", buffering=0) as file:
            size = 1 << 16
            while size > 0:
                try:
                    size = size if file.write(bytes(size)) == size else size // 2
                except OSError:
                    size //= 2

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", "-l", self.place], check=True)


def prove_full_disk(name, region, expected):
    for ranks in (1, 3):
        with SmallDisk(f"full-{name}-{ranks}", "12k") as disk:  # lock, journal, one page
            if not disk.mounted:
                support.skip(f"{name}_on_a_full_disk", "tmpfs cannot be mounted here")
                return
            arguments = commands.arguments(name, region, disk.place)
            expect_failed(f"{name}_on_a_small_disk_on_{ranks}", run(ranks, arguments), 4, FULL)
            disk.remount("size=64m")
            expect_resumed(f"{name}_on_a_small_disk_on_{ranks}", arguments, disk.place, expected)


def prove_disk_that_fills_up(name, region, expected):
    for ranks in (1,) if name in commands.OF_TWO_ITEMS else (1, 3):
        with SmallDisk(f"filling-{name}-{ranks}", "64m") as disk:
            if not disk.mounted:
                return
            arguments = commands.arguments(name, region, disk.place)
            attempt = support.start(ranks, arguments, disk.place)
            disk.fill()
            expect_failed(f"{name}_on_a_disk_that_fills_up_on_{ranks}", support.go_on(attempt), 4,
                          FULL)
            os.remove(disk.place + "/filler")
            expect_resumed(f"{name}_on_a_disk_that_fills_up_on_{ranks}", arguments, disk.place, expected)


def prove_file_size_limit(name, region, expected):
    place = support.folder(f"limit-{name}")
    arguments = commands.arguments(name, region, place)
    attempt = support.start(2, arguments, place)
    for pid in attempt.ranks():  # not for the launcher, which writes larger files itself
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (40000, 40000))
    expect_failed(f"{name}_past_the_limit_of_file_sizes", support.go_on(attempt), 4, "File too large")
    expect_resumed(f"{name}_past_the_limit_of_file_sizes", arguments, place, expected)


def prove_read_only_folder(name, region, expected):
    with SmallDisk("read-only", "64m") as disk:
        if not disk.mounted:
            support.skip("a_read_only_folder", "tmpfs cannot be mounted here")
            return
        disk.remount("ro")
        arguments = commands.arguments(name, region, disk.place)
        for ranks in (0, 3):
            expect_failed(f"a_read_only_folder_on_{ranks}", run(ranks, arguments), 4, "Read-only")
        disk.remount("rw")
        expect_resumed("a_read_only_folder", arguments, disk.place, expected)


def prove_vanished_folder(name, region):
    for ranks in (1, 2):
        place = support.folder(f"vanished-{ranks}")
        attempt = support.start(ranks, commands.arguments(name, region, place), place)
        os.rename(place, place + "-moved")
        expect_failed(f"a_folder_that_vanishes_on_{ranks}", support.go_on(attempt), 4, "No such file")


def prove_shrinking_input(name, region, expected):
    own = support.folder("shrinking-region")
    kept = os.path.join(region, "pm25.nc")
    for ranks in (1, 3):
        shutil.copy2(kept, own + "/pm25.nc")
        place = support.folder(f"shrinking-{ranks}")
        arguments = [word.replace(kept, own + "/pm25.nc")
                     for word in commands.arguments(name, region, place)]
        attempt = support.start(ranks, arguments, place)
        os.truncate(own + "/pm25.nc", os.path.getsize(kept) // 2)
        expect_failed(f"an_input_that_shrinks_on_{ranks}", support.go_on(attempt), 3, "shrunk")
        other = run(ranks, arguments + ["--resume"])
        check(f"a_shrunken_input_is_refused_on_{ranks}", other.code == 3, other)
        shutil.copy2(kept, own + "/pm25.nc")
        expect_resumed(f"an_input_that_shrinks_on_{ranks}", arguments, place, expected)


def prove_lost_rank(name, region, expected):
    for number, lost in enumerate([signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL]):
        place = support.folder(f"lost-{number}")
        arguments = commands.arguments(name, region, place)
        attempt = support.start(3, arguments, place)
        os.kill(attempt.ranks()[number], lost)
        support.go_on(attempt)
        check(f"a_rank_lost_by_{lost.name}_ends_the_run", attempt.code not in (0, "HANG"), attempt)
        check(f"a_rank_lost_by_{lost.name}_is_not_told_as_another_failure", not attempt.errors(), attempt)
        expect_resumed(f"a_rank_lost_by_{lost.name}", arguments, place, expected)


def stop_orphans(name, region):
    """Two ranks that stand still and hold a product, their launcher dead, where @name writes it. Ranks
    follow their launcher within a second: on a busy machine another run may be needed to catch both."""
    for number in range(10):
        place = support.folder(f"orphans-{number}")
        attempt = Run(2, commands.arguments(name, region, place))
        support.wait_until(lambda: support.has_records(place) or attempt.process.poll() is not None)
        orphans = attempt.ranks()
        attempt.process.kill()
        attempt.wait()  # stopped before, they would be hung up by the kernel: nobody could wake them
        orphans = support.send(orphans, signal.SIGSTOP)
        if len(orphans) == 2 and len(attempt.ranks()) == 2:
            break
        support.send(orphans, signal.SIGCONT)
    return orphans, place


def prove_orphans(name, region, expected):
    """A launcher dies, its ranks stand still and hold the product: a start waits for them."""
    orphans, place = stop_orphans(name, region)
    second = Run(3, commands.arguments(name, region, place) + ["--resume"])
    waited = not support.wait_until(lambda: second.process.poll() is not None, 2)
    check("a_start_waits_for_orphans_that_write", waited and len(orphans) == 2,
          f"{len(orphans)} orphans\n{second}")
    support.send(orphans, signal.SIGCONT)
    second.wait()
    check("it_goes_on_when_they_are_gone",
          second.code == 0 and support.checksums(place) == expected, second)


def prove_foreign_holder(name, region):
    """A run that never ends keeps its product; who wants it too is told whom to look for."""
    place = support.folder("holder")
    arguments = commands.arguments(name, region, place)
    attempt = support.start(2, arguments, place)
    holders = attempt.ranks()
    second = run(1, arguments + ["--resume"])
    expect_failed("a_product_held_by_another_run", second, 4, "is held by another run")
    check("its_holder_is_named", any(f"process {pid}" in second.said for pid in holders), second)
    check("the_holder_completes", support.go_on(attempt).code == 0, attempt)


def undisturbed(name, region):
    place = support.folder(f"surroundings-{name}")
    whole = run(1, commands.arguments(name, region, place))
    check(f"{name}_runs_undisturbed", whole.code == 0, whole)
    return support.checksums(place)


def prove(region):
    stl = undisturbed("stl", region)
    for name in commands.NAMES:
        expected = stl if name == "stl" else undisturbed(name, region)
        prove_full_disk(name, region, expected)
        prove_disk_that_fills_up(name, region, expected)
    prove_file_size_limit("stl", region, stl)
    prove_read_only_folder("stl", region, stl)
    prove_vanished_folder("stl", region)
    prove_shrinking_input("stl", region, stl)
    prove_lost_rank("stl", region, stl)
    prove_orphans("stl", region, stl)
    prove_foreign_holder("stl", region)
