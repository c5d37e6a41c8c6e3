"""A method of a service: its name, number, messages and kind. The table of all is ``cutover.v1.methods``, made from proto/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


def method_number(name: str) -> int:
    """FNV-1a-32 of ``package.Service/Method`` (METHOD-1)."""
    number = 0x811C9DC5
    for byte in name.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return number


@dataclass(frozen=True, slots=True)
class Method(Generic[Request, Response]):
    """What every method has.

    Attributes:
        name: ``package.Service/Method``.
        number: Its number on the wire.
        request: The class of the message it takes.
        response: The class of the message, or messages, it answers with.
        idempotent: Sending it again is safe (RETRY-2).
        read_only: It changes nothing.
    """

    name: str
    number: int
    request: type[Request]
    response: type[Response]
    idempotent: bool
    read_only: bool


@dataclass(frozen=True, slots=True)
class UnaryMethod(Method[Request, Response]):
    """A method with one answer."""


@dataclass(frozen=True, slots=True)
class StreamMethod(Method[Request, Response]):
    """A method that answers with a stream."""
