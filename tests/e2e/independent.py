#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rule once more, written apart from the C code, over the trials that records list.

  independent.py plant N >questions.jsonl       N questions a simulator answers by chance
  independent.py judge RECORDS VISUAL TEXT N    every verdict and reason as the rule has it
  independent.py rates RECORDS                  calls, shares and accuracies, as a shell reads

judge fails, naming the question, where a record says something else than this page does.
"""
import json
import re
import sys
from fractions import Fraction
from hashlib import sha256
from math import factorial

VALID = ("correct", "wrong", "abstained")


def records(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def plant(count):
    for i in range(count):
        name = sha256(str(i).encode()).hexdigest()[:32]
        gold = i % 4
        options = [("right " if k == gold else "wrong ") + f"{name[:6]} {k}" for k in range(4)]
        print(json.dumps({"question_id": name, "image_id": None, "image": "images/cat.jpg",
                          "question": f"Synthetic question {i}?", "options": options,
                          "answer": "ABCD"[gold]}))


def bound(text):
    sign, value = re.fullmatch(r"([<>]=?)([0-9.]+)", text).groups()
    value = Fraction(value)
    return {">": lambda a: a > value, ">=": lambda a: a >= value,
            "<": lambda a: a < value, "<=": lambda a: a <= value}[sign]


def state(tally, options, met, rotations):
    """True: holds, False: fails, None: open. What is not known could be right or wrong."""
    total = min(rotations, factorial(options)) if tally["temperature"] == 0 else rotations
    trials = tally["trials"][:total]
    right = sum(t["outcome"] == "correct" for t in trials)
    unknown = total - sum(t["outcome"] in VALID for t in trials)
    answers = {met(Fraction(c, total)) for c in range(right, right + unknown + 1)}
    return answers.pop() if len(answers) == 1 else None


def judge(record, visual, text, rotations):
    k = len(record["options"])
    blind = [state(t, k, text, rotations) for t in record.get("blind", [])]
    sight = [state(t, k, visual, rotations) for t in record.get("sight", [])]
    if False in blind:
        return "drop", "blind_answerable"
    if False in sight:
        return "drop", "not_visible"
    if None in blind:
        return "undecided", "blind_undecided"
    if not blind or not sight:
        return "undecided", "not_asked"
    if None in sight:
        return "undecided", "sight_undecided"
    return "keep", None


def check(path, visual, text, rotations):
    wrong = 0
    rows = records(path)
    for row in rows:
        mine = judge(row, bound(visual), bound(text), int(rotations))
        if mine != (row["verdict"], row["reason"]):
            wrong += 1
            print(row["question_id"], "is", row["verdict"], row["reason"], "not", *mine)
    print(f"{len(rows)} verdicts, {wrong} differ")
    return 1 if wrong or not rows else 0


def mean(values):
    return sum(values) / len(values) if values else 0.0


def rates(path):
    rows = records(path)
    blind = [row["blind"][0] for row in rows if row.get("blind")]
    sight = [row["sight"][0] for row in rows if row.get("sight")]
    accuracy = lambda tallies: mean([t["correct"] / t["valid"] for t in tallies if t["valid"]])
    full = [t for t in blind if t["full"]]
    early = [t for t in blind if not t["full"]]
    print(f"questions={len(rows)}")
    print(f"blind_calls={mean([t['asked'] for t in early]):.4f}")
    print(f"sight_calls={sum(t['asked'] for t in sight if not t['full']) / max(1, len(early)):.4f}")
    print(f"passed={mean([t['correct'] == 0 and t['valid'] == 4 for t in blind]):.4f}")
    print(f"full={len(full)} full_accuracy={accuracy(full):.4f} early_accuracy={accuracy(early):.4f}")
    print(f"full_sight={accuracy([t for t in sight if t['full']]):.4f}")
    return 0


if __name__ == "__main__":
    name, rest = sys.argv[1], sys.argv[2:]
    if name == "plant":
        sys.exit(plant(int(*rest)))
    sys.exit(check(*rest) if name == "judge" else rates(*rest))
