"""Which addresses of the internet are public. Everything that is not surely public is private."""

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

# Never, whoever asks: the machine's own neighbourhood and the metadata of clouds.
NEVER = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",  # this host
        "100.100.100.200/32",  # metadata of a cloud, in the carriers' range
        "168.63.129.16/32",  # metadata of a cloud, in a public range
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "192.0.0.0/24",  # protocol assignments, and the metadata of a cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "fd00:ec2::/32",  # metadata of a cloud
        "fd20:ce::/32",  # metadata of a cloud
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, as it once was
        "ff00::/8",  # multicast
    )
)
# A private network: a person of the house may allow it.
INSIDE = tuple(
    ipaddress.ip_network(net)
    for net in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "::1/128",
        "fc00::/7",
    )
)
# Of IPv6 only 2000::/3 is given out, and not all of it.
GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
SPECIAL = tuple(
    ipaddress.IPv6Network(net)
    for net in ("2001::/23", "2001:db8::/32", "3fff::/20")  # protocols with Teredo; documentation
)
# IPv6 networks that carry an IPv4 address, and how many bits follow it.
CARRIERS = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),  # translated
    (ipaddress.IPv6Network("::/96"), 0),  # compatible
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
)
ISATAP = 0x5EFE  # ...:0:5efe:a.b.c.d
NUMBER = re.compile(r"^(?:0[xX][0-9a-fA-F]*|[0-9]+)$")


def why_not(address: str | Address) -> str:
    """Why `address` may not be reached, in a few words; nothing when it may."""
    found = _parsed(address)
    if found is None:
        return "is no address"
    seen = _carried(found) or found
    if any(seen in net for net in _of_kind(seen, NEVER)):
        return "is reserved"
    if any(seen in net for net in _of_kind(seen, INSIDE)):
        return "is in a private network"
    if isinstance(seen, IPv6Address) and not _given_out(seen):
        return "is reserved"
    return ""


def is_number(host: str) -> bool:
    """Whether a host name would be read as a number: 127.1, 2130706433, 0x7f.1, 017700000001."""
    return bool(NUMBER.match(host.rstrip(".").rpartition(".")[2]))


def is_dotted(host: str) -> bool:
    """Whether a host is an IPv4 address as people write it: four decimal numbers."""
    return _parsed(host) is not None and ":" not in host


def _parsed(address: str | Address) -> Address | None:
    if not isinstance(address, str):
        return address
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return found if getattr(found, "scope_id", None) is None else None


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 one."""
    if isinstance(address, IPv4Address) or address in (IPv6Address("::1"), IPv6Address("::")):
        return None
    whole = int(address)
    for net, after in CARRIERS:
        if address in net:
            return IPv4Address(whole >> after & 0xFFFF_FFFF)
    if whole >> 32 & 0xFCFF_FFFF == ISATAP:  # the bits of "universal" and "group" may be set
        return IPv4Address(whole & 0xFFFF_FFFF)
    return None


def _given_out(address: IPv6Address) -> bool:
    return address in GIVEN_OUT and not any(address in net for net in SPECIAL)


def _of_kind(
    address: Address, nets: tuple[IPv4Network | IPv6Network, ...]
) -> list[IPv4Network | IPv6Network]:
    return [net for net in nets if net.version == address.version]
