#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what the chain found out with what was planted: a claim a line.

    compare.py world.json TRUTH IMAGES FOLDER

TRUTH is what examples/sim/truth.py printed, FOLDER what pipeline.mk filled. Prints "  ok: ..."
or "FAIL: ..." and exits 1 if a claim failed.
"""
import collections
import hashlib
import json
import pathlib
import sqlite3
import subprocess
import sys

failed = False


def claim(text, faults):
    global failed
    faults = list(faults)
    failed = failed or bool(faults)
    print(f"FAIL: {text}" if faults else f"  ok: {text}")
    for fault in faults[:10]:
        print(f"      {fault}")


def rows(path):
    if path.suffix == ".zst":
        text = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    else:
        text = path.read_bytes()
    return [json.loads(line) for line in text.decode().splitlines()]


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def main():
    world_path, truth_path, images, folder = map(pathlib.Path, sys.argv[1:])
    world = json.loads(world_path.read_text())
    truth = rows(truth_path)
    names = {digest(images / name): name for name in world["images"]}
    replies = rows(folder / "replies.jsonl.zst")
    questions = rows(folder / "unique.jsonl")
    losses = rows(folder / "extract.rejects.jsonl")
    shards = sorted((folder / "dataset" / "data").glob("*.zst"))
    exported = [row for shard in shards for row in rows(shard)]
    images_of = {}

    def image(record):
        path = record["image"]
        if path not in images_of:
            images_of[path] = names.get(digest(path), path)
        return images_of[path]

    def key(record):
        return (image(record), record["question"], tuple(record["options"]), record["answer"])

    def planted(row):
        return (row["image"], row["question"], tuple(row["options"]), row["answer"])

    by_key = collections.defaultdict(list)
    for question in questions:
        by_key[key(question)].append(question)

    # --- every planted question is somewhere, with its verdict and reason ---
    whole = [row for row in truth if row["verdict"] != "reject"]
    written = collections.Counter(map(planted, whole))
    claim(f"all {len(whole)} well-formed questions were read, as often as written, and no other",
          [f"{k}: {len(by_key[k])} times, not {n}" for k, n in written.items()
           if len(by_key[k]) != n] +
          [f"nobody planted {k}" for k in by_key if k not in written])
    for verdict, reason in sorted({(r["verdict"], r["reason"]) for r in whole
                                   if r["verdict"] != "keep_one"}):
        these = [r for r in whole if (r["verdict"], r["reason"]) == (verdict, reason)]
        said = None if verdict == "keep" else reason
        claim(f"{len(these)} are {verdict} {said or ''}".rstrip(),
              [f"{row['id']}: {q['verdict']} {q.get('reason')}"
               for row in these for q in by_key[planted(row)]
               if (q["verdict"], q.get("reason")) != (verdict, said)])
    groups = collections.defaultdict(list)
    for row in whole:
        if row["verdict"] == "keep_one":
            groups[row["group"]].append(planted(row))
    faults = []
    for group, keys in groups.items():
        these = [q for k in dict.fromkeys(keys) for q in by_key[k]]
        kept = [q["question_id"] for q in these if q["verdict"] == "keep"]
        copies = [q for q in these if (q["verdict"], q.get("reason")) == ("drop", "duplicate")]
        if len(kept) != 1 or len(copies) != len(these) - 1 or len(these) != len(keys) or \
           kept[0] != min(q["question_id"] for q in these) or \
           any(q.get("duplicate_of") != kept[0] for q in copies):
            faults.append(f"{group}: kept {kept}, {len(copies)} copies of {len(these)}")
    claim(f"of {len(groups)} groups of copies the smallest id stays, the others name it", faults)

    # --- what is malformed is in the rejects, with its reason and its text ---
    texts = {reply["image_id"]: reply["reply"].encode() for reply in replies}
    names_of = {reply["image_id"]: image(reply) for reply in replies}
    found = collections.Counter()
    for loss in losses:
        if "span" in loss:
            start, end = loss["span"]
            text = texts[loss["image_id"]][start:end].decode()
            for row in truth:
                if row["verdict"] == "reject" and row["image"] == names_of[loss["image_id"]] \
                   and row["reason"] == loss["class"] and (row["question"] or row["written"][0]) \
                   .strip("*# ")[-20:] in text:
                    found[row["id"]] += 1
    malformed = [row for row in truth if row["verdict"] == "reject"]
    claim(f"{len(malformed)} malformed questions are in the rejects, each once, where they stood",
          [f"{row['id']} ({row['reason']}): {found[row['id']]} times" for row in malformed
           if found[row["id"]] != 1])
    refusing = [name for name, i in world["images"].items() if i.get("refuses")]
    empty = [loss for loss in losses if loss["class"] == "no_question"]
    claim(f"{len(refusing)} refusals gave no question, and that is a reject too",
          [] if sorted(names_of[loss["image_id"]] for loss in empty) == sorted(refusing) else
          [f"{[names_of[loss['image_id']] for loss in empty]}, not {refusing}"])

    # --- the sums ---
    claim(f"{len(truth)} written = {len(questions)} questions + {len(losses) - len(empty)} rejects",
          [] if len(truth) == len(questions) + len(losses) - len(empty) else ["no"])
    verdicts = collections.Counter(q.get("verdict") for q in questions)
    claim(f"verdicts {dict(sorted(verdicts.items()))} add up to the questions, none undecided",
          [] if verdicts["keep"] + verdicts["drop"] == len(questions) else ["no"])

    # --- the set and the store ---
    wanted = collections.Counter(planted(r) for r in whole if r["verdict"] == "keep")
    copies = {planted(r) for r in whole if r["verdict"] == "keep_one"}
    got = collections.Counter(key(row) for row in exported)
    single = collections.Counter({k: n for k, n in got.items() if k not in copies})
    claim(f"the {sum(got.values())} exported rows are the planted truth",
          [f"lost: {k}" for k in wanted - single] + [f"too many: {k}" for k in single - wanted] +
          ([] if sum(got.values()) - sum(single.values()) == len(groups) else
           [f"{sum(got.values()) - sum(single.values())} rows for {len(groups)} groups"]))
    store = sqlite3.connect(folder / "capqa.db")
    stored = {q: (v, r) for q, v, r in store.execute(
        "SELECT question_id, verdict, reason FROM questions")}
    judged = {}  # a copy with the id of a kept question leaves that one's row alone
    for question in questions:
        if judged.get(question["question_id"], ("",))[0] != "keep":
            judged[question["question_id"]] = (question["verdict"], question.get("reason"))
    claim("the store holds every question with the same verdict and reason",
          [q for q in judged.keys() | stored.keys() if judged.get(q) != stored.get(q)])
    in_store = collections.Counter(row[0] for row in store.execute(
        "SELECT class FROM rejects WHERE stage = 'extract'"))
    claim("and every loss of extract with its reason",
          [] if in_store == collections.Counter(loss["class"] for loss in losses) else
          [dict(in_store)])
    return failed


if __name__ == "__main__":
    sys.exit(main())
