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
import argparse, concurrent.futures, hashlib, os, random, re, shutil, sqlite3, subprocess, sys, tempfile

parser = argparse.ArgumentParser()
parser.add_argument("build")
parser.add_argument("stages", nargs="*")
parser.add_argument("--share", type=int, default=120)
parser.add_argument("--all", action="store_true")
parser.add_argument("--kills", type=int, default=20)
options = parser.parse_intermixed_args()
build = os.path.realpath(options.build)
top = os.path.realpath(os.path.dirname(__file__) + "/../..")
work = tempfile.mkdtemp(prefix="capqa-torture-")
library = work + "/inject.so"
TIME_LIMIT_S = 120
DOCUMENTED = {0, 1, 65, 66, 69, 71, 74, 75}
env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI", "CAPQA"))}
env.update(PATH=build + "/bin:" + env["PATH"], TMPDIR=work, LC_ALL="C.UTF-8")

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
    "ledger": ("capqa-ledger merge out.db given.db", ["out.db"]),
}
HERE = os.path.dirname(os.path.realpath(__file__))
CHAIN = """
capqa-scan --no-ledger images -o images.jsonl
capqa-generate --no-ledger -m sim-lvlm images.jsonl -o replies.jsonl
capqa-extract replies.jsonl -o questions.jsonl --max-rejects 100%
capqa-blind --no-ledger -m sim-llm questions.jsonl -o blind.jsonl
capqa-sight --no-ledger -m sim-vl blind.jsonl -o sight.jsonl
capqa-select sight.jsonl -o judged.jsonl
capqa-dedupe judged.jsonl -o unique.jsonl
capqa-caption --no-ledger -m sim-captioner images.jsonl -o captions.jsonl
capqa-blind -q -L given.db -m sim-llm questions.jsonl -o again.jsonl
capqa-ingest -d capqa.db images.jsonl replies.jsonl unique.jsonl
"""


def run(command, folder, **more):
    # the library goes into the stage alone: env sets it, setarch must not be hit
    words = ["setarch", "-R", "env"] + [f"{name}={value}" for name, value in more.items()] + command.split()
    return subprocess.run(words, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=TIME_LIMIT_S)


def must(command, folder):
    done = run(command, folder)
    if done.returncode:
        sys.exit(f"torture: exit {done.returncode} of {command}\n{done.stderr.decode()}")


def rows_of(path):
    # a store's bytes depend on the order of its pages; its rows do not
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        names = [r[0] for r in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1")]
        return "".join(f"{n} {sorted(map(repr, db.execute(f'SELECT * FROM {n}')))}" for n in names)


def content(folder, makes):
    # one hash of all that the stage makes; None: a part of it is not there
    h = hashlib.sha256()
    for name in makes:
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            return None
        if name.endswith(".db"):
            h.update(rows_of(path).encode())
            continue
        files = [path] if os.path.isfile(path) else sorted(
            os.path.join(d, f) for d, _, fs in os.walk(path) for f in fs)
        for f in files:
            h.update(os.path.relpath(f, folder).encode())
            h.update(open(f, "rb").read())
    return h.hexdigest()


def fresh(name):
    folder = tempfile.mkdtemp(dir=work, prefix=name)
    for entry in os.listdir(made):
        os.symlink(os.path.join(made, entry), os.path.join(folder, entry))
    return folder


def store_is_sound(folder, makes):
    for name in makes:
        path = os.path.join(folder, name)
        if name.endswith(".db") and os.path.exists(path) and os.path.getsize(path):
            with sqlite3.connect(path) as db:
                if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                    return False
    return True


def rerun_is_whole(stage, folder, truth):
    command, makes = STAGES[stage]
    again = run(command, folder)
    if again.returncode:
        return f"then the rerun: exit {again.returncode}: {again.stderr.decode()[-300:]}"
    if content(folder, makes) != truth["content"]:
        return "then the rerun gave other bytes"
    return None


def whole_or_not_there(stage, folder, truth):
    makes = STAGES[stage][1]
    if not store_is_sound(folder, makes):
        return False
    return makes[0].endswith(".db") or content(folder, makes) in (None, truth["content"])


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
        if code == 0 and content(folder, STAGES[stage][1]) != truth["content"] and not told:
            return "exit 0, but other bytes came out"
        return rerun_is_whole(stage, folder, truth)
    except subprocess.TimeoutExpired:
        return "hangs"
    finally:
        if not os.environ.get("TORTURE_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def faults_of(stage):
    # [(hash, function, nth)], and what the undisturbed run makes
    command, makes = STAGES[stage]
    folder = fresh(stage)
    done = run(command, folder, LD_PRELOAD=library, INJECT_LOG=folder + "/calls")
    if done.returncode:
        sys.exit(f"torture: {stage} undisturbed: exit {done.returncode}: {done.stderr.decode()}")
    rejects = folder + "/rejects.jsonl"
    truth = {"content": content(folder, makes),
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
    run(STAGES[stage][0], folder, LD_PRELOAD=library, INJECT_AT=f"{stack}:{nth}", INJECT_SAY=folder + "/where")
    try:
        frames = [re.sub(r".*/|\[0x.*", "", l.strip()) for l in open(folder + "/where")]
        return " < ".join(frames[3:11])
    except OSError:
        return "?"


subprocess.run(os.environ.get("CC", "cc").split() + ["-O1", "-g", "-std=c11", "-D_GNU_SOURCE", "-fPIC", "-shared",
               "-o", library, HERE + "/inject.c", "-ldl"], check=True)
made = work + "/made"
os.makedirs(made + "/images")
for name in ("coffee.jpg", "cat.jpg", "charts/sign.png"):
    shutil.copy(f"{top}/examples/images/{name}", made + "/images/")
sim = subprocess.Popen(["capqa-sim", "--world", top + "/examples/sim/world.json", "--images", top + "/examples/images",
                        "--port-file", work + "/port"], env=env, stdout=subprocess.DEVNULL)
failed = calls = kills = 0
try:
    while not os.path.exists(work + "/port") or not os.path.getsize(work + "/port"):
        if sim.poll() is not None:
            sys.exit("torture: the simulator does not start")
    env["OPENAI_BASE_URL"] = f"http://127.0.0.1:{open(work + '/port').read().strip()}/v1"
    for line in CHAIN.strip().splitlines():
        must(line, made)
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
finally:
    sim.kill()
    if not os.environ.get("TORTURE_KEEP"):
        shutil.rmtree(work, ignore_errors=True)
print(f"torture: {calls} calls failed one by one, {kills} signals came, {failed} of them badly")
sys.exit(1 if failed else 0)
