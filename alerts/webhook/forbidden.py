"""Addresses that are not the public's: what is inside, what is reserved, and ways around."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Not for the public though Python holds them to be global, or ways back to an IPv4 address.
_FORBIDDEN = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # behind carriers; cloud metadata of one provider
        "168.63.129.16/32",  # cloud metadata of another
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo and others of the protocols
        "2002::/16",  # 6to4
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)


def forbidden(address: str) -> bool:
    """Whether an address is private, loopback, link-local, reserved or else not the public's.

    >>> [forbidden(a) for a in ("127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "9.9.9.9")]
    [True, True, True, False]
    """
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    return (
        not parsed.is_global
        or parsed.is_multicast
        or parsed.is_reserved
        or parsed.is_unspecified
        or any(parsed in network for network in _FORBIDDEN if network.version == parsed.version)
    )
