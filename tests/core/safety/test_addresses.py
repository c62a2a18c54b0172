"""Which addresses a stranger may name."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.safety.addresses import is_dotted, is_number, why_not

PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
    "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::2", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "fdff::1",
    "ff02::1", "2001:db8::1", "3fff::1", "2001::1", "2001:10::1", "100::1", "5f00::1", "4000::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::10.0.0.1",
    "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::1", "2001:0:7f00:1::",
    "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1", "fe80::1%eth0", "2606:4700::1%1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "93.184.215.14", "100.63.255.255",
    "100.128.0.1", "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.1",
    "172.15.255.255", "172.32.0.1", "192.167.1.1", "198.17.1.1", "198.20.0.1", "223.255.255.255",
    "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888",
    "64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_surely_public_is_private(address):
    assert why_not(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_public(address):
    assert not why_not(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f.0.0.1", "1.2.3", "[::1]", "1.2.3.04"]
)
def test_what_is_no_address_is_not_public(text):
    assert why_not(text) == "is no address"


def test_it_says_whether_it_is_a_private_network_or_a_reserved_one():
    for inside in ("10.0.0.1", "127.0.0.1", "192.168.1.1", "fd12::1", "::1", "::ffff:10.0.0.1"):
        assert why_not(inside) == "is in a private network"
    for never in ("169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200", "224.0.0.1",
                  "0.0.0.0", "::", "::ffff:169.254.169.254", "168.63.129.16"):  # fmt: skip
        assert why_not(never) == "is reserved"


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_python_knows_no_private_network_that_is_public_here(address):
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert why_not(address)


@settings(deadline=None)
@given(st.ip_addresses(v=6))
def test_the_same_of_ipv6_but_for_an_address_it_carries(address):
    if not address.is_global and address.ipv4_mapped is None:
        assert why_not(address)


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_dress(address):
    number = int(address)
    dressed = [
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address(0xFFFF << 48 | number),
        ipaddress.IPv6Address(0x64FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1),
    ]
    assert {not why_not(one) for one in dressed} == {not why_not(address)}


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "017700000001", "1.2.3.4",
             "0x", "a.0x1", "127.0.0.1.", "1.1.1.256", "foo.1"],
)  # fmt: skip
def test_hosts_that_some_parser_reads_as_a_number_are_seen(host):
    assert is_number(host)


@pytest.mark.parametrize("host", ["example.com", "1.example.com", "a1", "0xg", "x.0y", "1-1"])
def test_names_are_no_numbers(host):
    assert not is_number(host)


def test_only_four_decimal_numbers_are_dotted():
    assert is_dotted("127.0.0.1")
    assert not any(map(is_dotted, ["127.1", "0177.0.0.1", "::1", "a.b", "127.0.0.1."]))
