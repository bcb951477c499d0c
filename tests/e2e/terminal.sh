#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a person sees on a terminal, by tmux: the bar at 60, 80 and 200 columns and through
# resizes is one line that fits; Ctrl-C takes it away and says how to go on; help without input.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null || { echo "skip: no tmux"; exit 77; }

tm() { tmux -S "$work/tmux" -f /dev/null "$@"; }
started="$started $(tm new-session -d -x 60 -y 12 'env PS1="ready> " TERM=screen sh' \; \
	display-message -p '#{pid}')" || { echo "skip: tmux does not start"; exit 77; }
# The screen, without the empty lines below the text.
screen() { tm capture-pane -p -t 0 | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }
shows() { screen | grep -q -- "$1"; }
type_in() { tm send-keys -t 0 "$1" Enter; }
bars() { grep '/[0-9]* questions'; }
widest() { awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }'; }
# Drawn for this width: one bar, and it fits (what was typed above it may wrap).
fits() { [ "$(screen | bars | wc -l)" = 1 ] && [ "$(screen | bars | widest)" -lt "$columns" ]; }

sim_start --world "$world"
chain_or_die run
sim_stall blind 20 4 600000
wait_for shows 'ready>' || { fail "a shell in tmux"; exit 1; }
type_in "export PATH='$PATH' OPENAI_BASE_URL=$OPENAI_BASE_URL CAPQA_LEDGER=cold.db; clear; echo before"
wait_for shows '^before' || { fail "what is typed in runs"; exit 1; }
type_in 'capqa blind -j 4 -m sim-llm run/questions.jsonl -o judged.jsonl'
holds "a run that stands still shows four in flight" wait_for shows '4 in flight'

for columns in 60 80 200 60; do
	tm resize-window -t 0 -x $columns -y 12
	holds "at $columns columns the bar is one line that fits" wait_for fits
	screen >"at-$columns"
	holds "what stood before it still stands" grep -q '^before' "at-$columns"
done
holds "a narrow terminal shows how far it is" grep -q '^\[=* *\] *[0-9]*/[0-9]* questions' at-60
holds "a wide terminal shows more" grep -q 'ETA.*in flight' at-200

tm send-keys -t 0 C-c
holds "Ctrl-C ends it with the way to go on" wait_for shows 'run again to go on'
screen >after
holds "no bar is left" sh -c '! grep -q "\[=*  *\]" after'
holds "and no torn line" sh -c 'tr "\n" " " <after | grep -q "capqa-blind: .* questions: "'
prompt_is_back() { [ "$(screen | tail -n 1)" = 'ready>' ]; }
holds "the prompt is back" wait_for prompt_is_back
type_in 'echo "code $?"'
holds "exit code 130" wait_for shows '^code 130'

type_in clear
tm resize-window -t 0 -x 80 -y 40
type_in 'capqa blind'
holds "no input and a terminal: the brief help" wait_for shows 'Usage: capqa blind'
tm kill-server
finish
