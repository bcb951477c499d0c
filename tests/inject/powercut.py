#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The power fails while a stage writes. Each run is recorded call by call (record.c); then, for many
# moments of it, the folder is built as a disk may hold it afterwards, and looked at and gone on from.
#
#   powercut.py BUILD [--cuts N] [--seed S] [WORKLOAD...]
#
# What a disk may hold: of a file all that was written before its last fsync; of what was written after
# it nothing, everything, the beginning with the last write torn, or any of its sectors of 512 bytes,
# the rest zeros or garbage. Of a folder's names those of its last fsync; of what was created, renamed
# and removed after it nothing, everything, the beginning, or any of it.
#
# Asked of each: the ledger and the store open and pass integrity_check; the ledger holds every answer
# of a record that had left the stage, and every one that was in it when its last fsync returned; the
# store holds the first records of its input, and all of an ingest that had said 0; FILE and an
# export's folder are the old one or the new one and never a part, after exit 0 the new one; the same
# commands again give the bytes of a run that nothing happened to, and ask no more than what was in
# flight and in one group of the ledger's.
import argparse, collections, concurrent.futures, hashlib, json, os, random, re, shutil, sqlite3, struct
import subprocess, sys, tempfile
sys.dont_write_bytecode = True
from yard import Yard, content, planted

parser = argparse.ArgumentParser()
parser.add_argument("build")
parser.add_argument("workloads", nargs="*")
parser.add_argument("--cuts", type=int, default=60)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_intermixed_args()

SECTOR = 512
GROUP, FLIGHT = 256, 8  # answers in one commit of a ledger, requests in flight
QUESTIONS, MANY, FIRST, SECOND = 700, 2500, 21000, 11000  # asked about; put into a store by two runs
FILLED = 120000  # put into a new store, in two transactions and what is over

# What comes out lies in a folder of its own, whose names SQLite does not happen to sync.
ASK = f"capqa-blind -m sim-llm -j {FLIGHT} --progress none -L ledger.db questions.jsonl"
EXPORT = "capqa-export -d capqa.db -o made/dataset --shard-rows 20"

# name: the commands, what stands in the folder before, what more the environment says, and whether
# the ledger believes that it lies on a network file system and keeps a rollback journal
Workload = collections.namedtuple("Workload", "steps base env network", defaults=({}, False))
WORKLOADS = {
    "blind-stream": Workload([ASK], "asking-long"),
    "blind-network": Workload([ASK], "asking", network=True),
    "blind-file": Workload([ASK + " -o made/out.jsonl -r made/rejects.jsonl"], "asking"),
    "ingest": Workload(["capqa-ingest -q -d out.db images.jsonl first.jsonl", "capqa-ingest -q -d out.db second.jsonl"],
                       "storing"),
    # a new store is filled without a log; the first of these is three transactions and what was put off
    "ingest-new": Workload(["capqa-ingest -q -d out.db first.jsonl", "capqa-ingest -q -d out.db second.jsonl"], "filling"),
    "export-new": Workload([EXPORT], "store"),
    "export-over": Workload([EXPORT], "published"),
    "export-aside": Workload([EXPORT], "published", {"RECORD_NO_EXCHANGE": "1"}),
}


# ---- the disk ----

class File:
    def __init__(self, bytes_=b""):
        self.live, self.kept, self.pending = bytearray(bytes_), bytearray(bytes_), []

    def write(self, at, what):
        self.pending.append((at, what))
        put(self.live, at, what)

    def truncate(self, size):
        self.pending.append((size, None))
        put(self.live, size, None)

    def sync(self):
        self.kept, self.pending = bytearray(self.live), []

    def after_cut(self, how, rng):
        if how == "nothing" or not self.pending:
            return self.kept
        if how == "everything":
            return self.live
        left = bytearray(self.kept)
        if how == "any" and rng.random() < 0.5 and len(self.live) > len(left):
            left += rng.randbytes(len(self.live) - len(left))  # it grew, but by what was on the disk before
        pending = self.pending
        if how == "beginning":
            pending = pending[:rng.randrange(len(pending)) + 1]
        for i, (at, what) in enumerate(pending):
            last = how == "beginning" and i == len(pending) - 1
            if what is None:
                if not last and (how != "any" or rng.random() < 0.5):
                    put(left, at, None)
                continue
            stop = rng.randrange(len(what) + 1) if last else len(what)
            start = 0
            while start < stop:
                end = min(stop, (at + start) // SECTOR * SECTOR + SECTOR - at)
                if how != "any" or rng.random() < 0.5:
                    put(left, at + start, what[start:end])
                start = end
        return left


def put(data, at, what):
    # None: ends there
    if what is None:
        del data[at:]
    if len(data) < at:
        data += bytes(at - len(data))
    if what is not None:
        data[at:at + len(what)] = what


class Folder:
    def __init__(self):
        self.live, self.kept, self.pending = {}, {}, []

    def do(self, *change):
        self.pending.append(change)
        alter(self.live, change)

    def sync(self):
        self.kept, self.pending = dict(self.live), []

    def after_cut(self, how, rng):
        names, pending = dict(self.kept), self.pending
        if how == "nothing":
            pending = []
        elif how == "beginning":
            pending = pending[:rng.randrange(len(pending) + 1)]
        elif how == "any":
            pending = [change for change in pending if rng.random() < 0.5]
        for change in pending:
            alter(names, change)
        return names


def alter(names, change):
    # a name and what it means from now on; names are moved in one step, so two of them may change
    for name, node in change:
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


class Disk:
    def __init__(self, folder):
        self.root, self.fds = load(folder), {}

    def find(self, path):
        node = self.root
        for part in path.split("/") if path != "." else []:
            node = node.live.get(part) if isinstance(node, Folder) else None
        return node

    def names(self, path):
        return self.find(os.path.dirname(path) or "."), os.path.basename(path)

    def open(self, fd, flags, path):
        node = self.find(path)
        if node is None and flags & os.O_CREAT:
            node = File()
            folder, name = self.names(path)
            folder.do((name, node))
        elif flags & os.O_TRUNC and node.live:
            node.truncate(0)
        self.fds[fd] = node

    def move(self, path, other, exchange):
        folder, name = self.names(path)
        to, new = self.names(other)
        assert folder is to, "a rename between folders: the model has none"
        folder.do((new, folder.live[name]), (name, folder.live[new] if exchange else None))

    def play(self, op):
        what, fd, at, path, data = op
        if what == "B":
            self.fds = {}
        elif what == "O":
            self.open(fd, at, path[0])
        elif what == "W":
            self.fds[fd].write(at, data)
        elif what == "T":
            self.fds[fd].truncate(at)
        elif what == "S":
            self.fds[fd].sync()
        elif what in "RX":
            self.move(*path, what == "X")
        elif what in "UM":
            folder, name = self.names(path[0])
            folder.do((name, Folder() if what == "M" else None))

    def write_out(self, to, how, names_how, rng, node=None):
        node = node or self.root
        for name, child in sorted(node.after_cut(names_how, rng).items()):
            path = os.path.join(to, name)
            if isinstance(child, Folder):
                os.mkdir(path)
                self.write_out(path, how, names_how, rng, child)
            else:
                with open(path, "wb") as f:
                    f.write(child.after_cut(how, rng))


def load(path):
    # all that stands there has been there for long
    node = Folder()
    for entry in os.scandir(path):
        node.live[entry.name] = load(entry.path) if entry.is_dir() else File(open(entry.path, "rb").read())
    node.sync()
    return node


# ---- a recorded run ----

HEAD = struct.Struct("<c3xiqII")


def read_log(path, folder):
    ops, data, i = [], open(path, "rb").read(), 0
    while i < len(data):
        what, fd, at, names, size = HEAD.unpack_from(data, i)
        i += HEAD.size
        paths = [os.path.relpath(p.decode(), folder) for p in data[i:i + names].split(b"\0")] if names else []
        ops.append((what.decode(), fd, at, paths, data[i + names:i + names + size]))
        i += names + size
    return ops


def record(name, workload):
    # (what happened, what the run made)
    folder, log = f"{work}/{name}", f"{work}/{name}.log"
    shutil.copytree(f"{work}/{workload.base}", folder)
    preload = f"{library}:{network}" if workload.network else library
    said = []
    for step in workload.steps:
        said.append(yard.must(step, folder, LD_PRELOAD=preload, RECORD_DIR=folder, RECORD_LOG=log, **workload.env))
        with open(log, "ab") as f:
            f.write(HEAD.pack(b"K", -1, 0, 0, 0))  # it said 0
    return read_log(log, folder), outcome(folder, said)


def outcome(folder, said):
    # what must be alike whenever all commands are through
    made = {"stdout": hashlib.sha256(b"".join(done.stdout for done in said)).hexdigest()}
    for name in ("out.jsonl", "rejects.jsonl", "dataset"):
        made[name] = content(f"{folder}/made/{name}")
    if os.path.exists(folder + "/out.db"):
        made["rows"] = content(folder + "/out.db")
    made["left over"] = sorted(n for _, ds, fs in os.walk(folder) for n in ds + fs if n.endswith((".partial", ".old")))
    return made


# ---- what must hold after a cut ----

class Wrong(Exception):
    pass


def need(good, text):
    if not good:
        raise Wrong(text)


def sound(path):
    # opened as any program would; what the log holds comes back
    if not os.path.exists(path):
        return None
    db = sqlite3.connect(path)
    need(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok", f"{os.path.basename(path)} is damaged")
    need(not db.execute("PRAGMA foreign_key_check").fetchall(), f"{os.path.basename(path)}: a key leads nowhere")
    return db


def select(db, sql):
    there = db and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return [row[0] for row in db.execute(sql)] if there else []


def calls_in(text):
    # of whole lines: the last may have left in part
    lines = text[:text.rfind(b"\n") + 1].splitlines()
    return {trial["call"] for line in lines for tally in json.loads(line)["blind"] for trial in tally["trials"]}


def look_at_ledger(folder, cut, truth):
    db = sound(folder + "/ledger.db")
    keys = select(db, "SELECT lower(hex(key)) FROM answers")
    need(len(keys) == len(set(keys)), "an answer is there twice")
    lost = calls_in(cut["left"]) - set(keys)
    need(not lost, f"{len(lost)} answers of records that had left are not in the ledger")
    need(len(keys) >= cut["synced"], f"{cut['synced']} answers were synced, {len(keys)} are there")
    need(len(keys) >= cut["asked"] - GROUP - FLIGHT, f"{cut['asked']} were asked, {len(keys)} are there")
    if db:
        db.close()
    if cut["file"]:
        now = content(folder + "/made/out.jsonl")
        need(now in (cut["old"]["out.jsonl"], truth["out.jsonl"]), "out.jsonl is neither the old nor the new one")
        need(not cut["acknowledged"] or now == truth["out.jsonl"], "exit 0, but out.jsonl is not there")
    return len(keys)


def look_at_store(folder, cut, truth):
    return look_at_rows(folder, cut, "SELECT question_id FROM questions ORDER BY id", question_ids, FIRST)


def look_at_captions(folder, cut, truth):
    return look_at_rows(folder, cut, "SELECT caption_id FROM captions ORDER BY id", caption_ids, FILLED)


def look_at_rows(folder, cut, sql, ids, first):
    db = sound(folder + "/out.db")
    there = select(db, sql)
    need(there == ids[:len(there)], "the store does not hold the first records of its input")
    wanted = (0, first, first + SECOND)[cut["acknowledged"]]
    need(len(there) >= wanted, f"{wanted} records were in when ingest said 0, {len(there)} are there")
    if db:
        db.close()
    return len(there)


def look_at_export(folder, cut, truth):
    now, old = content(folder + "/made/dataset"), cut["old"]["dataset"]
    if now is None and old and cut["aside"]:
        now = content(folder + "/made/dataset.old")
    need(now in (old, truth["dataset"]), "the folder is neither the old export nor the new one")
    need(not cut["acknowledged"] or now == truth["dataset"], "exit 0, but the export is not there")
    db = sound(folder + "/capqa.db")
    db.close()
    return int(now == truth["dataset"])


def go_on(folder, name, workload, cut, truth, kept):
    more = {"LD_PRELOAD": library, **workload.env} if workload.env else {}
    said = []
    for step in workload.steps:
        again = yard.run(step, folder, **more)
        need(not again.returncode, f"the same again: exit {again.returncode}: {again.stderr.decode()[-300:]}")
        said.append(again)
    now = outcome(folder, said)
    for what in truth:
        need(now.get(what) == truth[what], f"the same again: {what} is {now.get(what)}, not {truth[what]}")
    if not workload.base.startswith("asking"):
        return
    calls = int(re.search(rb"; (\d+) calls", said[0].stderr).group(1))
    need(calls <= cut["quiet"] - kept + FLIGHT, f"{calls} calls more, where {kept} of {cut['quiet']} were kept")
    need(cut["asked"] + calls <= cut["quiet"] + GROUP + 2 * FLIGHT,
         f"{cut['asked']} calls and {calls} more, undisturbed {cut['quiet']}")


LOOK = {"asking": look_at_ledger, "asking-long": look_at_ledger, "storing": look_at_store, "filling": look_at_captions,
        "store": look_at_export, "published": look_at_export}


def judge(name, workload, cut, truth):
    try:
        kept = LOOK[workload.base](cut["folder"], cut, truth)
        go_on(cut["folder"], name, workload, cut, truth, kept)
    except Wrong as wrong:
        return str(wrong)
    except (sqlite3.DatabaseError, subprocess.TimeoutExpired) as fault:
        return repr(fault)
    finally:
        if not yard.keep:
            shutil.rmtree(cut["folder"], ignore_errors=True)
    return None


# ---- the moments ----

HOW = ("nothing", "beginning", "any", "everything")


def moments(ops, rng):
    # half of them around what makes things last or moves names, the others anywhere; one at the end
    near = [j for i, op in enumerate(ops) if op[0] in "SRXUMK" for j in (i, i + 1)]
    at = [rng.choice(near) if k % 2 else rng.randrange(1, len(ops) + 1) for k in range(options.cuts)]
    ways = [(a, b) for a in HOW for b in HOW]
    rng.shuffle(ways)
    return sorted((i, ways[k % len(ways)]) for k, i in enumerate(at[1:])) + [(len(ops), ("nothing", "nothing"))]


def ledger_count(disk):
    # what SQLite finds if nothing more is lost: asked right after an fsync of its log
    folder = tempfile.mkdtemp(dir=work)
    disk.write_out(folder, "nothing", "nothing", random.Random(0))
    db = sound(folder + "/ledger.db")
    count = len(select(db, "SELECT id FROM answers"))
    shutil.rmtree(folder)
    return count


def cuts_of(name, workload, ops):
    # each with its folder made; the disk is played forward once
    rng = random.Random(f"{options.seed} {name}")
    disk, old = Disk(f"{work}/{workload.base}"), outcome(f"{work}/{workload.base}", [])
    state = {"asked": 0, "acknowledged": 0, "left": b"", "synced": 0}
    done, wal_synced, cuts = 0, False, []
    for at, (how, names_how) in moments(ops, rng):
        for op in ops[done:at]:
            disk.play(op)
            state["asked"] += op[0] == "A"
            state["acknowledged"] += op[0] == "K"
            into_output = op[0] == "W" and disk.fds[op[1]] is disk.find("made/out.jsonl.partial")
            if op[0] == "L" or into_output:
                state["left"] += op[4]
            wal_synced |= op[0] == "S" and workload.base.startswith("asking")
        done = at
        if wal_synced:
            state["synced"], wal_synced = ledger_count(disk), False
        folder = tempfile.mkdtemp(dir=work, prefix=name)
        disk.write_out(folder, how, names_how, rng)
        cuts.append({"folder": folder, "at": at, "how": f"of bytes {how}, of names {names_how}", "old": old,
                     "quiet": sum(op[0] == "A" for op in ops), "aside": bool(workload.env),
                     "file": " -o made/" in workload.steps[0], **state})
    return cuts


# ---- the world ----

def prepare():
    for base in ("asking", "asking-long", "storing", "filling", "store"):
        os.makedirs(f"{work}/{base}/made")
    rows = planted(FIRST + SECOND)
    for path, some in (("asking/questions", rows[:QUESTIONS]), ("asking-long/questions", rows[:MANY]),
                       ("storing/first", rows[:FIRST]), ("storing/second", rows[FIRST:])):
        open(f"{work}/{path}.jsonl", "wb").write(b"".join(some))
    open(work + "/asking/made/out.jsonl", "w").write("old\n")
    yard.chain(work + "/chain")
    shutil.copy(work + "/chain/images.jsonl", work + "/storing/")
    shutil.copy(work + "/chain/capqa.db", work + "/store/")
    shutil.copytree(work + "/store", work + "/published")
    yard.must("capqa-export -q -d capqa.db -o made/dataset --format caprl", work + "/published")
    told = captions(FILLED + SECOND)
    for path, some in (("first", told[:FILLED] + told[:FILLED:20]), ("second", told[FILLED:])):
        open(f"{work}/filling/{path}.jsonl", "w").writelines(some)
    return [[json.loads(row)[key] for row in some] for some, key in ((rows, "question_id"), (told, "caption_id"))]


# Of two images one has no id, as in rows of others.
def captions(count):
    def line(n):
        h = hashlib.md5(b"%d" % n).hexdigest()
        image = {"image": f"i/{n}.jpg", **({"image_id": h[::-1]} if n % 2 else {})}
        return json.dumps({"caption_id": h, **image, "caption": f"{h} " * 3}) + "\n"
    return [line(n) for n in range(count)]


def test(name, workload):
    ops, truth = record(name, workload)
    cuts = cuts_of(name, workload, ops)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda cut: judge(name, workload, cut, truth), cuts))
    wrong = [(cut, verdict) for cut, verdict in zip(cuts, verdicts) if verdict]
    kinds = collections.Counter(op[0] for op in ops)
    print(f"{name}: {len(cuts)} power cuts over {len(ops)} calls ({kinds['W']} writes, {kinds['S']} syncs, "
          f"{kinds['R'] + kinds['X']} renames), {len(wrong)} badly", flush=True)
    for cut, verdict in wrong:
        print(f"  FAIL after call {cut['at']} ({cut['how']}): {verdict}", flush=True)
    return len(cuts), len(wrong)


with Yard("powercut", options.build) as yard:
    work = yard.work
    yard.start_sim("--synthetic")
    library, network = yard.compiled("record"), yard.compiled("nfs")
    question_ids, caption_ids = prepare()
    results = [test(name, WORKLOADS[name]) for name in options.workloads or WORKLOADS]
cuts, failed = (sum(column) for column in zip(*results))
print(f"powercut: {cuts} power cuts, {failed} of them badly")
sys.exit(1 if failed else 0)
