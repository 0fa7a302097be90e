"""What goes wrong with the store, told apart: an outage passes, a refusal does not."""

import re

from clickhouse_connect.driver.exceptions import OperationalError

from alerts.complaint import Complaint

UNKNOWN_TABLE, UNKNOWN_DATABASE = 60, 81
WRONG_LOGIN = {192, 193, 194, 516}
# Codes of the engine that pass without anybody changing the statement: timeouts, network, limits
# of memory and parts, a full disk, a replica or keeper that is away, shutting down.
_PASSING = {
    75, 76, 159, 160, 173, 201, 202, 209, 210, 225, 236, 241, 242, 243, 252, 279, 285, 319, 394,
    425, 439, 999, 1001,
}  # fmt: skip


class StoreUnavailable(Complaint):
    """The store cannot be reached or opened now; the same call may succeed later."""


class StoreRefused(Complaint):
    """The store understood and refused: the statement, the table or the value is at fault."""


def code_of(error: Exception) -> int | None:
    """Code of the engine, where the failure has one."""
    return getattr(error, "code", None)


def passes(error: Exception) -> bool:
    """Tell an outage from a refusal; an answer without a code is a proxy's or the network's."""
    if isinstance(error, OSError | OperationalError):
        return True
    code = code_of(error)
    return code in _PASSING or (code is None and "HTTP status" in str(error))


def reason_of(error: Exception) -> str:
    """Shorten a driver's message to its point: the stack and the request say nothing to a user."""
    text = str(error).split(", Stack trace", 1)[0]
    if lost := re.search(r"\[Errno -?\d+\] ([^'\")]+)", text):
        return lost[1]
    return re.sub(r"\s+", " ", text)[:500]
