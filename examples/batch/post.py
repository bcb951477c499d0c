#!/usr/bin/env python3
"""A batch engine over any OpenAI-compatible server: posts the requests of a batch one by one.

    post.py IN.jsonl OUT.jsonl [openai|old]

$OPENAI_BASE_URL says where (up to and with /v1), $OPENAI_API_KEY the key. It writes the lines
that OpenAI and vllm run-batch write, or with `old` those of a vLLM before 0.4.2, and errors
between them. Each answer is on disk before the next request goes out.
"""
import json
import os
import sys
import urllib.error
import urllib.request


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    if os.environ.get("OPENAI_API_KEY"):
        request.add_header("Authorization", "Bearer " + os.environ["OPENAI_API_KEY"])
    try:
        with urllib.request.urlopen(request, timeout=600) as reply:
            return reply.status, json.load(reply), None
    except urllib.error.HTTPError as fault:
        text = fault.read().decode(errors="replace")
        try:
            return fault.code, None, json.loads(text)
        except ValueError:
            return fault.code, None, text[:500]
    except OSError as fault:
        return 0, None, {"code": "no_answer", "message": str(fault)}


def line_of(number, request, old, server):
    status, body, error = post(server + "/chat/completions", request["body"])
    response = {"status_code": status, "request_id": "batch-%d" % number, "body": body}
    if old and body:
        response = body
    return {"id": "batch_req_%d" % number, "custom_id": request["custom_id"],
            "response": response if status else None, "error": error}


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    server = os.environ.get("OPENAI_BASE_URL", "").rstrip("/") or sys.exit("OPENAI_BASE_URL?")
    old = sys.argv[3:] == ["old"]
    with open(sys.argv[1]) as requests, open(sys.argv[2], "w") as out:
        for number, line in enumerate(requests):
            out.write(json.dumps(line_of(number, json.loads(line), old, server)) + "\n")
            out.flush()


main()
