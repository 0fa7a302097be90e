"""Targets: addresses that a webhook must not reach, checked where the connection is made.

Whoever subscribes chooses the address, and we sit inside a network that he does not. So names are
resolved once, each address is judged, and the connection goes to exactly the addresses that were
judged; the socket itself is refused for any other. What a name resolves to a moment later does not
matter.
"""

import socket
from collections.abc import Collection

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from alerts.webhook.forbidden import forbidden


class ForbiddenTarget(OSError):
    """An address that a webhook must not reach; the message names it."""


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses those of which any address is forbidden."""

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a name once."""
        found = await self._resolver.resolve(host, port, family)
        refuse({result["host"] for result in found}, host)
        return found

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._resolver.close()


def refuse(addresses: Collection[str], host: str) -> None:
    """Raise ForbiddenTarget when any of the addresses is forbidden."""
    for address in addresses:
        if forbidden(address):
            raise ForbiddenTarget(f"{host} is {address}, which is not a public address")


def guarded_socket(info: AddrInfoType) -> socket.socket:
    """Make the socket of a connection, the last moment at which its address can be refused."""
    family, kind, protocol, _, where = info
    address = str(where[0])
    refuse((address,), address)
    return socket.socket(family, kind, protocol)


def refused_by(error: BaseException | None) -> bool:
    """Whether a failure goes back to a forbidden target."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, ForbiddenTarget):
            return True
        seen.add(id(error))
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    return False
