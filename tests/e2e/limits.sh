#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Input that has no size or comes in its own time: pipes where files are usual, answers nested without
# end, and much in little. What golden tests (limits-*) cannot hold because it takes a second process.
. "$(dirname "$0")/lib.sh"

sim_start --world "$world"
chain_or_die w
capqa-caption -q -m sim-captioner w/images.jsonl -o captions.jsonl
mkfifo pipe
audit() { capqa-audit -q -m sim-llm --progress none "$@" 2>audit.err; }
must audit -Q w/unique.jsonl captions.jsonl -o from.file
# piped FILE COMMAND...: the file comes through the pipe.
piped() {
	cat "$1" >pipe &
	started="$started $!"
	shift
	"$@"
}
piped w/unique.jsonl audit -Q pipe captions.jsonl -o from.pipe
is "questions of an audit through a pipe: exit" $? 0
same "not a byte of them is lost" from.pipe from.file
piped captions.jsonl audit -Q w/unique.jsonl pipe -o from.pipe
same "captions too" from.pipe from.file
gzip -c w/unique.jsonl >unique.gz
piped unique.gz audit -Q pipe captions.jsonl -o from.pipe
same "and compressed ones" from.pipe from.file
piped w/questions.jsonl capqa-blind -q -m sim-llm pipe -o out
same "records of an asking stage" out w/blind.jsonl
capqa-select w/sight.jsonl -q -o pipe &
started="$started $!"
cat pipe >out
same "an output that is a pipe waits for its reader" out w/judged.jsonl

# Answers: nested without end, a megabyte of a word, bytes that are no text.
python3 - >wire.json <<'END'
import json
deep = "[" * 100000
chat = '{"choices":[{"message":{"role":"assistant","content":%s},"finish_reason":"stop"}]}'
rule = lambda nth, body: {"match": {"kind": "generate", "nth": nth}, "do": "body 200", "body": body, "type": "application/json"}
print(json.dumps([rule(2, deep), rule(3, chat % ('{"a":' * 3000 + "1" + "}" * 3000)),
                  rule(4, chat % json.dumps("word " * 200000)), rule(5, chat % '"nul \\u0000 and \\ud800 half"')]))
END
must curl -sf -o sim.answer -X POST --data-binary @wire.json "$sim/sim/wire"
sim_reset
code=0
generate --no-ledger -j 1 --attempts 1 w/images.jsonl -o out -r rejects 2>stage.err || code=$?
is "two answers are no answers, and a rerun is advised: exit" $code 1
holds "in one line" test "$(grep -vc warning stage.err)" = 1
is "they are named" "$(jq -r .class rejects | sort | uniq -c | tr -s ' ')" " 2 transport"
is "a long one and an odd one are answers like others" "$(lines out.partial)" "$(($(grep -vc same_as w/images.jsonl) - 2))"
holds "what came of them is JSON" jq -e .image out.partial >said.out
sim_wire '[]'

# Half a gigabyte in a few kilobytes, as a line without end and as lines.
python3 -c 'import sys
for _ in range(256): sys.stdout.write("x" * (1 << 20))
sys.stdout.write("\n{\"question_id\":\"q\"}\n")' | zstd -q -o long.zst
(ulimit -v unlimited; command time -f %M -o peak capqa-select -q --max-rejects 100% long.zst -r rejects -o out 2>stage.err)
is "a line of 256 MB in $(wc -c <long.zst) bytes is a reject, and the next line is read" \
	"$(jq -r '[.line,.message]|@tsv' rejects | head -1),$(jq -r .line rejects | tail -1)" "1	longer than 16 MB,2"
finish
