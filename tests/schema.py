#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# schema: every line of the JSONL files named must follow the schema of its kind. The kind is
# told by members, as `capqa ingest` does; --records KIND says it instead.
#
#	python3 tests/schema.py out.jsonl more.jsonl.zst

import argparse
import json
import pathlib
import subprocess
import sys

import jsonschema

KINDS = ["image", "reply", "question", "caption", "score", "reject", "run"]
SCHEMAS = pathlib.Path(__file__).resolve().parent.parent / "schemas"


def kind_of(record):
    """The one kind a record looks like, or None."""
    has = record.__contains__
    image = has("image") or has("image_id")
    judged = has("reward") or has("judge")
    looks = {
        "question": has("question_id") and has("question"),
        "reply": image and has("reply"),
        "score": has("caption_id") and judged,
        "caption": has("caption_id") and not judged,
        "reject": has("stage") and has("class"),
        "run": has("stage") and has("version"),
        "image": image and has("mime")
        and not (has("reply") or has("question_id") or has("caption_id")),
    }
    found = [kind for kind in KINDS if looks[kind]]
    return found[0] if len(found) == 1 else None


def load_validators():
    validators = {}
    for kind in KINDS:
        schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[kind] = jsonschema.Draft202012Validator(schema)
    return validators


def lines_of(path):
    if path == "-":
        return sys.stdin.buffer.read().splitlines()
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], check=True,
                              stdout=subprocess.PIPE).stdout.splitlines()
    return pathlib.Path(path).read_bytes().splitlines()


def faults_of(line, kind, validators):
    try:
        record = json.loads(line)
    except ValueError as fault:
        return [f"no JSON: {fault}"]
    kind = kind or (kind_of(record) if isinstance(record, dict) else None)
    if not kind:
        return ["no kind of record, or more than one"]
    return [f"{kind}: {'/'.join(map(str, fault.absolute_path)) or 'record'}: {fault.message[:200]}"
            for fault in validators[kind].iter_errors(record)]


def main():
    parser = argparse.ArgumentParser(description="check records against their schemas")
    parser.add_argument("--records", choices=KINDS, help="all lines are of this kind")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    validators = load_validators()
    count = bad = 0
    for path in args.files:
        for number, line in enumerate(lines_of(path), 1):
            count += 1
            for fault in faults_of(line, args.records, validators):
                bad += 1
                print(f"{path}:{number}: {fault}", file=sys.stderr)
    print(f"{count} records, {bad} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
