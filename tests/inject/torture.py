#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Every stage, on a small world, with one fallible call after the other failing: for each distinct
# call stack its first, second and last call (inject.c says how). Of each it is asked: no crash and
# no hang; a documented exit code; a word on stderr when it is not 0; no half-written output; and
# that the same command then, undisturbed and with what is left lying about, gives the bytes of a
# run that nothing happened to.
#
#   torture.py BUILD [--share N] [--all] [--kills N] [STAGE...]
#
# --share: at most about N faults a stage (120); --all: every one; --kills: of each signal (20)
#
# And at --kills moments of each stage, spread by a fixed seed, comes a SIGTERM (75, or 0 when it was
# done), and at as many a SIGKILL: nothing half-written, and the rerun gives the same bytes.
#
# Where the fault was survived (exit 0) the output must be those bytes as well, or its rejects (of
# report, the last line) must say what could not be read.
import argparse, concurrent.futures, contextlib, os, random, re, shutil, sqlite3, subprocess, sys, tempfile
sys.dont_write_bytecode = True
from yard import Yard, content

parser = argparse.ArgumentParser()
parser.add_argument("build")
parser.add_argument("stages", nargs="*")
parser.add_argument("--share", type=int, default=120)
parser.add_argument("--all", action="store_true")
parser.add_argument("--kills", type=int, default=20)
options = parser.parse_intermixed_args()
DOCUMENTED = {0, 1, 65, 66, 69, 71, 74, 75}

# STAGE: (command in a folder that holds what the stages before it made, what it makes).
ASK = " -j 4 -L ledger.db --attempts 2 --wait-server 1 --progress none "
STAGES = {
    "scan": ("capqa-scan -L scan.db images -o out.jsonl -r rejects.jsonl", ["out.jsonl"]),
    "generate": ("capqa-generate -m sim-lvlm" + ASK + "images.jsonl -o out.jsonl -r rejects.jsonl", ["out.jsonl"]),
    "extract": ("capqa-extract replies.jsonl -o out.jsonl.zst -r rejects.jsonl", ["out.jsonl.zst"]),
    "blind": ("capqa-blind -m sim-llm" + ASK + "questions.jsonl -o out.jsonl -r rejects.jsonl", ["out.jsonl"]),
    "sight": ("capqa-sight -m sim-vl" + ASK + "blind.jsonl -o out.jsonl -r rejects.jsonl", ["out.jsonl"]),
    "select": ("capqa-select sight.jsonl -o out.jsonl -r rejects.jsonl", ["out.jsonl"]),
    "dedupe": ("capqa-dedupe judged.jsonl -o out.jsonl -r rejects.jsonl", ["out.jsonl"]),
    "caption": ("capqa-caption -m sim-captioner" + ASK + "images.jsonl -o out.jsonl -r rejects.jsonl", ["out.jsonl"]),
    "audit": ("capqa-audit -m sim-llm" + ASK + "-Q unique.jsonl captions.jsonl -o out.jsonl -r rejects.jsonl",
              ["out.jsonl"]),
    "ingest": ("capqa-ingest -d out.db images.jsonl replies.jsonl unique.jsonl -r rejects.jsonl", ["out.db"]),
    "export": ("capqa-export -d capqa.db -o dataset", ["dataset"]),
    "report": ("capqa-report -d capqa.db -o out.html", ["out.html"]),
    "captions": ("capqa-ingest -d out.db captions.jsonl captions.jsonl scores.jsonl -r rejects.jsonl", ["out.db"]),
    "more": ("capqa-ingest -d out.db more.jsonl -r rejects.jsonl", ["out.db"]),
    "long": ("capqa-ingest -d out.db long.jsonl -r rejects.jsonl", ["out.db"]),
    "join": ("capqa-ingest -d out.db capqa.db", ["out.db"]),
    "caprl": ("capqa-export -d capqa.db -o dataset --format caprl --split train=0.5,test=0.5", ["dataset"]),
    "webdataset": ("capqa-export -d capqa.db -o dataset --format webdataset", ["dataset"]),
    "ledger": ("capqa-ledger merge out.db given.db", ["out.db"]),
    "import": ("capqa-ledger -L out.db import given.jsonl -r rejects.jsonl", ["out.db"]),
    "prune": ("capqa-ledger -L out.db prune --model sim-llm --vacuum", ["out.db"]),
    "list": ("capqa-ledger export given.db -o out.jsonl", ["out.jsonl"]),
}
CHANGED = {"prune": "given.db", "more": "capqa.db"}  # what a stage changes in place, as out.db
PICTURES = ("coffee.jpg", "cat.jpg", "charts/sign.png")
yard = Yard("torture", options.build)


def run(command, folder, **more):
    # the library goes into the stage alone: env sets it, setarch must not be hit
    return yard.run(" ".join(["setarch -R env", *(f"{name}={value}" for name, value in more.items()), command]), folder)


def made_in(folder, makes):
    # what the stage made; None: a part of it is not there
    parts = [content(os.path.join(folder, name)) for name in makes]
    return None if None in parts else parts


def fresh(name):
    folder = tempfile.mkdtemp(dir=yard.work, prefix=name)
    for entry in os.listdir(made):
        os.symlink(os.path.join(made, entry), os.path.join(folder, entry))
    if name in CHANGED:
        shutil.copy(os.path.join(made, CHANGED[name]), folder + "/out.db")
    return folder


def store_is_sound(folder, makes):
    for name in makes:
        path = os.path.join(folder, name)
        if name.endswith(".db") and os.path.exists(path) and os.path.getsize(path):
            with contextlib.closing(sqlite3.connect(path)) as db:  # or the rerun waits for it
                if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                    return False
    return True


def rerun_is_whole(stage, folder, truth):
    command, makes = STAGES[stage]
    again = run(command, folder)
    if again.returncode:
        return f"then the rerun: exit {again.returncode}: {again.stderr.decode()[-300:]}"
    if made_in(folder, makes) != truth["content"]:
        return "then the rerun gave other bytes"
    return None


def whole_or_not_there(stage, folder, truth):
    makes = STAGES[stage][1]
    if not store_is_sound(folder, makes):
        return False
    return makes[0].endswith(".db") or made_in(folder, makes) in (None, truth["content"])


def judge(stage, fault, truth):
    # None, or what is wrong with this fault; "miss": it was not reached
    stack, function, nth = fault
    folder = fresh(stage)
    try:
        if function in ("SIGTERM", "SIGKILL"):
            done = run(STAGES[stage][0], folder, LD_PRELOAD=library, INJECT_SIGNAL=f"{stack}:{nth}")
        else:
            done = run(STAGES[stage][0], folder, LD_PRELOAD=library, INJECT_AT=f"{stack}:{nth}",
                       INJECT_SAY=folder + "/where")
            if not os.path.exists(folder + "/where"):
                return "miss"
        if done.returncode == -11 and "fts64_open" in open(folder + "/where").read():
            return "miss"  # glibc's fts_open (2.36) does not look at what malloc gave it for a root
        code, said = done.returncode, done.stderr.decode(errors="replace")
        if function == "SIGKILL":
            if code not in (0, -9):
                return f"exit {code}: {said.strip()[-300:]}"
        elif code not in ({0, 75} if function == "SIGTERM" else DOCUMENTED):
            return f"exit {code}: {said.strip()[-300:]}"
        if code > 0 and not said.strip():
            return f"exit {code} without a word"
        if code and not whole_or_not_there(stage, folder, truth):
            return f"exit {code} and an output that is not whole"
        rejects = folder + "/rejects.jsonl"
        told = (os.path.exists(rejects) and os.path.getsize(rejects) > len(truth["rejects"])
                or re.search(r"images shown, [1-9][0-9]* missing", said))
        if code == 0 and made_in(folder, STAGES[stage][1]) != truth["content"] and not told:
            return "exit 0, but other bytes came out"
        return rerun_is_whole(stage, folder, truth)
    except subprocess.TimeoutExpired:
        return "hangs"
    finally:
        if not yard.keep:
            shutil.rmtree(folder, ignore_errors=True)


def faults_of(stage):
    # [(hash, function, nth)], and what the undisturbed run makes
    command, makes = STAGES[stage]
    folder = fresh(stage)
    done = run(command, folder, LD_PRELOAD=library, INJECT_LOG=folder + "/calls")
    if done.returncode:
        sys.exit(f"torture: {stage} undisturbed: exit {done.returncode}: {done.stderr.decode()}")
    rejects = folder + "/rejects.jsonl"
    truth = {"content": made_in(folder, makes),
             "rejects": open(rejects, "rb").read() if os.path.exists(rejects) else b""}
    faults = []
    for line in open(folder + "/calls"):
        stack, function, count = line.split()
        if function == "total":
            total = int(count)
            continue
        faults += [(stack, function, n) for n in sorted({1, min(2, int(count)), int(count)})]
    shutil.rmtree(folder)
    if not options.all and len(faults) > options.share:
        # files first, memory by hash: the sample is the same every time
        files = [f for f in faults if f[1] not in ("malloc", "calloc", "realloc")]
        memory = sorted(f for f in faults if f not in files)
        step = max(1, len(memory) // max(1, options.share - len(files)))
        faults = files + memory[::step]
    moments = random.Random(stage)  # from 2: the first call is what a stage makes ready for signals with
    for number, name in ((15, "SIGTERM"), (9, "SIGKILL")):
        faults += [(number, name, moments.randint(2, total)) for _ in range(options.kills)]
    return faults, truth


def where(stage, stack, nth):
    folder = fresh(stage)
    try:
        run(STAGES[stage][0], folder, LD_PRELOAD=library, INJECT_AT=f"{stack}:{nth}", INJECT_SAY=folder + "/where")
    except subprocess.TimeoutExpired:
        pass  # it hangs; where, it said before
    try:
        frames = [re.sub(r".*/|\[0x.*", "", l.strip()) for l in open(folder + "/where")]
        return " < ".join(frames[3:11])
    except OSError:
        return "?"


failed = calls = kills = 0
made = yard.work + "/made"
with yard:
    library = yard.compiled("inject")
    yard.start_sim()
    yard.chain(made, pictures=PICTURES)
    yard.must("capqa-blind -q -L given.db -m sim-llm questions.jsonl -o again.jsonl", made)
    yard.must("capqa-sight -q -L given.db -m sim-vl again.jsonl -o again.jsonl", made)
    yard.must("capqa-ledger export -q given.db -o given.jsonl", made)
    with open(made + "/more.jsonl", "w") as more:
        more.writelines(f'{{"caption_id":"more{n}","image":"more/{n}.jpg","caption":"{n} more."}}\n' for n in range(60))
    with open(made + "/long.jsonl", "w") as long:  # read ahead by a thread, into blocks that were reserved
        long.writelines(f'{{"image":"long/{n}.jpg","caption":"{n} {"long " * 6000}"}}\n' for n in range(90))
    yard.must("capqa-audit -q --no-ledger -m sim-llm -Q unique.jsonl captions.jsonl -o scores.jsonl", made)
    for stage in options.stages or STAGES:
        faults, truth = faults_of(stage)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            verdicts = list(pool.map(lambda f: judge(stage, f, truth), faults))
        wrong = [(f, v) for f, v in zip(faults, verdicts) if v and v != "miss"]
        misses = verdicts.count("miss")
        signals = 2 * options.kills
        print(f"{stage}: {len(faults) - misses - signals} calls failed, {signals} signals, {len(wrong)} badly"
              + (f" ({misses} were not reached again)" if misses else ""), flush=True)
        for (stack, function, nth), verdict in wrong:
            place = "" if function.startswith("SIG") else "\n       " + where(stage, stack, nth)
            print(f"  FAIL {function} {stack}:{nth}: {verdict}{place}", flush=True)
        calls += len(faults) - misses - signals
        kills += signals
        failed += len(wrong)
print(f"torture: {calls} calls failed one by one, {kills} signals came, {failed} of them badly")
sys.exit(1 if failed else 0)
