"""Where a server is, and how its connections are secured."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from typing import Final

DEFAULT_PORT: Final = 7450
ALPN: Final = "cutover/1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address: host and port, or the path of a Unix socket (CONN-4)."""

    host: str = ""
    port: int = DEFAULT_PORT
    path: str | None = None

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """``host:port``, ``host``, ``[v6]:port`` or ``unix:/path``. Raises ValueError."""
        if text.startswith("unix:"):
            path = text[5:]
            if not path.startswith("/"):
                raise ValueError(f"{text!r}: write unix: and an absolute path, such as unix:/run/cutover.sock")
            return cls(path=path)
        host, port = text, str(DEFAULT_PORT)
        if text.startswith("["):
            host, _, rest = text[1:].partition("]")
            if rest:
                port = rest.removeprefix(":")
        elif text.count(":") == 1:
            host, port = text.split(":")
        elif ":" in text:
            raise ValueError(f"{text!r}: write an IPv6 address in brackets, such as [::1]:7450")
        if not host or not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= 65_535:
            raise ValueError(f"{text!r} is no address: write host:port, or unix:/path")
        return cls(host=host, port=int(port))

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TLS:
    """TLS 1.3 to the server (TLS-1 to TLS-5).

    Attributes:
        ca_file: PEM file of the authorities to trust; None takes the system's.
        server_name: The name that the server's certificate must bear; None takes the host of the address.
        cert_file: PEM file with the client's certificate and its chain, for servers that ask for one.
        key_file: PEM file with its key; None when it is in ``cert_file``.
    """

    ca_file: str | None = None
    server_name: str | None = None
    cert_file: str | None = None
    key_file: str | None = None

    def context(self) -> ssl.SSLContext:
        """Raises OSError or ssl.SSLError when a file cannot be read."""
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols([ALPN])
        if self.cert_file is not None:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context

    def name_for(self, endpoint: Endpoint) -> str:
        if self.server_name is not None:
            return self.server_name
        if endpoint.path is not None:
            raise ValueError("TLS over a Unix socket needs a server_name")
        return endpoint.host


class DialError(Exception):
    """A connection could not be made. ``is_final`` says that trying again cannot help."""

    def __init__(self, text: str, is_final: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.is_final = is_final


def dial_error(endpoint: Endpoint, error: Exception) -> DialError:
    """Why the server could not be reached, for people."""
    if isinstance(error, DialError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return DialError(f"{endpoint}: its certificate is not trusted: {error.verify_message}", is_final=True)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)):
        return DialError(f"{endpoint}: the server closed the connection during the TLS handshake")
    if isinstance(error, ssl.SSLError):
        return DialError(f"{endpoint}: TLS failed: {error.reason or type(error).__name__}", is_final=True)
    if isinstance(error, TimeoutError):
        return DialError(f"{endpoint}: no connection came about in time")
    if isinstance(error, OSError):
        return DialError(f"cannot connect to {endpoint}: {error.strerror or type(error).__name__}")
    # Such as a host name that no name can be.
    return DialError(f"cannot connect to {endpoint}: {error}", is_final=True)


def check_alpn(endpoint: Endpoint, protocol: str | None) -> None:
    """TLS-2. Raises :class:`DialError`."""
    if protocol != ALPN:
        raise DialError(f"{endpoint}: the server does not speak {ALPN}", is_final=True)


def check_plaintext_token(endpoint: Endpoint, peer: object) -> None:
    """AUTH-5: no token in plaintext, but to loopback or a Unix socket. ``peer`` is the socket's. Raises :class:`DialError`."""
    if endpoint.path is not None:
        return
    address = peer[0] if isinstance(peer, tuple) and peer else ""
    try:
        is_loopback = ipaddress.ip_address(str(address).partition("%")[0]).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        text = f"the token is not sent to {endpoint} in plaintext: use TLS, or set allow_plaintext_token"
        raise DialError(text, is_final=True)
