# SPDX-License-Identifier: Apache-2.0
#
# Near copies, computed by other means than dedupe's: every set of shingles, every pair.
#
#   near.py plant N >questions.jsonl      N pairs, each with words of its own, of known Jaccard
#   near.py shuffle SEED <in >out
#   near.py check THRESHOLD SCOPE <out    prints what holds, one line each, "FAIL: ..." else
import collections, json, random, sys, unicodedata


def fold(text):
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_han(c):
    return "\u3400" <= c <= "\u9fff"


def words(text):
    """Words by spaces; a Chinese character is a word."""
    return "".join(f" {c} " if is_han(c) else c for c in text).split()


def shingles(r):
    w = words(" ".join([fold(r["question"])] + sorted(map(fold, r["options"]), key=str.encode)))
    return {tuple(w[i:i + 3]) for i in range(max(1, len(w) - 2))} if w else set()


def jaccard(a, b):
    return len(a & b) / len(a | b)


def gold(r):
    return fold(r["options"][ord(r["answer"]) - 65])


def plant(count):
    rng = random.Random(11)
    for n in range(count):
        chinese = n % 4 == 3
        size = rng.randrange(12, 60)
        # Words of this pair alone: pairs do not meet one another.
        if chinese:
            new = lambda: chr(rng.randrange(0x4e00, 0x9fa0))
        else:
            new = lambda: f"{rng.choice('bdfgklmnprst')}{rng.choice('aeiou')}{n}x{rng.randrange(10**6)}"
        text = [new() for _ in range(size)]
        options = ["".join(new() for _ in range(4)) for _ in range(4)]
        other = list(text)
        # 0 to 4 words changed: from the front one costs one shingle, inside it costs three.
        for _ in range(rng.randrange(5)):
            other[rng.choice([0, len(other) - 1, rng.randrange(len(other))])] = new()
        kind = ("pair", "pair", "pair", "pair", "pair", "gold", "image")[n % 7]
        # Equal texts with other golds would conflict: those differ by a word at least.
        if kind == "gold" or rng.random() < 0.3:
            other.insert(0, new())
        letter = rng.randrange(4)
        for copy, say in enumerate((text, other)):
            order = rng.sample(options, 4)
            right = options[(letter + 1) % 4 if kind == "gold" and copy else letter]
            sep = "" if chinese else rng.choice([" ", "  ", "\t"])
            print(json.dumps({
                "question_id": "%032x" % rng.getrandbits(128),
                "image_id": "%032x" % (n * 2 + (copy if kind == "image" else 0)),
                "question": sep.join(w.upper() if rng.random() < 0.2 else w for w in say) + "?",
                "options": order, "answer": "ABCD"[order.index(right)],
                "pair": n, "kind": kind}, ensure_ascii=False))


def check(threshold, scope):
    rows = [json.loads(line) for line in sys.stdin]
    by_id = {r["question_id"]: r for r in rows}
    pairs = collections.defaultdict(list)
    for r in rows:
        pairs[r["pair"]].append(r)

    def say(good, text):
        print(("  ok: " if good else "FAIL: ") + text)

    marked = [r for r in rows if r.get("duplicate_of")]
    say(all(by_id[r["duplicate_of"]].get("verdict") != "drop" for r in marked),
        f"each of {len(marked)} names one that stays")
    say(all(r["verdict"] == "drop" and r["reason"] == "duplicate" for r in marked) and
        len(marked) == sum("verdict" in r for r in rows), "and is marked duplicate, nothing else is")
    say(all(r["duplicate_of"] < r["question_id"] for r in marked), "the smaller id stays")
    say(all(jaccard(shingles(r), shingles(by_id[r["duplicate_of"]])) >= threshold for r in marked),
        f"none is marked below {threshold}")
    say(all(gold(r) == gold(by_id[r["duplicate_of"]]) for r in marked),
        "none has another right answer")
    say(scope == "all" or all(r["image_id"] == by_id[r["duplicate_of"]]["image_id"] for r in marked),
        f"scope {scope}: " + ("other images too" if scope == "all" else "none is about another image"))
    bins = collections.Counter()
    for a, b in pairs.values():
        if a["kind"] == "gold" or (a["kind"] == "image" and scope == "image"):
            continue
        j = jaccard(shingles(a), shingles(b))
        found = any(r.get("duplicate_of") == o["question_id"] for r, o in ((a, b), (b, a)))
        for least in (threshold, max(threshold, 0.9)):
            if j >= least:
                bins[least, "all"] += 1
                bins[least, "found"] += found
        bins["close below"] += threshold - 0.05 <= j < threshold
    for least in sorted({threshold, max(threshold, 0.9)}):
        n, got = bins[least, "all"], bins[least, "found"]
        # At the threshold itself .99 are expected: three standard errors less.
        enough = 0.99 if least > threshold else 0.99 - 3 * (0.0099 / n) ** 0.5
        say(n > 100 and got >= enough * n, f"Jaccard >= {least}: {got} of {n} pairs are found")
    say(bins["close below"] > 20, f"{bins['close below']} pairs are just below {threshold}")


if sys.argv[1] == "plant":
    plant(int(sys.argv[2]))
elif sys.argv[1] == "shuffle":
    all_lines = list(sys.stdin)
    random.Random(int(sys.argv[2])).shuffle(all_lines)
    sys.stdout.writelines(all_lines)
else:
    check(float(sys.argv[2]), sys.argv[3])
