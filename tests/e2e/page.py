#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A report page as a browser's parser sees it, for report.sh.

  page.py numbers HTML WANTED   every "name count" line of WANTED stands in the page so
  page.py alone HTML            one script, one style, allowed by their hashes; no address
  page.py same HTML HTML        the same elements with the same attributes, but for text
  page.py clean HTML            no character that a reader or terminal would obey
  page.py cards HTML            how many question cards
  page.py linked HTML           every image is a relative link to a file
  page.py plant hostile|tame    records whose every text is an attack, or the same in peace
"""
import base64
import hashlib
import json
import os
import re
import sys
import unicodedata
import urllib.parse
from html.parser import HTMLParser


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.tags, self.numbers, self.shown, self.inside = [], {}, {}, []
        self.texts = {"script": [], "style": []}
        with open(path, encoding="utf-8") as f:
            self.source = f.read()
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert len({a for a, _ in attrs}) == len(attrs), (tag, attrs)
        values = dict(attrs)
        self.inside.append(tag)
        self.tags.append((tag, attrs))
        self.of = values.get("data-of")
        if self.of is not None:
            number = int(values["value"])
            assert self.numbers.setdefault(self.of, number) == number or self.of in (
                "drop", "undecided", "keep"), f"{self.of} has two values"

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass
        self.of = None

    def handle_data(self, data):
        if self.inside and self.inside[-1] in self.texts:
            self.texts[self.inside[-1]].append(data)
        if getattr(self, "of", None) is not None:
            self.shown[self.of] = int(data.replace(",", ""))


def numbers(path, wanted):
    page, bad, checked = Page(path), 0, 0
    with open(wanted, encoding="utf-8") as lines:
        for line in lines:
            name, count = line.strip().rsplit(" ", 1)
            checked += 1
            for what, found in (("value", page.numbers), ("text", page.shown)):
                if found.get(name) != int(count):
                    print(f"{name}: {what} {found.get(name)}, the store says {count}")
                    bad += 1
    print(f"{checked} counts")
    return bad == 0 and checked > 3


def alone(path):
    page = Page(path)
    policy = [dict(a)["content"] for t, a in page.tags
              if t == "meta" and dict(a).get("http-equiv") == "Content-Security-Policy"]
    assert len(policy) == 1 and policy[0].startswith("default-src 'none'"), policy
    assert "unsafe" not in policy[0], policy
    for kind in ("script", "style"):
        assert [t for t, _ in page.tags].count(kind) == 1, kind
        digest = hashlib.sha256("".join(page.texts[kind]).encode()).digest()
        assert f"{kind}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy[0], kind
    for tag, attrs in page.tags:
        for name, value in attrs:
            assert not name.startswith("on") and name != "style", (tag, name)
            if name in ("src", "href", "action", "srcset", "data", "poster"):
                assert value.startswith(("#", "data:image/jpeg;base64,")), (tag, value)
            if name == "src":
                assert len(value) <= 30000, len(value)
    assert not re.search(r"https?://", re.sub(r"<td>.*?</td>|<th .*?</th>", "", page.source))
    return True


def shape(path):
    return [(t, [(n, v if n in ("class", "id", "role", "scope", "type") else None)
                 for n, v in a])
            for t, a in Page(path).tags if not (t == "span" and ("class", "ctl") in a)]


def same(one, two):
    a, b = shape(one), shape(two)
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            print(f"element {i}: {x} against {y}")
            return False
    if len(a) != len(b):
        print(f"{len(a)} elements against {len(b)}")
    return len(a) == len(b) and len(a) > 200


def clean(path):
    bad = {c for c in Page(path).source if c not in "\n\t\u200c\u200d"
           and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    print(bad)
    return not bad


def cards(path):
    print(sum(t == "article" for t, _ in Page(path).tags))
    return True


def linked(path):
    sources = [dict(a)["src"] for t, a in Page(path).tags if t == "img"]
    for source in sources:
        file = os.path.join(os.path.dirname(path), urllib.parse.unquote(source))
        assert source.startswith("../") and os.path.isfile(file), source
    return len(sources) > 10


ATTACKS = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>",
    "\" onmouseover=\"alert(3)\" x=\"", "' onfocus='alert(4)' autofocus='", "]]> <!-- x --> &lt;b&gt;",
    "\u202egnp.exe\u2066 \u2069\u200f", "\x1b[31mred\x1b]0;title\x07", "</article></main></bdi><style>*{display:none}</style>",
    "</svg></textarea></title><iframe src=javascript:alert(5)>", "a\u2028b\u2029c\u0085d\ufeff",
    "&#60;script&#62;alert(6)", "<a href=\"javascript:alert(7)\">x</a>",
]


def plant(kind):
    """Every text there is, so that a new place in the page is attacked as well."""
    def say(i):
        text = " ".join(ATTACKS[(i + k) % len(ATTACKS)] for k in range(3)) + f" {i}"
        return text if kind == "hostile" else f"peace {i}"

    def tally(model, outcome):
        trial = {"order": [1, 0, 2], "said": say(5), "pick": 0, "outcome": outcome,
                 "call": "0" * 32}
        right = int(outcome == "correct")
        return {"model": model, "prompt_id": say(6), "seed": 0, "temperature": 0.6,
                "abstain": False, "orders": "balanced", "rotations": 4, "asked": 4, "valid": 4,
                "correct": 4 * right, "abstained": 0, "unparsed": 0, "refused": 0, "failed": 0,
                "early": False, "full": True, "trials": [trial] * 4}

    # Named so that both kinds sort alike: what is compared is the elements, in their order.
    verdicts = [("keep", None, None), ("drop", "duplicate", 0), ("drop", "conflicting_gold", None),
                ("drop", "conflicting_gold", None), ("undecided", say(0), None), (None, None, None)]
    for i, (verdict, reason, copy_of) in enumerate(verdicts):
        record = {"question_id": f"{i:032x}", "image_id": None, "image": say(1) if i != 2 and
                  i != 3 else "one.png", "question": say(2), "options": [say(3), say(7), say(8)],
                  "answer": "A", "blind": [tally(say(4), "wrong")],
                  "sight": [tally(say(9), "correct")], "verdict": verdict, "reason": reason,
                  "rule": say(10) if i == 5 else "visual>0.75 text<0.25 n=4 panel=1"}
        if copy_of is not None:
            record["duplicate_of"] = f"{copy_of:032x}"
        print(json.dumps(record))
    for i, reward in enumerate((0.25, 0.5, 0.25, None)):
        correct = int(4 * reward) if reward else 0
        print(json.dumps({
            "caption_id": f"{100 + i:032x}", "image_id": None, "image": say(1), "caption": say(2),
            "model": say(11), "judge": {"model": say(0), "prompt_id": say(3)}, "questions": 1,
            "asked": 4, "valid": 4, "correct": correct, "omitted": i if reward else 0,
            "contradicted": 4 - correct - i if reward else 0, "unparsed": 0, "refused": 0,
            "failed": 0, "reward": reward, "lower": 0.1, "upper": 0.9,
            "answers": [{"question_id": f"{i:032x}", "outcome": "correct"}]}))
    for i in range(3):
        print(json.dumps({"stage": ["extract", "generate", say(1)][i], "class": say(2),
                          "message": say(3), "file": say(4), "line": 1, "span": [i, 9]}))
    print(json.dumps({"stage": say(1), "version": say(2), "models": [say(3)], "calls": 4,
                      "from_ledger": 0, "tokens": {"prompt": 1, "completion": 2},
                      "seconds": 1.5, "endpoints": [{"url": say(4), "calls": 4}]}))
    return True


if __name__ == "__main__":
    sys.exit(not globals()[sys.argv[1]](*sys.argv[2:]))
