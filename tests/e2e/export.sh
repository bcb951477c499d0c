#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Exports as others read them (export_check.py), choices, the same bytes, and what happens when
# an export cannot be finished: the old one stays as it was.
. "$(dirname "$0")/lib.sh"
look() {
	python3 "$top/tests/e2e/export_check.py" "$@" >looked 2>&1 || echo "FAIL: $* ended early: $(tail -1 looked)" >>looked
	report looked
}
rows() { zstd -dcq "$1"/data/*.zst | wc -l | tr -d ' '; }
ids() { zstd -dcq "$1"/data/*.zst | jq -r .question_id | sort; }
# says EXIT WORDS COMMAND...: it fails so, in one line.
says() {
	want=$1 words=$2
	shift 2
	"$@" 2>said
	is "exit of: $*" $? "$want"
	is "  in one line" "$(lines said)" 1
	case $(cat said) in *"$words"*) pass "  '$words'" ;; *) fail "  says '$(cat said)', not '$words'" ;; esac
}

must capqa-scan -q images -o scanned.jsonl
python3 "$top/tests/e2e/export_plant.py" scanned.jsonl 0 >here.jsonl
python3 "$top/tests/e2e/export_plant.py" scanned.jsonl 300 >all.jsonl
must capqa-ingest -q -d here.db here.jsonl
must capqa-ingest -q -d all.db all.jsonl
every="capqa-export -q -d all.db"

echo "== every format, as its readers want it"
for format in full caprl verl labelstudio sharegpt; do
	must $every --format $format -o $format --image-prefix file:///pictures/ --split train=0.9,test=0.1
	look manifest $format
	check "$format verifies" capqa-export -q --verify $format
done
look hub full
look hub caprl
look verl verl
look sharegpt sharegpt
look labelstudio labelstudio
must capqa-export -q -d here.db --format webdataset -o web --shard-size 100k
look webdataset web
holds "webdataset is cut into shards" [ "$(ls web/data | wc -l)" -gt 2 ]
holds "webdataset verifies" capqa-export -q --verify web
for kind in image reply caption; do
	must $every --records $kind -o $kind
	look hub $kind
done

echo "== choices"
must $every -o balanced --balance
must $every -o plain
look letters balanced
look same_meaning plain balanced
must $every -o three --split train=0.6,test=0.3,spare=0.1
look splits three
must $every -o target --target 100
is "--target is exact" "$(rows target)" 100
sqlite3 all.db "SELECT question_id FROM questions q ORDER BY
	(SELECT sum(correct) FROM tallies WHERE question = q.id AND pass = 'sight') DESC,
	(SELECT sum(correct) FROM tallies WHERE question = q.id AND pass = 'blind'), question_id LIMIT 100" | sort >want
ids target >got
same "--target takes the strongest evidence, ties by id" want got
must $every -o one --per-image 1 --where "image LIKE 'gone/%' AND options = 4 -- mine"
is "--where and --per-image" "$(rows one)" 300
must $every -o sample --sample 50
must $every -o more --sample 60
ids sample >fifty
ids more >sixty
is "--sample is so many" "$(lines fifty)" 50
is "a larger sample holds the smaller one" "$(comm -12 fifty sixty | wc -l)" 50
must $every -o all_of_it --where "sight = 1" --per-image 2 --sample 90 --target 40 --split a=0.5,b=0.5 --balance
is "choices combine" "$(rows all_of_it)" 40
says 65 "only 40 of the 41" capqa-export -q -d all.db -o x --where "blind = 0" --sample 40 --target 41
gone "  and nothing is written" x
must capqa-export -q -d all.db -o x --sample 40 --target 41 --accept-partial
is "--accept-partial takes them" "$(rows x)" 40
says 2 "no such column: colour; the columns are" capqa-export -q -d all.db -o y --where "colour = 1"
says 2 "more than one condition" capqa-export -q -d all.db -o y --where "1); DELETE FROM questions; SELECT (1"
says 2 "not authorized" capqa-export -q -d all.db -o y --where "(SELECT 1 FROM pragma_table_info('questions'))"
says 2 "the shares add up to 0.9" capqa-export -q -d all.db -o y --split a=0.5,b=0.4
is "no condition changed the store" "$(sqlite3 all.db 'SELECT count(*) FROM questions')" "$(grep -c '"blind"' all.jsonl)"

echo "== the same bytes"
must taskset -c 0 $every -o again --split train=0.9,test=0.1
holds "on one core as on all" diff -r full again
sort -r all.jsonl >turned.jsonl
must capqa-ingest -q -d turned.db turned.jsonl
for format in full caprl sharegpt; do
	must capqa-export -q -d turned.db --format $format -o turned --image-prefix file:///pictures/ --split train=0.9,test=0.1
	holds "$format: whatever the order of ingest" diff -r $format/data turned/data
done
must capqa-export -q -d here.db --format webdataset -o web2 --shard-size 100k
holds "webdataset twice" diff -r web web2

echo "== images that are gone or changed"
says 65 "300 images missing, 0 changed" capqa-export -q -d all.db --format webdataset -o w
gone "  and nothing is written" w
must mkdir elsewhere
must mv images elsewhere/images
echo >>elsewhere/images/cat.jpg
says 65 "0 images missing, 1 changed" capqa-export -q -d here.db --format webdataset -o w --image-root elsewhere
capqa-export -q -d here.db --format webdataset -o w --image-root elsewhere --accept-partial 2>said
is "--accept-partial leaves it out, and says so" "$?:$(grep -c 'images/cat.jpg' said)" 0:1
holds "  and its card, too" grep -q '1 whose bytes had changed' w/README.md
holds "  which verifies" capqa-export -q --verify w
must mv elsewhere/images images

echo "== --verify says what is wrong"
spoil() { rm -rf bad; cp -r full bad; shard=$(ls bad/data/train-*); }
spoil; printf x | dd of="$shard" bs=1 seek=999 conv=notrunc 2>/dev/null
capqa-export --verify bad 2>said
is "one byte changed" "$?:$(grep -c 'train-00000.*other bytes: XXH3' said)" 65:1
spoil; truncate -s -5 "$shard"
capqa-export --verify bad 2>said
is "cut off" "$?:$(grep -c 'cut off in the middle' said)" 65:1
spoil; rm "$shard"
capqa-export --verify bad 2>said
is "a shard that is gone" "$?:$(grep -c 'train-00000.*is missing' said)" 65:1
spoil; echo >bad/data/notes.json
capqa-export --verify bad 2>said
is "a file that does not belong" "$?:$(grep -c 'notes.json: is not in the manifest' said)" 65:1
spoil; zstd -dcq "$shard" | sed '3s/"question_id"/"id"/' >odd; zstd -q -f odd -o "$shard"
capqa-export --verify bad 2>said
is "a row with other keys" "$?:$(grep -c 'row 3 has other keys' said)" 65:1
says 66 "manifest.json" capqa-export --verify images

echo "== an export that cannot be finished leaves the old one"
export ASAN_OPTIONS=detect_leaks=0	# which cannot look under strace
command -v strace >/dev/null || { echo "  skipped: no strace"; finish; }
must capqa-export -q -d here.db -o kept
cp -r kept before
must mkdir locked
cp -r kept locked/kept
for point in pwrite64:1 pwrite64:2 pwrite64:3 pwrite64:4 fdatasync:1; do	# of each thread
	call=${point%:*}
	strace -f -qq -o /dev/null -P "$work/kept.partial/data/train-00000.jsonl.zst" -e trace=$call \
		-e inject=$call:error=ENOSPC:when=${point#*:} $every -o kept 2>said
	is "disk full at $point" "$?:$(lines said):$(grep -c 'No space left' said)" 74:1:1
	holds "  the old one is as it was" diff -r kept before
	gone "  and no half one is left" kept.partial
done
if unshare -rm true 2>/dev/null; then
	unshare -rm sh -c 'mount --bind locked locked && mount -o remount,ro,bind locked && exec '"$build"'/bin/capqa-export -q -d all.db -o locked/kept' 2>said
	is "a folder that is read only" "$?:$(lines said):$(grep -c 'Read-only' said)" 74:1:1
fi
# Killed at each call that changes something, up to the exchange of the folders and behind it:
# what is there is one whole export, the old one or the new. (Files are unlinked last.)
whole() {
	capqa-export -q --verify kept 2>said || fail "$1: $(cat said)"
	if grep -q '^license: mit' kept/README.md; then now=new; else now=old; fi
	is "$1: a whole export, the $2 one" "$now" "$2"
}
for point in mkdir:1 pwrite64:1 pwrite64:4 rename:1 renameat2:1 unlink:1 unlinkat:1 \
	fdatasync:1:data/train-00000.jsonl.zst write:1:README.md fdatasync:1:README.md \
	write:1:manifest.json fdatasync:1:manifest.json; do
	must capqa-export -q -d here.db -o kept
	call=${point%%:*} when=${point#*:} file=${point#*:*:}
	[ "$file" = "$point" ] && set -- || set -- -P "$work/kept.partial/$file"
	strace -f -qq -o /dev/null "$@" -e trace=$call -e inject=$call:signal=KILL:when=${when%:*} \
		capqa-export -q -d here.db --license mit -o kept 2>/dev/null
	check "killed at $point" [ $? = 137 ]
	case $point in unlinkat*) whole "killed at $point" new ;; *) whole "killed at $point" old ;; esac
done
must $every -o kept
must $every -o fresh
holds "and the next export is the one it should be" diff -r kept fresh
gone "  with nothing left beside it" kept.partial
# Images that lie as they are in an archive are read there; packed ones would have to be unpacked.
mkdir members
cp images/cat.jpg images/coffee.jpg members
tar -cf some.tar -C members cat.jpg coffee.jpg
must capqa-scan -q --no-ledger some.tar -o members.jsonl
must capqa-ingest -q -d members.db members.jsonl
must capqa-export -q -d members.db --records image --format webdataset -o inside
mkdir taken
tar -xf inside/data/*.tar -C taken
is "images in a tar come out of it" "$(cat taken/*.jpg | cksum)" \
	"$(for id in $(jq -r .image_id members.jsonl | sort); do cat "members/$(jq -r "select(.image_id == \"$id\").image" \
		members.jsonl | sed 's/.*:://')"; done | cksum)"
jq -c '{question_id: .image_id, image_id, image, question: "What is it?", options: ["A cat", "A cup"], answer: "A",
	verdict: "keep"}' members.jsonl >asked.jsonl
must capqa-ingest -q -d asked.db members.jsonl asked.jsonl
capqa-report -d asked.db -o asked.html 2>said
holds "and are shown in the report" grep -q '2 images shown, 0 missing' said
mkdir roots
mv some.tar roots
must capqa-export -q -d members.db --records image --format webdataset --image-root roots -o rooted
holds "also under --image-root" diff -r inside/data rooted/data
printf x | dd of=roots/some.tar bs=1 seek=2000 conv=notrunc 2>/dev/null
says 65 "0 images missing, 1 changed; the first: image 'some.tar::cat.jpg' has changed" \
	capqa-export -q -d members.db --records image --format webdataset --image-root roots -o rooted
tar -czf some.tar.gz -C members cat.jpg
must capqa-scan -q --no-ledger some.tar.gz -o packed.jsonl
must capqa-ingest -q -d packed.db packed.jsonl
says 65 "1 images missing, 0 changed; the first: image 'some.tar.gz::cat.jpg' is packed" \
	capqa-export -q -d packed.db --records image --format webdataset -o packed

finish
