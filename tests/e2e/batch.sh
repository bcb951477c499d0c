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
finish
