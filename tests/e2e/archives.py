# SPDX-License-Identifier: Apache-2.0
#
# Builds the archives of archives.sh with Python's own tarfile and zipfile.
#   good FOLDER | bad FOLDER | many N | raw LIST ARCHIVE | spoil ZIP MEMBER
import gzip
import io
import json
import os
import struct
import sys
import tarfile
import zipfile
import zlib


def files(folder):
    found = []
    for where, folders, names in os.walk(folder):
        folders.sort()
        found += [os.path.join(where, n) for n in names if n.endswith((".png", ".jpg"))]
    # as fts sorts: by name at each level, files and folders alike
    return sorted(found, key=lambda p: p.encode().split(b"/"))


def write_tar(path, mode, members, **more):
    with tarfile.open(path, mode, **more) as t:
        for name, data, fields in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for key, value in fields.items():
                setattr(info, key, value)
            t.addfile(info, io.BytesIO(data) if info.isreg() else None)


def write_zip(path, method, members):
    with zipfile.ZipFile(path, "w", method) as z:
        for name, data, _ in members:
            z.writestr(zipfile.ZipInfo(name), data, method)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def pictures(folder):
    return [(os.path.relpath(p, folder), read(p), {}) for p in files(folder)]


def good(folder):
    members = pictures(folder)
    write_tar("i.tar", "w", members)
    write_tar("i.tar.gz", "w:gz", members)
    write_zip("deflated.zip", zipfile.ZIP_DEFLATED, members)
    write_zip("stored.zip", zipfile.ZIP_STORED, members)
    shard = []
    for n, (name, data, _) in enumerate(members):
        key = "%06d" % n
        shard += [(key + os.path.splitext(name)[1], data, {}),
                  (key + ".json", json.dumps({"key": key}).encode(), {}), (key + ".txt", b"a picture", {})]
    write_tar("wds.tar", "w", shard)
    png = members[-1][1]
    write_tar("names.tar", "w", [("東京.png", png, {}), ("a b\nc.png", png, {}), ("d/", b"", {"type": tarfile.DIRTYPE}),
                                 ("d/x::y.png", png, {}), ("d/.hidden.png", png, {})], format=tarfile.PAX_FORMAT)


def data_at(z, n):
    info = zipfile.ZipFile(z).infolist()[n]
    return info.header_offset + 30 + len(info.filename.encode())


def poked(source, to, places):
    data = bytearray(read(source))
    for at, what in places:
        data[at:at + len(what)] = what
    write(to, bytes(data))


def bad(folder):
    members = pictures(folder)
    write_zip("z", zipfile.ZIP_DEFLATED, members)
    write_zip("s", zipfile.ZIP_STORED, members)
    poked("z", "bad-data.zip", [(data_at("z", 2), b"\xff" * 60)])
    poked("z", "two-bad.zip", [(data_at("z", 2), b"\xff" * 60), (data_at("z", 9), b"\xff" * 60)])
    poked("s", "bad-crc.zip", [(data_at("s", 5) + 500, b"\xff\0\xff\0\xff\0")])
    poked("z", "bad-header.zip", [(zipfile.ZipFile("z").infolist()[5].header_offset, b"XXXX")])
    write_tar("cut.tar", "w", members)
    write("cut.tar", read("cut.tar")[:300000])
    ends = []
    for _, data, _ in members:
        ends.append((ends[-1] if ends else 0) + 512 + (len(data) + 511) // 512 * 512)
    write_tar("cut.tar.gz", "w:gz", members)
    write("cut.tar.gz", read("cut.tar.gz")[:300000])
    plain = zlib.decompressobj(31).decompress(read("cut.tar.gz"))
    write("cut.counts", b"%d %d\n" % (sum(e <= 300000 for e in ends), sum(e <= len(plain) for e in ends)))
    png = members[-1][1]
    ok = ("ok.png", png, {})
    evil = [("../x.png", png, {}), ("/etc/x.png", png, {}), ("a/../../x.png", png, {}), ("..", png, {}),
            ("l.png", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
            ("h.png", b"", {"type": tarfile.LNKTYPE, "linkname": "ok.png"}),
            ("dev.png", b"", {"type": tarfile.CHRTYPE}), ("fifo.png", b"", {"type": tarfile.FIFOTYPE}),
            ("caf\xe9.png", png, {})]
    write_tar("evil.tar", "w", evil, format=tarfile.USTAR_FORMAT, encoding="latin-1")
    big = tarfile.TarInfo("big.png")
    big.size = 10 << 30
    last = tarfile.TarInfo("ok.png")
    last.size = len(png)
    tail = last.tobuf() + png + bytes(-len(png) % 512 + 1024)
    with open("evil.tar", "r+b") as f:
        f.seek(sum(512 + (len(d) + 511) // 512 * 512 for _, d, _ in evil))
        f.write(big.tobuf(tarfile.GNU_FORMAT))
        f.seek(10 << 30, 1)     # a hole
        f.write(tail)
    write_zip("bomb.zip", zipfile.ZIP_DEFLATED, [("bomb.png", bytes(100 << 20), {}), ok])
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    with open("bomb.tar.gz", "wb") as f:
        big.size = 400 << 20
        f.write(pack.compress(big.tobuf()))
        for _ in range(400):
            f.write(pack.compress(bytes(1 << 20)))
        f.write(pack.compress(tail) + pack.flush())
    write_zip("evil.zip", zipfile.ZIP_STORED, [("secret.png", png, {}), ("../x.png", png, {}), ("link.png", b"ok.png", {}), ok])
    data = bytearray(read("evil.zip"))
    at = data.index(b"PK\1\2")
    data[at + 8] |= 1           # encrypted, in both headers
    data[6] |= 1
    at = data.index(b"link.png", at) - 46
    data[at + 5] = 3            # made on Unix; its mode is a link's
    data[at + 38:at + 42] = struct.pack("<I", 0o120777 << 16)
    write("evil.zip", bytes(data))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def many(n):
    def png(i):
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)) + \
            chunk(b"IDAT", zlib.compress(b"\0" + struct.pack(">HI", i & 1, i))) + chunk(b"IEND", b"")
    write_tar("many.tar", "w", (("%06d.png" % i, png(i), {}) for i in range(n)))


def raw(listed, archive):
    data = read(archive)
    inside = zipfile.ZipFile(archive) if archive.endswith(".zip") else tarfile.open(archive)
    wrong = 0
    for line in open(listed):
        image, offset, size, _ = json.loads(line)
        name = image.split("::", 1)[1]
        whole = inside.read(name) if archive.endswith(".zip") else inside.extractfile(name).read()
        wrong += data[offset:offset + size] != whole
    print("FAIL: offsets in %s" % archive if wrong else "  ok: offset and size in %s are those of its bytes" % archive)


def spoil(archive, member):
    at = next(i for i, info in enumerate(zipfile.ZipFile(archive).infolist()) if info.filename == member)
    poked(archive, archive, [(data_at(archive, at) + 5000, b"other bytes")])


{"good": good, "bad": bad, "many": lambda n: many(int(n)), "raw": raw, "spoil": spoil}[sys.argv[1]](*sys.argv[2:])
