#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Images in archives: the same records and the same questions as from the folder, whatever the
# archive; a damaged one costs what is damaged; a hostile one costs nothing; a second scan, or
# one after a kill, does not read again.
. "$(dirname "$0")/lib.sh"
export CAPQA_LEDGER="$work/scan.db"

python3 "$top/tests/e2e/archives.py" good images
must zstd -q i.tar
must cp i.tar.gz whole.gz
must split -b 200000 -d -a 3 i.tar.gz p.tar.gz.part_
must split -b 200000 i.tar.gz q.tar.gz.

scan() { capqa-scan --progress none "$@"; }
ids() { jq -r '[.image_id,.mime,.width,.height,.bytes,.orientation]|@tsv' "$1" | sort; }
# The files of archives are stored in the order that the folder is walked in, so that even
# the first path of equal bytes is the same.
scan images -o folder.jsonl 2>err
ids folder.jsonl >folder.ids
for archive in i.tar i.tar.gz i.tar.zst deflated.zip stored.zip p.tar.gz.part_000 q.tar.gz.aa wds.tar; do
	scan $archive -o out.jsonl 2>err || fail "scan $archive: $(cat err)"
	ids out.jsonl >out.ids
	same "$archive holds what the folder holds" folder.ids out.ids
done
is "a glob that the shell did not see, and parts in it, are one archive" \
	"$(scan 'p.tar.gz.part_*' 2>err | jq -r .image_id | sort | cksum)" \
	"$(jq -r .image_id folder.jsonl | sort | cksum)"
raw() { scan "$1" 2>err | jq -c 'select(.offset != null) | [.image,.offset,.size,.image_id]' >raw; }
raw i.tar
is "every member of a plain tar says where it lies" "$(lines raw)" "$(lines folder.jsonl)"
python3 "$top/tests/e2e/archives.py" raw raw i.tar >said && report said
raw stored.zip
python3 "$top/tests/e2e/archives.py" raw raw stored.zip >said && report said
raw i.tar.gz
is "and none of a packed one" "$(lines raw)" 0
LC_ALL=C scan --no-ledger names.tar 2>err | jq -r .image >names
is "names are UTF-8 in the C locale too, and odd ones stay" "$(cat names)" 'names.tar::東京.png
names.tar::a b
c.png
names.tar::d/x::y.png'

# ---- the chain ----

sim_start --world "$world"
plain() { jq -cS 'del(.image, .source)' "$1"; }
chain_or_die f CAPQA_LEDGER="$work/f.db"
plain f/unique.jsonl >f.plain
sim_reset
chain_or_die w IMAGES=p.tar.gz.part_000 CAPQA_LEDGER="$work/w.db"
plain w/unique.jsonl >w.plain
same "the chain over a split tar.gz judges as over the folder" f.plain w.plain
holds "and has asked for it" test "$(stat_of requests)" -gt 100
zstd -dcq f/replies.jsonl.zst | jq -cS 'del(.image, .offset, .size)' >f.replies
for archive in i.tar i.tar.zst deflated.zip stored.zip; do
	scan $archive 2>err | generate --no-ledger 2>err | jq -cS 'del(.image, .offset, .size)' >w.replies
	same "the model writes the same over $archive" f.replies w.replies
done

# ---- out of order, changed, gone ----

scan i.tar.gz -o in.jsonl 2>err
ask() { generate --no-ledger -j 8 "$@"; }
must ask in.jsonl -o in.replies
python3 -c 'import sys; sys.stdout.writelines(reversed(list(open("in.jsonl"))))' >back.jsonl
must ask back.jsonl -o back.replies
sort in.replies >a; sort back.replies >b
same "members asked for backwards are the same" a b
scan stored.zip -o raw.jsonl 2>err
python3 "$top/tests/e2e/archives.py" spoil stored.zip cat.jpg
must ask raw.jsonl -o /dev/null -r changed.rejects
is "bytes that changed in the archive are not sent" \
	"$(jq -r '[.class,.message]|@tsv' changed.rejects)" \
	"image_changed	'stored.zip::cat.jpg' holds other bytes than when it was scanned"
rm whole.gz
jq -c '.image |= sub("i.tar.gz"; "whole.gz")' in.jsonl | head -3 >gone.jsonl
ask --max-rejects 100% gone.jsonl -o /dev/null -r gone.rejects 2>err
is "an archive that is gone rejects its images" "$(jq -r .class gone.rejects | sort | uniq -c | tr -s ' ')" " 3 not_found"

# ---- the ledger's cache ----

must python3 "$top/tests/e2e/archives.py" many 2000
scan many.tar -o many.1 2>err
is "a second scan does not open the archive" "$(strace -f -o tr -e trace=openat env \
	ASAN_OPTIONS=detect_leaks=0 capqa-scan many.tar -o many.2 2>err; grep -c '"many.tar"' tr)" 0
same "and says the same" many.1 many.2
for k in 0 1; do scan --part $k/2 many.tar 2>err; done >many.parts
for k in 0 1; do scan --part $k/2 many.tar 2>err; done >many.again
same "slices too, from the cache" many.parts many.again
jq -r .image many.1 | sort >a; jq -r .image many.parts | sort >b
same "and together they are all" a b
rm -f "$CAPQA_LEDGER"*
# stopped in its middle: standard output is full after 64 KB, then the reader is gone
scan many.tar 2>err | head -c 200000 >part
kept=$(sqlite3 "$CAPQA_LEDGER" 'select count(*) from listings where last = 0')
holds "a scan that died kept what it had read ($kept chunks)" test "$kept" -gt 0
scan many.tar -o many.2 2>err
same "the next goes on to the same end" many.1 many.2
touch -d '2001-01-01' many.tar
scan many.tar -o many.2 2>err
same "an archive with another time is read anew" many.1 many.2
is "and listed once" "$(sqlite3 "$CAPQA_LEDGER" 'select count(distinct mtime_ns) from listings')" 1

# ---- damaged and hostile ----

# odd ARCHIVE WANTED: the classes, and the images that come out of it.
odd() {
	scan --no-ledger --max-rejects 100% "$1" -o odd.out -r odd.rejects 2>err
	code=$?
	is "$1" "$code $(jq -r .class odd.rejects | sort | uniq -c | tr -s ' ' | tr '\n' ',') $(lines odd.out)" "$2"
}
python3 "$top/tests/e2e/archives.py" bad images
odd bad-data.zip "0  1 damaged_member, 23"
odd bad-crc.zip "0  1 damaged_member, 23"
odd two-bad.zip "0  2 damaged_member, 22"
odd bad-header.zip "0  1 damaged_archive, 5"
is "what a lost header costs is counted" "$(jq -r .message odd.rejects | grep -o '[0-9]* of [0-9]* entries unreachable')" \
	"19 of 24 entries unreachable"
read -r tar gz <cut.counts
odd cut.tar "0  1 damaged_archive, 1 damaged_member, $tar"
scan --no-ledger cut.tar.gz -o odd.out 2>err
odd cut.tar.gz "0  1 damaged_archive, 1 damaged_member, $(lines odd.out)"
holds "all but at most the last one before the cut" test "$(lines odd.out)" -ge $((gz - 1))
odd evil.tar "0  2 member_is_link, 2 member_is_special, 4 member_path, 1 member_too_large, 1 path_not_utf8, 1"
odd bomb.zip "0  1 member_too_large, 1"
odd bomb.tar.gz "0  1 archive_bomb, 1 member_too_large, 0"
odd evil.zip "0  1 member_encrypted, 1 member_is_link, 1 member_path, 1"
gone "nothing was unpacked" x.png
head -c 1000 i.tar.gz >lone.tar.gz.part_003
mkdir d && mv lone.tar.gz.part_003 d
odd d "0  1 part_missing, 0"
scan 'none*.tar' 2>err
is "a pattern without files is 66" "$? $(cat err)" "66 capqa-scan: no file matches 'none*.tar'
capqa-scan: 0 files: 0 images"
finish
