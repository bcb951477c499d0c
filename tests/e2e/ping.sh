#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ping says what a server can do, and believes it only when it sees it.
. "$(dirname "$0")/lib.sh"

mkdir tmp
# ping OPTION...: out, stage.err, $code.
ping() {
	code=0
	TMPDIR=$work/tmp capqa-ping "$@" >out 2>stage.err || code=$?
}
line() { sed -n "s/^$1 *//p" out; }
# says TEXT: what the next request gets; rules are used up one after the other.
says() { echo "{\"match\":{\"kind\":\"other\"},\"times\":1,\"do\":\"text\",\"body\":\"$1\"}"; }

sim_start --world "$world"
sim_wire "[$(says Hello.),$(says Y),$(says Red.),$(says "It is BLUE")]"
ping -m sim-vl
is "a server that can do all" "$code" 0
holds "its models are listed" grep -q "^models .*sim-llm.*sim-vl" out
holds "its answer is shown, with the time" grep -Eq '^text +[0-9]+ ms: "Hello\."' out
is "letters are held" "$(line letters)" "held by a choice of letters (--decode choice)"
holds "both colours were named" grep -Eq "^image +seen, [0-9]+ ms" out
is "for four requests, two of them with a picture" "$(stat_of other) $(stat_of images)" "4 2"

sim_wire "[$(says Hello.),$(says "Because of Rayleigh."),$(says "{\\\"answer\\\":\\\"Z\\\"}"),$(says red),$(says red)]"
sim_reset
ping -m sim-vl
is "letters held by a schema only" "$(line letters)" "held by a JSON schema (--decode schema)"
holds "a model that says red to everything sees nothing" grep -q "^image *taken but not seen" out

sim_wire "[$(says Hello.),$(says "Because of Rayleigh."),$(says "So it is."),
	{\"match\":{\"kind\":\"other\"},\"do\":\"body 400\",\"body\":
	\"{\\\"error\\\":{\\\"message\\\":\\\"At most 0 image(s) may be provided in one prompt.\\\"}}\"}]"
sim_reset
ping -m sim-llm
is "letters that nothing holds" "$(line letters)" "not held: answers are read as text"
holds "a model without eyes says so: not taken" grep -q "^image *not taken: .*At most 0 image" out
is "which is no failure when no picture was asked for" $code 0
sim_wire "[$(says Hello.),$(says X),{\"match\":{\"kind\":\"other\"},\"do\":\"status 400\"}]"
ping -m sim-llm --image images/cat.jpg
is "but is with --image" $code 69

ping -m gpt-0
is "a model that is not there: 69" $code 69
holds "the list shows it" grep -q "'gpt-0' is not among them" out
ping -m sim-vl -u http://127.0.0.1:1/v1
is "nobody listens: 69, at once" $code 69
ping -m sim-vl -u http://a/v1 -u http://b/v1
is "one server at a time" $code 2
is "no picture is left behind" "$(find tmp -type f | wc -l)" 0
finish
