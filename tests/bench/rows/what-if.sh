# SPDX-License-Identifier: Apache-2.0
#
# Other thresholds over a million stored questions, beside wc -l of the same file.

world
for i in $(seq 50); do cat sight.jsonl; done >million.jsonl
a=$(now)
/usr/bin/env time -f 'what-if   %M KB' capqa select -q --what-if million.jsonl >/dev/null || :
b=$(now)
echo "what-if   1,000,000 questions, $(wc -c <million.jsonl | awk '{ printf "%.1f", $1 / 1e9 }') GB: $(per 1000000 "$a" "$b") questions/s"
a=$(now)
wc -l <million.jsonl >/dev/null
b2=$(now)
echo "what-if   wc -l of the same file: $(per 1000000 "$a" "$b2") lines/s"
rm million.jsonl
