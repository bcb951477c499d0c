#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page of an audit, worked out a second time from its scores, without capqa's code.

    audit.py SCORES SUMMARY                 the page that --summary printed
    audit.py --compare A B PAIRS PAGE       the list and the page of --compare
"""
import collections
import json
import math
import re
import sys

KINDS = ("correct", "omitted", "contradicted")


def claim(text, good, more=""):
    print(("  ok: " if good else "FAIL: ") + text + ("" if good else f": {more}"))


def records(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def key(score):
    return score.get("image_id") or score["image"]


def answers(scores):
    """[(image, answer, its three shares)] of what has valid trials."""
    for s in scores:
        for a in s["answers"]:
            valid = sum(a[k] for k in KINDS)
            if valid:
                yield key(s), a, [a[k] / valid for k in KINDS]


def t95(df):
    """Student's 97.5 % point, by bisection on its distribution (Simpson's rule)."""
    c = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)

    def below(t, steps=400):
        f = [c * (1 + (t * i / steps) ** 2 / df) ** (-(df + 1) / 2) for i in range(steps + 1)]
        return .5 + t / steps / 3 * (f[0] + f[-1] + 4 * sum(f[1:-1:2]) + 2 * sum(f[2:-1:2]))
    low, high = 0, 50
    for _ in range(60):
        mid = (low + high) / 2
        low, high = (mid, high) if below(mid) < .975 else (low, mid)
    return low


def clustered(rows):
    """(ratio, variance, clusters) of [(cluster, y, x)]."""
    sums = collections.defaultdict(lambda: [0, 0])
    for cluster, y, x in rows:
        sums[cluster][0] += y
        sums[cluster][1] += x
    total = sum(x for _, x in sums.values())
    ratio = sum(y for y, _ in sums.values()) / total
    rest = sum((y - ratio * x) ** 2 for y, x in sums.values())
    return ratio, len(sums) / (len(sums) - 1) * rest / total ** 2, len(sums)


def share(rows):
    p, v, g = clustered(rows)
    n, t = p * (1 - p) / v, t95(g - 1)
    middle, half = p + t * t / 2 / n, t * math.sqrt(p * (1 - p) / n + t * t / 4 / n / n)
    return [p, (middle - half) / (1 + t * t / n), (middle + half) / (1 + t * t / n)]


def near(a, b):
    return len(a) == len(b) and all(abs(x - y) < 0.0011 for x, y in zip(a, b))


def summary(scores, page):
    rows = list(answers(scores))
    line = next(l for l in page.splitlines() if "all questions" in l)
    got = [float(n) for n in re.findall(r"\d\.\d+", line)]
    wanted = sum((share([(k, s[i], 1) for k, _, s in rows]) for i in range(3)), [])
    claim(f"right, omitted, contradicted of {len(rows)} questions, with intervals", near(got, wanted),
          f"{got} {wanted}")
    lengths = re.findall(r"^  (\d+) (?:to|and).*?(\d\.\d+).*n=(\d+)", page, re.M)
    claim("the length classes hold all questions", sum(int(n) for _, _, n in lengths) == len(rows),
          lengths)
    full = [(k, s[0] - a["blind"], a["sight"] - a["blind"]) for k, a, s in rows if "blind" in a]
    if full:
        ratio, v, g = clustered(full)
        half = t95(g - 1) * math.sqrt(v)
        got = [float(n) for n in re.findall(r"-?\d+\.\d+", page.split(") = ")[1])]
        claim(f"the normalised score over {len(full)} questions", near(got, [ratio, ratio - half, ratio + half]),
              got)


def compare(a, b, pairs, page):
    means = []
    for scores in (a, b):
        of = collections.defaultdict(list)
        for _, answer, s in answers(scores):
            of[answer["question_id"]].append(s[0])
        means.append({q: sum(v) / len(v) for q, v in of.items()})
    both = {q: means[1][q] - means[0][q] for q in means[0] if q in means[1]}
    claim(f"{len(both)} questions are paired, largest gain first",
          [p["question_id"] for p in pairs] == sorted(both, key=lambda q: (-both[q], q)))
    claim("with the differences", all(abs(p["difference"] - both[p["question_id"]]) < 1e-9 and
                                      abs(p["b"] - p["a"] - p["difference"]) < 1e-9 for p in pairs))
    ratio, v, g = clustered([(p["image"], p["difference"], 1) for p in pairs])
    half = t95(g - 1) * math.sqrt(v)
    got = [float(n) for n in re.findall(r"[+-]\d\.\d+", page.splitlines()[0])]
    claim("difference and interval", near(got, [ratio, ratio - half, ratio + half]), got)
    wins, losses = (sum(s * d > 1e-9 for d in both.values()) for s in (1, -1))
    claim(f"{wins} won, {losses} lost, and there are some of each",
          f"better at {wins}, worse at {losses}," in page and wins + losses > 0)


if sys.argv[1] == "--compare":
    compare(records(sys.argv[2]), records(sys.argv[3]), records(sys.argv[4]), open(sys.argv[5]).read())
else:
    summary(records(sys.argv[1]), open(sys.argv[2]).read())
