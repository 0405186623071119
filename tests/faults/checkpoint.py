# airshed -- GPL-3.0-or-later. USR1, which Slurm sends before the time limit: items are finished and
# recorded, the exit code is 75, and the next run goes on.
import os
import signal

import commands
import support
from support import Journal, check, journals, run


def is_pending(pid, number):
    """Whether the launcher has passed a signal on to a rank that stands still."""
    return int(support.fact(pid, "ShdPnd"), 16) >> (number - 1) & 1


def prove_checkpoint(name, region, ranks):
    label = f"{name}_on_{ranks}"
    place = support.folder(f"checkpoint-{name}")
    whole = support.folder(f"checkpoint-{name}-whole")
    done = run(1, commands.arguments(name, region, whole))
    check(f"{name}_runs_undisturbed", done.code == 0, done)

    attempt = support.start(ranks, commands.arguments(name, region, place), place)
    before = {path: Journal(path) for path in journals(place)}
    attempt.process.send_signal(signal.SIGUSR1)
    support.wait_until(lambda: all(is_pending(pid, signal.SIGUSR1) for pid in attempt.ranks()))
    support.go_on(attempt)
    check(f"{label}_stops_at_a_checkpoint",
          attempt.code == 75 and attempt.said.count("go on with --resume") == 1, attempt)
    check(f"{label}_is_unfinished", support.unfinished(place), attempt)
    for path, journal in before.items():
        # Of each rank the item under way, the one on its way to the disk, and one that it began before it knew.
        more = len(Journal(path).done) - len(journal.done) if os.path.exists(path) else 0
        check(f"{label}_finishes_what_is_under_way_only", 0 <= more <= 3 * ranks, f"{more} more\n{attempt}")
    recorded = {path: len(Journal(path).done) for path in journals(place)}

    again = run(ranks % 3 + 1, commands.arguments(name, region, place) + ["--resume"])
    same = support.checksums(place) == support.checksums(whole)
    check(f"{label}_goes_on_with_the_same_bytes", again.code == 0 and same, again)
    for path, items in recorded.items():
        told = path[:-len(".journal")] + ".prov.json"
        if os.path.exists(told):
            check(f"{label}_repeats_nothing", support.sidecar(told)["items_reused"] == items, again)


def prove(region):
    for number, name in enumerate(commands.NAMES):
        ranks = 1 if name in commands.OF_TWO_ITEMS else number % 3 + 1
        prove_checkpoint(name, region, ranks)
