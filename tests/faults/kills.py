# airshed -- GPL-3.0-or-later. Kills in every phase of every command, and what a resume makes of them.
import concurrent.futures
import os
import random
import time

import commands
import support
from support import Journal, Run, check, journals, run

PHASES = ["read", "compute", "write", "journal", "commit"]
kills = {phase: 0 for phase in PHASES + ["all ranks", "mpirun alone"]}
identical = {"same": 0, "all": 0}


class Product:
    """A product of one command that is killed again and again until it is complete."""

    def __init__(self, name, region, number, random_numbers):
        self.name = name
        self.place = support.folder(f"{name}-{number}")
        self.arguments = commands.arguments(name, region, self.place)
        self.random = random_numbers
        self.ranks = self.random.randint(1, 3)
        self.label = f"{name}_{number}"
        self.log = []

    def next_ranks(self):
        """Another number of ranks than in the attempt before."""
        self.ranks = (self.ranks + self.random.randint(0, 1)) % 3 + 1
        return self.ranks

    def journal(self):
        """Of the stage that is under way, the innermost of several; None between stages."""
        found = journals(self.place)
        return Journal(max(found, key=lambda path: os.stat(path).st_mtime_ns)) if found else None

    def told(self):
        return self.arguments + ["--resume"]

    def check_records(self, before, after, attempt):
        """Nothing that was done is lost, by this attempt or to it."""
        if before is None or after is None or after.path != before.path:
            return
        check(f"{self.label}_keeps_what_was_done", after.done[:len(before.done)] == before.done,
              f"{before.done} became {after.done}\n{attempt}")

    def check_flight(self, before, fault, ranks, attempt):
        """Items of earlier rounds are done; only those of the round under way and the one before
        it, in which a slower rank may be, are repeated."""
        after = self.journal()
        if len(journals(self.place)) != 1 or after.committed:
            return  # with stages within stages one cannot tell which was struck
        came = list(range(after.items))
        if before is not None and before.path == after.path:
            came = before.open()
        phase, number = fault.split(":")
        if phase == "commit" or int(number) not in came:
            return
        round_of_fault = came.index(int(number)) // ranks
        due = [item for at, item in enumerate(came) if at // ranks < round_of_fault - 1
               or (at // ranks == round_of_fault - 1 and ranks == 1)]
        lost = [item for item in due if item not in after.done]
        check(f"{self.label}_repeats_only_items_in_flight", not lost,
              f"{lost} are lost, {vars(after)}, {journals(self.place)}, {self.log}\n{attempt}")

    def kill_in(self, phase):
        """One kill by the injector. False where the run ended before it came to that."""
        before = self.journal()
        if phase == "commit":
            fault = f"commit:{self.random.randint(0, 2)}"
        else:
            fault = f"{phase}:{self.random.choice(before.open() if before else range(12))}"
        ranks = self.next_ranks()
        attempt = run(ranks, self.told(), fault=fault)
        self.log.append(f"{fault} on {ranks}: {attempt.code}")
        if attempt.code == 0:
            return False
        kills[phase] += 1
        check(f"{self.label}_ends_by_the_kill", attempt.code not in ("HANG", 0) and not attempt.errors(),
              attempt)
        self.check_records(before, self.journal(), attempt)
        self.check_flight(before, fault, ranks, attempt)
        return True

    def kill_while(self, kind):
        """All ranks with their launcher, or the launcher alone, at some moment. The next attempt
        starts at once. False where the run was faster."""
        attempt = Run(self.next_ranks(), self.told())
        have = len(self.journal().done) if self.journal() else 0
        support.wait_until(lambda: attempt.process.poll() is not None
                           or support.has_records(self.place, have + self.random.randint(1, 3)))
        if kind == "all ranks":
            attempt.kill_all()
        else:
            attempt.process.kill()
        died = attempt.wait().code == -9
        self.log.append(f"{kind} on {self.ranks}: {attempt.code}")
        kills[kind] += died
        return died

    def complete(self, expected):
        """The last attempt: the same bytes, and everything reused that was on record."""
        recorded = {path: Journal(path) for path in journals(self.place)}
        started = time.time()
        attempt = run(self.next_ranks(), self.told())
        said = "\n".join(self.log + [str(attempt)])
        check(f"{self.label}_resumes", attempt.code == 0, said)
        got = support.checksums(self.place)
        identical["all"] += 1
        identical["same"] += check(f"{self.label}_has_the_same_bytes", got == expected,
                                   f"{sorted(set(got.items()) ^ set(expected.items()))}\n{said}")
        check(f"{self.label}_leaves_nothing_behind", not support.unfinished(self.place),
              support.unfinished(self.place))
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
    """@series products, each killed in every phase, the last time in its commit."""
    random_numbers = random.Random(f"{seed} {name}")
    expected = reference(name, region)
    for number in range(series):
        product = Product(name, region, number, random_numbers)
        phases = PHASES[:4]
        random_numbers.shuffle(phases)
        for phase in phases:
            product.kill_in(phase)
        if number < 2:
            product.kill_while(["all ranks", "mpirun alone"][number])
        product.kill_in("commit")
        product.complete(expected)


def prove(region, seed, series=3):
    # A few at a time: most of a run of a second is waiting for launchers and disks.
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(prove_command, name, region, series, seed) for name in commands.NAMES]:
            done.result()
    total = sum(kills.values())
    print(f"{total} kills: " + ", ".join(f"{count} {phase}" for phase, count in kills.items())
          + f"; {identical['same']} of {identical['all']} products identical")
    check("there_are_at_least_100_kills", total >= 100, kills)
    for phase in PHASES:
        check(f"there_are_at_least_15_kills_in_{phase}", kills[phase] >= 15, kills)
