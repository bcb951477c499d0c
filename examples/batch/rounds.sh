#!/bin/sh
# Runs one asking stage through a batch engine, in rounds, until nothing is missing.
#
#   rounds.sh ENGINE capqa STAGE [options] [INPUT...]
#
#   ENGINE      a program that is called as ENGINE IN.jsonl OUT.jsonl: it puts the requests of IN
#               to a model and writes the answers to OUT (vllm.sh, openai.sh, post.py beside this)
#   BATCH_DIR   where the files of the rounds go (./batch); kept: a run
#               that was interrupted takes up the round it was in, and an OUT that is there is
#               imported, not paid for again
#   ROUNDS      give up after so many (20)
#
# Exit: the stage's own, once it needs no further answer; 1 after ROUNDS.
set -u
[ $# -ge 3 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2; }
engine=$1 command=$2 stage=$3
shift 3
dir=${BATCH_DIR:-batch}/$stage
round=0
while [ $round -lt "${ROUNDS:-20}" ]; do
	round=$((round + 1))
	here=$dir/$round
	mkdir -p "$here" || exit 74
	if ! ls "$here"/out*.jsonl >/dev/null 2>&1; then
		"$command" "$stage" --batch-out "$here/in.jsonl" "$@"
		code=$?
		[ $code = 75 ] && [ -s "$here/in.jsonl" ] || exit $code
	fi
	for in in "$here"/in*.jsonl; do
		out=$here/out${in##*/in}
		[ -s "$out" ] || "$engine" "$in" "$out.partial" || exit
		[ -s "$out" ] || mv "$out.partial" "$out"
	done
	for in in "$here"/in*.jsonl; do
		"$command" ledger import --for "$in" "$here/out${in##*/in}" || exit
	done
done
echo "rounds.sh: $round rounds, and still something is missing" >&2
exit 1
