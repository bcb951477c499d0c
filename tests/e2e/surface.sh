#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What people see of the programs agrees: the dispatcher's table, the binaries, help, manual
# pages, completions, README. And what is installed is what is taken away.
. "$(dirname "$0")/lib.sh"

capqa --stages >stages
cut -f1 stages | sort >names
ls "$build"/bin | grep '^capqa-' | grep -v '^capqa-sim$' | sed 's/^capqa-//' | sort >binaries
same "the table names every program there is" names binaries

sh "$top/cli/pages.sh" "$build/bin" man
sh "$top/cli/completions.sh" "$build/bin" completions
holds "bash reads its completions" bash -n completions/capqa
capqa --help >overview
capqa --man >man.all
while IFS="$(printf '\t')" read -r stage brief; do
	capqa "$stage" --help >help.full
	capqa "$stage" -h >help.brief
	capqa "$stage" --options >options
	check "$stage: help starts with the table's words" \
		[ "$(head -1 help.full)" = "capqa $stage - $brief" ]
	check "$stage: -h starts alike" [ "$(head -1 help.brief)" = "capqa $stage - $brief" ]
	check "$stage: -h shows an example first" sh -c "sed -n 3p help.brief | grep -q '^  capqa $stage'"
	check "$stage: -h fits a screen" [ "$(lines help.brief)" -le 32 ]
	check "$stage: help fits 80 columns" sh -c '! cat help.brief help.full | grep -q ".\{83\}"'
	check "$stage: overview" grep -q "^  $stage  *$brief\$" overview
	check "$stage: capqa(1) names it" grep -q "capqa.-$stage.fR(1)" man.all
	check "$stage: README's table has it" grep -q "^| \`$stage\` |" "$top/README.md"
	bash -c '. completions/capqa; COMP_WORDS=(capqa '"$stage"' -); COMP_CWORD=2; _capqa
		printf "%s\n" "${COMPREPLY[@]}"' | sort >offered
	cut -f2 options | sed 's/^/--/' | { cat; echo --help; } | sort >wanted
	cmp -s offered wanted || fail "$stage: bash completes its options: $(diff wanted offered | head -3)"
	sed -n 's/^.*\\fB\\-\\-\([a-z0-9\\-]*\)\\fR.*/\1/p' "man/capqa-$stage.1" | tr -d '\\' | sort >in.man
	sed -n 's/^  \(-., \|    \)--\([a-z0-9-]*\).*/\2/p' help.full | grep -v '^help$\|^version$' | sort >in.help
	sed -n "/^	$stage) /,/input:_files/s/^		'\\*\('{-.,\)\{0,1\}--\([a-z0-9-]*\).*/\2/p" completions/_capqa |
		sort >in.zsh
	cut -f2 options | sort >names
	for where in man help zsh; do
		cmp -s names in.$where ||
			fail "$stage: $where has each option once: $(diff names in.$where | head -3 | tr '\n' ' ')"
	done
done <stages
pass "$(lines stages) stages: help, manual page, completions and README agree"
cut -f1 stages | while read -r stage; do
	grep "^| \`$stage\` |" "$top/README.md"
done | wc -l >rows
is "README's table has each once" "$(tr -d ' ' <rows)" "$(lines stages)"

capqa scna 2>err
is "a slip in a stage's name" "$? $(cat err)" "2 capqa: no stage is called 'scna'; did you mean 'scan'?"
capqa sight --rotatoins 3 2>err
is "a slip in an option" "$? $(cat err)" \
	"2 capqa-sight: unknown option '--rotatoins'; did you mean '--rotations'?"
capqa select --no 2>err
is "no slip of anything" "$? $(cat err)" \
	"2 capqa-select: unknown option '--no'; see 'capqa select --help'"
capqa sight --api 2>err
is "a name too short" "$? $(cat err)" \
	"2 capqa-sight: option '--api' may be --api-key-env, --api-key-file; see 'capqa sight --help'"
capqa -x 2>err
is "an option before the stage" "$? $(cat err)" \
	"2 capqa: unknown option '-x'; options follow the stage: capqa STAGE -x"

for folder in man completions; do
	rm -rf "$build/$folder"
	cp -r $folder "$build/$folder"
done
mkdir -p root/bin
echo mine >root/bin/mine
must sh "$top/cli/install.sh" "$build" "$work/root"
holds "an installed capqa runs its stages" root/bin/capqa scan --version
is "every program has its manual page" "$(ls root/share/man/man1 | wc -l)" "$(ls root/bin | grep -c '^capqa')"
holds "pipeline.mk is there" [ -s root/share/capqa/examples/pipeline.mk ]
must sh "$top/cli/install.sh" --remove "$build" "$work/root"
is "uninstall leaves what was not ours" "$(find root -type f)" root/bin/mine
finish
