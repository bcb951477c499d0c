#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Bad days: what servers and networks do to requests, on order. Every question is answered in
# the end, and the bytes are those of a good day. And what a strict server sees of an image.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world" --log sim.log
chain_or_die w
zstd -dcq w/replies.jsonl.zst >w/replies.jsonl
head -n 12 w/blind.jsonl >twelve

# fault KIND N DO: a rule for the Nth request of a kind.
fault() { echo "{\"match\":{\"kind\":\"$1\",\"nth\":$2},\"do\":\"$3\"}"; }
# hits: how often each rule of the script applied, as "1 1 2".
hits() {
	curl -sf "$sim/sim/stats" | python3 -c 'import json, sys
print(*[r["hits"] for r in json.load(sys.stdin)["wire"]])'
}
# day RULES COMMAND...: one run under that script with a new ledger. $code, out, stage.err.
day() {
	rm -f day.db*
	sim_wire "[$1]"
	sim_reset
	: >sim.log
	shift
	code=0
	CAPQA_LEDGER=day.db "$@" >out 2>stage.err || code=$?
}
again() {
	sim_reset
	code=0
	CAPQA_LEDGER=day.db "$@" >again 2>again.err || code=$?
}
repeated() { echo $(($(stat_of requests) - $(stat_of distinct))); }

# ---- one of each, all in one run ----

n=2
all=
for deed in "status 429" "status 500" "status 502" "status 503" "status 504" "status 408" \
	"status 409" hangup reset "reset middle" cut html plain "error 200" "broken json" \
	"wrong shape" empty null; do
	n=$((n + 9))
	all="$all${all:+,}$(fault blind $n "$deed")"
	count=$((${count:-0} + 1))
done
day "$all" blind -j 8 w/questions.jsonl
is "a day with $count kinds of failure settles" $code 0
is "each of them happened" "$(hits)" "$(yes 1 | head -n $count | tr '\n' ' ' | sed 's/ $//')"
same "and every question has the answers of a good day" out w/blind.jsonl
is "each was asked once more" "$(repeated)" $count
again blind w/questions.jsonl
is "no failure is in the ledger: a rerun asks nothing" "$(stat_of requests)" 0
same "and writes the same" again w/blind.jsonl

day "$(fault generate 3 "status 500"),$(fault generate 5 reset),$(fault generate 7 cut),
	$(fault generate 9 "broken json"),$(fault generate 11 html),$(fault generate 13 empty)" \
	generate w/images.jsonl
is "a day of failures while images are sent settles" $code 0
same "with the same replies" out w/replies.jsonl
is "six requests came again, with their images" "$(stat_of images)" $((23 + 6))

# ---- the very first request ----

for deed in "status 503" reset html; do
	day "$(fault blind 1 "$deed")" blind -n 12 w/questions.jsonl
	is "the first request meets: $deed" "$code $(cmp out twelve && echo same)" "0 same"
done

# ---- waiting as told ----

# Only a lower bound is asserted, which no slow machine can miss.
day '{"match":{"kind":"blind","nth":3},"do":"status 429","retry_after":"2"}' \
	blind -j 1 -n 12 w/questions.jsonl
same "429 with Retry-After: 2 settles" out twelve
python3 - sim.log <<'P' >between
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
told = next(i for i, r in enumerate(rows) if r["status"] == 429)
back = [i for i, r in enumerate(rows) if r["body"] == rows[told]["body"]]
waited = rows[back[-1]]["ms"] - rows[told]["ms"]
print(("  ok: " if len(back) == 2 and waited >= 2000 else "FAIL: ") +
      "by the server's own log it comes again after %d ms" % waited)
good = back[-1] == len(rows) - 1 and back[-1] - told > 10
print("  ok: its only slot is free meanwhile: %d others go first" % (back[-1] - told - 1) if good
      else "FAIL: sent at %s of %d" % (back, len(rows)))
P
report between
started_at=$(date +%s%N)
day '{"match":{"kind":"blind","nth":3},"do":"status 503","retry_after":"60","retry_after_ms":"700"}' \
	blind -n 12 w/questions.jsonl
took=$((($(date +%s%N) - started_at) / 1000000))
same "retry-after-ms goes before Retry-After" out twelve
holds "and is obeyed ($took ms)" test $took -ge 700

day '{"match":{"kind":"blind"},"times":1,"do":"loading"}' \
	blind --attempts 1 -n 12 w/questions.jsonl
is "503 while a model loads costs no attempt" $code 0
same "and then all is well" out twelve

day "$(fault blind 3 silence),$(fault blind 5 silence)" \
	blind --timeout 1 -n 12 w/questions.jsonl
is "silence ends at --timeout" "$code $(hits)" "0 1 1"
same "and the questions are asked again" out twelve

# ---- no for good ----

day '{"match":{"contains":"healthy cat"},"do":"status 400"},
	{"match":{"contains":"side of the cup"},"do":"status 413"},
	{"match":{"contains":"colour is the saucer"},"do":"status 422"},
	{"match":{"contains":"total of the receipt"},"do":"status 501"}' \
	blind --attempts 2 w/questions.jsonl
is "what the server refuses for good is settled" $code 0
is "each such trial is refused, after one attempt" "$(repeated)" 0
is "four questions have only refused trials" \
	"$(grep -c '"asked":\([0-9]*\),"valid":0,.*"refused":\1,' out)" 4
grep -v -e "healthy cat" -e "side of the cup" -e "colour is the saucer" \
	-e "total of the receipt" out >others
grep -v -e "healthy cat" -e "side of the cup" -e "colour is the saucer" \
	-e "total of the receipt" w/blind.jsonl >wanted
same "the others are as ever" others wanted

day '{"match":{"kind":"generate","image":"rocket.jpg"},"do":"status 400"}' \
	generate --attempts 2 w/images.jsonl -r day.rejects
is "an image that the server refuses is a reject" "$code $(lines day.rejects)" "0 1"
is "asked once, and named" "$(repeated) $(grep -c 'rejected_by_server.*image_id' day.rejects)" "0 1"
grep -v rocket.jpg w/replies.jsonl >wanted
same "the other images have their replies" out wanted

# ---- too long, and thoughts ----

# An error of 6 MB that repeats the image, as pydantic's do; an "answer" of that size.
day '{"match":{"kind":"generate","image":"rocket.jpg"},"do":"echo"}' \
	generate w/images.jsonl -r day.rejects
is "an error that echoes the request is a reject like another" "$code $(repeated)" "0 0"
holds "of which little is kept" grep -Eq 'rejected_by_server.*\[\.\.\.\]' day.rejects
holds "$(wc -c <day.rejects) bytes" test "$(wc -c <day.rejects)" -lt 1000
same "the others have their replies" out wanted
day '{"match":{"kind":"generate","image":"rocket.jpg"},"do":"echo 200"}' \
	generate --attempts 1 w/images.jsonl -r day.rejects
is "an answer without end is no answer" "$code $(grep -c "has more than 4 MB" day.rejects)" "1 1"
same "and the others have theirs" out wanted

day '{"match":{"contains":"side of the cup"},"do":"reasoning only"}' \
	blind --attempts 2 -n 12 w/questions.jsonl
is "a thought without an answer is none: unparsed, settled" \
	"$code $(grep 'side of the cup' out | grep -c '"asked":\([0-9]\),"valid":0,.*"unparsed":\1,')" "0 1"
is "which is said once, with what may help" "$(grep -c "warning.*--no-think" stage.err)" 1
day '{"match":{"kind":"blind"},"do":"reasoning"}' blind -n 12 w/questions.jsonl
same "a thought beside an answer changes nothing" out twelve
day '{"match":{"kind":"blind"},"do":"think"}' blind --decode free -n 12 w/questions.jsonl
is "a thought in front of an answer is not read for it" \
	"$code $(grep -c '"unparsed":0' out)" "0 12"

# ---- nothing is an answer too, in the end ----

for deed in empty null; do
	day "{\"match\":{\"kind\":\"generate\",\"image\":\"rocket.jpg\"},\"do\":\"$deed\"}" \
		generate --attempts 2 w/images.jsonl -r day.rejects
	is "$deed content to the last attempt: reject, settled" \
		"$code $(repeated) $(grep -c empty_reply day.rejects)" "0 1 1"
	same "$deed: the others have their replies" out wanted
	cp day.rejects before.rejects
	again generate w/images.jsonl -r day.rejects
	is "$deed: it is filed, a rerun does not ask" "$(stat_of requests)" 0
	same "$deed: and rejects the same" day.rejects before.rejects
done
day '{"match":{"contains":"side of the cup"},"do":"empty"}' \
	blind --attempts 2 -n 12 w/questions.jsonl
is "an answer that stays empty is unparsed, settled" \
	"$code $(grep 'side of the cup' out | grep -c '"asked":\([0-9]\),"valid":0,.*"unparsed":\1,')" "0 1"
cp out before
again blind -n 12 w/questions.jsonl
is "and a rerun does not ask" "$(stat_of requests)" 0
same "but writes the same" again before

# ---- connections ----

day '{"do":"close"}' blind -j 8 w/questions.jsonl
is "a server that closes after each reply costs nothing" "$code $(repeated)" "0 0"
same "and gets the same" out w/blind.jsonl

# A connection that was used before and gives nothing: closed as it idled, which both find out
# at the same moment. The request is sent again at once and has no attempt less.
for deed in hangup reset; do
	day "$(fault blind 3 $deed),$(fault blind 9 $deed)" blind -j 1 --attempts 1 -n 12 w/questions.jsonl
	is "$deed on a connection that was kept costs no attempt" "$code $(hits) $(repeated)" "0 1 1 2"
	same "$deed: and loses nothing" out twelve
	day "$(fault generate 5 $deed)" generate -j 1 --attempts 1 w/images.jsonl
	is "$deed in place of an image's reply neither" "$code $(hits)" "0 1"
	same "$deed: with the same replies" out w/replies.jsonl
done

port=$(cat sim.port)
sim_stall blind 40 4 60000
capqa-blind -m sim-llm -L restart.db -j 4 --attempts 2 --progress none w/questions.jsonl \
	-o out 2>stage.err &
pid=$!
started="$started $pid"
wait_for asked_at_least 44 || fail "44 requests came"
kill -9 $sim_pid
wait $sim_pid 2>/dev/null
waits() { grep -q " waiting " stage.err; }
wait_for waits || fail "the stage says that it waits"
sim_start --world "$world" --port "$port"
wait $pid
is "a server that dies in the middle and comes back: settles" $? 0
same "with the same bytes" out w/blind.jsonl
holds "and it is said once whom the stage waits for" test "$(grep -c " waiting " stage.err)" = 1

sim_stop
capqa-blind -m sim-llm -L late.db --attempts 1 --progress none -n 12 w/questions.jsonl \
	-o out 2>stage.err &
pid=$!
started="$started $pid"
wait_for waits || fail "the stage says that it waits"
sim_start --world "$world" --port "$port"
wait $pid
is "a server that starts late is waited for, at no attempt" $? 0
same "and then answers" out twelve

# ---- images, as a strict server takes them ----

sees() { echo "{\"match\":{\"contains\":\"\\\"data:image/$1;base64,$2\"},\"do\":\"latency 0\"}"; }
png=$(sees png iVBORw0KGgo)
jpeg=$(sees jpeg /9j/)
pngs=$(grep -v same_as w/images.jsonl | grep -c '"mime":"image/png"')
jpegs=$(grep -v same_as w/images.jsonl | grep -c '"mime":"image/jpeg"')
day "$png,$jpeg" generate w/images.jsonl
is "images are data:image/TYPE;base64, by content" "$(hits)" "$pngs $jpegs"
is "the image stands before the text" "$(stat_of text_before_image)" 0
is "24 files, 23 contents: each is sent once" "$(stat_of images)" 23
day "$png,$jpeg" sight w/blind.jsonl
is "sight sends one image with each trial" "$(stat_of images)" "$(stat_of requests)"
is "before the text too" "$(stat_of text_before_image)" 0

mkdir lies twice
cp images/charts/sign.png lies/sign.jpg
cp images/cat.jpg lies/cat.png
day "$png,$jpeg" sh -c 'capqa-scan -q lies | capqa-generate -q -m sim-lvlm'
is "a wrong extension deceives nobody" "$(hits) $(stat_of 200)" "1 1 2"
cp images/cat.jpg twice/a.jpg
cp images/cat.jpg "twice/the same again.jpg"
day "$jpeg" sh -c 'capqa-scan -q twice | capqa-generate -m sim-lvlm'
is "the same bytes under two paths are asked once" "$(hits) $(lines out)" "1 1"
grep '"image"' w/images.jsonl | sed 's/"image_id":"[0-9a-f]*"/"image_id":null/; s/,"same_as":"[^"]*"//' |
	head -n 1 | sed 'p; s|"image":"[^"]*"|"image":"images/coffee.jpg"|' >unread.jsonl
day "$jpeg" generate --temperature 0 unread.jsonl
is "also where nobody had read them before" "$(hits) $(lines out)" "1 2"

cp images/cat.jpg twice/changing.jpg
must capqa-scan -q twice/changing.jpg -o changing.jsonl
cp images/coffee.jpg twice/changing.jpg
day "$jpeg" generate --max-rejects 1 changing.jsonl -r day.rejects
is "a file that is not what it was is not sent" "$(stat_of requests) $(grep -c image_changed day.rejects)" "0 1"
finish
