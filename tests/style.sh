#!/bin/sh
# Sizes: prints the ten longest functions, fails on one over 70 lines or a file over 600.
cd "$(dirname "$0")/.." || exit 1
long=$(awk '
	FNR == 1 { start = 0 }
	/^[a-z].*\(/ { name = $0 }
	/^\{/ { start = FNR }
	/^\}/ { if (start && $0 !~ /^\};/) printf "%4d  %s: %s\n", FNR - start - 1, FILENAME, name; start = 0 }
' cli/*.c schemas/*.c store/*.c curate/*.c filter/*.c examples/sim/*.c | sort -rn)
echo "style: the longest functions"
echo "$long" | head -10
bad=0
echo "$long" | awk '$1 > 70 { print "style: over 70 lines: " $0; bad = 1 } END { exit bad }' || bad=1
for f in cli/*.[ch] schemas/*.[ch] store/*.[ch] curate/*.[ch] filter/*.[ch] examples/sim/*.[ch]; do
	n=$(wc -l <"$f")
	[ "$n" -le 600 ] || { echo "style: $f has $n lines, over 600"; bad=1; }
done
exit $bad
