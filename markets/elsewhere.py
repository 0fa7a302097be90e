"""What one match hears of the others of its partition: that time moves on."""

from msgspec import Struct

from markets.records import Moment


class Elsewhere(Struct, frozen=True):
    """A record of another match, of which only the time is known.

    It stands where that record stood, in what is kept of one match alone: a match is looked at
    when time moves on, and other matches move it.
    """

    at: Moment
