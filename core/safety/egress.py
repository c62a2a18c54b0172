"""The one way to addresses that people give: checked, pinned, limited.

Every host name is resolved here, every address it has is checked, and the connection goes to one
of those addresses and no other, so a name server cannot answer differently in between. Each
redirect is a new address and is checked like the first. No cookies, no proxies of the environment.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from core.errors import Invalid, Refused, Unavailable
from core.safety.addresses import why_not
from core.safety.answers import ASKED, Fetched, take
from core.safety.targets import Target, parse

SIZE_MAX_BYTES = 10_000_000
TIMEOUT_S = 20.0
CONNECT_S = 5.0  # one address of several; the next one gets its chance
REDIRECTS_MAX = 5
AGENT = "LewisStudio/0.1"
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """Every address of `host`, as the system's resolver knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Egress:
    """A way out with its own rules. `allow` has exact "host:port" that are reached unchecked.

    `trace` is the traceparent of where it is called; servers of the settings are told it.
    """

    def __init__(
        self,
        *,
        ports: Sequence[int] = (80, 443),
        allow: Sequence[str] = (),
        resolve: Resolve = resolve,
        certificates: ssl.SSLContext | None = None,
        trace: Callable[[], str] = str,
    ) -> None:
        self._ports = frozenset(ports)
        self._allow = frozenset(allow)
        self._resolve = resolve
        self._certificates = certificates
        self._trace = trace

    def to(self, url: str) -> Egress:
        """The same way to this server of the settings, wherever it stands, and no other inside."""
        return Egress(
            ports=tuple(self._ports),
            allow=[parse(url).place],
            resolve=self._resolve,
            certificates=self._certificates,
            trace=self._trace,
        )

    async def fetch(
        self,
        url: str,
        *,
        size_max_bytes: int = SIZE_MAX_BYTES,
        timeout_s: float = TIMEOUT_S,
        redirects_max: int = REDIRECTS_MAX,
    ) -> Fetched:
        """The answer of `url`, whole, at most `size_max_bytes` even unpacked, in `timeout_s`.

        Strangers are told nothing of a trace. Raises Invalid for what is no such address or too
        large, Refused for one that leads into a private network, Unavailable when nobody answers
        in time.
        """
        async with _within(timeout_s):
            for _ in range(redirects_max + 1):
                target = self.check(url)
                wires = _Pinned(self.addresses, target)
                found = await self._once("GET", wires, size_max_bytes)
                if isinstance(found, Fetched):
                    return found
                url = found
        raise Invalid(
            f"The address was redirected more than {redirects_max} times.",
            hint="Give the address where it ends.",
            reason="redirects",
        )

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        size_max_bytes: int = SIZE_MAX_BYTES,
        timeout_s: float = TIMEOUT_S,
    ) -> Fetched:
        """The answer of a server of the settings, with its key in `headers`. Raises as `fetch`.

        It is told the trace.
        A redirect is not followed: it would carry the key away.
        """
        async with _within(timeout_s):
            wires = _Pinned(self.addresses, self.check(url))
            trace = self._trace()
            told = {**(headers or {}), **({"traceparent": trace} if trace else {})}
            found = await self._once(method, wires, size_max_bytes, body, told)
        if isinstance(found, Fetched):
            return found
        raise Unavailable(
            "The server sent the request elsewhere, and a key does not follow.",
            hint="Give the address where it ends in the settings.",
            reason="redirects",
        )

    def check(self, url: str) -> Target:
        """The parts of `url`. Raises Invalid unless it is a plain web address on an open port."""
        target = parse(url)
        if target.place not in self._allow and target.port not in self._ports:
            known = ", ".join(map(str, sorted(self._ports)))
            raise Invalid(
                f"The address uses port {target.port}.",
                hint=f"Only these ports are open: {known}.",
                reason="port",
            )
        return target

    async def addresses(self, target: Target) -> list[str]:
        """All addresses of the target's host, each of them checked.

        Raises Refused when one of them is private, Unavailable when there is none.
        """
        try:
            found = list(await self._resolve(target.host, target.port))
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise Unavailable(
                f"The host {target.host!r} is not known.",
                hint="Check the address.",
                reason="unknown_host",
            )
        allowed = target.place in self._allow
        if not allowed and any(why_not(address) for address in found):
            raise Refused(
                f"The host {target.host!r} leads into a private or reserved network.",
                hint="Only public addresses can be fetched.",
                reason="address",
            )
        return found

    async def _once(
        self,
        method: str,
        wires: _Pinned,
        size_max_bytes: int,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Fetched | str:
        """One request; what came, or where it says to go."""
        import httpcore

        target = wires.target
        given: Any = {
            "Host": target.authority,
            "User-Agent": AGENT,
            "Accept": "*/*",
            "Accept-Encoding": ASKED,
            "Connection": "close",
            **(headers or {}),
        }
        options: Any = {"network_backend": wires}
        if target.scheme == "https":
            options["ssl_context"] = self._certificates or _trusted()
        try:
            async with (
                httpcore.AsyncConnectionPool(**options) as pool,
                pool.stream(method, target.url, headers=given, content=body or None) as answer,
            ):
                return await take(target.url, answer, size_max_bytes)
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            OSError,
        ) as error:
            raise Unavailable(
                f"The host {target.host!r} cannot be reached ({type(error).__name__}).",
                hint="Check the address, or try again later.",
                reason="unreachable",
            ) from None


class _Pinned:
    """Wires for httpcore that lead to checked addresses of one target and nowhere else."""

    def __init__(
        self, addresses: Callable[[Target], Awaitable[Sequence[str]]], target: Target
    ) -> None:
        self.target = target
        self._addresses = addresses

    async def connect_tcp(self, **options: Any) -> Any:
        """A connection to an address that was checked just now, whatever the name says later."""
        import httpcore

        wires: Any = httpcore.AnyIOBackend()
        found = await self._addresses(self.target)
        if len(found) > 1:
            options["timeout"] = CONNECT_S
        for place, address in enumerate(found, start=1):
            try:
                return await wires.connect_tcp(**{**options, "host": address})
            except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError):
                if place == len(found):
                    raise
        raise AssertionError("there is at least one address")


@asynccontextmanager
async def _within(timeout_s: float) -> AsyncIterator[None]:
    """What is inside ends in time, or Unavailable says that it did not."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError:
        raise Unavailable(
            f"The address did not answer within {timeout_s:g} seconds.",
            hint="Try again later.",
            reason="timeout",
        ) from None


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that everybody trusts."""
    import certifi

    return ssl.create_default_context(cafile=certifi.where())
