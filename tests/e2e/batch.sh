#!/bin/sh
# The chain through batch files, in rounds, gives the verdicts and bytes of asking a server; the
# answers of either serve the other. What is written is what may be sent.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die online
must generate online/images.jsonl -o online.replies.jsonl
mkdir play
for shape in openai old; do
	printf '#!/bin/sh\nexec python3 "%s" "$1" "$2" %s\n' "$top/examples/batch/post.py" $shape \
		>play/$shape
	chmod +x play/$shape
done
export CAPQA_LEDGER="$work/batch.db"
rounds() { sh "$top/examples/batch/rounds.sh" "$@"; }

must rounds play/openai capqa generate -m sim-lvlm -q --progress none online/images.jsonl \
	-o replies.jsonl
same "generate: the bytes of the online run" replies.jsonl online.replies.jsonl
is "generate takes one round" "$(ls batch/generate/*/out.jsonl | wc -l)" 1
is "as many requests as distinct images" "$(lines batch/generate/1/in.jsonl)" \
	"$(grep -o '"image_id":"[^"]*"' online/images.jsonl | sort -u | wc -l)"
must rounds play/old capqa blind -m sim-llm -q --progress none online/questions.jsonl -o blind.jsonl
same "blind, older shape: the bytes of the online run" blind.jsonl online/blind.jsonl
must rounds play/openai capqa sight --batch-for openai -m sim-vl -q --progress none blind.jsonl \
	-o sight.jsonl
same "sight, in OpenAI's words: the bytes of the online run" sight.jsonl online/sight.jsonl
is "no round asks what an earlier one did" \
	"$(cat batch/*/*/in.jsonl | cut -c1-48 | sort | uniq -d | wc -l)" 0

python3 - batch/*/*/in.jsonl <<'X' >shape.said || fail "the lines are Batch lines"
import base64, json, sys
for name in sys.argv[1:]:
    for line in open(name):
        r = json.loads(line)
        assert list(r) == ["custom_id", "method", "url", "body"], r.keys()
        assert len(bytes.fromhex(r["custom_id"])) == 16
        assert (r["method"], r["url"]) == ("POST", "/v1/chat/completions")
        parts = r["body"]["messages"][-1]["content"]
        image = [p["image_url"]["url"] for p in parts if p.get("type") == "image_url"] \
            if isinstance(parts, list) else []
        assert len(image) == ("/blind/" not in name), name
        for url in image:
            base64.b64decode(url.split(",", 1)[1], validate=True)
        openai = "/sight/" in name
        assert openai != ("max_tokens" in r["body"]), r["body"].keys()
print("ok")
X
is "the lines are Batch lines, with their images" "$(cat shape.said)" ok

# Either serves the other.
sim_reset
must blind online/questions.jsonl -o again.jsonl
is "what a batch answered is not asked of a server" "$(stat_of requests)" 0
CAPQA_LEDGER=$work/ledger.db capqa-blind -m sim-llm -q --batch-out none.jsonl \
	online/questions.jsonl -o again.jsonl
is "what a server answered is in no batch: exit" $? 0
is "and the file is empty" "$(wc -c <none.jsonl | tr -d ' ')" 0

# Exhaustive: one round has it all. A longer earlier round leaves no numbered file behind.
export CAPQA_LEDGER="$work/all.db"
: >all-00001.jsonl
capqa-blind -m sim-llm --batch-out all.jsonl --exhaustive --progress none online/questions.jsonl \
	-o all.out 2>all.err
is "75 while something is missing" $? 75
gone "no output before it is settled" all.out
gone "the numbered file of an earlier round" all-00001.jsonl
must python3 "$top/examples/batch/post.py" all.jsonl all.answers
must capqa-ledger import -q --for all.jsonl all.answers
must capqa-blind -m sim-llm --batch-out all.jsonl --exhaustive -q online/questions.jsonl -o all.out
CAPQA_LEDGER=$work/ledger.db blind --exhaustive online/questions.jsonl -o all.online 2>/dev/null
same "exhaustive: one round, the bytes of the online run" all.out all.online

# ---- what cannot be in a batch ----

capqa-blind -m sim-llm --batch-out no.jsonl --max-requests 5 online/questions.jsonl -o no.out 2>no.err
is "a budget has nothing to end: usage" "$?:$(grep -c -- '--batch-out asks nothing' no.err)" "2:1"
gone "and no batch" no.jsonl
# An image that changes in the middle of its line: the program stands still at its last read but one.
export CAPQA_LEDGER="$work/changed.db"
mkdir some
cp images/coffee.jpg images/cat.jpg images/rocket.jpg some
head -c 300000 /dev/zero >>some/coffee.jpg	# as phones append films; read in several steps
must capqa-scan -q --no-ledger some/cat.jpg some/coffee.jpg some/rocket.jpg -o some.jsonl
traced() {
	n=$1
	shift
	ASAN_OPTIONS=detect_leaks=0 strace -qq -o trace -P some/coffee.jpg -e trace=pread64 $n \
		capqa-generate -q -m sim-lvlm --progress none --batch-out "$@" some.jsonl -o changed.out 2>changed.err
}
traced "" whole.jsonl
is "three images, three lines" "$?:$(lines whole.jsonl)" "75:3"
reads=$(grep -c pread64 trace)
: >trace
traced "-e inject=pread64:signal=STOP:when=$((reads - 1))" changed.jsonl -r changed.rejects &
tracer=$!
started="$started $tracer"
stands() { grep -q 'stopped by SIGSTOP' trace; }
wait_for stands || fail "it stands in the middle of the image"
victim=$(pgrep -n -f 'capqa-generate.*--batch-out changed.jsonl')
touch -d '2001-01-01' some/coffee.jpg
kill -CONT "$victim"
wait $tracer
is "an image that changes while it is written: exit" $? 75
is "is rejected, alone" "$(jq -r 'select(.class != "in_batch") | [.class,.message]|@tsv' changed.rejects)" "image_changed	the file changed while it was written"
sed 2d whole.jsonl >wanted.jsonl
same "and the other lines are as they were" changed.jsonl wanted.jsonl
finish
