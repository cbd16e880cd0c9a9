"""The last part of a bundle's verify.py: everything in its order, and the command line."""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from pathlib import Path

from api.proof.evidence.proving import (
    Broken,
    checkpoint_in,
    files_of,
    parts_of_key,
    text_of,
    verify_earlier,
    verify_events,
    verify_files,
    verify_rules,
)
from api.proof.evidence.tenures import tenures_of

# ---- The whole.


def verify_timeline(files, events, customer):
    """The claimed tenures are those that the events lead to; how many."""
    place = "timeline.json"
    try:
        claim = json.loads(text_of(files[place], place))
        claims = claim["tenures"]
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(f"{place}: this is no timeline") from error
    found = tenures_of(events, customer)
    if claim["customer_id"] != customer or len(claims) != len(found):
        raise Broken(f"{place}: {len(claims)} tenures are claimed, the events lead to {len(found)}")
    for number, (one, other) in enumerate(zip(claims, found, strict=True), 1):
        for name in other:
            if one.get(name) != other[name]:
                raise Broken(
                    f"{place}: tenure {number}: {name} is claimed to be {one.get(name)},"
                    f" the events say {other[name]}"
                )
    return found


def verify(files, vkey):
    """Everything, in the order in which one rests on the other; what is to be said."""
    for file in ("key.txt", "checkpoint.txt", "events.ndjson", "timeline.json"):
        if file not in files:
            raise Broken(f"{file}: missing")
    name, key = parts_of_key(vkey or text_of(files["key.txt"], "key.txt"))
    note = text_of(files["checkpoint.txt"], "checkpoint.txt")
    size, root = checkpoint_in(note, name, key, "checkpoint.txt")
    events = verify_events(files, name, key, size, root)
    old = verify_earlier(files, name, key, size, root)
    customer = verify_files(files, name, key)
    verify_rules(files, events)
    found = verify_timeline(files, events, customer)
    whose = "--key" if vkey else "of the bundle 来自本包"
    yield f"log 日志 {name}, {size} events; key 公钥 {whose}"
    yield f"{len(events)} events are in it 事件均在日志中; {len(found)} tenures follow 保护期一致"
    if old is not None:
        yield f"it continues the earlier checkpoint 延续较早的检查点 of {old} events"
    for one in found:
        who = one["holder"] or one["group"]
        until, ended = one["until"] or "…", one["ended"] or ""
        yield f"  {one['since']} – {until}  {who}  {one['stage']}  {ended}"


def main():
    parser = argparse.ArgumentParser(description="Verify a bundle of evidence.")
    here = Path(__file__).resolve().parent
    parser.add_argument("bundle", nargs="?", type=Path, default=here)
    parser.add_argument("--key", help="the log's public key, from a place that you trust")
    given = parser.parse_args()
    try:
        for line in verify(files_of(given.bundle), given.key):
            print(line)
    except (Broken, OSError, zipfile.BadZipFile) as error:
        print(f"NOT VERIFIED 未通过验证: {error}", file=sys.stderr)
        return 1
    print("VERIFIED 验证通过")
    return 0


if __name__ == "__main__":
    sys.exit(main())
