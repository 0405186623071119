# airshed -- GPL-3.0-or-later. Runs airshed, looks at what it left, counts tests.
import glob
import hashlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

AIRSHED = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "airshed"))
LIMIT_S = 120  # no run of these tests takes a tenth of it
UNFINISHED = (".partial", ".journal", ".lock", ".new")

os.environ.update({
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMPI_MCA_mpi_yield_when_idle": "1",
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C"})

counts = {"passed": 0, "failed": 0, "skipped": 0}
counting = threading.Lock()
sessions = set()  # of all runs, by the number of their launcher
scratch = tempfile.mkdtemp(prefix="airshed-faults-")


def check(name, holds, said=""):
    """Counts one test; its name says what is true."""
    with counting:
        counts["passed" if holds else "failed"] += 1
    if not holds:
        print(f"FAILED {name}\n  " + str(said).strip().replace("\n", "\n  "), flush=True)
    return bool(holds)


def skip(name, reason):
    counts["skipped"] += 1
    print(f"skipped {name}: {reason}")


def remove_scratch():
    shutil.rmtree(scratch, ignore_errors=True)


def finish():
    send(processes(sessions), signal.SIGKILL)  # such as stand still
    remove_scratch()
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    sys.exit(counts["failed"] > 0)


def folder(name):
    path = os.path.join(scratch, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


class Run:
    """One run of airshed on @ranks ranks (0: without mpirun), begun at once."""

    def __init__(self, ranks, arguments, fault=None, trace=None):
        launcher = ["mpirun", "-q", "-np", str(ranks)] if ranks > 0 else []
        tracer = ["strace", "-f", "-y", "-qq", "-e", "trace=" + trace[0], "-o", trace[1]] if trace else []
        environment = dict(os.environ, **({"AIRSHED_FAULT": fault} if fault else {}))
        self.command = tracer + launcher + [AIRSHED] + arguments
        self.fault = fault
        self.log = tempfile.TemporaryFile(mode="w+", dir=scratch)
        self.code, self.said = "running", ""
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=environment, start_new_session=True)
        sessions.add(self.process.pid)

    def wait(self):
        try:
            self.code = self.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill_all()
            self.code = "HANG"
        self.log.seek(0)
        self.said = self.log.read()
        return self

    def ranks(self):
        """Process numbers of airshed in this run; those of orphans too."""
        return processes({self.process.pid})

    def kill_all(self):
        send([self.process.pid] + self.ranks(), signal.SIGKILL)

    def errors(self):
        return [line for line in self.said.splitlines() if line.startswith("airshed: error")]

    def __str__(self):
        fault = f"AIRSHED_FAULT={self.fault} " if self.fault else ""
        return f"{fault}{' '.join(self.command)}\nexit code {self.code}\n{self.said[-2000:]}"


def processes(of_sessions):
    """Process numbers of airshed in these sessions."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.path.samefile(f"/proc/{entry}/exe", AIRSHED) \
                    and os.getsid(int(entry)) in of_sessions:
                found.append(int(entry))
        except OSError:
            pass
    return found


def send(pids, number):
    """Sends a signal; returns the processes that were there."""
    found = []
    for pid in pids:
        try:
            os.kill(pid, number)
            found.append(pid)
        except ProcessLookupError:
            pass
    return found


def fact(pid, name):
    """A line of /proc/PID/status."""
    with open(f"/proc/{pid}/status") as file:
        return next(line.split(":")[1].strip() for line in file if line.startswith(name + ":"))


def run(ranks, arguments, **more):
    return Run(ranks, arguments, **more).wait()


def wait_until(condition, limit_s=LIMIT_S):
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


def journals(place):
    return sorted(glob.glob(place + "/**/*.journal", recursive=True))


def frames(path):
    """[(offset, kind, body)] of the whole frames of a journal; layout: include/flow/journal.h."""
    with open(path, "rb") as file:
        data = file.read()
    found, at = [], 8
    while at + 16 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if at + 16 + length > len(data):
            break
        found.append((at, kind, data[at + 16:at + 16 + length]))
        at += 16 + length
    return found


class Journal:
    """What a journal says: number of items, those done in order, whether it is committed."""

    def __init__(self, path):
        all_frames = frames(path)
        self.path = path
        self.items = json.loads(all_frames[0][2])["count"]
        self.done = [struct.unpack_from("<q", body)[0] for _, kind, body in all_frames if kind == 2]
        self.committed = any(kind == 3 for _, kind, _ in all_frames)

    def open(self):
        return [item for item in range(self.items) if item not in set(self.done)]


def has_records(place, count=1):
    try:
        return any(len(Journal(path).done) >= count for path in journals(place))
    except (OSError, IndexError, ValueError, struct.error):
        return False  # not written yet, or gone meanwhile


def stands_still(attempt):
    try:
        return any(fact(pid, "State").startswith("T") for pid in attempt.ranks())
    except (OSError, StopIteration):
        return False  # gone meanwhile


def start(ranks, arguments, place):
    """A run that has items on record and is standing still: rank 0 stops by itself when it has written
    its second item, which comes after the record of its first."""
    attempt = Run(ranks, arguments, fault=f"write:{ranks}:stop")
    caught = wait_until(lambda: stands_still(attempt) or attempt.process.poll() is not None)
    caught = caught and has_records(place)
    stopped = send(attempt.ranks(), signal.SIGSTOP)
    wait_until(lambda: all(fact(pid, "State").startswith("T") for pid in stopped))
    check("the_run_is_caught_half_way", caught and attempt.process.poll() is None)
    return attempt


def go_on(attempt):
    send(attempt.ranks(), signal.SIGCONT)
    return attempt.wait()


def checksums(place):
    """{relative path: SHA-256} of the products below a folder."""
    found = {}
    for path in glob.glob(place + "/**", recursive=True):
        if os.path.isfile(path) and not path.endswith(".prov.json"):
            with open(path, "rb") as file:
                found[os.path.relpath(path, place)] = hashlib.sha256(file.read()).hexdigest()
    return found


def unfinished(place):
    return [path for path in glob.glob(place + "/**", recursive=True) if path.endswith(UNFINISHED)]


def sidecar(path):
    with open(path) as file:
        return json.load(file)
