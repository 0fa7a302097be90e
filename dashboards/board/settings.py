"""Settings of the board: where it listens, who may enter, how it is reached."""

import ipaddress
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.addresses import Host, PlainPath
from alerts.complaint import Complaint


class BoardRefused(Complaint):
    """The board would not be safe or cannot start; the message says why and what to do."""


class BoardSettings(BaseModel):
    """Where the board listens and who may enter.

    Without tokens it serves whoever sits at this machine, on loopback only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Host = Field(
        "127.0.0.1", description="address to listen on; others than loopback need tokens"
    )
    port: int = Field(8420, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    tokens_file: PlainPath | None = Field(
        None, description="file of tokens, hashed, with names and roles; see `sogawatch token`"
    )
    local_role: Literal["viewer", "officer", "supervisor"] = Field(
        "officer", description="role of whoever sits at this machine, where there are no tokens"
    )
    hosts: tuple[Host, ...] = Field(
        (), description="names under which the board is reached besides its address and localhost"
    )
    tls_in_front: bool = Field(
        default=False, description="a proxy in front speaks TLS: cookies are sent over https only"
    )
    session_h: float = Field(12.0, gt=0, le=168, description="hours until one must sign in again")
    stale_after_min: float = Field(
        30.0,
        gt=0,
        le=10_080,
        description="minutes without a price after which a book shows as quiet",
    )

    @property
    def local_only(self) -> bool:
        """Whether only this machine can reach it.

        >>> BoardSettings().local_only, BoardSettings(host="0.0.0.0").local_only
        (True, False)
        """
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def require_safe(settings: BoardSettings) -> None:
    """Refuse to serve a network without tokens.

    Raises
    ------
    BoardRefused
        Naming the settings to change.
    """
    if settings.tokens_file is None and not settings.local_only:
        raise BoardRefused(
            f"board.host is {settings.host}, which other machines can reach, and there are no "
            "tokens: anybody could act as an officer. Make one with `sogawatch token NAME --role "
            "officer`, put its line into a file and name that in board.tokens_file; or leave "
            "board.host at 127.0.0.1"
        )
