#!/bin/sh
# The floors stand on each other: cli <- schemas <- store <- curate <- filter. Fails on an
# include of a higher floor, on the simulator known anywhere below examples/, and on two files
# of the same base name.
cd "$(dirname "$0")/.." || exit 1
below=cli bad=0
for floor in cli schemas store curate filter; do
	case " $below " in *" $floor "*) ;; *) below="$below $floor" ;; esac
	allowed=$(echo "$below" | tr ' ' '|')
	found=$(grep -nE '^#include "[a-z]+/' "$floor"/*.[ch] | grep -vE "#include \"($allowed)/")
	[ -z "$found" ] || { echo "layers: $floor includes a higher floor:"; echo "$found"; bad=1; }
done
if grep -nE 'sim-|capqa-sim|examples/' curate/*.[ch] filter/*.[ch] store/*.[ch] | grep -v 'SIMULATED'; then
	echo "layers: these lines know the simulator"
	bad=1
fi
twice=$(find cli schemas store curate filter examples -name '*.[ch]' | sed 's|.*/||' | sort | uniq -d)
[ -z "$twice" ] || { echo "layers: file names that stand twice: $twice"; bad=1; }
[ $bad = 0 ] && echo "layers: ok"
exit $bad
