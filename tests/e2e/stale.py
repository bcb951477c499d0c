#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server on loopback whose connections are good for one request each: the next one on it is
cut off, read or unread, as by a server that closes what idles at the very moment it is used.

  stale.py PORT_FILE LOG http://127.0.0.1:PORT      the address is that of who answers

LOG gets a line per event: `answered`, `cut read`, `cut unread`.
"""
import http.client
import os
import socket
import sys
import threading

port_file, log_file, to = sys.argv[1:]
lock = threading.Lock()
count = 0


def log(text):
    with lock, open(log_file, "a") as file:
        file.write(text + "\n")


def request(client):
    """One request as (path, headers, body), or None when the other side has gone."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(65536)
        if not piece:
            return None
        head += piece
    head, body = head.split(b"\r\n\r\n", 1)
    first, *lines = head.decode().split("\r\n")
    headers = {n.lower(): v.strip() for n, v in (line.split(":", 1) for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += client.recv(65536)
    return first.split()[1], headers, body


def answer(client, status, headers, body):
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{n}: {v}\r\n" for n, v in headers)
    client.sendall(head.encode() + b"\r\n" + body)


def stale(client):
    global count
    path, headers, body = request(client)
    server = http.client.HTTPConnection(to.removeprefix("http://"))
    server.request("POST", path, body, {"Content-Type": headers["content-type"]})
    reply = server.getresponse()
    answer(client, reply.status, [("Content-Type", "application/json")], reply.read())
    log("answered")
    if not client.recv(1, socket.MSG_PEEK):
        return
    with lock:
        count += 1
        read = count % 2
    if read:
        request(client)
    log("cut read" if read else "cut unread")  # unread bytes make it a reset


def serve(client):
    with client:
        try:
            stale(client)
        except (ConnectionError, TypeError):
            pass  # the other side has gone


listener = socket.create_server(("127.0.0.1", 0), backlog=128)
with open(port_file + ".partial", "w") as out:
    out.write(f"{listener.getsockname()[1]}\n")
os.rename(port_file + ".partial", port_file)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
