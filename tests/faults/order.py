# airshed -- GPL-3.0-or-later. What no kill can show: data reach the disk before the records that vouch
# for them, and everything before the renames. Read from a trace of the system calls.
import re
import shutil

import commands
import support
from support import check, run

CALLS = "pwrite64,write,fdatasync,fsync,rename,renameat,renameat2"
CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")


def name_of(rest):
    """Path of the descriptor that is a call's first argument."""
    path = re.match(r"\d+<([^>]*)>", rest)
    return path.group(1) if path else ""


class Trace:
    """Replays a trace: which files hold writes that nobody has made durable, and whose."""

    def __init__(self, path):
        self.unsynced = set()  # (process, file)
        self.early_records, self.early_renames = [], []
        self.records = self.renames = 0
        with open(path) as file:
            for line in file:
                call = CALL.match(line)
                if call:
                    self.add(*call.groups(), line)

    def add(self, process, call, rest, line):
        path = name_of(rest)
        if call in ("fdatasync", "fsync"):
            self.unsynced = {(who, file) for who, file in self.unsynced if file != path}
        elif call.startswith("rename"):
            if ".partial" in rest:
                self.renames += 1
                if self.unsynced:
                    self.early_renames.append((line, sorted(self.unsynced)))
        elif path.endswith(".journal"):
            self.records += 1
            if any(who == process and file.endswith(".partial") for who, file in self.unsynced):
                self.early_records.append(line)
            self.unsynced.add((process, path))
        elif path.endswith(".partial"):
            self.unsynced.add((process, path))


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
