"""Bad networks on 127.0.0.1: one that swallows everything, one that is slow, one that drips."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Wire:
    """A listening port; `delay_s` is added before anything comes back, `drip_s` to each byte."""

    port: int = 0
    delay_s: float = 0
    drip_s: float = 0
    accepted: int = 0
    open: list[socket.socket] = field(default_factory=list)


@contextmanager
def black_hole() -> Iterator[Wire]:
    """Takes connections and what is sent, and never says a word."""
    with _listening(lambda _wire, _client: None) as wire:
        yield wire


@contextmanager
def proxy(to_port: int) -> Iterator[Wire]:
    """Passes everything on to `to_port`, as slowly as its wire says."""

    def join(wire: Wire, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", to_port))
        wire.open.append(server)
        threading.Thread(target=_pump, args=(client, server), daemon=True).start()
        threading.Thread(target=_pump, args=(server, client, wire), daemon=True).start()

    with _listening(join) as wire:
        yield wire


@contextmanager
def _listening(meet: Callable[[Wire, socket.socket], None]) -> Iterator[Wire]:
    listener = socket.create_server(("127.0.0.1", 0))
    wire = Wire(listener.getsockname()[1])

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                wire.accepted += 1
                wire.open.append(client)
                meet(wire, client)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield wire
    finally:
        for one in (listener, *wire.open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def _pump(source: socket.socket, target: socket.socket, wire: Wire | None = None) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            if wire is None:
                target.sendall(data)
                continue
            time.sleep(wire.delay_s)
            for piece in [data] if not wire.drip_s else [data[i : i + 1] for i in range(len(data))]:
                time.sleep(wire.drip_s)
                target.sendall(piece)
