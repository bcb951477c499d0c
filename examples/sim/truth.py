# SPDX-License-Identifier: Apache-2.0
"""What the pipeline must find out about a planted world, worked out without the pipeline.

Reads world.json and applies the default rule (visual > 0.75, text < 0.25, four balanced
orders) by reasoning about the planted facts. It shares no code with capqa on purpose: a test
that compares the two compares two independent readings of the same facts.

    truth.py world.json              one JSON line per planted question
    truth.py --counts world.json     how many of each verdict and reason
    truth.py --scores world.json     one JSON line per caption: the expected counts of questions
    truth.py --captions world.json   the captions as rows {image, caption} to audit
    truth.py --check world.json      exit 1 if a `kind` does not fit what follows from the facts

Verdicts: keep, drop (with reason), reject (extract loses it, with reason), and keep_one: of
all questions with this `group`, one is kept and the others are duplicates.
"""
import argparse
import collections
import json
import signal
import sys
import unicodedata

TRIALS = 4
FLAGS = {"empty", "refusal", "degenerate", "truncated"}  # kinds of captions that are flagged
FITS = {  # kind -> what must follow
    "visible": {"keep", "keep_one"}, "duplicate": {"keep_one"}, "guessable": {"blind_answerable"},
    "habit": {"blind_answerable"}, "unanswerable": {"not_visible"}, "wrong_gold": {"not_visible"},
    "shaky": {"not_visible"}, "too_hard": {"not_visible"}, "conflicting": {"conflicting_gold"},
}


def fold(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", text).split())


def same_question(q):
    return fold(q["question"]), tuple(sorted(fold(o) for o in q["options"]))


def gold_text(q):
    return q["options"]["ABCDEFGHIJKLMNOPQRSTUVWXY".index(q["gold"])]


def true_values(image, q):
    value = image.get("facts", {}).get(q.get("asks"), [])
    return {fold(v) for v in (value if isinstance(value, list) else [value])}


def letter_hits(q, letter):
    """How often a fixed letter is right when the gold option visits every letter alike."""
    k = len(q["options"])
    if k > TRIALS:
        sys.exit(f"{q['id']}: a fixed letter over {k} options depends on the orders")
    return TRIALS // k if ord(letter) - ord("A") < k else 0


def trials(q):
    return 2 if len(q["options"]) == 2 else TRIALS  # two options have only two orders


def blind_right(q):
    habit = q.get("blind", "")
    if habit == "knows":
        return trials(q)
    if habit.startswith("says "):
        return min(letter_hits(q, habit[5]), trials(q) - 1)
    return 0


def sight_right(image, q):
    if fold(gold_text(q)) not in true_values(image, q) or q.get("sight") == "fails":
        return 0
    if q.get("sight", "").startswith("misses "):
        return trials(q) - min(letter_hits(q, q["sight"][7]), trials(q) - 1)
    return trials(q)


def judge(image, q):
    if "fault" in q:
        return "reject", q["fault"]
    if not 4 * blind_right(q) < trials(q):
        return "drop", "blind_answerable"
    if not 4 * sight_right(image, q) > 3 * trials(q):
        return "drop", "not_visible"
    return "keep", "visual"


def judged(image):
    """[(question, verdict, reason, group)] of one image, duplicates resolved."""
    rows = [] if image.get("refuses") else [(q, *judge(image, q)) for q in image["questions"]]
    groups = collections.defaultdict(list)
    for q, verdict, _ in rows:
        if verdict == "keep":
            groups[same_question(q)].append(q)
    out = []
    for q, verdict, reason in rows:
        group = groups[same_question(q)] if verdict == "keep" else []
        if len({fold(gold_text(g)) for g in group}) > 1:
            verdict, reason = "drop", "conflicting_gold"
        elif len(group) > 1:
            verdict, reason = "keep_one", "duplicate"
        out.append((q, verdict, reason, group[0]["id"] if group else None))
    return out


def questions(world):
    for name, image in world["images"].items():
        for q, verdict, reason, group in judged(image):
            yield {"image": name, "id": q["id"], "kind": q["kind"], "question": q.get("question"),
                   "options": q.get("options"), "answer": q.get("gold"), "verdict": verdict,
                   "reason": reason, "group": group, "written": q.get("written")}


def scores(world):
    for name, image in world["images"].items():
        rows = judged(image)
        kept = [q for q, v, _, group in rows if v == "keep" or v == "keep_one" and group == q["id"]]
        for caption in image.get("captions", []):
            counts = collections.Counter(correct=0, omitted=0, contradicted=0)
            flags = sorted({caption["kind"]} & FLAGS)
            asked = kept if flags in ([], ["truncated"]) else []  # nobody is asked about the others
            for q in asked:
                said = caption.get("says", {}).get(q.get("asks"))
                if said is None or fold(said) not in {fold(o) for o in q["options"]}:
                    counts["omitted"] += 1
                else:
                    right = fold(said) == fold(gold_text(q))
                    counts["correct" if right else "contradicted"] += 1
            yield {"image": name, "kind": caption["kind"], "caption": caption["text"],
                   "flags": flags, "joins": bool(kept), "questions": len(asked), **counts}


def check(world):
    bad = 0
    for row in questions(world):
        got = row["reason"] if row["verdict"] == "drop" else row["verdict"]
        if row["kind"] == "malformed" and got == "reject":
            continue
        if got not in FITS.get(row["kind"], ()):
            print(f"{row['id']}: is called {row['kind']}, but the facts make it {got}")
            bad = 1
    return bad


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for mode in ("counts", "scores", "captions", "check"):
        args.add_argument("--" + mode, dest="mode", action="store_const", const=mode)
    args.add_argument("world")
    args = args.parse_args()
    with open(args.world, encoding="utf-8") as f:
        world = json.load(f)
    if args.mode == "check":
        return check(world)
    if args.mode == "counts":
        count = collections.Counter((r["verdict"], r["reason"]) for r in questions(world))
        for (verdict, reason), n in sorted(count.items()):
            print(f"{n:5} {verdict} {reason}")
        return 0
    rows = scores(world) if args.mode in ("scores", "captions") else questions(world)
    for row in rows:
        if args.mode == "captions":
            row = {"image": row["image"], "caption": row["caption"]}
        print(json.dumps(row, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
