#!/bin/sh
# A batch engine for rounds.sh: OpenAI's Batch API. Uploads IN, waits (up to its 24 hours),
# brings back answers and errors, whichever there are. Needs curl, jq and $OPENAI_API_KEY.
# (Not tested against the paid service.)
set -eu
in=$1 out=$2 api=${OPENAI_BASE_URL:-https://api.openai.com/v1}
ask() {		# the key goes by standard input, never by the command line
	printf 'header = "Authorization: Bearer %s"\n' "$OPENAI_API_KEY" |
		curl -sS --fail-with-body -K - "$@"
}
# A batch that was sent before is waited for, not sent again.
if [ ! -s "$out.batch" ]; then
	file=$(ask -F purpose=batch -F "file=@$in" "$api/files" | jq -re .id)
	ask -H 'Content-Type: application/json' "$api/batches" -d "{\"input_file_id\":\"$file\",
		\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\"}" |
		jq -re .id >"$out.batch"
fi
while :; do
	ask "$api/batches/$(cat "$out.batch")" >"$out.status"
	case $(jq -r .status "$out.status") in
	completed | expired | cancelled) break ;;
	failed) jq -c .errors "$out.status" >&2; exit 1 ;;
	esac
	sleep 60
done
: >"$out"
for id in $(jq -r '.output_file_id, .error_file_id | strings' "$out.status"); do
	ask "$api/files/$id/content" >>"$out"
done
