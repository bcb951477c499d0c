#!/bin/bash
# Submits the chain as job arrays over PARTS parts; each part goes on as soon as it is ready
# (aftercorr), the join waits for all.
#
#   PARTS=64 WORK=run1 submit.sh photos/
#
# Beforehand: servers.sbatch for writer, blind and sight; or WRITER, BLIND, SIGHT name other
# servers: WRITER='-u http://gpu1:8000/v1 -m writer'. Run again after a failure, it costs only
# what is missing: what was answered is in the parts' ledgers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PARTS=${PARTS:-16} WORK=${WORK:-work} SERVERS=${SERVERS:-servers}
WRITER=${WRITER:--u @$SERVERS/writer.list -m writer}
BLIND=${BLIND:--u @$SERVERS/blind.list -m blind}
SIGHT=${SIGHT:--u @$SERVERS/sight.list -m sight}
mkdir -p "$WORK/parts" "$WORK/logs"
[ -s "$WORK/images.jsonl" ] || capqa scan -o "$WORK/images.jsonl" "$@"

# array AFTER STAGE INPUT OUTPUT [options...]: prints the array's job id.
array() {
	after=$1
	shift
	sbatch --parsable --array=0-$((PARTS - 1))%"${AT_ONCE:-32}" -J "capqa-$1" \
		-o "$WORK/logs/%x-%a.log" ${after:+--dependency=aftercorr:$after --kill-on-invalid-dep=yes} \
		"$here/stage.sbatch" "$1" "$2" "$WORK/parts/$3-%K.jsonl" "${@:4}"
}
job=$(array '' generate "$WORK/images.jsonl" replies $WRITER)
job=$(array "$job" extract "$WORK/parts/replies-%K.jsonl" questions)
job=$(array "$job" blind "$WORK/parts/questions-%K.jsonl" blind $BLIND)
job=$(array "$job" sight "$WORK/parts/blind-%K.jsonl" sight $SIGHT)
sbatch --parsable -o "$WORK/logs/join.log" --dependency=afterok:"$job" --kill-on-invalid-dep=yes \
	"$here/join.sbatch" "$WORK"
