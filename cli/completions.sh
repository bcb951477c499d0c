#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes the completions of bash and zsh from what the programs say of themselves
# (capqa --stages, capqa-STAGE --options), so that they cannot disagree with the options.
#
#   completions.sh BIN OUT     OUT/capqa is bash's file, OUT/_capqa zsh's
set -eu
bin=$1 out=$2
mkdir -p "$out"
tab=$(printf '\t')
stages=$("$bin/capqa" --stages | cut -f1 | tr '\n' ' ')

# The options of one stage that want a value of this kind, as a|b|c for a case of the shell.
wanting() {
	printf '%s\n' "$options" | awk -F '\t' -v want="$1" '
		function kind(arg) {
			if (arg == "") return "flag"
			if (arg ~ /^[a-z0-9-]+(\|[a-z0-9-]+)+$/) return "choice"
			if (arg ~ /DIR|FOLDER/) return "folder"
			return arg ~ /FILE/ ? "file" : "other"
		}
		kind($3) == want { printf "%s--%s", n++ ? "|" : "", $2; if ($1 != "-") printf "|-%s", $1 }'
}

{
	echo '# bash completion for capqa: made by cli/completions.sh'
	echo '_capqa() {'
	echo '	local name=${COMP_WORDS[0]##*/} stage=${COMP_WORDS[1]} words='
	echo '	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}'
	echo '	COMPREPLY=()'
	echo '	if [[ $name == capqa-* ]]; then stage=${name#capqa-}'
	echo '	elif [[ $COMP_CWORD == 1 ]]; then'
	echo "		COMPREPLY=(\$(compgen -W '$stages help --help --version' -- \"\$cur\")); return"
	echo "	elif [[ \$stage == help ]]; then COMPREPLY=(\$(compgen -W '$stages' -- \"\$cur\")); return"
	echo '	fi'
	echo '	case $stage in'
	for stage in $stages; do
		options=$("$bin/capqa-$stage" --options)
		echo "	$stage)"
		echo '		case $prev in'
		printf '%s\n' "$options" | awk -F '\t' '
			$3 ~ /^[a-z0-9-]+(\|[a-z0-9-]+)+$/ { arg = $3; gsub(/\|/, " ", arg)
				printf "\t\t--%s) words=\"%s\" ;;\n", $2, arg }'
		folder=$(wanting folder) other=$(wanting other)
		[ -z "$folder" ] || echo "		$folder) COMPREPLY=(\$(compgen -d -- \"\$cur\")); return ;;"
		[ -z "$other" ] || echo "		$other) return ;;"
		echo '		*) [[ $cur == -* ]] && words="'"$(printf '%s\n' "$options" | awk -F '\t' '
			{ printf "--%s ", $2 }')--help"'" ;;'
		echo '		esac ;;'
	done
	echo '	esac'
	echo '	if [[ $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$cur"))'
	echo '	else COMPREPLY=($(compgen -f -- "$cur")); fi'
	echo '}'
	echo "complete -o filenames -o bashdefault -F _capqa capqa $(for s in $stages; do printf 'capqa-%s ' "$s"; done)"
} >"$out/capqa"

# zsh reads [ ] : and \ in a description as its own.
{
	echo "#compdef capqa $(for s in $stages; do printf 'capqa-%s ' "$s"; done)"
	echo '# zsh completion for capqa: made by cli/completions.sh'
	echo '_capqa() {'
	echo '	local stage curcontext=$curcontext'
	echo '	if [[ $service == capqa-* ]]; then stage=${service#capqa-}'
	echo '	elif (( CURRENT == 2 )); then'
	echo '		local -a stages'
	echo '		stages=('
	"$bin/capqa" --stages | sed "s/:/\\\\:/g; s/'/'\\\\''/g; s/^\([^$tab]*\)$tab\(.*\)/		'\1:\2'/"
	echo '		)'
	echo '		_describe stage stages; return'
	echo '	else stage=$words[2]; shift words; (( CURRENT-- )); fi'
	echo '	case $stage in'
	for stage in $stages; do
		echo "	$stage) _arguments -s -S \\"
		"$bin/capqa-$stage" --options | awk -F '\t' '{
			help = $4; arg = $3; name = $2; after = ""
			gsub(/[\[\]:\\]/, "\\\\&", help); gsub(/\047/, "\047\\\047\047", help)
			if (arg ~ /^[a-z0-9-]+(\|[a-z0-9-]+)+$/) { gsub(/\|/, " ", arg); after = ":" name ":(" arg ")" }
			else if (arg ~ /DIR|FOLDER/) after = ":folder:_files -/"
			else if (arg ~ /FILE/) after = ":file:_files"
			else if (arg != "") after = ":" name ": "
			if ($1 == "-") printf "\t\t\047*--%s[%s]%s\047 \\\n", name, help, after
			else printf "\t\t\047*\047{-%s,--%s}\047[%s]%s\047 \\\n", $1, name, help, after
		}'
		echo "		'*:input:_files' ;;"
	done
	echo '	help) _arguments "1:stage:('"$stages"')" ;;'
	echo '	esac'
	echo '}'
	echo '_capqa "$@"'
} >"$out/_capqa"
