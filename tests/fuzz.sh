#!/bin/sh
# Builds each harness of tests/fuzz with libFuzzer and sanitizers, runs it SECONDS on its corpus.
#   fuzz.sh SECONDS    Finds are left in build-fuzz; skips where there is no clang.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-30}
command -v clang >/dev/null || { echo "skip: no clang, no fuzzing"; exit 0; }
mkdir -p build-fuzz
make --no-print-directory -s CC=clang O=build-fuzz SAN=fuzzer-no-link,address,undefined \
	build-fuzz/filter.a build-fuzz/curate.a build-fuzz/store.a build-fuzz/schemas.a build-fuzz/cli.a >/dev/null
# The first byte of an input chooses the harness's context; the rest is a case of the corpus.
seed() {
	mkdir -p "$2"
	n=0
	case $1 in
	mcq)
		for f in tests/mcq/*.txt; do
			n=$((n + 1))
			{ printf '\0'; cat "$f"; } >"$2/seed-$n"
		done ;;
	letter)
		cat tests/letter/*.txt | while IFS= read -r line; do
			n=$((n + 1))
			printf '\140%s' "$line" >"$2/seed-$n"
		done ;;
	esac
}
for source in tests/fuzz/*.c; do
	name=$(basename "$source" .c)
	clang -std=c11 -D_GNU_SOURCE -I. -g -O1 -fsanitize=fuzzer,address,undefined -o "build-fuzz/$name" \
		"$source" build-fuzz/filter.a build-fuzz/curate.a build-fuzz/store.a build-fuzz/schemas.a \
		build-fuzz/cli.a -lcurl -lsqlite3 -lzstd -larchive -lcrypto -lgd -lcjson -lxxhash -lutf8proc -lm
	seed "$name" "build-fuzz/corpus-$name"
	echo "== fuzz $name, $seconds s"
	(cd build-fuzz && "./$name" -max_total_time="$seconds" -timeout=10 -max_len=65536 -verbosity=0 \
		-print_final_stats=1 "corpus-$name" 2>&1) | grep -vE '^$|INFO' | tail -12
done
