# SPDX-License-Identifier: Apache-2.0
#
# Reads exports as other people's loaders do, with nothing of this project: the zstd tool,
# json, tarfile, yaml where it is installed. Prints "  ok: ..." or "FAIL: ..." a line.
import hashlib, json, os, re, subprocess, sys, tarfile

def say(claim, good, detail=""):
    print(f"  ok: {claim}" if good else f"FAIL: {claim}: {detail}")

def unpack(path):
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout

def load(folder):
    """Rows of each split, in order."""
    rows = {}
    for name in sorted(os.listdir(f"{folder}/data")):
        path = f"{folder}/data/{name}"
        split = re.split(r"[-.]", name)[0]
        rows.setdefault(split, [])
        if name.endswith(".zst"):
            rows[split] += [json.loads(line) for line in unpack(path).splitlines()]
        elif name.endswith(".json"):
            text = open(path, encoding="utf-8").read()
            rows[split] += json.loads(text) if text[0] == "[" else [json.loads(l) for l in text.splitlines()]
    return rows

# A strict reader of the YAML that cards use: nested maps and lists by indent, flow lists and
# maps of plain words, JSON strings.
def yaml_small(text):
    lines = [(len(l) - len(l.lstrip(" ")), l.strip()) for l in text.split("\n") if l.strip()]
    at = 0
    def scalar(t):
        if t.startswith('"'):
            return json.loads(re.sub(r"\\x(..)", r"\\u00\1", t))
        if t.startswith("["):
            return [scalar(x.strip()) for x in t[1:-1].split(",")]
        if re.fullmatch(r"-?\d+", t):
            return int(t)
        if not re.fullmatch(r"[\w.+ -]+", t):
            raise ValueError(t)
        return t
    def block(indent):
        nonlocal at
        result = [] if lines[at][1].startswith("- ") else {}
        while at < len(lines) and lines[at][0] == indent:
            body = lines[at][1]
            if body.startswith("- ") != isinstance(result, list):
                break
            if isinstance(result, list):
                lines[at] = (indent + 2, body[2:])
                result.append(block(indent + 2))
                continue
            key, _, value = body.partition(":")
            if key in result:
                raise ValueError("twice: " + key)
            at += 1
            if value.strip():
                result[key] = scalar(value.strip())
            elif at < len(lines) and (lines[at][0] > indent or
                                      lines[at][0] == indent and lines[at][1].startswith("- ")):
                result[key] = block(lines[at][0])
            else:
                raise ValueError("nothing under " + key)
        if at < len(lines) and lines[at][0] > indent:
            raise ValueError(lines[at][1])
        return result
    result = block(0)
    if at != len(lines):
        raise ValueError(lines[at][1])
    return result

def card(folder):
    text = open(f"{folder}/README.md", encoding="utf-8").read()
    front = text.split("---\n")[1]
    small = yaml_small(front)
    try:
        import yaml
        say("both YAML readers agree on the card", yaml.safe_load(front) == small, folder)
    except ImportError:
        pass
    return small, text

def glob(pattern, names):
    return [n for n in names if re.fullmatch(pattern.replace(".", r"\.").replace("*", ".*"), n)]

def hub(folder):
    """The Hub's rules: every file of data/ is in one split's pattern; features as in the rows."""
    front, text = card(folder)
    names = sorted("data/" + n for n in os.listdir(f"{folder}/data"))
    files = front["configs"][0]["data_files"]
    found = [n for f in files for n in glob(f["path"], names)]
    say(f"{folder}: the card's patterns name each file once", sorted(found) == names, (found, names))
    say(f"{folder}: its split names match", [f["split"] for f in files] ==
        [s["name"] for s in front["dataset_info"]["splits"]], files)
    rows = load(folder)
    if not any(n.endswith(".tar") for n in names):
        counts = {s["name"]: s["num_examples"] for s in front["dataset_info"]["splits"]}
        say(f"{folder}: num_examples is the number of rows", counts ==
            {s: len(r) for s, r in rows.items()}, counts)
        want = [f["name"] for f in front["dataset_info"]["features"]]
        bad = [r for s in rows.values() for r in s if list(r) != want]
        say(f"{folder}: every row has the features of the card, in order", not bad, (want, bad[:1]))
    for n in names:
        if n.endswith(".zst"):
            say(f"{n} has the name the Hub knows",
                re.fullmatch(r"data/\w+-\d{5}-of-\d{5}\.jsonl\.zst", n), n)
    return rows, text

def manifest(folder):
    m = json.load(open(f"{folder}/manifest.json"))
    bad = []
    for item in m["shards"] + m["files"]:
        data = open(f"{folder}/{item['name']}", "rb").read()
        plain = unpack(f"{folder}/{item['name']}") if item["name"].endswith(".zst") else data
        for what, raw in (("file", data), ("uncompressed", plain)):
            if what in item and (item[what]["bytes"], item[what]["sha256"]) != (len(raw), hashlib.sha256(raw).hexdigest()):
                bad.append((item["name"], what))
    say(f"{folder}: lengths and SHA-256 of the manifest are those of the files", not bad, bad)
    return m

def verl(folder):
    rows, _ = hub(folder)
    names = os.listdir(f"{folder}/data")
    say("verl: files end in .json and hold JSON Lines", all(n.endswith(".json") for n in names), names)
    rows = [r for s in rows.values() for r in s]
    say("verl: as many images as <image> in the prompt", all(
        len(r["images"]) == "".join(m["content"] for m in r["prompt"]).count("<image>") for r in rows))
    say("verl: images is a list of {image}", all(set(i) == {"image"} and i["image"].startswith("file:///pictures/")
        for r in rows for i in r["images"]))
    say("verl: style rule, and a ground truth whose answer is one of the choices", rows and all(
        r["reward_model"]["style"] == "rule" and
        any(c.startswith(q["answer"] + ") ") for c in q["choices"])
        for r in rows for q in r["reward_model"]["ground_truth"]))
    say("verl: extra_info has split and a running index",
        [r["extra_info"]["index"] for r in rows if r["extra_info"]["split"] == "train"] ==
        list(range(sum(r["extra_info"]["split"] == "train" for r in rows))))

def sharegpt(folder):
    rows, _ = hub(folder)
    info = json.load(open(f"{folder}/dataset_info.json"))
    say("sharegpt: dataset_info.json names each file", sorted(e["file_name"] for e in info.values()) ==
        sorted("data/" + n for n in os.listdir(f"{folder}/data")), info)
    rows = [r for s in rows.values() for r in s]
    tokens = lambda r: sum(t["value"].count("<image>") for t in r["conversations"])
    say("sharegpt: as many <image> as images, also where a caption says <image>",
        rows and all(tokens(r) == len(r["images"]) == 1 for r in rows), [tokens(r) for r in rows])
    say("sharegpt: human, then gpt", all([t["from"] for t in r["conversations"]] == ["human", "gpt"] for r in rows))
    say("sharegpt: LLaVA's image is LLaMA-Factory's", all([r["image"]] == r["images"] for r in rows))

def labelstudio(folder):
    rows, _ = hub(folder)
    import xml.etree.ElementTree as tree
    config = tree.parse(f"{folder}/labels.xml").getroot()
    tags = {e.get("name"): e for e in config.iter() if e.get("name")}
    rows = [r for s in rows.values() for r in s]
    result = [p for r in rows for p in r["predictions"][0]["result"]]
    say("labelstudio: predictions name tags of labels.xml", rows and all(
        tags[p["from_name"]].tag == "Choices" and tags[p["to_name"]].tag == "Image" for p in result))
    say("labelstudio: each prediction is one of the task's choices", all(
        r["predictions"][0]["result"][0]["value"]["choices"][0] in [c["value"] for c in r["data"]["choices"]] for r in rows))
    say("labelstudio: $image, $question and $choices are in every task", all(
        {"image", "question", "choices"} <= set(r["data"]) for r in rows))

def webdataset(folder):
    hub(folder)
    pattern = re.compile(r"^((?:.*/|)[^.]+)[.]([^/]*)$")
    samples, order, fields, good, odd = {}, [], set(), True, []
    for name in sorted(os.listdir(f"{folder}/data")):
        if not re.fullmatch(r"\w+-\d{6}\.tar", name):
            odd.append(name)
        listed = subprocess.run(["tar", "tf", f"{folder}/data/{name}"], check=True, capture_output=True, text=True).stdout.split()
        with tarfile.open(f"{folder}/data/{name}") as tar:
            say(f"{name}: GNU tar and tarfile list the same", listed == tar.getnames())
            for member in tar:
                key, field = pattern.match(member.name).groups()
                if key not in samples:
                    order.append(key)
                elif order[-1] != key:
                    good = False
                samples.setdefault(key, {})[field] = tar.extractfile(member).read()
                fields.add((member.mtime, member.uid, member.gid, member.mode))
    say("webdataset: names are prefix-000000.tar", not odd, odd)
    say("webdataset: members of a key stand together, keys ascend", good and order == sorted(order), order)
    say("webdataset: time 0, owner 0", fields == {(0, 0, 0, 0o644)}, fields)
    kinds = {tuple(sorted(s)) for s in samples.values()}
    say("webdataset: every sample has the same fields", len(kinds) == 1, kinds)
    bad = []
    for s in samples.values():
        about = json.loads(s["json"])
        picture = [v for k, v in s.items() if k != "json"][0]
        if picture != open(about["image"], "rb").read() or not about["questions"]:
            bad.append(about["image"])
    say(f"webdataset: {len(samples)} images are the files, byte for byte, beside their questions", samples and not bad, bad)

def letters(folder):
    rows = [r for s in load(folder).values() for r in s]
    count = {}
    for r in rows:
        if len(r["options"]) == 4:
            count[r["answer"]] = count.get(r["answer"], 0) + 1
    say("balance: each letter is right as often as the others, by one", len(count) == 4 and
        max(count.values()) - min(count.values()) <= 1, count)

def same_meaning(one, two):
    """Permuted options mean what they meant: the right text, and each trial's pick."""
    def meaning(r):
        o = r["options"]
        trials = [([o[i] for i in t["order"] if i < len(o)], o[t["pick"]] if t["pick"] is not None and t["pick"] < len(o) else None,
                   t["outcome"]) for k in ("blind", "sight") for y in r[k] for t in y["trials"]]
        return sorted(o), o[ord(r["answer"]) - 65], trials
    a, b = ([r for s in load(f).values() for r in s] for f in (one, two))
    say("balance: right option and every trial's pick are the texts they were",
        [r["question_id"] for r in a] == [r["question_id"] for r in b] and
        list(map(meaning, a)) == list(map(meaning, b)))
    say("balance: and some options moved", any(x["options"] != y["options"] for x, y in zip(a, b)))

def splits(folder):
    rows, _ = hub(folder)
    sets = [{r["image_id"] for r in s} for s in rows.values()]
    say("split: no image is in two splits", len(sets) == 3 and not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2]),
        [len(s) for s in sets])
    say("split: shares are about what was asked", abs(len(rows["train"]) / sum(map(len, rows.values())) - .6) < .1,
        {k: len(v) for k, v in rows.items()})

if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
