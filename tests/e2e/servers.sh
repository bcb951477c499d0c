#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Several servers: images stay with theirs, one that dies loses nothing and moves only its own
# share, the list is read again while the stage runs, and a budget ends a run cleanly.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world" --log one.log
chain_or_die w
zstd -dcq w/replies.jsonl.zst >w/replies.jsonl
one=$sim one_pid=$sim_pid
sim_start --world "$world" --log two.log
two=$sim two_pid=$sim_pid
sim_start --world "$world" --log three.log
three=$sim three_pid=$sim_pid
unset OPENAI_BASE_URL
all="-u $one/v1 -u $two/v1 -u $three/v1"
reset_all() { for sim in $one $two $three; do sim_reset; done; }
requests() { sim=$1; stat_of requests; }
on_all() { echo $(($(requests $one) + $(requests $two) + $(requests $three))); }

# ---- shares ----

reset_all
: >one.log
must sight $all -L a.db w/blind.jsonl -o out
same "three servers give the bytes of one" out w/sight.jsonl
base=$(on_all)
for sim in $one $two $three; do
	holds "each has a share: $(requests $sim) of $base" test "$(requests $sim)" -gt $((base / 10))
done
python3 - one.log two.log three.log <<'P' >shares
import json, sys
sets = [{json.loads(line)["image"] for line in open(f)} for f in sys.argv[1:]]
print(len(set.union(*sets)), sum(map(len, sets)))
P
read -r images placed <shares
is "each of $images images went to one server only" $placed $images
holds "and they are all: $images" test $images -ge 15
for log in one two three; do
	cp $log.log $log.home
	: >$log.log
done

# ---- one of three dies in the middle ----

reset_all
sim=$two
sim_stall sight 6 4 60000
capqa-sight -m sim-vl $all -j 4 -L c.db --progress none w/blind.jsonl -o out 2>stage.err &
pid=$!
started="$started $pid"
wait_for asked_at_least 10 || fail "the second server got 10 requests"
kill -9 $two_pid
wait $two_pid 2>/dev/null
code=0
wait $pid || code=$?
is "killing one of three: settles" $code 0
same "with the same bytes" out w/sight.jsonl
holds "and it is said whose share moves" grep -q "$two.*the other servers take its share" stage.err
asked=$(sed -n 's/.*; \([0-9]*\) calls.*/\1/p' stage.err)
holds "only what was in flight and probes are sent twice: $asked calls" test "$asked" -le $((base + 4 + 24))
grep -q "gave up" stage.err && fail "nothing gives up while a server is left"
python3 - <<'P' >moved
import json
def images(end):
    return {s: {json.loads(line)["image"] for line in open(s + end)} for s in ("one", "two", "three")}
home, now = images(".home"), images(".log")
for s in ("one", "three"):
    print("  ok: %s keeps its %d images" % (s, len(home[s])) if home[s] <= now[s] else
          "FAIL: %s lost %s" % (s, home[s] - now[s]))
    strange = now[s] - home[s]
    print("  ok: %s got %d of the dead one" % (s, len(strange)) if strange <= home["two"] else
          "FAIL: %s got %s" % (s, strange - home["two"]))
moved = (now["one"] | now["three"]) & home["two"]
print("  ok: whose images moved" if len(moved) > 1 else "FAIL: %s moved" % moved)
P
report moved

# ---- the list is a file ----

{ echo "# our servers"; echo "$two/v1  # away"; } >servers
capqa-blind -m sim-llm -u @servers -L d.db -j 2 --wait-server 60 --progress none w/questions.jsonl \
	-o out 2>stage.err &
pid=$!
started="$started $pid"
waits() { grep -q "waiting for the server" stage.err; }
wait_for waits || fail "the stage waits for the only server"
echo "$one/v1" >servers.new && mv servers.new servers
code=0
wait $pid || code=$?
is "a server written into the list while running is used" $code 0
same "and the bytes are the same" out w/blind.jsonl
holds "the change is said" grep -q "1 servers are listed now" stage.err

# In its middle a run loses its server's name, as when a name service hiccups. No name below
# .invalid is ever found.
echo "$one/v1" >servers
sim=$one
sim_stall blind 40 2 60000
capqa-blind -m sim-llm -u @servers -L dns.db -j 2 --timeout 5 --wait-server 60 --progress none \
	w/questions.jsonl -o out 2>stage.err &
pid=$!
started="$started $pid"
wait_for asked_at_least 42 || fail "42 requests came"
echo "http://nowhere.invalid/v1" >servers.new && mv servers.new servers
waits_for_name() { grep -q "nowhere.invalid.*resolve host.*waiting for the server" stage.err; }
wait_for waits_for_name || fail "the stage waits for the name: $(cat stage.err)"
kill -0 $pid || fail "a name that is not found stops the run"
sim_wire '[]'
echo "$one/v1" >servers.new && mv servers.new servers
code=0
wait $pid || code=$?
is "a name that is not found in the middle of a run is waited for" $code 0
same "and the bytes are the same" out w/blind.jsonl

echo "no url at all" >servers
code=0
capqa-blind -m sim-llm -u @servers -L e.db w/questions.jsonl 2>stage.err >out || code=$?
is "a list of nonsense is a usage error" $code 2

# ---- a no of one is a no of all ----

sim=$three
sim_reset
sim_wire '[{"match":{"kind":"blind"},"do":"status 401"}]'
code=0
blind -u $one/v1 -u $three/v1 -L f.db w/questions.jsonl -o out401 2>stage.err || code=$?
is "401 from one of two stops the run" $code 69
holds "and names that one" grep -q "$three.*401" stage.err
is "at once: it was asked once" "$(requests $three)" 1
sim_wire '[]'

# ---- a server that keeps failing ----

sim=$three
sim_reset
sim_wire '[{"do":"status 502"}]'
code=0
blind -u $one/v1 -u $three/v1 -j 4 -L g.db w/questions.jsonl -o out 2>stage.err || code=$?
is "a server that answers only 502 beside a good one: settles" $code 0
same "with the same bytes" out w/blind.jsonl
holds "it is set aside: $(requests $three) requests" test "$(requests $three)" -lt 60
sim_wire '[]'

# ---- budgets ----

sim=$one
sim_reset
code=0
blind -u $one/v1 -j 4 -L h.db --max-requests 50 w/questions.jsonl -o budget 2>stage.err || code=$?
is "--max-requests 50: 75 after as many" "$code $(requests $one)" "75 50"
is "all 50 are in the ledger" "$(committed h.db)" 50
holds "and it is said" grep -q -- "--max-requests is reached" stage.err
gone "no FILE" budget
holds "but FILE.partial" test -e budget.partial
blind -u $one/v1 -j 4 -L h.db --max-requests 10000 w/questions.jsonl -o budget 2>stage.err
same "the rerun goes on to the same bytes" budget w/blind.jsonl
full=$(committed h.db)
code=0
sim_reset
blind -u $one/v1 -j 64 -L i.db --max-requests "$full" w/questions.jsonl -o budget 2>stage.err || code=$?
is "a budget that is just enough settles: none is spent on trials ahead" "$code $(requests $one)" "0 $full"
code=0
blind -u $one/v1 -j 4 -L j.db --max-tokens-total 300 w/questions.jsonl -o b2 2>stage.err || code=$?
holds "--max-tokens-total stops too: $code, $(committed j.db) answers" \
	test $code = 75 -a "$(committed j.db)" -lt "$full"
sim_reset
code=0
blind -u $one/v1 -L k.db --deadline 0 w/questions.jsonl -o b3 2>stage.err || code=$?
is "a deadline that is over: 75, nothing asked" "$code $(requests $one)" "75 0"
code=0
blind -u http://127.0.0.1:1/v1 -L l.db --wait-server 600 --deadline 1 w/questions.jsonl -o b3 2>stage.err || code=$?
is "nor is a server waited for past it" $code 75
code=0
blind -u $one/v1 -L h.db --deadline 0 w/questions.jsonl -o b3 2>stage.err || code=$?
is "but what the ledger holds needs no budget" $code 0

# ---- what would it take? ----

# bounds: "LEAST MOST" of the dry run in stage.err, which may say one number only.
bounds() { sed -n 's/.*dry run: \([0-9]*\) to \([0-9]*\) calls.*/\1 \2/p; s/.*dry run: \([0-9]*\) calls.*/\1 \1/p' stage.err; }
sim_reset
must blind --dry-run --price-in 1 --price-out 2 -L dry.db w/questions.jsonl -o dry.out
mv must.err stage.err
is "a dry run asks nothing, of no server" "$(requests $one)" 0
gone "writes no FILE" dry.out
gone "no FILE.partial" dry.out.partial
gone "and no ledger" dry.db
set -- $(bounds)
holds "$1 to $2 calls hold the $full that it takes" test "$1" -le "$full" -a "$full" -le "$2" -a "$1" -gt 0
holds "an average and a price are said" grep -q "expected when the model guesses.*MB to send, about " stage.err
must blind -u $one/v1 -L dry.db --max-requests 100000 -n 20 w/questions.jsonl -o dry.out
part=$(committed dry.db)
must blind --dry-run -L dry.db w/questions.jsonl
mv must.err stage.err
set -- $(bounds)
holds "with $part answers in the ledger: $1 to $2" test "$1" -le $((full - part)) -a $((full - part)) -le "$2"
holds "which is said" grep -q " $part answers in the ledger" stage.err
must blind --dry-run -L h.db w/questions.jsonl
mv must.err stage.err
is "when all is there, no call" "$(bounds)" "0 0"
must sight --dry-run -L a.db w/blind.jsonl
mv must.err stage.err
is "sight too" "$(bounds)" "0 0"
sim_reset
must generate --dry-run -L none.db w/images.jsonl
mv must.err stage.err
is "generate: one call for each image" "$(bounds)" "23 23"

# ---- what it took ----

sim=$three
for sim in $one $three; do sim_reset; done
must blind -u $one/v1 -u $three/v1 -v --stats took.json -L took.db -j 3 w/questions.jsonl -o out
mv must.err stage.err
same "a run that is counted writes the same" out w/blind.jsonl
python3 - "$full" $one $three <<'P' >took.said 2>&1
import json, sys
r = json.load(open("took.json"))
full, urls = int(sys.argv[1]), [u + "/v1/chat/completions" for u in sys.argv[2:]]
assert r["stage"] == "blind" and r["models"] == ["sim-llm"] and r["version"], r
assert r["calls"] == sum(e["answered"] for e in r["endpoints"]) >= full - 12, r
assert [e["url"] for e in r["endpoints"]] == urls and all(e["in_flight"] == 3 for e in r["endpoints"])
assert r["counts"]["read"] == r["counts"]["done"] + r["counts"]["passed"] + r["counts"]["rejected"], r
assert r["counts"]["exit"] == 0 and r["tokens"]["completion"] > 0 and r["seconds"] > 0, r
assert "--stats" in r["options"] and len(r["prompt_ids"][0]) == 32, r
P
is "--stats says calls, servers, tokens, counts: $(cat took.said)" "$(cat took.said)" ""
is "-v says each server" "$(grep -c "answers, 0 failures" stage.err)" 2
for sim in $one $three; do
	is "and what it answered" \
		"$(sed -n "s|.*$sim/v1[^ ]* \([0-9]*\) answers.*|\1|p" stage.err)" "$(stat_of requests)"
done
python3 -c 'import json, jsonschema, sys
jsonschema.validate(json.load(open("took.json")), json.load(open(sys.argv[1])))' \
	"$top/schemas/run.schema.json" 2>took.said
is "and fits its schema" "$?" 0
finish
