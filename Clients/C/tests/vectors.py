#!/usr/bin/env python3
"""Turns proto/vectors into lines for vectors.c: those that a client has to read, one check a line, fields divided by tabs.

    vectors.py FOLDER >LINES

A line is a kind, the name, the bytes and what is expected, in the words that vectors.c prints:

    frame       fields of each frame; "violation N" or "incomplete" at the end
    hello       the settings that the client keeps, or "violation N"
    metadata    key=value pairs, or "none"
    error       message | reason | key=value pairs, or "unreadable"
    method      the number
    connection  what is under test also has its state and what happened before, as "c" or "s" and bytes
"""
import json
import pathlib
import re
import sys


def plain(text):
    """Hexadecimal digits without blanks and repetitions."""
    parts = (re.sub(r"^\(([0-9A-F]*)\)\*([0-9]+)$", lambda found: found[1] * int(found[2]), part) for part in text.split())
    return "".join(parts)


def pairs(entries):
    return " ".join(f"{key}={plain(value)}" for key, value in entries)


def texts(entries):
    return " ".join(f"{key}={value}" for key, value in entries)


def frame_words(frame):
    kind = frame["type"]
    if kind == "HELLO":
        return f"HELLO {plain(frame['settings'])}"
    if kind == "RESPONSE":
        return (f"RESPONSE {frame['slot']} {frame['status']} {frame['retry_after_ms']} {int(frame['not_executed'])} "
                f"[{pairs(frame['metadata'])}] {plain(frame['payload'])}")
    if kind == "ITEM":
        return f"ITEM {frame['slot']} [{pairs(frame['metadata'])}] {plain(frame['payload'])}"
    if kind == "GOAWAY":
        return f"GOAWAY {frame['reason']} {frame['grace_ms']} {frame['text']}"
    return f"{kind} {frame['opaque']}"


def frames(expect):
    words = [frame_words(frame) for frame in expect.get("frames", [])]
    if "violation" in expect:
        words.append(f"violation {expect['violation']}")
    if expect.get("incomplete"):
        words.append("incomplete")
    return "; ".join(words)


def hello(expect):
    if "violation" in expect:
        return f"violation {expect['violation']}"
    settings = expect["hello"]
    slots = min(settings.get("max_inflight", 65535), 65535)
    return f"{settings.get('max_frame', 65536)} {slots} {settings.get('min_ping_ms', 0)}"


def error(expect):
    if expect.get("unreadable"):
        return "unreadable"
    return f"{expect['message']} | {expect['reason']} | {texts(expect['details'])}"


def connection(vector):
    expect = vector["expect"]
    words = list(expect.get("actions", []))
    if "violation" in expect:
        words.append(f"violation {expect['violation']}")
    before = " ".join(step["from"][0] + plain(step["bytes"]) for step in vector.get("before", []))
    return "\t".join([plain(vector["bytes"]), " ".join(words), vector["state"], before])


def line(vector):
    kind, expect = vector["kind"], vector.get("expect", {})
    if kind == "frame" and vector["from"] == "server":
        return plain(vector["bytes"]) + "\t" + frames(expect) + "\t" + str(vector.get("max_frame", 1048576))
    if kind == "hello":
        return plain(vector["bytes"]) + "\t" + hello(expect)
    if kind == "metadata":
        return plain(vector["bytes"]) + "\t" + (pairs(expect["entries"]) if expect.get("entries") else "none")
    if kind == "error":
        return plain(vector["bytes"]) + "\t" + error(expect)
    if kind == "method":
        return plain(vector["bytes"]) + "\t" + str(int(expect["number"], 16) if isinstance(expect["number"], str) else expect["number"])
    if kind == "connection" and vector["from"] == "server":
        return connection(vector)
    return None


def main():
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
        for vector in json.loads(path.read_text()).get("vectors", []):
            name = f"{path.stem}/{vector['name']}"
            steps = [dict(step, kind="frame", name=step["about"]) for step in vector.get("steps", []) if step["from"] == "server"]
            for one in steps or [vector]:
                text = line(one)
                if text is not None:
                    print("\t".join([one["kind"], name, text]))


main()
