"""Web addresses that people give, taken apart so strictly that nobody reads them otherwise."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from core.errors import Invalid
from core.safety.addresses import is_dotted, is_number

URL_MAX = 4_096  # characters
LABEL_MAX = 63  # characters between two dots of a host
DEFAULT_PORTS = {"http": 80, "https": 443}
ODD = set('\\<>"`{}|^\x7f')  # some parsers take these for something else
KEPT = "/?:@!$&'()*+,;=%~-._[]"


@dataclass(frozen=True)
class Target:
    """A web address in its parts; the host is in ASCII and small letters, without brackets."""

    scheme: str
    host: str
    port: int
    path: str  # with the query, never the fragment

    @property
    def place(self) -> str:
        """Host and port, for instance 127.0.0.1:8080."""
        return f"{self._host}:{self.port}"

    @property
    def authority(self) -> str:
        """What the Host header says: the port only where it is not the usual one."""
        return self._host if DEFAULT_PORTS[self.scheme] == self.port else self.place

    @property
    def url(self) -> str:
        """The whole address, with no more than its parts."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def _host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def parse(url: str) -> Target:
    """The parts of a plain web address. Raises Invalid with what is odd about it."""
    if len(url) > URL_MAX or any(c <= " " or c in ODD for c in url):
        raise _odd("has characters that no address has, or too many")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _ascii(parts.hostname or "")
    except (ValueError, UnicodeError):
        raise _odd("cannot be read") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise _odd("does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise _odd("holds a user name or a password", "credentials")
    if not host or "%" in host or (is_number(host) and not is_dotted(host)):
        raise _odd("has no host that can be looked up")
    path = quote(parts.path or "/", safe=KEPT)
    query = f"?{quote(parts.query, safe=KEPT)}" if parts.query else ""
    return Target(
        parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port, path + query
    )


def joined(url: str, location: str) -> str:
    """Where a redirect from `url` leads, as browsers read it. Raises Invalid.

    `location` is as it came in a header: letters beyond ASCII are UTF-8 or else Latin-1.
    """
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    try:
        return urljoin(url, location.strip().replace(" ", "%20")).partition("#")[0]
    except ValueError:
        raise _odd("it was redirected to cannot be read") from None


def _ascii(host: str) -> str:
    """A host as name servers know it. Raises ValueError."""
    if ":" in host:
        return host
    if not host.isascii():
        import idna

        return idna.encode(host).decode()
    labels = host.removesuffix(".").split(".")
    if host and any(not label or len(label) > LABEL_MAX for label in labels):
        raise ValueError("a label is empty or too long")
    return host


def _odd(what: str, reason: str = "url") -> Invalid:
    return Invalid(
        f"The address {what}.",
        hint="Give a plain web address, for instance https://example.com/page.",
        reason=reason,
    )
