#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Puts what was built where it is used, or takes exactly that away again.
#
#   install.sh BUILD ROOT            ROOT is DESTDIR and PREFIX together, as /usr/local
#   install.sh --remove BUILD ROOT
#
# bin/: the programs. share/: manual pages, completions, and in share/capqa the schemas, the
# pipeline for make and the demo.
set -eu
cd "$(dirname "$0")/.."
remove=
[ "$1" != --remove ] || { remove=1; shift; }
build=$1 root=$2

# MODE SOURCE TARGET, a line each.
list() {
	for program in $("$build/bin/capqa" --stages | cut -f1 | sed 's/^/capqa-/') capqa capqa-sim; do
		echo "755 $build/bin/$program bin/$program"
		echo "644 $build/man/$program.1 share/man/man1/$program.1"
		echo "644 $build/completions/capqa share/bash-completion/completions/$program"
	done
	echo "644 $build/completions/_capqa share/zsh/vendor-completions/_capqa"
	for file in schemas/*.json schemas/*.sql; do
		echo "644 $file share/capqa/$file"
	done
	git ls-files examples 2>/dev/null | grep . >"$build/examples.list" ||
		find examples -type f >"$build/examples.list"
	grep -v '^examples/sim/.*\.[ch]$' "$build/examples.list" | while IFS= read -r file; do
		case $file in *.sh | *.sbatch) mode=755 ;; *) mode=644 ;; esac
		echo "$mode $file share/capqa/$file"
	done
}

list | while read -r mode from to; do
	if [ -n "$remove" ]; then
		rm -f "$root/$to"
		# folders that only we used go too; others are not empty
		rmdir -p --ignore-fail-on-non-empty "$root/$(dirname "$to")" 2>/dev/null || :
	else
		install -D -m "$mode" "$from" "$root/$to"
	fi
done
