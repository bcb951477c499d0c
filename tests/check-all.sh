#!/bin/sh
# What `make check` leaves out because it takes long: clang, valgrind, thread sanitizer, the browser.
#   Skips with a line what is not installed.
set -eu
cd "$(dirname "$0")/.."
if command -v clang >/dev/null; then
	echo "== clang, warnings are errors"
	make --no-print-directory -s CI=1 CC=clang O=build-clang all tests >/dev/null
	make --no-print-directory -s CC=clang O=build-clang test
else
	echo "skip: no clang"
fi
if command -v valgrind >/dev/null; then
	echo "== valgrind over the unit tests"
	make --no-print-directory -s O=build-valgrind all tests >/dev/null
	for t in build-valgrind/tests/*; do
		[ -f "$t" ] && [ -x "$t" ] || continue
		CAPQA_TESTS=tests valgrind -q --error-exitcode=9 --leak-check=full \
			--errors-for-leak-kinds=definite "$t" >/dev/null 2>build-valgrind/log ||
			{ echo "valgrind: $t"; tail -40 build-valgrind/log; exit 1; }
	done
	echo "== valgrind over the chain"
	sh tests/valgrind-chain.sh build-valgrind
else
	echo "skip: no valgrind"
fi
echo "== thread sanitizer over every program"
make --no-print-directory -s SAN=thread all >/dev/null
sh tests/threads.sh build-thread
make --no-print-directory -s all
echo "== every call that can fail"
make --no-print-directory -s torture
echo "== power cuts, kills, a hundred thousand questions on bad days"
make --no-print-directory -s powercut kills
tests/inject/hundred-thousand.sh build || [ $? = 77 ]
echo "== planted faults"
make --no-print-directory -s faults
echo "== the Debian package"
tests/package.sh build || [ $? = 77 ]
echo "== a Slurm cluster of two nodes"
tests/slurm/chain.sh build || [ $? = 77 ]
echo "== the report in a browser"
sh tests/browser.sh build
echo "== the Parquet recipe"
DUCKDB_DIR=${DUCKDB_DIR:-$PWD/build/duckdb}
export DUCKDB_DIR
if [ -d "$DUCKDB_DIR/node_modules/@duckdb/node-api" ] || { command -v npm >/dev/null &&
	mkdir -p "$DUCKDB_DIR" && npm i --silent --prefix "$DUCKDB_DIR" @duckdb/node-api >/dev/null; }; then
	make --no-print-directory -s all
	tests/e2e/parquet.sh build
else
	echo "skip: no @duckdb/node-api"
fi
echo "== the readers of foreign bytes, fuzzed"
make --no-print-directory fuzz FUZZ_SECONDS=60
echo "== lines executed"
make --no-print-directory -s coverage
