# The lines, good ones between them; "array": those that may stand in a JSON array.
import sys

def good(n):
    return b'{"question_id":"%032d","image":"a.png","question":"Q%d?","options":["x","y"],"answer":"A"}' % (n, n)

bad = [
    b'{"a":' * 10000 + b'1' + b'}' * 10000,
    b'{"a":"caf\xe9"}',
    b'{"a":"\xed\xa0\x80"}',
    b'{"a":"\xc0\xaf"}',
    b'{"caf\xe9":1}',
    b'{"a":"\\u0000"}',
    b'{"a":"x\x00y"}',
    b'{"a":"\\ud800"}',
    b'{"a":1,"a":2}',
    b'{"a":1,"\\u0061":2}',
    b'{"a":1} x',
    b'{"a":1}{"b":2}',
    b'{"a":01}',
    b'{"a":NaN}',
    b"{'a':1}",
    b'{"a":1,}',
    b'{"a":"tab\there"}',
    b'"a string"',
    b'17',
]
if sys.argv[1:] == ["array"]:
    pieces = [b for b in bad if b[:1] == b'{' and b'} x' not in b and b'}{' not in b]
    sys.stdout.buffer.write(b'[' + b',\n'.join(x for n, b in enumerate(pieces) for x in (good(n), b)) + b']\n')
else:
    for n, b in enumerate(bad):
        sys.stdout.buffer.write(good(n) + b'\n' + b + b'\n')
    sys.stdout.buffer.write(b'{"a":"' + b'x' * (17 << 20) + b'"}\n' + good(98) + b'\n' + good(99)[:40])
