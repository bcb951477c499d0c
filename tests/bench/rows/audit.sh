# SPDX-License-Identifier: Apache-2.0
#
# audit against wrk at 50 ms replies: 200,000 captions of 2 KB, their questions in a store.

# wrk's rate with this body, 256 connections, 2 s: the limit of machine and server.
audit_wrk() {
	printf 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nlocal f = io.open("audit.body")\nwrk.body = f:read("*a")\nf:close()\n' >audit.lua
	wrk -t1 -c256 -d2s -s audit.lua "$OPENAI_BASE_URL/chat/completions" | awk '/^Requests\/sec/ { print $2 }'
}
# Each image has three captions and two questions, so the store is looked into for every caption.
audit_inputs() {
	${CC:-cc} -O2 -std=c11 -D_GNU_SOURCE -o echo "$top/tests/bench/echo.c"
	python3 - <<'P'
import json, random
random.seed(1)
words = ("a red car stands on the street beside two tall houses while people walk along "
         "under trees with green leaves and the sky is grey").split()
def text(n):
    t = ""
    while len(t) < n:
        t += " ".join(random.choices(words, k=12)).capitalize() + f" {random.random():.4f}. "
    return t[:n]
base = [text(2000) for _ in range(500)]
with open("audit.captions", "w") as c, open("audit.questions", "w") as q:
    for n in range(200000):
        c.write(json.dumps({"image": f"coco/{n // 3:012d}.jpg", "model": "m",
                            "caption": f"{n} {base[n % 500]}"}) + "\n")
        if n % 3 == 0:
            for k in range(2):
                q.write(json.dumps({"question_id": f"{n:030x}{k:02x}", "image": f"coco/{n // 3:012d}.jpg",
                    "image_id": f"{n:032x}", "question": f"What is number {k} in picture {n}?",
                    "options": ["Red", "Green", "Blue", "Grey"], "answer": "B", "verdict": "keep"}) + "\n")
json.dump({"model": "m", "messages": [{"role": "user", "content": base[0] + "x" * 500}]}, open("audit.body", "w"))
P
	capqa ingest -q -d audit.db audit.questions
}
# audit_row NAME CAPTIONS ROUNDS OPTION...: wrk and audit by turns; medians.
audit_row() {
	name=$1 count=$2 rounds=$3
	shift 3
	for round in $(seq "$rounds"); do
		rm -f cold.db*
		w=$(audit_wrk)
		/usr/bin/env time -f '%e %U %S %M' -o took capqa audit -q -j 256 -m m -Q audit.db --decode free -n "$count" \
			"$@" audit.captions -L cold.db -o /dev/null 2>/dev/null
		echo "$w $(sqlite3 cold.db 'SELECT count(*) FROM answers') $(cat took)"
	done | sort -k3n | awk -v name="$name" -v middle=$(((rounds + 1) / 2)) 'NR == middle {
		printf "audit     %s: %.0f req/s, %.2f of wrk (%.0f), %.3f CPU s/1000, RSS %.0f MB\n",
			name, $2 / $3, $2 / $3 / $1, $1, ($4 + $5) / $2 * 1000, $6 / 1024 }'
}

if command -v wrk >/dev/null; then
	audit_inputs
	rm -f echo.port
	./echo echo.port 50 &
	echo=$!
	until [ -s echo.port ]; do kill -0 $echo; done
	export OPENAI_BASE_URL="http://127.0.0.1:$(cat echo.port)/v1"
	audit_row "20,000 calls, 50 ms replies, -j 256" 2500 3
	audit_row "200,000 captions of 2 KB, one trial of each question" 200000 1 --rotations 1
	kill $echo
	wait $echo 2>/dev/null || :
	rm -f audit.* cold.db*
else
	echo "audit     skipped: no wrk"
fi
