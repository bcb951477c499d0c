#!/bin/sh
# Golden tests: a folder, a command, and what must come of it. A test needs no C.
#
#   golden.sh BUILD [bless] [FOLDER...]     without folders: all under tests/golden
#
#   cmd           run by sh in a copy of the folder, BUILD/bin first in PATH
#   out, err      what it must print; without the file it may print anything
#   exit          its exit code (0)
#   NAME.expect   what the file NAME must hold afterwards
#   world.json, wire.json, sim
#                 (here or in the parent) start a capqa-sim for this folder alone: the planted
#                 world, the script of faults, further options in one line, in which $IMAGES
#                 is the folder of the example images. OPENAI_BASE_URL says where it listens.
#
# In what came, the root of the repository reads TOP and the simulator's port reads PORT. TOP is
# the root for cmd, too; CAPQA_LEDGER is private. `bless` writes what came into
# out, err, exit and NAME.expect, where those are: to be read before it is committed.
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
[ $# -ge 1 ] || { echo "usage: golden.sh BUILD [bless] [FOLDER...]" >&2; exit 2; }
build=$(cd "$1" && pwd) || exit 1
shift
bless=
[ "$1" = bless ] && { bless=1; shift; }
scratch=$(mktemp -d "${TMPDIR:-/tmp}/capqa-golden-XXXXXX") || exit 1
sim=
stop_sim() {
	[ -z "$sim" ] || { kill "$sim" 2>/dev/null; wait "$sim" 2>/dev/null; }
	sim=
}
trap 'stop_sim; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
unset OPENAI_API_KEY OPENAI_BASE_URL CAPQA_LEDGER
export TOP="$top" IMAGES="$top/examples/images" PATH="$build/bin:$PATH" LC_ALL=C.UTF-8

# The file of this name, in the folder or its parent.
near() {
	if [ -f "$1/$2" ]; then echo "$1/$2"; elif [ -f "$1/../$2" ]; then echo "$1/../$2"; fi
}

# Starts a simulator if the folder asks for one; waits until it wrote its port.
start_sim() {
	world=$(near "$1" world.json) wire=$(near "$1" wire.json) options=$(near "$1" sim)
	[ -n "$world$wire$options" ] || return 0
	[ -z "$options" ] || eval "set -- \"\$1\" $(cat "$options")"
	shift
	case " $* $world" in
	*" --world"* | *.json) ;;
	*) world=$top/examples/sim/world.json ;;
	esac
	[ -z "$wire" ] || set -- --wire "$wire" "$@"
	[ -z "$world" ] || set -- --world "$world" --images "$IMAGES" "$@"
	capqa-sim --port-file "$scratch/port" "$@" >"$scratch/sim.log" 2>&1 &
	sim=$!
	tries=0
	until [ -s "$scratch/port" ]; do
		tries=$((tries + 1))
		if [ $tries -gt 1000 ] || ! kill -0 "$sim" 2>/dev/null; then
			echo "the simulator did not start:"
			cat "$scratch/sim.log"
			return 1
		fi
		sleep 0.02
	done
	port=$(cat "$scratch/port")
	export OPENAI_BASE_URL="http://127.0.0.1:$port/v1"
}

# same EXPECTED GOT: compares, or takes over what came.
same() {
	if [ -f "$2" ]; then
		sed "s|$top|TOP|g; s|127\.0\.0\.1:$port/|127.0.0.1:PORT/|g" "$2" >"$scratch/plain" &&
			mv "$scratch/plain" "$2"
	fi
	cmp -s "$1" "$2" && return 0
	if [ -n "$bless" ]; then
		if [ -f "$2" ]; then cp "$2" "$1"; else : >"$1"; fi
		echo "  blessed ${1#"$top"/}"
		return 0
	fi
	[ -f "$2" ] || { echo "  ${1##*/}: no such file was written"; return 1; }
	diff -u "$1" "$2" | sed 's/^/  /' | head -60
	return 1
}

run_one() {
	from=$1 work=$scratch/work good=0 port=none
	rm -rf "$work" "$scratch/port"
	cp -R "$from" "$work"
	start_sim "$from" || return 1
	(cd "$work" && CAPQA_LEDGER=$work/ledger.db sh cmd) >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
	stop_sim
	unset OPENAI_BASE_URL
	wanted=0
	[ -f "$from/exit" ] && wanted=$(cat "$from/exit")
	if [ "$code" != "$wanted" ]; then
		if [ -n "$bless" ]; then
			echo "$code" >"$from/exit"
			echo "  blessed ${from#"$top"/}/exit"
		else
			echo "  exit code $code, not $wanted"
			[ -f "$from/err" ] || sed 's/^/  | /' "$scratch/err" | head -20
			good=1
		fi
	fi
	for name in out err; do
		[ ! -f "$from/$name" ] || same "$from/$name" "$scratch/$name" || good=1
	done
	for expected in "$from"/*.expect; do
		[ -f "$expected" ] || continue
		name=${expected##*/}
		same "$expected" "$work/${name%.expect}" || good=1
	done
	return $good
}

passed=0 failed=0
[ $# -gt 0 ] || set -- "$top"/tests/golden/*/ "$top"/tests/golden/*/*/
for folder; do
	folder=$(cd "$folder" 2>/dev/null && pwd) || continue
	[ -f "$folder/cmd" ] || continue
	if run_one "$folder" >"$scratch/report" 2>&1; then
		passed=$((passed + 1))
		[ -z "$bless" ] || cat "$scratch/report"
	else
		failed=$((failed + 1))
		echo "FAILED ${folder#"$top"/}"
		cat "$scratch/report"
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
