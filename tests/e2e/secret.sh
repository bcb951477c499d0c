#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Where a key goes: to its server's socket and nowhere else. What the system saw of whole runs
# (strace) is searched for it; a redirect does not carry it away, nor does a server that cannot
# prove who it is, nor one that repeats it in what it says.
. "$(dirname "$0")/lib.sh"

for tool in strace openssl; do
	command -v $tool >/dev/null || { echo "skip: no $tool"; exit 77; }
done
strace -qq -o trace true 2>/dev/null || { echo "skip: strace may not trace here"; exit 77; }
# The leak checker is a tracer too, and there can be one only.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

secret=sk-this-must-not-be-seen-5f2c
SIM_KEY=$secret
export SIM_KEY
python3 "$top/tests/e2e/independent.py" plant 12 >planted.jsonl
sim_start --synthetic --blind-p 0.25 --key-env SIM_KEY --log sim.log
unset SIM_KEY
keyed=$sim
mkdir secrets run
echo "$secret" >secrets/key
printf '# ours\nAuthorization: Bearer %s\nX-Team: vision\n' "$secret" >secrets/headers

# ---- what the system saw ----

cat >seen.py <<'P'
# The trace of a run: every line with the key is a send to a socket connected to the server.
import re, sys
trace, key, port = sys.argv[1], sys.argv[2], sys.argv[3]
sockets, sent, wrong, hidden, programs = set(), 0, [], None, 0
for line in open(trace, errors="replace"):
    call = re.match(r"\d+ +(?:<\.\.\. )?(\w+)\(?(\d*)", line)
    if not call:
        continue
    name, fd = call.groups()
    programs += name == "execve"
    if name == "connect":
        (sockets.add if f"sin_port=htons({port})" in line else sockets.discard)(fd)
    if name == "prctl" and "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in line and hidden is None:
        hidden = sent == 0
    if key not in line:
        continue
    if name in ("sendto", "sendmsg") and fd in sockets:
        sent += 1
    else:
        wrong.append(line[:60])
print(programs > 0, sent > 0, hidden, wrong)
P
calls=execve,execveat,connect,prctl,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg
# traced TEXT COMMAND...: its whole run is seen, and the key is seen in its requests only.
traced() {
	said=$1
	shift
	rm -rf run
	mkdir run
	code=0
	strace -f -qq -s 1000000 -e trace=$calls -o trace "$@" -v --stats run/stats -L run/ledger.db \
		-r run/rejects -o run/out planted.jsonl 2>run/err || code=$?
	is "$said: settles" "$code $(lines run/out)" "0 12"
	is "$said: in no argv, no write, only in what is sent to the server" \
		"$(python3 seen.py trace "$secret" "${keyed##*:}")" "True True True []"
	is "$said: in no file" "$(grep -rlF -- "$secret" run sim.log sim.out || :)" ""
}
ask="capqa blind -m sim-llm -j 4 --temperature 0.6"
export OPENAI_API_KEY=$secret
traced "a key from the environment" $ask
export OTHER_KEY=$secret OPENAI_API_KEY=wrong
traced "from a variable of another name" $ask --api-key-env OTHER_KEY
unset OTHER_KEY OPENAI_API_KEY
traced "from a file" $ask --api-key-file secrets/key
traced "from a file of headers" $ask --header-file secrets/headers

# ---- what a server may do with it ----

blind_keyed() { blind --api-key-file secrets/key --temperature 0.6 "$@"; }
# stops TEXT PATTERN COMMAND...: 69, and one line that says why.
stops() {
	said=$1 pattern=$2
	shift 2
	code=0
	"$@" -L stops.db planted.jsonl -o stopped 2>stage.err || code=$?
	is "$said: 69" $code 69
	holds "$said: says so" grep -q -- "$pattern" stage.err
	is "$said: without the key" "$(grep -cF -- "$secret" stage.err)" 0
}
sim_start --synthetic
other=$sim
sim=$keyed
export OPENAI_BASE_URL="$keyed/v1"
for status in 301 302 307 308; do
	sim_wire "[{\"match\":{\"kind\":\"blind\"},\"do\":\"status $status\",
		\"location\":\"$other/v1/chat/completions\"}]"
	stops "a redirect ($status) is not followed" "$status" blind_keyed
done
sim=$other
is "the other server was never asked" "$(stat_of requests)" 0
sim=$keyed
repeats='"do":"body 401","body":"{\"error\":{\"message\":\"no such key: '$secret', see our page\"}}"'
sim_wire "[{\"match\":{\"kind\":\"blind\"},$repeats},{\"match\":{\"kind\":\"models\"},$repeats},
	{\"match\":{\"kind\":\"other\"},$repeats}]"
stops "a server that repeats the key" "no such key: \[...\], see our page" blind_keyed
code=0
capqa-ping -m sim-llm --api-key-file secrets/key >ping.out 2>&1 || code=$?
is "ping does not show it either" \
	"$code $(grep -c "no such key: \[...\]" ping.out) $(grep -cF -- "$secret" ping.out)" "69 1 0"
sim_wire '[]'

# A server with a certificate that nobody vouches for; what it gets to see goes to tls.seen.
openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.pem -days 2 \
	-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>openssl.err ||
	fail "a certificate is made: $(cat openssl.err)"
cat >tls.py <<'P'
import os, socket, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("tls.pem", "tls.key")
listening = socket.create_server(("127.0.0.1", 0))
open("tls.part", "w").write(str(listening.getsockname()[1]))
os.rename("tls.part", "tls.port")
seen = open("tls.seen", "ab", buffering=0)
while True:
    plain, _ = listening.accept()
    try:
        seen.write(b"REQUEST " + context.wrap_socket(plain, server_side=True).recv(65536) + b"\n")
    except OSError as e:
        seen.write(b"none: %s\n" % str(e).encode())
P
python3 tls.py &
started="$started $!"
wait_for test -s tls.port || fail "the TLS server starts"
stops "a certificate that nobody vouches for" "certificate" \
	blind_keyed -u "https://127.0.0.1:$(cat tls.port)/v1"
refused() { grep -q "^none: " tls.seen; }
wait_for refused || fail "the handshake is refused: $(cat tls.seen)"
is "and no request was sent to it" "$(grep -c REQUEST tls.seen)" 0
code=0
blind_keyed -u "file://$work/planted.jsonl" planted.jsonl >out 2>stage.err || code=$?
is "only http and https are asked: 2" $code 2
finish
