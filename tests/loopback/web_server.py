"""Web pages on 127.0.0.1, byte by byte as the test wants them, over HTTP and HTTPS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Pieces = Iterable[bytes]


def page(
    body: bytes = b"<p>Hello</p>",
    *,
    status: str = "200 OK",
    kind: str = "text/html; charset=utf-8",
    **headers: str,
) -> bytes:
    """A whole answer. Names of headers: `content_encoding="gzip"`."""
    given = {"content-type": kind, "content-length": str(len(body)), "connection": "close"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in given.items() if v != "-")]
    return "\r\n".join([*lines, "", ""]).encode() + body


def moved(location: str, status: str = "302 Found") -> bytes:
    """A redirect."""
    return page(b"moved", status=status, location=location)


@dataclass
class Web:
    """A running server. `pages[path]` is an answer, pieces of one, or a function of the request."""

    port: int = 0
    scheme: str = "http"
    pages: dict[str, bytes | Callable[[bytes], Pieces]] = field(default_factory=dict)
    seen: list[bytes] = field(default_factory=list)  # the heads of all requests
    names: list[str | None] = field(default_factory=list)  # what TLS clients asked for

    @property
    def place(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a page, under another name of this machine if need be."""
        return f"{self.scheme}://{host}:{self.port}{path}"


@contextmanager
def serve(certificate: tuple[Path, Path] | None = None) -> Iterator[Web]:
    """The server, listening on IPv4; with `certificate` (chain, key) it speaks TLS."""
    listener = socket.create_server(("127.0.0.1", 0))
    web = Web(listener.getsockname()[1], "https" if certificate else "http")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate:
        context.load_cert_chain(*certificate)
        context.sni_callback = lambda _socket, name, _context: web.names.append(name)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(client,), daemon=True).start()

    def talk(client: socket.socket) -> None:
        with suppress(OSError), client:
            wire = context.wrap_socket(client, server_side=True) if certificate else client
            with wire:
                _answer(web, wire)

    threading.Thread(target=accept, daemon=True).start()
    yield web
    listener.close()


def _answer(web: Web, wire: socket.socket) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        more = wire.recv(65_536)
        if not more:
            return
        head += more
    web.seen.append(head)
    path = head.split(b" ")[1].decode().partition("?")[0]
    found = web.pages.get(path, page(b"none", status="404 Not Found"))
    for piece in [found] if isinstance(found, bytes) else found(head):
        wire.sendall(piece)


def slowly(answer: bytes, gap_s: float, size: int = 1) -> Callable[[bytes], Pieces]:
    """The answer in pieces, with pauses."""

    def pieces(_head: bytes) -> Pieces:
        for at in range(0, len(answer), size):
            yield answer[at : at + size]
            time.sleep(gap_s)

    return pieces


def endless(head: bytes, piece: bytes, most: int = 100_000) -> Callable[[bytes], Pieces]:
    """An answer that does not end by itself; `sent` of the function counts its bytes."""

    def pieces(_head: bytes) -> Pieces:
        yield head
        for _ in range(most):
            yield piece

    return pieces
