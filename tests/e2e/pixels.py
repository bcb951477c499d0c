# SPDX-License-Identifier: Apache-2.0
#
# For pixels.sh: makes pictures, and is a server that notes what pictures it gets.
#   make FOLDER | serve PORTFILE LOG     a line of the log: type, width, height, SHA-256
import base64
import hashlib
import http.server
import json
import os
import re
import struct
import sys
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rows):
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make(folder):
    photo = open(folder + "/coffee.jpg", "rb").read()
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    with open("turned.jpg", "wb") as f:
        f.write(photo[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + photo[2:])
    with open("plain.png", "wb") as f:
        f.write(png(300, 200, b"".join(b"\0" + bytes(v for x in range(300) for v in (x * 255 // 300, y, 90))
                                    for y in range(200))))
    with open("small.png", "wb") as f:
        f.write(png(10, 10, (b"\0" + b"abc" * 10) * 10))
    with open("huge.png", "wb") as f:       # a header of 108 million pixels, one row of them
        f.write(png(12000, 9000, b"\0" * 36001))


def size(data):
    if data[:4] == b"\x89PNG":
        return "png", *struct.unpack(">II", data[16:24])
    at = 2
    while data[at + 1] not in (0xc0, 0xc1, 0xc2):
        at += 2 + struct.unpack(">H", data[at + 2:at + 4])[0]
    height, width = struct.unpack(">HH", data[at + 5:at + 9])
    return "jpeg", width, height


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said, text = re.search(r'data:image/(\w+);base64,([^"]*)"', body).groups()
        data = base64.b64decode(text, validate=True)
        kind, width, height = size(data)
        with open(sys.argv[3], "a") as log:
            log.write("%s %d %d %s\n" % (kind if kind == said else "wrong:" + said, width, height,
                                         hashlib.sha256(data).hexdigest()))
        reply = json.dumps({"choices": [{"message": {"content": "B"}, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *args):
        pass


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    with open(sys.argv[2] + ".new", "w") as f:
        f.write("%d\n" % server.server_address[1])
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    server.serve_forever()
