# SPDX-License-Identifier: Apache-2.0
"""Asks as CapRL's gen_qa.py does: batches of 100 to a pool of 32 threads, each batch awaited before
the next, an image read and put into base64 for each request. Kinder than the original: Python's
http.client on connections that are kept, where gen_qa.py goes through the openai package.

    gen_qa.py URL COUNT [FOLDER]      text, or the pictures of FOLDER; prints req/s, CPU s/1000
"""
import base64, glob, http.client, itertools, json, resource, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

url, count = urlsplit(sys.argv[1]), int(sys.argv[2])
pictures = itertools.cycle(sorted(glob.glob(sys.argv[3] + "/*"))) if len(sys.argv) > 3 else None
mine = threading.local()


def ask(picture):
    content = [{"type": "text", "text": "x" * 400}]
    if picture:
        data = base64.b64encode(open(picture, "rb").read()).decode()
        content.insert(0, {"type": "image_url", "image_url": {"url": "data:image/png;base64," + data}})
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": content}], "max_tokens": 16})
    if not hasattr(mine, "connection"):
        mine.connection = http.client.HTTPConnection(url.netloc)
    mine.connection.request("POST", url.path + "/chat/completions", body, {"Content-Type": "application/json"})
    return json.loads(mine.connection.getresponse().read())["choices"][0]["message"]["content"]


start = time.monotonic()
with ThreadPoolExecutor(32) as pool:
    for first in range(0, count, 100):
        batch = [next(pictures) if pictures else None for _ in range(min(100, count - first))]
        assert all(pool.map(ask, batch))
used = resource.getrusage(resource.RUSAGE_SELF)
print(count / (time.monotonic() - start), (used.ru_utime + used.ru_stime) / count * 1000)
