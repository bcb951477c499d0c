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
	image)
		for f in examples/images/*.jpg examples/images/charts/*.png; do
			n=$((n + 1))
			head -c 60000 "$f" >"$2/seed-$n"
		done
		printf 'GIF89a\3\0\3\0\0\0\0,\0\0\0\0\3\0\3\0\0\2\1\0\0;' >"$2/seed-gif" ;;
	archive)
		tar -cf "$2/seed-tar" tests/deps.sh tests/layers.sh
		gzip -c "$2/seed-tar" >"$2/seed-gz"
		zstd -qfc "$2/seed-tar" >"$2/seed-zst"
		for m in ZIP_STORED ZIP_DEFLATED; do
			python3 -c "import sys, zipfile as z
with z.ZipFile(sys.argv[1], 'w', z.$m) as f: f.write('tests/deps.sh'); f.write('tests/layers.sh')" "$2/seed-$m"
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
