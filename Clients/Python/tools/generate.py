"""Makes what the Python client has from proto/, and the blocking client from the asyncio one.

    generate.py PROTO_FOLDER PYTHON_FOLDER OUT_FOLDER

Writes OUT_FOLDER/v1 (messages, their types and the table of methods) and OUT_FOLDER/generated (the blocking client). Needs protoc, and of
Python only its standard library.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Numbers that the specification gives by hand (PROTOCOL.md, Methods); all others are hashes.
RESERVED = {
    "cutover.v1.Health/Check": 1,
    "cutover.v1.Health/Watch": 2,
    "cutover.v1.Reflection/List": 3,
    "cutover.v1.Stats/Get": 4,
    "cutover.v1.Echo/Echo": 5,
}

NOTICE = "# Made by dev/generate. Do not change it.\n"


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
        shift += 7


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of an encoded protobuf message: number and value."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
            yield key >> 3, value
        elif key & 7 == 2:
            size, at = varint(data, at)
            yield key >> 3, data[at : at + size]
            at += size
        else:
            raise SystemExit(f"generate.py: wire type {key & 7} in a descriptor")


def parts(data: bytes, number: int) -> list[bytes]:
    return [value for found, value in fields(data) if found == number and isinstance(value, bytes)]


def text(data: bytes, number: int) -> str:
    return b"".join(parts(data, number)).decode()


def integer(data: bytes, number: int) -> int:
    return next((value for found, value in fields(data) if found == number and isinstance(value, int)), 0)


def method_number(name: str) -> int:
    number = 0x811C9DC5
    for byte in name.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return number


def methods_module(files: list[bytes]) -> str:
    """The table of methods, one class a service."""
    out = [
        NOTICE,
        '"""Every method of every service: a class a service, an attribute a method."""\n',
        "from typing import Any, Final",
        "",
        "from .. import v1",
        "from ..method import StreamMethod, UnaryMethod",
        "",
    ]
    names: list[str] = []
    for file in files:
        package = text(file, 2)
        for service in parts(file, 6):
            out += ["", f"class {text(service, 1)}:"]
            for method in parts(service, 2):
                name = f"{package}.{text(service, 1)}/{text(method, 1)}"
                number = RESERVED.get(name) or method_number(name)
                kind = "StreamMethod" if integer(method, 6) else "UnaryMethod"
                request, response = (text(method, field).rpartition(".")[2] for field in (2, 3))
                level = integer(b"".join(parts(method, 4)), 34)
                out += [
                    f"    {text(method, 1)}: Final = {kind}(",
                    f'        "{name}", 0x{number:08X}, v1.{request}, v1.{response},'
                    f" idempotent={level > 0}, read_only={level == 1},",
                    "    )",
                ]
                names.append(f"{text(service, 1)}.{text(method, 1)}")
            out.append("")
    out += ["", "ALL: Final[tuple[UnaryMethod[Any, Any] | StreamMethod[Any, Any], ...]] = ("]
    out += [f"    {name}," for name in names] + [")", ""]
    return "\n".join(out)


def package_module(files: list[bytes]) -> str:
    """Everything that the messages of the package are, under one name."""
    out = [NOTICE, '"""The messages and enums of Cutover, as in proto/cutover/v1."""\n']
    for file in files:
        module = Path(text(file, 1)).stem + "_pb2"
        names = [text(message, 1) for message in parts(file, 4)]
        for enum in parts(file, 5):
            names += [text(enum, 1)] + [text(value, 1) for value in parts(enum, 2)]
        out += [f"from .{module} import {name} as {name}" for name in names]
    return "\n".join(out) + "\n"


# How asyncio is written, and how the same is written without it.
BLOCKING = (
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bawait asyncio\.sleep\b", "sleep"),
    (r"\basyncio\.sleep\b", "sleep"),
    (r"^import asyncio\n", ""),
    (r"\bfrom time import monotonic\b", "from time import monotonic, sleep"),
    (r"\bfrom \.aio\b", "from .blocking"),
    (r"\bfrom \.(?=[a-z])", "from .."),
    (r"\bfrom \. import", "from .. import"),
    (r"\bfrom \.\.resume\b", "from .resume"),
    (r"\bAsync(Channel|Stream)\b", r"Blocking\1"),
    (r"\bAsync(Cutover|ResumedStream|Iterator)\b", r"\1"),
    (r"\bStopAsyncIteration\b", "StopIteration"),
    (r"__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\baclose\b", "close"),
)


def blocking_module(source: str) -> str:
    for pattern, replacement in BLOCKING:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    return NOTICE + source


def main(proto: Path, python: Path, out: Path) -> None:
    v1, generated = out / "v1", out / "generated"
    generated.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder)
        (plain / "cutover/v1").mkdir(parents=True)
        sources = sorted((proto / "cutover/v1").glob("*.proto"))
        for source in sources:
            # Options of the C code: nothing to Python, which would need the files that define them.
            stripped = re.sub(r'^import "protobuf-c/.*\n', "", source.read_text(), flags=re.MULTILINE)
            stripped = stripped.replace(" [(pb_c_field).string_as_bytes = true]", "")
            if "pb_c" in stripped:
                raise SystemExit(f"generate.py: an option of protobuf-c in {source.name} that is not known here")
            (plain / "cutover/v1" / source.name).write_text(stripped)
        names = [f"cutover/v1/{source.name}" for source in sources]
        made = plain / "made"
        made.mkdir()
        arguments = ["protoc", "-I.", "--python_out=made", "--pyi_out=made", "--descriptor_set_out=set", *names]
        subprocess.run(arguments, cwd=plain, check=True)
        (made / "cutover/v1").rename(v1)
        files = parts((plain / "set").read_bytes(), 1)
    (v1 / "__init__.py").write_text(package_module(files))
    (v1 / "methods.py").write_text(methods_module(files))
    (generated / "__init__.py").write_text(f'{NOTICE}"""The blocking client, made from the asyncio one."""\n')
    for name in ("client.py", "resume.py"):
        (generated / name).write_text(blocking_module((python / "src/cutover" / name).read_text()))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
