# SPDX-License-Identifier: Apache-2.0
#
# Calls per question of early stopping, against theory (CAPRL's numbers behind the rule).

world
python3 "$independent" rates share.jsonl | sed -n \
	's/^blind_calls=\(.*\)/calls     blind calls per question    \1   theory 2.734/p
	 s/^sight_calls=\(.*\)/calls     sighted calls per question  \1   theory 1.088/p'
python3 "$independent" judge share.jsonl '>0.75' '<0.25' 4 | sed 's/^/calls     /'
