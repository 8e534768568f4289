"""Whose address a request came from, where it came through a proxy: what X-Forwarded-For says, if a proxy that was
named says it. Anybody can write that header, so from all others it is ignored.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Sequence

from slm.errors import ConfigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_proxy(text: str) -> Network:
    """An address, or a network such as 10.0.0.0/8. Raises ConfigError for other things, and for everybody."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ConfigError(f"--trusted-proxy expects an address, or a network such as 10.0.0.0/8: {error}") from None
    if not network.prefixlen:
        raise ConfigError(f"--trusted-proxy expects the proxies alone, got {text}: that is everybody; name the proxies")
    return network


def is_trusted(peer: str, proxies: Sequence[Network]) -> bool:
    """Whether an address is that of a proxy of ours."""
    address = _address(peer)
    return address is not None and any(address in network for network in proxies)


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """The address nearest to us that is no proxy of ours.

    `peer` is at the other end of the connection; `forwarded` are the values of all X-Forwarded-For headers, in their
    order. Each proxy adds at the right whom it heard, so they are read from there, and what stands to the left of the
    first address that is not trusted is that client's own word. What is no address ends the search.
    """
    address = _address(peer)
    if address is None:
        return peer
    for entry in reversed(",".join(forwarded).split(",")):
        before = _address(entry.strip())
        if before is None or not any(address in network for network in proxies):
            break
        address = before
    return str(address)


@functools.lru_cache(maxsize=256)
def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address  # ::ffff:192.0.2.1, of a socket for both
