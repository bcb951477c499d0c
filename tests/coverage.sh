#!/bin/sh
# Line coverage by all tests, file by file and in total: plain gcov, in a tree of its own.
#
#   coverage.sh [BUILD]     BUILD (build-coverage) is built with gcc's --coverage
#
# Fails when a test does, when less than 90 % of all lines are executed, or less than 80 % of one
# file's. A process that was killed counts nothing; with gnu11, one counts that calls execv.
set -eu
cd "$(dirname "$0")/.."
o=${1:-build-coverage}
command -v gcov >/dev/null || { echo "skip: no gcov"; exit 0; }
[ ! -d "$o" ] || find "$o" -name '*.gcda' -delete
make --no-print-directory -s O="$o" CFLAGS='-O0 -g --coverage -fprofile-update=atomic -std=gnu11' harden= \
	all tests >/dev/null
sh tests/run.sh "$o" >"$o/log" 2>&1 || { grep -a -A9 FAILED "$o/log"; tail -1 "$o/log"; exit 1; }
tail -1 "$o/log"
python3 - "$o" <<'X'
import collections, glob, json, subprocess, sys
floors = ("cli", "schemas", "store", "curate", "filter")
counts = collections.defaultdict(lambda: collections.defaultdict(int))
for notes in sorted(n for f in floors for n in glob.glob(f"{sys.argv[1]}/{f}/*.gcno")):
    said = subprocess.run(["gcov", "--json-format", "--stdout", notes], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout.decode()
    for line in said.splitlines():
        for file in json.loads(line)["files"] if line.startswith("{") else []:
            if file["file"].split("/")[0] in floors:
                for l in file["lines"]:
                    counts[file["file"]][l["line_number"]] += l["count"]
shares, run, lines = [], 0, 0
for name, of in counts.items():
    seen = sum(c > 0 for c in of.values())
    shares.append((100 * seen / len(of), name, sorted(n for n, c in of.items() if not c)))
    run, lines = run + seen, lines + len(of)
for share, name, never in sorted(shares, reverse=True):
    print(f"{share:5.1f} % {name}" + (f"  never: {' '.join(map(str, never[:12]))}" if share < 80 else ""))
low = sum(share < 80 for share, _, _ in shares)
total = 100 * run / lines if lines else 0
print(f"coverage: {total:.1f} % of {lines} lines in {len(shares)} files, {low} files under 80 %")
sys.exit(low > 0 or total < 90)
X
