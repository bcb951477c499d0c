#!/bin/sh
# Builds each harness of tests/fuzz with libFuzzer and sanitizers (clang), runs it on its corpus.
#   fuzz.sh [SECONDS [NAME...]]   SECONDS for each harness, or for those named.
# One line for each: inputs run, seconds, inputs kept in build-fuzz/corpus-NAME for the next time.
# A find is build-fuzz/find-NAME-*: `build-fuzz/NAME FILE` shows it again. Exit 1: something was found.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-20}
[ $# = 0 ] || shift
command -v clang >/dev/null || { echo "skip: no clang, no fuzzing"; exit 0; }
mkdir -p build-fuzz
make --no-print-directory -s CC=clang O=build-fuzz SAN=fuzzer-no-link,address,undefined \
	build-fuzz/filter.a build-fuzz/curate.a build-fuzz/store.a build-fuzz/schemas.a build-fuzz/cli.a >/dev/null

# each DIRECTORY PREFIX FILE...: every file becomes a seed, behind the bytes that choose a context.
each() {
	to=$1 prefix=$2
	shift 2
	for f; do
		n=$((n + 1))
		{ printf "$prefix"; head -c 60000 "$f"; } >"$to/seed-$n"
	done
}

# lines DIRECTORY PREFIX FILE...: every line of the files does.
lines() {
	to=$1 prefix=$2
	shift 2
	for f; do
		while IFS= read -r line; do
			n=$((n + 1))
			{ printf "$prefix"; printf '%s' "$line"; } >"$to/seed-$n"
		done <"$f"
	done
}

seed_archives() {
	tar -cf "$1/seed-tar" tests/deps.sh tests/layers.sh
	gzip -c "$1/seed-tar" >"$1/seed-gz"
	zstd -qfc "$1/seed-tar" >"$1/seed-zst"
	printf '{"caption":"A barn.","n":[1.0, 2]}' >"$1/k.json"
	printf 'A barn.\n' >"$1/k.txt"
	cp examples/images/charts/rainfall.png "$1/k.png"
	tar -cf "$1/seed-samples" -C "$1" k.json k.txt k.png
	rm "$1/k.json" "$1/k.txt" "$1/k.png"
	for m in ZIP_STORED ZIP_DEFLATED; do
		python3 -c "import sys, zipfile as z
with z.ZipFile(sys.argv[1], 'w', z.$m) as f: f.write('tests/deps.sh'); f.write('tests/layers.sh')" "$1/seed-$m"
	done
}

# Recordings as a server sends them: the headers of `< ` lines, then the body. BODY: only that.
seed_replies() {
	for f in tests/transcripts/*.txt; do
		n=$((n + 1))
		python3 - "$f" "$1/seed-$n" "$2" <<'PY'
import re, sys
text = open(sys.argv[1], 'rb').read()
head = b''.join(m + b'\r\n' for m in re.findall(rb'(?m)^< ?(.*?)\r?$', text) if m)
body = re.search(rb'--- response body as received[^\n]*\n(.*?)\n(?:\n|exit code)', text, re.S)
body = body.group(1) if body else b''
head = re.sub(rb'(?i)content-length: \d+', b'Content-Length: %d' % len(body), head)
with open(sys.argv[2], 'wb') as out:
    out.write(b'\x01\x00' + body if sys.argv[3] == 'body' else b'\x07' + head + b'\r\n' + body)
PY
	done
}

# A template, a caption, a question, a model's name, --extra: NULs between them.
seed_prompts() {
	for f in curate/prompts/*.txt filter/prompts/*.txt; do
		n=$((n + 1))
		{ printf '\140'; cat "$f"; printf '\0A {question} "dog"\\\0What is it?\0m\0{"min_p":0.1}'; } \
			>"$1/seed-$n"
	done
}

seed() {
	n=0
	mkdir -p "$2"
	case $1 in
	mcq)	each "$2" '\0' tests/mcq/*.txt ;;
	letter)	lines "$2" '\140' tests/letter/*.txt ;;
	image)	each "$2" '' examples/images/*.jpg examples/images/charts/*.png ;;
	archive) seed_archives "$2" ;;
	source)	each "$2" '\2\1' tests/golden/*/*.json tests/golden/*/*.jsonl
		for pack in 'zstd -qc' 'gzip -c'; do
			{ printf '\2\1'; $pack <tests/golden/ingest-kinds/records.jsonl; } >"$2/seed-${pack%% *}"
		done ;;
	layout)	each "$2" '\0' tests/golden/*-foreign*/*.jsonl tests/golden/audit-*/*.jsonl
		lines "$2" '\0' tests/golden/audit-*/*.jsonl tests/golden/ingest-foreign/*.jsonl ;;
	chat)	seed_replies "$2" body ;;
	transfer) seed_replies "$2" all ;;
	ledger_line) each "$2" '\1' tests/golden/ledger-import/*.jsonl
		lines "$2" '\0' tests/golden/ledger-import/*.jsonl ;;
	prompt)	seed_prompts "$2" ;;
	esac
	[ ! -d "tests/fuzz/seeds/$1" ] || cp "tests/fuzz/seeds/$1"/* "$2/"
}

# The number behind a name in libFuzzer's last lines.
stat_of() {
	sed -n "s/^stat::$1: *//p" "build-fuzz/log-$2"
}

run() {
	seed "$1" "build-fuzz/corpus-$1"
	code=0
	"build-fuzz/$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
		-verbosity=0 -print_final_stats=1 -artifact_prefix="build-fuzz/find-$1-" \
		"build-fuzz/corpus-$1" >"build-fuzz/log-$1" 2>&1 || code=$?
	inputs=$(stat_of number_of_executed_units "$1")
	total=$((total + ${inputs:-0}))
	harnesses=$((harnesses + 1))
	if [ $code = 0 ]; then
		echo "fuzz $1: $inputs inputs in $seconds s, $(ls "build-fuzz/corpus-$1" | wc -l) kept"
		return
	fi
	found=$((found + 1))
	echo "fuzz $1: FOUND something after ${inputs:-?} inputs"
	grep -vE '^$|INFO|^stat::' "build-fuzz/log-$1" | head -40
}

total=0 harnesses=0 found=0
for source in tests/fuzz/*.c; do
	name=$(basename "$source" .c)
	case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
	clang -std=c11 -D_GNU_SOURCE -I. -Wall -Wextra -g -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o "build-fuzz/$name" "$source" \
		build-fuzz/filter.a build-fuzz/curate.a build-fuzz/store.a build-fuzz/schemas.a build-fuzz/cli.a \
		-lcurl -lsqlite3 -lzstd -larchive -lcrypto -lgd -lcjson -lxxhash -lutf8proc -lm
	run "$name"
done
echo "fuzz: $total inputs through $harnesses harnesses, $found found"
[ $found = 0 ]
