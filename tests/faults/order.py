# airshed -- GPL-3.0-or-later. What no kill can show: data reach the disk before the records that vouch
# for them, and everything before the renames. Read from a trace of the system calls.
import re
import shutil

import commands
import support
from support import check, run

CALLS = "pwrite64,write,fdatasync,fsync,rename,renameat,renameat2"
SYNCS = ("fdatasync", "fsync")
# Draws of inventories are verified instead by whoever reads them again (cube_spec.is_passing).
PASSING = re.compile(r"\.draws\.scratch\.(partial|journal)$")
CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>")


def name_of(rest):
    """Path of the descriptor that is a call's first argument."""
    path = re.match(r"\d+<([^>]*)>", rest)
    return path.group(1) if path else ""


class Trace:
    """Replays a trace: which files hold writes that nobody has made durable, and whose."""

    def __init__(self, path):
        self.unsynced = {}  # (process, file): line of its last write that is not durable
        self.syncing = {}  # by thread: file and line where a sync under way began
        self.early_records, self.early_renames = [], []
        self.records = self.renames = 0
        with open(path) as file:
            for number, line in enumerate(file):
                call = CALL.match(line)
                resumed = RESUMED.match(line)
                if call:
                    self.add(*call.groups(), number, line)
                elif resumed and resumed.group(2) in SYNCS:
                    self.end_sync(resumed.group(1))

    def end_sync(self, thread):
        """What was written before the sync began is durable."""
        path, began = self.syncing.pop(thread)
        self.unsynced = {(who, file): written for (who, file), written in self.unsynced.items()
                         if file != path or written > began}

    def add(self, process, call, rest, number, line):
        path = name_of(rest)
        if call in SYNCS:
            self.syncing[process] = (path, number)
            if "<unfinished ...>" not in rest:
                self.end_sync(process)
        elif call.startswith("rename"):
            if ".partial" in rest:
                self.renames += 1
                if self.unsynced:
                    self.early_renames.append((line, sorted(self.unsynced)))
        elif PASSING.search(path):
            pass
        elif path.endswith(".journal"):
            self.records += 1
            if any(who == process and file.endswith(".partial") for who, file in self.unsynced):
                self.early_records.append(line)
            self.unsynced[(process, path)] = number
        elif path.endswith(".partial"):
            self.unsynced[(process, path)] = number


def prove_order(name, region, ranks):
    place = support.folder(f"order-{name}-{ranks}")
    log = support.scratch + f"/trace-{name}-{ranks}"
    traced = run(ranks, commands.arguments(name, region, place), trace=(CALLS, log))
    if not check(f"{name}_runs_under_strace_on_{ranks}", traced.code == 0, traced):
        return
    trace = Trace(log)
    check(f"{name}_has_records_and_renames_on_{ranks}", trace.records > 0 and trace.renames > 0,
          vars(trace))
    check(f"{name}_syncs_data_before_their_record_on_{ranks}", not trace.early_records,
          trace.early_records[:3])
    check(f"{name}_syncs_everything_before_the_renames_on_{ranks}", not trace.early_renames,
          trace.early_renames[:3])


def prove(region):
    if shutil.which("strace") is None:
        support.skip("the_order_of_data_and_records", "strace is missing (make deps)")
        return
    for name in commands.NAMES:
        prove_order(name, region, 2)
