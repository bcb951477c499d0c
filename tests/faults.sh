#!/bin/sh
# Planted faults: each patch of tests/faults is a mistake of one line, and a test must turn red.
#
#   faults.sh [PATCH...]    without: all of tests/faults
#
# A patch's first line names who should see it: "Test: unit NOUN", "golden NAME" or "e2e NAME";
# without it all unit and golden tests run. Works on a copy of the tree, which must be green first.
# A patch that does not apply, or after which nothing builds, has not been seen.
set -eu
cd "$(dirname "$0")/.."
copy=$(mktemp -d "${TMPDIR:-/tmp}/capqa-faults-XXXXXX")
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM
[ $# -gt 0 ] || set -- tests/faults/*.patch
command -v ccache >/dev/null && compiler="ccache ${CC:-cc}" || compiler=${CC:-cc}
tar -cf - --exclude='./build*' --exclude=./.git . | tar -xf - -C "$copy"
build() {
	make -C "$copy" --no-print-directory -s -j2 O=b CFLAGS=-O1 harden= CC="$compiler" "$@" \
		>"$copy/log" 2>&1
}
# ready KIND NAME: builds what this test runs.
ready() {
	case $1 in
	unit) build "b/tests/$2" ;;
	golden | e2e) build all ;;
	*) build all tests ;;
	esac
}
# green KIND NAME
green() (
	cd "$copy"
	case $1 in
	unit) CAPQA_TESTS=tests timeout 120 "b/tests/$2" ;;
	golden) timeout 120 sh tests/golden.sh b "tests/golden/$2" ;;
	e2e) timeout 300 "tests/e2e/$2.sh" b ;;
	*)
		for t in tests/unit/*.c; do
			t=${t##*/}
			CAPQA_TESTS=tests timeout 120 "b/tests/${t%.c}" || exit 1
		done
		timeout 600 sh tests/golden.sh b ;;
	esac
) >"$copy/log" 2>&1 </dev/null

# Whoever is red before the fault would see it for the wrong reason.
for patch; do
	sed -n '1s/^Test: //p' "$patch"
done | sort -u >"$copy/tests.txt"
while read -r kind name; do
	{ ready "$kind" "$name" && green "$kind" "$name"; } ||
		{ echo "faults: $kind $name is red without a fault"; tail -20 "$copy/log"; exit 1; }
done <"$copy/tests.txt"

planted=0 seen=0
for patch; do
	planted=$((planted + 1))
	test=$(sed -n '1s/^Test: //p' "$patch")
	kind=${test%% *} name=${test#* }
	if ! patch -s -p1 -d "$copy" <"$patch" >"$copy/log" 2>&1; then
		echo "NOT APPLIED $patch"
		exit 1
	fi
	if ! ready "$kind" "$name"; then
		echo "NOT BUILT $patch"
		tail -5 "$copy/log"
	elif green "$kind" "$name"; then
		echo "NOT SEEN $patch: ${test:-all tests} stayed green"
	else
		seen=$((seen + 1))
	fi
	patch -s -R -p1 -d "$copy" <"$patch"
done
echo "faults: $planted planted, $seen seen"
[ $seen = $planted ]
