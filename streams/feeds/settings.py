"""Settings of live feeds: one section for each."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from alerts.addresses import PlainPath
from streams.feeds.betfair_connection import BetfairSettings
from streams.feeds.foreign_kafka import ForeignKafkaSettings
from streams.feeds.odds_api_live import OddsApiSettings
from streams.feeds.uof_api import UofSettings
from streams.feeds.wagers import WagersSettings


class FeedsSettings(BaseModel):
    """Where live feeds keep what they must remember, and how each is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: PlainPath = Field(
        Path("sogawatch-data/feeds"),
        description="folder of what feeds remember: how far they came, and which fixtures are one",
    )
    betfair: BetfairSettings = Field(
        default_factory=BetfairSettings, description="Betfair's streams"
    )
    odds_api: OddsApiSettings = Field(default_factory=OddsApiSettings, description="The Odds API")
    wagers: WagersSettings = Field(default_factory=WagersSettings, description="account wagers")
    uof: UofSettings = Field(
        default_factory=UofSettings, description="Sportradar's Unified Odds Feed"
    )
    kafka: ForeignKafkaSettings = Field(
        default_factory=ForeignKafkaSettings, description="a foreign Kafka"
    )
