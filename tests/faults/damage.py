# airshed -- GPL-3.0-or-later. Journals and partial files that are damaged or belong to something
# else: refused with what to do, and left as they are.
import os
import random
import shutil

import commands
import support
from support import check, run

KILLED_AT = 7  # items 0 to 6 are on record


class Damaged:
    """Copies of a product that was killed half-way."""

    def __init__(self, region, fault=f"compute:{KILLED_AT}"):
        self.region = region
        self.whole = support.folder("damage-undisturbed-" + fault.replace(":", "-"))
        done = run(0, self.arguments(self.whole))
        self.expected = support.checksums(self.whole)
        check("stl_runs_undisturbed", done.code == 0, done)
        self.half = support.folder("damage-half-" + fault.replace(":", "-"))
        run(0, self.arguments(self.half), fault=fault)
        self.copies = 0

    def arguments(self, place):
        return commands.arguments("stl", self.region, place)

    def copy(self):
        self.copies += 1
        place = os.path.join(support.scratch, f"damage-{self.copies}")
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.half, place)
        return place

    def read(self, name):
        with open(os.path.join(self.half, name), "rb") as file:
            return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def remains(place):
    """What a run left for the next, the lock file excepted."""
    return {path: sum for path, sum in support.checksums(place).items() if not path.endswith(".lock")}


def expect_refused(name, damaged, place, more=(), said="--overwrite", ranks=0):
    """Exit 3 with advice, and not a byte changed; --overwrite then starts afresh."""
    before = remains(place)
    tried = run(ranks, damaged.arguments(place) + ["--resume"] + list(more))
    advised = len(tried.errors()) == 1 and said in tried.errors()[0]
    check(f"{name}_is_refused", tried.code == 3 and advised, tried)
    after = remains(place)
    check(f"{name}_is_left_as_it_is", before == after, sorted(set(before.items()) ^ set(after.items())))
    afresh = run(ranks, damaged.arguments(place) + ["--overwrite"])
    check(f"{name}_can_be_started_afresh",
          afresh.code == 0 and support.checksums(place) == damaged.expected, afresh)
    shutil.rmtree(place)


def expect_same(name, damaged, place, more=()):
    tried = run(0, damaged.arguments(place) + ["--resume"] + list(more))
    check(name, tried.code == 0 and support.checksums(place) == damaged.expected, tried)
    shutil.rmtree(place)


def flip(data, at, bit):
    return data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1:]


def prove_journal(damaged, random_numbers):
    data = damaged.read("out.nc.journal")
    frames = support.frames(os.path.join(damaged.half, "out.nc.journal"))
    for _ in range(16):
        at, bit = random_numbers.randrange(len(data)), random_numbers.randrange(8)
        place = damaged.copy()
        write(place + "/out.nc.journal", flip(data, at, bit))
        expect_refused(f"a_journal_with_bit_{bit}_of_byte_{at}_flipped", damaged, place)
    for _ in range(4):
        start = random_numbers.randrange(frames[1][0], frames[-1][0])
        place = damaged.copy()
        write(place + "/out.nc.journal", data[:start] + data[start + random_numbers.randint(1, 60):])
        expect_refused(f"a_journal_without_bytes_from_{start}", damaged, place)
    for start, _, _ in frames[2:4]:
        place = damaged.copy()
        write(place + "/out.nc.journal", data[:start] + data[frames[1][0]:])
        expect_refused(f"a_journal_with_a_record_twice_at_{start}", damaged, place)
    place = damaged.copy()
    write(place + "/out.nc.journal", b"")
    expect_refused("an_empty_journal", damaged, place)
    place = damaged.copy()
    write(place + "/out.nc.journal", b"date,value\n2012-01-01,3\n")
    expect_refused("a_file_of_another_kind", damaged, place)


def prove_torn_ends(damaged, random_numbers):
    """Cut anywhere behind its header, a journal is what a kill leaves: records are lost, no more."""
    data = damaged.read("out.nc.journal")
    first = support.frames(os.path.join(damaged.half, "out.nc.journal"))[1][0]
    for at in [first, len(data) - 1] + [random_numbers.randrange(first, len(data)) for _ in range(4)]:
        place = damaged.copy()
        write(place + "/out.nc.journal", data[:at])
        expect_same(f"a_journal_cut_at_byte_{at}_is_gone_on_with", damaged, place)


class Header:
    """Reads the header of a CDF-5 file for the places of its variables."""

    def __init__(self, data):
        self.data, self.at = data, 4 + 8  # magic, records
        self.read_list(lambda: (self.name(), self.number()))  # dimensions
        self.read_list(self.attribute)
        self.begin = dict(self.read_list(self.variable))

    def number(self, size=8):
        self.at += size
        return int.from_bytes(self.data[self.at - size:self.at], "big")

    def skip(self, size):
        start, self.at = self.at, self.at + (size + 3) // 4 * 4
        return self.data[start:start + size]

    def name(self):
        return self.skip(self.number()).decode()

    def read_list(self, read_one):
        self.number(4)
        return [read_one() for _ in range(self.number())]

    def attribute(self):
        self.name()
        size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8}[self.number(4)]
        self.skip(self.number() * size)

    def variable(self):
        name = self.name()
        for _ in range(self.number()):
            self.number()  # a dimension
        self.read_list(self.attribute)
        self.number(4), self.number()  # type and size
        return name, self.number()


def prove_partial(damaged, random_numbers):
    data = damaged.read("out.nc.partial")
    begin = Header(data).begin
    # Header and coordinates come first, then values, which are checked where items are on record.
    start, row_bytes = begin["trend"], commands.COLS * 4
    check("values_follow_the_coordinates", sorted(begin.values()).index(start) == 7, begin)
    for _ in range(8):
        step, row = random_numbers.randrange(3 * commands.DAYS), random_numbers.randrange(KILLED_AT)
        at = start + (step * commands.ROWS + row) * row_bytes + random_numbers.randrange(row_bytes)
        place = damaged.copy()
        write(place + "/out.nc.partial", flip(data, at, random_numbers.randrange(8)))
        expect_refused(f"a_value_changed_at_byte_{at}", damaged, place, ranks=random_numbers.choice([0, 2]))
    for _ in range(8):
        at = random_numbers.randrange(start)
        place = damaged.copy()
        write(place + "/out.nc.partial", flip(data, at, random_numbers.randrange(8)))
        expect_refused(f"a_header_changed_at_byte_{at}", damaged, place)
    for at in [0, 100, start, len(data) // 2, len(data) - 1]:
        place = damaged.copy()
        write(place + "/out.nc.partial", data[:at])
        expect_refused(f"a_partial_cut_at_byte_{at}", damaged, place)
    place = damaged.copy()
    os.remove(place + "/out.nc.partial")
    expect_refused("a_journal_without_its_partial", damaged, place)


def prove_foreign(damaged):
    place = damaged.copy()
    expect_refused("another_option", damaged, place, ["--seasonal", "9"], "other options")
    other = support.folder("damage-other")
    run(0, ["synth", "-o", other, "--rows", str(commands.ROWS), "--cols", str(commands.COLS), "--days",
            str(commands.DAYS), "--seed", "2"])
    place = damaged.copy()
    before = remains(place)
    arguments = [word.replace(damaged.region + "/pm25.nc", other + "/pm25.nc")
                 for word in damaged.arguments(place)]
    tried = run(0, arguments + ["--resume"])
    check("another_input_is_refused", tried.code == 3 and "inputs have changed" in tried.said, tried)
    check("another_input_changes_nothing", before == remains(place))
    # A journal and a partial of different products.
    tried = run(0, arguments + ["--overwrite"], fault=f"compute:{KILLED_AT}")
    foreign = place + "/out.nc.partial"
    mixed = damaged.copy()
    shutil.copyfile(foreign, mixed + "/out.nc.partial")
    expect_refused("a_partial_of_another_product", damaged, mixed)
    place = damaged.copy()
    data = damaged.read("out.nc.journal")
    version = data.replace(b'"version":"', b'"version":"9', 1)
    check("the_version_is_in_the_header", version != data)
    write(place + "/out.nc.journal", reframed(version))
    expect_refused("another_version", damaged, place, (), "was begun by airshed 9")


def prove_both_flags(damaged):
    """--resume --overwrite goes on with what fits, and starts afresh, with a warning, where nothing does."""
    place = damaged.copy()
    went_on = run(2, damaged.arguments(place) + ["--resume", "--overwrite"])
    check("both_flags_go_on_with_what_fits",
          went_on.code == 0 and "are done already" in went_on.said and "afresh" not in went_on.said
          and support.checksums(place) == damaged.expected, went_on)
    partial, journal = damaged.read("out.nc.partial"), damaged.read("out.nc.journal")
    at = partial.index(b"airshed ", partial.index(b"source"))
    value = Header(partial).begin["trend"] + 1
    states = {"header_of_another_build": ("out.nc.partial", flip(partial, at + 8, 0)),
              "damaged_value": ("out.nc.partial", flip(partial, value, 5)),
              "short_partial": ("out.nc.partial", partial[:value]),
              "damaged_journal": ("out.nc.journal", flip(journal, 20, 1))}
    for name, (file, data) in states.items():
        for ranks in 1, 3:
            place = damaged.copy()
            write(f"{place}/{file}", data)
            afresh = run(ranks, damaged.arguments(place) + ["--resume", "--overwrite"])
            check(f"both_flags_start_afresh_from_a_{name}_on_{ranks}_ranks",
                  afresh.code == 0 and "starts afresh" in afresh.said
                  and support.checksums(place) == damaged.expected, afresh)


def prove_commit(region):
    """Files that were finished, but not all in place: nobody may change them in between."""
    recorded, renamed = Damaged(region, "commit:1"), Damaged(region, "commit:2")
    old = support.folder("damage-old")
    run(0, recorded.arguments(old) + ["--seasonal", "9"])
    expect_same("an_interrupted_commit_is_completed", recorded, recorded.copy())
    for state, name in [(recorded, "out.nc.partial"), (renamed, "out.nc")]:
        data = state.read(name)
        place = state.copy()
        write(f"{place}/{name}", flip(data, len(data) // 2, 3))
        expect_refused(f"{name}_changed_in_a_commit", state, place)
        place = state.copy()
        os.remove(f"{place}/{name}")
        expect_refused(f"{name}_lost_in_a_commit", state, place)
    place = recorded.copy()
    os.remove(place + "/out.nc.partial")
    shutil.copy2(old + "/out.nc", place)
    shutil.copy2(old + "/out.nc.prov.json", place)
    expect_refused("an_old_product_in_place_of_the_finished_one", recorded, place)
    place = recorded.copy()
    write(place + "/out.nc.prov.json.partial", b"{}")
    expect_refused("a_damaged_sidecar_in_a_commit", recorded, place)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def reframed(data):
    """A journal whose header grew by one byte, with lengths and checksums of its first frame set."""
    length = int.from_bytes(data[12:16], "little") + 1
    head = data[8:12] + length.to_bytes(4, "little")
    body = data[24:24 + length]
    return (data[:8] + head + crc32c(head).to_bytes(4, "little") + crc32c(body).to_bytes(4, "little")
            + data[24:])


def prove(region, seed):
    damaged = Damaged(region)
    random_numbers = random.Random(f"{seed} damage")
    prove_journal(damaged, random_numbers)
    prove_torn_ends(damaged, random_numbers)
    prove_partial(damaged, random_numbers)
    prove_foreign(damaged)
    prove_both_flags(damaged)
    prove_commit(region)
