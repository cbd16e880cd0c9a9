"""Verifies a bundle of evidence with the standard library of Python 3.11 alone.

    python3 verify.py [BUNDLE] [--key VKEY]

BUNDLE is the folder or the zip; without one, the folder that this file lies in. It checks that the
log's key signed the checkpoint and the list of files, that every event is in the log (RFC 6962),
that the log continues the earlier checkpoint, and that the claimed tenures are what the events say.
Exit status 1, and the place, where anything is not so.

The key comes from the bundle unless --key gives it. Whoever could rewrite the log could also make
another key: compare it with one that came to you another way. Trust this file no more than where
you took it from: it is short, so read it, or take it from another copy of Tenure.
"""

from __future__ import annotations

import json
import zipfile
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256, sha512
from uuid import UUID


class Broken(Exception):
    """Something is not as claimed; says what and where."""


# ---- The signature: Ed25519 (RFC 8032), verification only.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def decoded_point(encoded):
    """The point that 32 bytes are, in extended coordinates; None: they are none."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encoded_point(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def sum_of(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor, point):
    found = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = sum_of(found, point)
        point, factor = sum_of(point, point), factor >> 1
    return found


BASE = decoded_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    """Whether the key signed the message."""
    point = decoded_point(key) if len(key) == 32 else None
    if point is None or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:
        return False
    h = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % ORDER
    x, y, z, t = times(h, point)
    return encoded_point(sum_of(times(s, BASE), (P - x, y, z, P - t))) == signature[:32]


# ---- Notes and checkpoints (C2SP signed-note and tlog-checkpoint).


def decoded(text, place):
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise Broken(f"{place}: this is no base64") from error


def text_of(content, place):
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Broken(f"{place}: this is no UTF-8") from error


def parts_of_key(vkey):
    """Name and 32 bytes of a key <name>+<id>+<base64>."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    key = decoded(encoded, "the key")
    if len(key) != 33 or key[0] != 1 or key_id_of(name, key) != bytes.fromhex(key_id):
        raise Broken("the key: this is no Ed25519 key of C2SP signed-note")
    return name, key[1:]


def key_id_of(name, key):
    return sha256(name.encode() + b"\n" + key).digest()[:4]


def signed_text(note, name, key, place):
    """The text of a note that the key signed under this name."""
    text, gap, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not gap or lines.pop() or not all(line.startswith("— ") for line in lines):
        raise Broken(f"{place}: this is no signed note")
    for line in lines:
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.partition(" ")
        if dash != "—" or signer != name:
            continue
        signed = decoded(encoded, place)
        if signed[:4] == key_id_of(name, b"\x01" + key):
            if not is_signed(key, (text + "\n").encode(), signed[4:]):
                raise Broken(f"{place}: the signature is forged")
            return text + "\n"
    raise Broken(f"{place}: not signed by {name} with this key")


def checkpoint_in(note, name, key, place):
    """Size and root of a signed checkpoint."""
    lines = signed_text(note, name, key, place).split("\n")
    if len(lines) < 4 or lines[0] != name or not lines[1].isdecimal():
        raise Broken(f"{place}: this is no checkpoint of {name}")
    return int(lines[1]), decoded(lines[2], place)


# ---- The tree (RFC 6962, RFC 9162).


def node(left, right):
    return sha256(b"\x01" + left + right).digest()


def root_from(leaf, index, size, path):
    """The root that a path leads to; None: it is no path of that place."""
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = node(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, step)
        place, last = place >> 1, last >> 1
    return found if last == 0 and 0 <= index < size else None


def is_continued(old, new, path, old_root, new_root):
    """Whether the tree of `new` leaves begins with the tree of `old` leaves."""
    if old == new:
        return not path and old_root == new_root
    if not 0 < old < new:
        return old == 0 and not path
    steps = path if old & (old - 1) else [old_root, *path]
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not steps:
        return False
    one = other = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            one, other = node(step, one), node(step, other)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            other = node(other, step)
        place, last = place >> 1, last >> 1
    return last == 0 and (one, other) == (old_root, new_root)


def leaf_of(event):
    """The hash of an event's leaf: its fields, each behind its length as four bytes."""
    recorded = moment(event["recorded_at"]) - datetime(2000, 1, 1, tzinfo=UTC)
    micros = (recorded.days * 86_400 + recorded.seconds) * 1_000_000 + recorded.microseconds
    fields = (
        b"tenure.event.v1",
        event["position"].to_bytes(8, "big"),
        UUID(event["stream"]).bytes,
        event["version"].to_bytes(8, "big"),
        event["topic"].encode(),
        b64decode(event["state"], validate=True),
        micros.to_bytes(8, "big", signed=True),
    )
    content = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return sha256(b"\x00" + content).digest()


def moment(text):
    return datetime.fromisoformat(text)


# ---- The bundle.


def files_of(bundle):
    """The files of a folder or a zip, by name."""
    if bundle.is_dir():
        paths = [path for path in bundle.rglob("*") if path.is_file()]
        return {path.relative_to(bundle).as_posix(): path.read_bytes() for path in paths}
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def verify_files(files, name, key):
    """Every file is the one that is listed, and the list is signed; the customer."""
    house = name.rpartition("/")[0] + "/evidence"
    if "manifest.txt" not in files:
        raise Broken("manifest.txt: missing")
    note = text_of(files["manifest.txt"], "manifest.txt")
    lines = signed_text(note, house, key, "manifest.txt").split("\n")[:-1]
    if len(lines) < 2 or lines[0] != house or not lines[1].startswith("customer "):
        raise Broken("manifest.txt: this is no list of a bundle")
    listed = {}
    for line in lines[2:]:
        digest, _, file = line.partition("  ")
        listed[file] = digest
    for file, digest in listed.items():
        if file not in files:
            raise Broken(f"{file}: missing")
        if sha256(files[file]).hexdigest() != digest:
            raise Broken(f"{file}: is not the file that was signed")
    for file in files:
        if file not in listed and file != "manifest.txt" and file.startswith(("proofs/", "rule")):
            raise Broken(f"{file}: is not listed")
    return lines[1].removeprefix("customer ")


def verify_events(files, name, key, size, root):
    """Every event has a proof that leads to the checkpoint's root; the events."""
    events, known = [], {}
    lines = text_of(files["events.ndjson"], "events.ndjson").splitlines()
    for number, line in enumerate(lines, 1):
        place = f"events.ndjson, line {number}"
        try:
            event = json.loads(line)
            leaf, position = leaf_of(event), event["position"]
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise Broken(f"{place}: this is no event ({error})") from error
        file = f"proofs/{position}.tlog-proof"
        if file not in files:
            raise Broken(f"{file}: missing")
        index, path, note = proof_in(text_of(files[file], file), file)
        if note not in known:
            known[note] = checkpoint_in(note, name, key, file)
        if known[note] != (size, root):
            raise Broken(f"{file}: rests on another checkpoint")
        if root_from(leaf, index, size, path) != root:
            raise Broken(f"{place}: position {position} is not in the log as it stands here")
        events.append(event)
    return events


def proof_in(text, place):
    """Leaf index, path and checkpoint of a C2SP tlog-proof."""
    head, _, note = text.partition("\n\n")
    first, *rest = head.split("\n")
    if first != "c2sp.org/tlog-proof@v1" or not rest or not rest[0].startswith("index "):
        raise Broken(f"{place}: this is no proof")
    number = rest[0].removeprefix("index ")
    if not number.isdecimal():
        raise Broken(f"{place}: this is no proof")
    return int(number), [decoded(step, place) for step in rest[1:]], note


def verify_earlier(files, name, key, size, root):
    """The log continues the earlier checkpoint, where one is in the bundle; its size."""
    if "earlier.txt" not in files:
        return None
    note = text_of(files["earlier.txt"], "earlier.txt")
    old, old_root = checkpoint_in(note, name, key, "earlier.txt")
    lines = text_of(files.get("consistency.txt", b""), "consistency.txt").split()
    path = [decoded(line, "consistency.txt") for line in lines]
    if not is_continued(old, size, path, old_root, root):
        raise Broken("consistency.txt: the log does not continue the earlier checkpoint")
    return old


def verify_rules(files, events):
    """Every text of the rules is one that a proven event holds."""
    held = {}
    for event in events:
        if event["topic"] == "rulebook.version_adopted":
            told = json.loads(b64decode(event["state"]))
            held[f"rulebooks/{told['version']}.toml"] = told["toml"].encode()
    for file, content in files.items():
        if file.startswith("rulebooks/") and held.get(file) != content:
            raise Broken(f"{file}: is not the text that was adopted")
