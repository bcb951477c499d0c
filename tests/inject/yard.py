# SPDX-License-Identifier: Apache-2.0
#
# What the scripts that break stages share: a scratch folder with a simulator beside it, commands run
# in it, and one hash of what they made.
import hashlib, json, os, shutil, sqlite3, subprocess, sys, tempfile, time, urllib.request

here = os.path.dirname(os.path.realpath(__file__))
top = os.path.realpath(here + "/../..")
TIME_LIMIT_S = 120

# From pictures to a store, without a ledger: what single stages start from.
CHAIN = """
capqa-scan -q --no-ledger images -o images.jsonl
capqa-generate -q --no-ledger -m sim-lvlm images.jsonl -o replies.jsonl
capqa-extract -q replies.jsonl -o questions.jsonl --max-rejects 100%
capqa-blind -q --no-ledger -m sim-llm questions.jsonl -o blind.jsonl
capqa-sight -q --no-ledger -m sim-vl blind.jsonl -o sight.jsonl
capqa-select -q sight.jsonl -o judged.jsonl
capqa-dedupe -q judged.jsonl -o unique.jsonl
capqa-caption -q --no-ledger -m sim-captioner images.jsonl -o captions.jsonl
capqa-ingest -q -d capqa.db images.jsonl replies.jsonl unique.jsonl
"""


class Yard:
    def __init__(self, name, build):
        self.name = name
        self.work = os.path.realpath(tempfile.mkdtemp(prefix=f"capqa-{name}-"))
        self.keep = os.environ.get("CAPQA_KEEP")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI", "CAPQA", "MAKE"))}
        self.env.update(PATH=os.path.realpath(build) + "/bin:" + self.env["PATH"], TMPDIR=self.work, LC_ALL="C.UTF-8")
        self.sim = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.sim:
            self.sim.kill()
        if not self.keep:
            shutil.rmtree(self.work, ignore_errors=True)

    def start_sim(self, *more):
        self.sim = subprocess.Popen(["capqa-sim", "--world", top + "/examples/sim/world.json", "--images",
                                     top + "/examples/images", "--port-file", self.work + "/port", *more],
                                    env=self.env, stdout=subprocess.DEVNULL)
        while not os.path.exists(self.work + "/port") or not os.path.getsize(self.work + "/port"):
            if self.sim.poll() is not None:
                sys.exit(f"{self.name}: the simulator does not start")
            time.sleep(0.01)
        self.server = f"http://127.0.0.1:{open(self.work + '/port').read().strip()}"
        self.env["OPENAI_BASE_URL"] = self.server + "/v1"

    def sim_reset(self):
        urllib.request.urlopen(self.server + "/sim/reset", data=b"").read()

    def sim_stats(self):
        return json.load(urllib.request.urlopen(self.server + "/sim/stats"))

    def compiled(self, source):
        # a library to be preloaded
        to = f"{self.work}/{source}.so"
        subprocess.run(os.environ.get("CC", "cc").split() + ["-O1", "-g", "-std=c11", "-D_GNU_SOURCE", "-fPIC",
                       "-shared", "-o", to, f"{here}/{source}.c", "-ldl", "-lpthread"], check=True)
        return to

    def run(self, command, folder, **more):
        return subprocess.run(command.split(), cwd=folder, env={**self.env, **more}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIME_LIMIT_S)

    def must(self, command, folder, **more):
        done = self.run(command, folder, **more)
        if done.returncode:
            sys.exit(f"{self.name}: exit {done.returncode} of {command}\n{done.stderr.decode()}")
        return done

    def chain(self, folder, more_questions=(), pictures=None):
        # more questions, as lines: for stages that are to take a while; pictures: all of them
        for name in pictures or ("",):
            to = f"{folder}/images/{name}"
            os.makedirs(os.path.dirname(to.rstrip("/")), exist_ok=True)
            (shutil.copy if name else shutil.copytree)(f"{top}/examples/images/{name}", to)
        for line in CHAIN.strip().splitlines():
            self.must(line, folder)
            if line.startswith("capqa-extract"):
                with open(folder + "/questions.jsonl", "ab") as f:
                    f.writelines(more_questions)


def planted(count):
    # lines of questions that a simulator answers by chance
    return subprocess.run([sys.executable, top + "/tests/e2e/independent.py", "plant", str(count)],
                          stdout=subprocess.PIPE, check=True).stdout.splitlines(True)


def rows_of(path):
    # a store's bytes depend on the order of its pages; its rows do not
    h = hashlib.sha256()
    db = sqlite3.connect(path)
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                              "ORDER BY 1").fetchall():
        for row in db.execute(f"SELECT * FROM {name} ORDER BY 1, 2"):
            h.update(repr(row).encode())
    db.close()
    return h.hexdigest()


def content(path):
    # of a file, a folder or a store; None: it is not there
    if not os.path.exists(path):
        return None
    if path.endswith(".db"):
        return rows_of(path)
    h = hashlib.sha256()
    files = [path] if os.path.isfile(path) else sorted(os.path.join(d, f) for d, _, fs in os.walk(path) for f in fs)
    for f in files:
        h.update(os.path.relpath(f, path).encode() + b"\0")
        h.update(open(f, "rb").read())
    return h.hexdigest()
