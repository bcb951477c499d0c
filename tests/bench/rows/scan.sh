# SPDX-License-Identifier: Apache-2.0
#
# scan of 2,000 files of 100 KB, cold ledger, beside xxhsum -H2 of the same files (cat where that is
# not installed: it reads and does nothing); the same as a tar and a tar.zst; the rescan. Three
# rounds by turns, medians; the files are in the page cache.

# timed COMMAND...: its seconds; both outputs are dropped.
timed() {
	rm -f scan.db*
	a=$(now)
	"$@" >/dev/null 2>&1
	b=$(now)
	awk -v a="$a" -v b="$b" 'BEGIN { printf "%.4f ", b - a }'
}
anchor=cat
! command -v xxhsum >/dev/null || anchor='xxhsum -H2'
read_all() { find pictures -type f | sort | xargs $anchor; }
scan_it() { capqa scan -q -L scan.db "$1" -o out.jsonl; }

mkdir pictures
python3 - <<'P'
import random, struct, zlib
random.seed(2)
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
for n in range(2000):
    rows = b"".join(b"\0" + random.randbytes(480) for _ in range(208))
    with open(f"pictures/{n:04d}.png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 160, 208, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))
P
tar --sort=name -cf pictures.tar pictures
zstd -q -1 pictures.tar -o pictures.tar.zst
mb=$(cat pictures/* | wc -c | awk '{ print $1 / 1e6 }')
for round in 1 2 3; do
	read_all >/dev/null
	timed read_all
	timed scan_it pictures
	timed scan_it pictures.tar
	timed scan_it pictures.tar.zst
	a=$(now)
	capqa scan -q -L scan.db pictures.tar.zst -o out.jsonl
	b=$(now)
	awk -v a="$a" -v b="$b" 'BEGIN { printf "%.4f\n", b - a }'
done >took
median() { cut -d' ' -f"$1" took | sort -n | sed -n 2p; }
awk -v mb="$mb" -v anchor="$anchor" -v plain="$(median 1)" -v dir="$(median 2)" -v tar="$(median 3)" \
	-v zst="$(median 4)" -v again="$(median 5)" 'BEGIN {
	printf "scan      a folder: %.0f images/s, %.0f MB/s, %.2f of %s (%.0f MB/s)\n", 2000 / dir, mb / dir,
		plain / dir, anchor, mb / plain
	printf "scan      the same as a tar: %.0f MB/s, %.2f of the folder; tar.zst: %.0f MB/s\n", mb / tar,
		dir / tar, mb / zst
	printf "scan      an unchanged archive: %.0f images/s\n", 2000 / again }'
rm -rf pictures pictures.tar pictures.tar.zst
