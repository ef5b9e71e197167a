"""The stand-in for a visitor's address."""

from portal.core.visitors import address_hash, subnet


def test_subnet() -> None:
    assert subnet("2001:db8:1:2:3:4:5:6") == subnet("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert subnet("::ffff:192.0.2.1") == subnet("192.0.2.1") == "192.0.2.1"
    assert subnet("unix") == "unix"


def test_hash_tells_visitors_apart() -> None:
    assert address_hash("192.0.2.1") == address_hash("::ffff:192.0.2.1") != address_hash("192.0.2.2")
