#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 at random moments of the whole chain: of each stage alone, of seven stages in one pipe, and
# of `make -f examples/pipeline.mk`, where now one process dies and now all of them. After each kill
# the same command again, which may be killed again, until it is through.
#
#   kills.py BUILD [--kills N] [--seed S] [SCENE...]
#
# Asked: nobody sees half a file or a ledger that is damaged; the bytes in the end are those of a run
# that nothing happened to; no more calls than that run made, and for each asking stage that was killed
# what was in flight and one group of the ledger's.
#
# The moments are spread evenly over the time that the undisturbed run takes, and seeded; where a kill
# falls depends on the machine, and what must hold does not.
import argparse, collections, os, random, re, shutil, signal, sqlite3, subprocess, sys, tempfile, time
sys.dont_write_bytecode = True
from yard import Yard, TIME_LIMIT_S, content, planted, top

parser = argparse.ArgumentParser()
parser.add_argument("build")
parser.add_argument("scenes", nargs="*")
parser.add_argument("--kills", type=int, default=240)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_intermixed_args()

GROUP, FLIGHT = 256, 8  # answers in one commit of a ledger, requests in flight
IN_A_ROW = 4            # kills, then it is let through
QUESTIONS = 600         # besides those of the pictures, so that a stage takes a while
ASKING = {"capqa-generate", "capqa-caption", "capqa-blind", "capqa-sight", "capqa-audit"}
ASK = f"-j {FLIGHT} -L ledger.db --progress none"
MAKE = (f"make -s -j2 -f {top}/examples/pipeline.mk IMAGES=images WORK=work GENERATE_MODEL=sim-lvlm BLIND_MODEL=sim-llm "
        f"SIGHT_MODEL=sim-vl CAPTION_MODEL=sim-captioner 'FLAGS=--progress none' all captions audit")
PIPE = f"""set -o pipefail; capqa-scan -L ledger.db images | capqa-generate -m sim-lvlm {ASK} |
capqa-extract --max-rejects 100% | capqa-blind -m sim-llm {ASK} | capqa-sight -m sim-vl {ASK} | capqa-select |
capqa-dedupe >piped && mv piped out.jsonl"""

# name: a shell's command, what it makes, how many of its stages ask a model, its share of the kills
Scene = collections.namedtuple("Scene", "command makes asking share")
SCENES = {
    "scan": Scene("capqa-scan -L ledger.db images -o out.jsonl", ["out.jsonl"], 0, 1),
    "generate": Scene(f"capqa-generate -m sim-lvlm {ASK} images.jsonl -o out.jsonl", ["out.jsonl"], 1, 1),
    "extract": Scene("capqa-extract replies.jsonl -o out.jsonl.zst --max-rejects 100%", ["out.jsonl.zst"], 0, 1),
    "caption": Scene(f"capqa-caption -m sim-captioner {ASK} images.jsonl -o out.jsonl", ["out.jsonl"], 1, 1),
    "blind": Scene(f"capqa-blind -m sim-llm {ASK} questions.jsonl -o out.jsonl", ["out.jsonl"], 1, 4),
    "sight": Scene(f"capqa-sight -m sim-vl {ASK} blind.jsonl -o out.jsonl.zst", ["out.jsonl.zst"], 1, 2),
    "select": Scene("capqa-select sight.jsonl -o out.jsonl", ["out.jsonl"], 0, 1),
    "dedupe": Scene("capqa-dedupe judged.jsonl -o out.jsonl", ["out.jsonl"], 0, 1),
    "audit": Scene(f"capqa-audit -m sim-llm {ASK} -Q unique.jsonl captions.jsonl -o out.jsonl", ["out.jsonl"], 1, 2),
    "ingest": Scene("capqa-ingest -d out.db images.jsonl replies.jsonl unique.jsonl captions.jsonl", ["out.db"], 0, 2),
    "export": Scene("capqa-export -d capqa.db -o dataset", ["dataset"], 0, 1),
    "report": Scene("capqa-report -d capqa.db -o out.html", ["out.html"], 0, 1),
    "pipe": Scene(PIPE, ["out.jsonl"], 3, 6),
    "make": Scene(MAKE, ["work/unique.jsonl", "work/capqa.db", "work/dataset", "work/report.html", "work/scores.jsonl"],
                  5, 12),
}


# ---- processes ----

def alive(group):
    # who is left of a process group: (pid, name); those that only wait to be buried are not
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = open(f"/proc/{pid}/stat").read()
        except OSError:
            continue
        name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
        if int(rest[2]) == group and rest[0] not in "ZX":
            found.append((int(pid), name))
    return sorted(found)


def start(command, folder):
    with open(folder + "/err", "wb") as err:
        return subprocess.Popen(["bash", "-c", "exec " + command if "|" not in command else command], cwd=folder,
                                env=yard.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
                                start_new_session=True)


def end(process):
    # all of it: what a killed make leaves behind goes on, and is waited for
    deadline = time.monotonic() + TIME_LIMIT_S
    # twice: a child that began during the first look, of a parent that ended before its turn, is not in it
    while process.poll() is None or alive(process.pid) or alive(process.pid):
        if time.monotonic() > deadline:
            names = " and ".join(f"{name} ({pid})" for pid, name in alive(process.pid))
            os.killpg(process.pid, signal.SIGKILL)
            return f"{names or 'who is called nothing'} hangs"
        time.sleep(0.002)
    return None


def strike(process, rng):
    # one of them, or all: who, and how many stages were hit that ask. None: it was too late
    there = alive(process.pid)
    if not there:
        return None
    if len(there) == 1 or rng.random() < 0.5:
        os.killpg(process.pid, signal.SIGKILL)
        who = "all" if len(there) > 1 else there[0][1]
    else:
        pid, who = rng.choice(there)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return None  # it ended meanwhile
        there = [(pid, who)]
    return who, sum(name in ASKING for _, name in there)


# ---- a scene ----

class Wrong(Exception):
    pass


def need(good, text):
    if not good:
        raise Wrong(text)


def fresh(name):
    folder = tempfile.mkdtemp(dir=yard.work, prefix=name)
    for entry in os.listdir(yard.work + "/made"):
        os.symlink(f"{yard.work}/made/{entry}", f"{folder}/{entry}")
    return folder


def whole(folder, scene, truth):
    # what stands under its name after a kill is what belongs there
    for path in scene.makes:
        if path.endswith(".db"):
            continue
        # make deletes its target when an export that was through is killed on its way out
        if path == "work/dataset" and not os.path.exists(f"{folder}/{path}/manifest.json"):
            continue
        now = content(f"{folder}/{path}")
        need(now in (None, truth[path]), f"half of {path} is there")
    for path in ("ledger.db", "work/ledger.db", "out.db", "work/capqa.db"):
        if os.path.exists(f"{folder}/{path}"):
            db = sqlite3.connect(f"{folder}/{path}")
            need(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok", f"{path} is damaged")
            db.close()


def one_round(name, scene, quiet, rng, wanted):
    # kills in a row, and through. How many kills, and how many calls were made twice
    folder, kills, met = fresh(name), 0, 0
    yard.sim_reset()
    while True:
        process = start(scene.command, folder)
        hit = None
        if kills < wanted:
            try:
                process.wait(rng.uniform(0, quiet["seconds"]))
            except subprocess.TimeoutExpired:
                hit = strike(process, rng)
        hangs = end(process)
        need(not hangs, hangs)
        whole(folder, scene, quiet["made"])
        if hit:
            victims[hit[0]] += 1
            kills, met = kills + 1, met + hit[1]
        elif process.returncode == 0:
            break
        else:
            need(False, f"exit {process.returncode}: {open(folder + '/err').read()[-300:]}")
    for path in scene.makes:
        need(content(f"{folder}/{path}") == quiet["made"][path], f"{path} has other bytes")
    stats = yard.sim_stats()
    twice, more = stats["requests"] - stats["distinct"], stats["requests"] - quiet["calls"]
    # those that were not hit lose at most what is in flight, when nobody reads them any more
    bound = met * (FLIGHT + GROUP) + kills * scene.asking * FLIGHT
    need(twice <= bound, f"{twice} calls made twice after {kills} kills")
    # near its end a stage asks ahead, by what is in flight: in each run, killed or not
    need(more <= bound + scene.asking * FLIGHT * (kills + 1), f"{more} calls more than undisturbed after {kills} kills")
    shutil.rmtree(folder)
    return kills, twice


def undisturbed(name, scene):
    folder = fresh(name)
    yard.sim_reset()
    begun = time.monotonic()
    process = start(scene.command, folder)
    end(process)
    seconds = time.monotonic() - begun
    if process.returncode:
        sys.exit(f"kills: {name} undisturbed: exit {process.returncode}: {open(folder + '/err').read()}")
    made = {path: content(f"{folder}/{path}") for path in scene.makes}
    shutil.rmtree(folder)
    return {"seconds": seconds, "made": made, "calls": yard.sim_stats()["requests"]}


def play(name, scene, wanted):
    # (kills, rounds that went badly)
    rng, quiet = random.Random(f"{options.seed} {name}"), undisturbed(name, scene)
    kills = twice = rounds = idle = 0
    bad = []
    while kills < wanted and idle < 50 and not bad:
        rounds += 1
        try:
            more, again = one_round(name, scene, quiet, rng, min(IN_A_ROW, wanted - kills))
        except Wrong as wrong:
            bad.append(str(wrong))
            break
        idle = 0 if more else idle + 1
        kills, twice = kills + more, twice + again
    if idle == 50:
        bad.append("it is through before a kill can come")
    calls = f"; {quiet['calls']} calls undisturbed, {twice} made twice" if scene.asking else ""
    print(f"{name}: {kills} kills in {rounds} rounds{calls}, {len(bad)} badly", flush=True)
    for text in bad:
        print("  FAIL " + text, flush=True)
    return kills, twice, len(bad)


victims = collections.Counter()
with Yard("kills", options.build) as yard:
    # LeakSanitizer looks with a helper of its own: that one killed, the program waits for it for ever
    yard.env["ASAN_OPTIONS"] = yard.env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    yard.start_sim("--synthetic", "--blind-p", "0.25", "--latency", "3")
    yard.chain(yard.work + "/made", planted(QUESTIONS))
    scenes = {name: SCENES[name] for name in options.scenes or SCENES}
    shares = sum(scene.share for scene in SCENES.values())
    results = [play(name, scene, -(-options.kills * scene.share // shares)) for name, scene in scenes.items()]
kills, twice, failed = (sum(column) for column in zip(*results))
print("killed: " + ", ".join(f"{count} {name}" for name, count in victims.most_common()))
print(f"kills: {kills} kills, {twice} calls made twice, {failed} of {len(scenes)} scenes went badly")
sys.exit(1 if failed else 0)
