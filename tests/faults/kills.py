# airshed -- GPL-3.0-or-later. Kills in every phase of every command, and what a resume makes of them.
import collections
import concurrent.futures
import os
import random
import shutil
import signal
import time

import commands
import support
from support import Journal, Run, check, journals, run

PHASES = ["read", "compute", "write", "journal", "commit"]
OTHERS = ["all ranks", "mpirun alone"]


class Tally(collections.Counter):
    """Kills by phase or kind, and by ranks; those that ended with the same bytes."""

    def add(self, kind, ranks):
        self.update([kind, "kills", f"on {ranks}"])

    def text(self, names):
        return ", ".join(f"{self[name]} {name}" for name in names)


class Product:
    """A product of one command that is killed again and again, and completed after each kill."""

    def __init__(self, name, region, label, random_numbers, expected, tally):
        self.name, self.region, self.label = name, region, f"{name}_{label}"
        self.random, self.expected, self.tally = random_numbers, expected, tally
        self.place = support.folder(f"{name}-{label}")
        self.ranks = self.random.randint(1, 3)
        self.copies = 0
        self.log = []

    def arguments(self, place):
        return commands.arguments(self.name, self.region, place) + ["--resume"]

    def next_ranks(self):
        """Another number of ranks than in the attempt before."""
        self.ranks = (self.ranks + self.random.randint(0, 1)) % 3 + 1
        return self.ranks

    def journal(self):
        """Of the stage that is under way, the innermost of several; None between stages."""
        found = journals(self.place)
        return Journal(max(found, key=lambda path: os.stat(path).st_mtime_ns)) if found else None

    def check_records(self, before, after, attempt):
        """Nothing that was done is lost, by this attempt or to it."""
        if before is None or after is None or after.path != before.path:
            return
        check(f"{self.label}_keeps_what_was_done", after.done[:len(before.done)] == before.done,
              f"{before.done} became {after.done}\n{attempt}")

    def check_flight(self, before, fault, ranks, attempt):
        """Items of earlier rounds are done. Repeated are those of the round under way, of the round
        before it, in which a slower rank may be, and, for each, the one whose data were on their way
        to the disk: a rank records it before it writes the next one."""
        after = self.journal()
        if len(journals(self.place)) != 1 or after.committed:
            return  # with stages within stages one cannot tell which was struck
        came = list(range(after.items))
        if before is not None and before.path == after.path:
            came = before.open()
        phase, number = fault.split(":")
        if phase == "commit" or int(number) not in came:
            return
        first_open = came.index(int(number)) // ranks - (phase in ("read", "compute"))
        slower = 0 if ranks == 1 else 2  # rounds: one behind, and its own on the way
        due = [item for at, item in enumerate(came) if at // ranks < first_open - slower]
        lost = [item for item in due if item not in after.done]
        check(f"{self.label}_repeats_only_items_in_flight", not lost,
              f"{lost} are lost, {vars(after)}, {journals(self.place)}, {self.log}\n{attempt}")

    def choose(self, phase, before):
        if phase == "commit":
            return f"commit:{self.random.randrange(commands.commit_steps(self.name, self.expected))}"
        return f"{phase}:{self.random.choice(before.open() if before else range(12))}"

    def kill_one_rank(self, phase):
        """One kill by the injector, and what a resume makes of a copy of what it left; the product
        itself goes on to the next kill."""
        before = self.journal()
        fault = self.choose(phase, before)
        ranks = self.next_ranks()
        attempt = run(ranks, self.arguments(self.place), fault=fault)
        self.log.append(f"{fault} on {ranks}: {attempt.code}")
        if attempt.code == 0:
            return  # complete before it came to that
        support.wait_until(lambda: not attempt.ranks())
        self.tally.add(phase, ranks)
        check(f"{self.label}_ends_by_the_kill", attempt.code != "HANG" and not attempt.errors(), attempt)
        self.check_records(before, self.journal(), attempt)
        self.check_flight(before, fault, ranks, attempt)
        self.copies += 1
        copy = f"{self.place}-copy-{self.copies}"
        shutil.copytree(self.place, copy)
        self.complete(copy)
        shutil.rmtree(copy)

    def kill_from_outside(self, kind):
        """All ranks and their launcher at once, or the launcher alone; the next run starts at once.
        In every second case the orphans stand still until it waits for them."""
        attempt = Run(self.next_ranks(), self.arguments(self.place))
        wanted = self.random.randint(1, 3)
        support.wait_until(lambda: attempt.process.poll() is not None
                           or support.has_records(self.place, wanted))
        pids = attempt.ranks()
        if kind == "all ranks":
            attempt.kill_all()
        else:
            attempt.process.kill()
        died = attempt.wait().code == -signal.SIGKILL
        self.log.append(f"{kind} on {self.ranks}: {attempt.code}")
        if not died:
            return
        self.tally.add(kind, self.ranks)
        if kind == "all ranks":
            self.complete(self.place)
        else:
            self.complete_beside(attempt, pids)

    def complete_beside(self, attempt, orphans):
        stopped = support.send(orphans, signal.SIGSTOP) if self.random.randint(0, 1) else []
        second = Run(self.next_ranks(), self.arguments(self.place))
        self.tally["starts beside living orphans"] += bool(attempt.ranks())
        if stopped:
            time.sleep(0.5)
            check(f"{self.label}_waits_for_orphans", second.process.poll() is None, second)
            support.send(stopped, signal.SIGCONT)
        self.check_complete(self.place, second.wait(), {}, 0)

    def complete(self, place):
        """Another run on another number of ranks: everything on record is reused."""
        recorded = {path: Journal(path) for path in journals(place)}
        started = time.time()
        self.check_complete(place, run(self.next_ranks(), self.arguments(place)), recorded, started)

    def check_complete(self, place, attempt, recorded, started):
        said = "\n".join(self.log + [str(attempt)])
        check(f"{self.label}_resumes", attempt.code == 0, said)
        got = support.checksums(place)
        self.tally["same"] += check(f"{self.label}_has_the_same_bytes", got == self.expected,
                                    f"{sorted(set(got.items()) ^ set(self.expected.items()))}\n{said}")
        check(f"{self.label}_leaves_nothing_behind", not support.unfinished(place),
              support.unfinished(place))
        for path, journal in recorded.items():
            told = path[:-len(".journal")] + ".prov.json"
            if os.path.exists(told) and os.path.getmtime(told) >= started and not journal.committed:
                check(f"{self.label}_reuses_every_record",
                      support.sidecar(told)["items_reused"] == len(journal.done), said)


def reference(name, region):
    place = support.folder(f"{name}-undisturbed")
    whole = run(1, commands.arguments(name, region, place))
    expected = support.checksums(place)
    check(f"{name}_runs_undisturbed", whole.code == 0 and len(expected) > 0, whole)
    return expected


def prove_command(name, region, series, seed):
    """@series products, each killed in every phase, the last time in its commits; then kills from
    outside."""
    random_numbers = random.Random(f"{seed} {name}")
    tally = Tally()
    expected = reference(name, region)
    for number in range(series):
        product = Product(name, region, number, random_numbers, expected, tally)
        phases = PHASES[:4]
        random_numbers.shuffle(phases)
        for phase in phases:
            product.kill_one_rank(phase)
        product.kill_one_rank("commit")
        if name in commands.OF_SEVERAL_STAGES:
            product.kill_one_rank("commit")
    for kind in OTHERS:
        Product(name, region, kind.replace(" ", "_"), random_numbers, expected, tally).kill_from_outside(kind)
    return tally


def prove(region, seed, series=3):
    total = Tally()
    # A few at a time: most of a run of a second is waiting for launchers and disks.
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(prove_command, name, region, series, seed) for name in commands.NAMES]:
            total.update(done.result())
    orphans = "starts beside living orphans"
    print(f"seed {seed}: {total['kills']} kills of {len(commands.NAMES)} commands: "
          f"{total.text(PHASES + OTHERS)}; {total.text(['on 1', 'on 2', 'on 3'])} ranks; "
          f"{total[orphans]} {orphans}; {total['same']} of {total['kills']} end with the same bytes",
          flush=True)
    check("there_are_at_least_100_kills", total["kills"] >= 100, total)
    for phase in PHASES:
        check(f"there_are_at_least_15_kills_in_{phase}", total[phase] >= 15, total)
    for kind in OTHERS + [orphans, "on 1", "on 2", "on 3"]:
        check(f"there_are_at_least_5_{kind.replace(' ', '_')}", total[kind] >= 5, total)
    check("every_kill_ends_with_the_same_bytes", total["same"] == total["kills"], total)
