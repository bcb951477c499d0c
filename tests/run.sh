#!/bin/sh
# All tests of a build: the unit tests, the golden tests, the end-to-end scripts.
#
#   run.sh BUILD
#
# An end-to-end script is an executable tests/e2e/*.sh; it gets BUILD, says what it checked and
# leaves with 0, 1, or 77 when something it needs is not installed. The last line counts all.
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=$(cd "${1:?usage: run.sh BUILD}" && pwd) || exit 1
cd "$top" || exit 1
export CAPQA_TESTS=tests
log=$(mktemp "${TMPDIR:-/tmp}/capqa-run-XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0 skipped=0

# How many tests cmocka says PASSED or FAILED.
tests_in() {
	sed -n "s/^\[  $1  \] \([0-9][0-9]*\) test(s).*/\1/p" "$log" | head -1
}

for source in tests/unit/*.c; do
	name=${source##*/} name=${name%.c}
	program=$build/tests/$name
	if [ ! -x "$program" ]; then
		echo "unit $name: not built"
		failed=$((failed + 1))
		continue
	fi
	"$program" >"$log" 2>&1 </dev/null
	code=$?
	good=$(tests_in PASSED) bad=$(tests_in FAILED)
	good=${good:-0} bad=${bad:-0}
	if [ $code != 0 ]; then
		echo "unit $name: FAILED (exit $code)"
		grep -av '^\[ RUN\|^\[       OK\|^\[ *RUN *\]' "$log" | head -60 | sed 's/^/  /'
		[ "$bad" != 0 ] || bad=1	# a sanitizer's word, or a crash
	else
		echo "unit $name:"
		grep -a '^\[====.*run\.\|^\[  PASSED' "$log" | sed 's/^/  /'
	fi
	passed=$((passed + good)) failed=$((failed + bad))
done

echo "golden:"
sh tests/golden.sh "$build" >"$log" 2>&1
sed 's/^/  /' "$log"
set -- $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -1)
passed=$((passed + ${1:-0})) failed=$((failed + ${2:-1}))

for script in tests/e2e/*.sh; do
	[ -x "$script" ] && [ "${script##*/}" != lib.sh ] || continue
	echo "e2e ${script##*/}:"
	"$script" "$build" >"$log" 2>&1 </dev/null
	code=$?
	case $code in
	0) passed=$((passed + 1)); tail -20 "$log" | sed 's/^/  /' ;;
	77) skipped=$((skipped + 1)); sed 's/^/  skipped: /' "$log" | tail -1 ;;
	*) failed=$((failed + 1)); echo "  FAILED (exit $code)"; tail -60 "$log" | sed 's/^/  /' ;;
	esac
done

[ $skipped = 0 ] || echo "$skipped end-to-end scripts skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
