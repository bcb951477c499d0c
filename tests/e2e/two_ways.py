# SPDX-License-Identifier: Apache-2.0
#
# Records in few images and captions, so that much of it is there already, changed or changed back.
#
#   two_ways.py plant SEED >records.jsonl
#   two_ways.py same FAST.db SLOW.db       exit 1 and the rows that only one of them holds
import json, random, sqlite3, sys

CAPTIONS = """SELECT c.caption_id, c.caption, c.model, c.flags, c.source, c.source_id, c.rest, c.exact, p.path,
    i.image_id FROM captions c JOIN paths p ON p.id = c.path JOIN images i ON i.id = p.image"""
PATHS = """SELECT p.path, p.listed, p.source, p.source_id, p.rest, p.exact, i.image_id, i.mime, i.width
    FROM paths p JOIN images i ON i.id = p.image"""


def plant(seed):
    rng = random.Random(seed)
    images, captions = rng.choice([1, 3, 10, 200]), rng.choice([1, 3, 20, 400])
    size, new = rng.choice([3, 20, 200, 2000]), rng.choice([0, 0.3, 0.9])
    lines = []
    while len(lines) < size:
        if lines and rng.random() < 0.35:
            lines.append(rng.choice(lines))
            continue
        n = len(lines) if rng.random() < new else None
        image = f"new{n}" if n else f"i{rng.randrange(images)}"
        record = {"image_id": image, "image": image + rng.choice([".jpg", ".jpg", ".png"])}
        if rng.random() < 0.25:
            record |= {"mime": rng.choice(["image/png", "image/jpeg"]), "width": rng.randrange(3)}
            for name in ("mime", "width"):
                if rng.random() < 0.5:
                    del record[name]
            if rng.random() < 0.3:
                record["unknown"] = rng.randrange(3)
            lines.append(json.dumps(record))
            if rng.random() < 0.3:
                lines.append(json.dumps(record | {"mime": "image/webp"}))
            continue
        if rng.random() < 0.3:
            del record["image_id"]
        record |= {"caption_id": f"c{n}" if n else f"c{rng.randrange(captions)}", "caption": f"Text {rng.randrange(3)}."}
        if rng.random() < 0.2:
            record["unknown"] = [rng.randrange(2)]
        if rng.random() < 0.02:
            record["caption"] = 7  # a reject
        lines.append(json.dumps(record))
        for _ in range(rng.choice([0, 0, 3])):  # more captions of that image
            lines.append(json.dumps(record | {"caption_id": f"{record['caption_id']}-{rng.randrange(3)}"}))
    print("\n".join(lines))


def rows(path):
    with sqlite3.connect(path) as db:
        found = [str(row) for sql in (CAPTIONS, PATHS, "SELECT image_id FROM images") for row in db.execute(sql)]
        return sorted(row for row in found if "elsewhere" not in row)


if sys.argv[1] == "plant":
    plant(int(sys.argv[2]))
else:
    fast, slow = rows(sys.argv[2]), rows(sys.argv[3])
    if fast != slow:
        print("only fast:", sorted(set(fast) - set(slow))[:5], "only slow:", sorted(set(slow) - set(fast))[:5])
        sys.exit(1)
