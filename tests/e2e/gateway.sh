#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What stands between: connections that are cut when they are used again, a gateway that answers
# for a server that is not there. No record pays for either.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die w
zstd -dcq w/replies.jsonl.zst >w/replies.jsonl

# ---- connections good for one request ----

python3 "$top/tests/e2e/stale.py" stale.port stale.log "$sim" 2>stale.err &
started="$started $!"
wait_for test -s stale.port || fail "the stale server listens"
stale="-u http://127.0.0.1:$(cat stale.port)/v1 -j 2 --attempts 1"
code=0
blind $stale -L stale.db -n 12 w/questions.jsonl -o out 2>stage.err || code=$?
is "a connection that is cut when it is used again costs no attempt" $code 0
head -n 12 w/blind.jsonl >twelve
same "and no answer" out twelve
cuts=$(sort stale.log | uniq -c | tr -s ' \n' ' ')
holds "the request was read or not:$cuts" \
	test "$(grep -c 'cut read' stale.log)" -gt 3 -a "$(grep -c 'cut unread' stale.log)" -gt 3
code=0
generate $stale -L stale.db w/images.jsonl -o out 2>stage.err || code=$?
is "nor does it where it cuts an image off" $code 0
same "and its reply comes" out w/replies.jsonl

# ---- a gateway without its server ----

sim_wire "[{\"match\":{\"kind\":\"blind\",\"nth\":[$(seq -s, 21 400)]},\"do\":\"html 502\"}]"
sim_reset
code=0
blind -j 8 --wait-server 1 -L away.db w/questions.jsonl -o away 2>stage.err || code=$?
is "502 to everything, after 20 answers: 69 after --wait-server" $code 69
holds "one line says why and how long" grep -q "502.*gave up after 1 s" stage.err
holds "it is not asked as if nothing were: $(stat_of requests) requests for $(lines w/questions.jsonl) questions" \
	test "$(stat_of requests)" -lt 60
is "what was answered is kept" "$(committed away.db)" 20
sim_wire '[]'
must blind -L away.db w/questions.jsonl -o away
same "and a rerun goes on to the same bytes" away w/blind.jsonl

# ... and one that has it back before that: the records wait, their attempts are not spent.
sim_wire "[{\"match\":{\"kind\":\"blind\",\"nth\":[$(seq -s, 21 38)]},\"do\":\"html 502\"}]"
sim_reset
code=0
blind -j 8 --attempts 3 -L back.db w/questions.jsonl -o back 2>stage.err || code=$?
is "502 to everything for a while: settles" $code 0
same "with the same bytes" back w/blind.jsonl
is "that it is away and that it is back are said once" \
	"$(grep -c 'waiting for the server' stage.err) $(grep -c 'is back' stage.err)" "1 1"

# ---- names, handshakes ----

code=0
blind -u "$sim/v1" -u http://nowhere.invalid/v1 -j 4 -L name.db w/questions.jsonl -o out 2>stage.err || code=$?
is "a name that is not found, beside a server that is there: settles" $code 0
same "with the same bytes" out w/blind.jsonl
is "it is said once" "$(grep -c "nowhere.invalid.*; the other servers take its share" stage.err)" 1
code=0
blind -u "https://127.0.0.1:$(cat sim.port)/v1" --wait-server 1 -L tls.db w/questions.jsonl -o out \
	2>stage.err || code=$?
is "https to a server that speaks http: 69, not waited for as a server is" $code 69
holds "which says so" grep -Eq "(SSL|TLS).*gave up after 1 s" stage.err
finish
