#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# --max-pixels: what a server gets is smaller and upright, from files and archives alike; what is
# small enough goes as it is; the setting is part of the ledger's key; what is too large even to
# be resized is refused by its header.
. "$(dirname "$0")/lib.sh"

must python3 "$top/tests/e2e/pixels.py" make images
python3 "$top/tests/e2e/pixels.py" serve port got >server.log 2>&1 &
started="$started $!"
holds "a server listens" wait_for test -s port
export OPENAI_BASE_URL="http://127.0.0.1:$(cat port)/v1"
tar -czf all.tar.gz turned.jpg plain.png small.png
capqa-scan -q turned.jpg plain.png small.png -o images.jsonl
capqa-scan -q all.tar.gz -o members.jsonl
is "the orientation is in the record" "$(jq -c '[.width,.height,.orientation]' images.jsonl | head -1)" "[480,320,6]"
ask() {
	rm -f got
	capqa-generate -q -j 1 -m m "$@"
}
ask images.jsonl -o plain.out
is "without the option they go as they are" "$(cut -d' ' -f1-3 got | tr '\n' ,)" \
	"jpeg 480 320,png 300 200,png 10 10,"
is "byte for byte" "$(cut -d' ' -f4 got)" "$(sha256sum turned.jpg plain.png small.png | cut -d' ' -f1)"
ask --max-pixels 20k images.jsonl -o small.out
is "with it they are resized in proportion, the turned one upright" "$(cut -d' ' -f1-3 got | tr '\n' ,)" \
	"jpeg 115 173,png 173 115,png 10 10,"
is "and what is small goes byte for byte" "$(tail -1 got | cut -d' ' -f4)" \
	"$(sha256sum small.png | cut -d' ' -f1)"
mv got first
ask --max-pixels 20k images.jsonl -o small.again
gone "a rerun asks nothing" got
same "and writes the same" small.out small.again
ask images.jsonl -o plain.again
gone "nor does one without the option" got
same "which has kept its answers" plain.out plain.again
ask --max-pixels 10k images.jsonl -o other.out
is "another number is another question" "$(lines got)" 3
ask --no-ledger --max-pixels 20k images.jsonl -o /dev/null
same "the resized bytes are the same each time" first got
ask --no-ledger --max-pixels 20k members.jsonl -o /dev/null
same "and the same out of an archive" first got
ids() { jq -r .image_id "$1"; }
is "the image_id stays that of the image" "$(ids small.out)" "$(ids images.jsonl)"

# five questions about one picture: resized once, sent five times
for n in 1 2 3 4 5; do
	jq -c --arg n $n '{image_id, image, question: "Question \($n)?", options: ["a","b"], answer: "B",
		question_id: (.image_id[0:31] + $n)}' members.jsonl
done >questions.jsonl
rm -f got
must capqa-sight -q -m m --exhaustive --no-ledger --max-pixels 20k questions.jsonl -o judged.jsonl
is "sight sends them resized too" "$(cut -d' ' -f1-3 got | sort | uniq -c | tr -s ' ' | tr '\n' ,)" \
	" 10 jpeg 115 173, 10 png 10 10, 10 png 173 115,"

capqa-scan -q huge.png -o huge.jsonl
ask --max-pixels 20k --max-rejects 100% huge.jsonl -o /dev/null -r rejects.jsonl
is "108 million pixels are not decoded to be resized" "$(jq -r '[.class,.message]|@tsv' rejects.jsonl)" \
	"too_many_pixels	'huge.png' has 12000 x 9000 pixels, too many to resize it"
gone "and not sent" got
head -c 3000 plain.png >cut.png
echo '{"image":"cut.png","image_id":"00000000000000000000000000000000"}' >cut.jsonl
ask --max-pixels 20k --max-rejects 100% cut.jsonl -o /dev/null -r rejects.jsonl
is "other bytes than those of the record are not" "$(jq -r .class rejects.jsonl)" image_changed

# dry OPTION...: what --dry-run says is to be sent.
dry() { capqa-generate -m m --no-ledger --dry-run "$@" 2>&1 | grep -o '[0-9.]* MB to send'; }
is "--dry-run knows what the pictures weigh" "$(dry images.jsonl) $(dry members.jsonl)" \
	"0.2 MB to send 0.2 MB to send"
is "and that they will weigh less" "$(dry --max-pixels 20k images.jsonl)" "0.1 MB to send"
finish
