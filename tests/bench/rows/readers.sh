# SPDX-License-Identifier: Apache-2.0
#
# extract: replies of real length through the question reader.

python3 - <<'P' >replies.jsonl
import json
block = "".join(f"#### {i}. **Considering the objects on the long wooden table beside the door, which of the listed "
                f"items stands closest to the tall blue vase in row {i}?**\n"
                f"   - A) A small brass reading lamp with a pleated green shade, switched off {i}\n"
                f"   - B) A green glass bottle with a cork and a torn paper label {i}\n"
                f"   - C) An open hardcover book lying face down on its pages {i}\n"
                f"   - D) A pair of worn brown leather shoes without their laces {i}\n\n"
                f"**Answer:** B) A green glass bottle with a cork and a torn paper label {i}\n\n------\n\n" for i in range(1, 6))
for n in range(100000):
    print(json.dumps({"image_id": "%032x" % n, "image": f"{n}.jpg", "reply": block, "finish_reason": "stop"}))
P
mb=$(wc -c <replies.jsonl | awk '{ print $1 / 1e6 }')
a=$(now)
capqa extract -q replies.jsonl -o /dev/null
b=$(now)
echo "readers   extract: $(per "$mb" "$a" "$b") MB/s of replies, $(per 500000 "$a" "$b") questions/s"
rm replies.jsonl
