# SPDX-License-Identifier: Apache-2.0
#
# Records for tests/e2e/export.sh: images as scan found them, and for each some kept questions
# of which the right letter is mostly C, with trials; captions, some of which say <image>.
#   export_plant.py SCANNED COUNT       COUNT further images that are not there
import hashlib, json, random, sys

random.seed(7)
scanned, extra = sys.argv[1], int(sys.argv[2])
TALLY = {"prompt_id": "p", "seed": 0, "temperature": 0.5, "abstain": False, "orders": "balanced", "rotations": 4}

def line(record):
    print(json.dumps(record, ensure_ascii=False, separators=(",", ":")))

def tally(model, gold, right):
    trials = []
    for t in range(4):
        order = random.sample(range(4), 4)
        pick = gold if t < right else (gold + 1) % 4
        trials.append({"order": order, "said": "ABCD"[order.index(pick)], "pick": pick,
                       "outcome": "correct" if t < right else "wrong", "call": "%032x" % t})
    return [{"model": model, **TALLY, "asked": 4, "valid": 4, "correct": right, "abstained": 0, "unparsed": 0,
             "refused": 0, "failed": 0, "early": False, "full": True, "trials": trials}]

def image_ids():
    for record in map(json.loads, open(scanned, encoding="utf-8")):
        yield record["image_id"], record["image"], record["mime"]
    for i in range(extra):
        yield hashlib.md5(b"%d" % i).hexdigest(), f"gone/{i}.jpg", "image/jpeg"

for n, (image_id, path, mime) in enumerate(image_ids()):
    about = {"image_id": image_id, "image": path}
    line({**about, "mime": mime, "width": 4, "height": 3, "bytes": 9, "orientation": 1})
    for place in range(1 + n % 3):
        qid = hashlib.md5(f"{path}{place}".encode()).hexdigest()
        gold = 2 if random.random() < .8 else random.randrange(4)
        line({"question_id": qid, **about, "question": f"What \"is\" it <{n}.{place}>?", "options":
              [f"ten {qid[:4]}", f"Grün {qid[4:8]}", f"{n}", "x\ty"], "answer": "ABCD"[gold],
              "from": {"model": "sim-lvlm", "prompt_id": "p", "call": "c", "rule": "markdown", "index": place, "start": 0, "end": 1},
              "blind": tally("sim-llm", gold, n % 2), "sight": tally("sim-vl", gold, 4 - n % 2),
              "verdict": "keep", "rule": "visual>0.5 text<0.5 n=4 panel=1"})
    line({"caption_id": hashlib.md5(path.encode()).hexdigest(), **about, "model": "caprl",
          "caption": f"A thing <image> and <<image>\n{n}" if n % 5 == 0 else f"A thing {n}"})
