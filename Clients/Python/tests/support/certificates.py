"""Certificates for one test run, made by openssl."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


class Certificates:
    """An authority, a server ``localhost`` and a client that it vouches for, and a stranger that it does not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("ca", "stranger-ca"):
            usage = ("-addext", "keyUsage=critical,keyCertSign")
            named = ("-subj", f"/CN={name}", "-days", "2", "-out", self.path(name))
            self._openssl("req", "-x509", *self._key(name), *usage, *named)
        self._issue("server", "ca", "DNS:localhost,IP:127.0.0.1")
        self._issue("client", "ca", "URI:cutover:operator")
        self._issue("stranger", "stranger-ca", "DNS:localhost,IP:127.0.0.1")

    def path(self, name: str) -> str:
        return str(self._folder / f"{name}.pem")

    def key(self, name: str) -> str:
        return str(self._folder / f"{name}.key")

    def server_context(self, name: str = "server", alpn: str | None = "cutover/1", *, ask: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(name), self.key(name))
        if alpn is not None:
            context.set_alpn_protocols([alpn])
        if ask:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.path("ca"))
        return context

    def _issue(self, name: str, authority: str, names: str) -> None:
        request = str(self._folder / f"{name}.csr")
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nauthorityKeyIdentifier=keyid\n")
        self._openssl("req", "-new", *self._key(name), "-subj", f"/CN={name}", "-out", request)
        signing = ("-CA", self.path(authority), "-CAkey", self.key(authority), "-CAcreateserial", "-days", "2")
        self._openssl("x509", "-req", "-in", request, *signing, "-extfile", str(extensions), "-out", self.path(name))

    def _key(self, name: str) -> tuple[str, ...]:
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key(name))

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
