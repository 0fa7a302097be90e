"""Settings of live feeds: one section for each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, ValidationError

from alerts.addresses import Brokers, Host, KafkaName, PlainPath, Url
from streams.broker import BrokerSettings
from streams.feeds.live import FeedRefused


class BetfairSettings(BaseModel):
    """How to reach Betfair's streams, and what to ask of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    app_key: SecretStr | None = Field(None, description="application key")
    username: str | None = Field(None, description="user of the account")
    password: SecretStr | None = Field(None, description="password of the account")
    certificate: FilePath | None = Field(
        None, description="PEM of the client's certificate and key, for a login without a browser"
    )
    host: Host = Field("stream-api.betfair.com", description="host of the market stream")
    scores_host: Host = Field(
        "sports-data-stream-api.betfair.com", description="host of the sports-data stream"
    )
    port: int = Field(443, ge=1, le=65535, description="port of both streams")
    login_url: Url = Field(
        "https://identitysso-cert.betfair.com/api/certlogin", description="where to log in"
    )
    catalogue_url: Url | None = Field(
        "https://api.betfair.com/exchange/betting/rest/v1.0/listMarketCatalogue/",
        description="where names are asked for; the stream has none, and without them no match "
        "is joined with that of another feed",
    )
    ssl_cafile: FilePath | None = Field(
        None, description="PEM of the authority that signed them; none: the system's"
    )
    event_types: tuple[str, ...] = Field(("1",), description="sports by their Betfair ids")
    market_types: tuple[str, ...] = Field(
        ("MATCH_ODDS", "ASIAN_HANDICAP", "OVER_UNDER_25"), description="types of markets"
    )
    countries: tuple[str, ...] = Field((), description="countries, two letters; empty: all")
    heartbeat_ms: int = Field(500, ge=500, le=5000, description="spacing of heartbeats asked for")
    conflate_ms: int = Field(0, ge=0, le=120_000, description="conflation asked for; 0: none")
    silence_s: float = Field(
        15.0, ge=0.2, le=600, description="seconds of silence after which a connection is dead"
    )
    latency_s: float = Field(
        5.0, gt=0, le=600, description="seconds from publishing to reading that are a gap"
    )


class OddsApiSettings(BaseModel):
    """What to ask The Odds API for, and how often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr | None = Field(None, description="key of the account")
    url: Url = Field("https://api.the-odds-api.com", description="where the API is")
    sports: tuple[str, ...] = Field(("soccer_epl",), min_length=1, description="keys of sports")
    regions: tuple[str, ...] = Field(("eu", "uk"), min_length=1, description="regions of books")
    markets: tuple[str, ...] = Field(
        ("h2h", "spreads", "totals"), min_length=1, description="keys of markets"
    )
    interval_s: float = Field(60.0, ge=0.01, le=3600, description="seconds between rounds")
    idle_interval_s: float = Field(
        600.0, ge=0.01, le=3600, description="seconds between rounds while no match is near"
    )
    keep_requests: int = Field(50, ge=0, description="requests of the quota that are not used up")
    timeout_s: float = Field(20.0, ge=0.1, le=300, description="seconds an answer may take")


class WagersSettings(BaseModel):
    """Where the key of the pseudonyms is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_file: PlainPath | None = Field(
        None, description="key of the pseudonyms; `sogawatch pseudonym-key FILE` makes one"
    )


class UofSettings(BaseModel):
    """How to reach the Unified Odds Feed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_token: SecretStr | None = Field(
        None, description="access token; it is also the user of the message queue"
    )
    queue_password: SecretStr = Field(
        SecretStr(""), description="password of the message queue, which usually has none"
    )
    bookmaker: str = Field("0", pattern=r"^[0-9]{1,12}$", description="id of the bookmaker")
    host: Host = Field("mq.betradar.com", description="host of the message queue")
    port: int = Field(5671, ge=1, le=65535, description="port of the message queue, TLS")
    ssl_cafile: FilePath | None = Field(
        None, description="PEM of the authority that signed the host; none: the system's"
    )
    routing_keys: tuple[str, ...] = Field(("#",), min_length=1, description="messages to bind to")
    api_url: Url = Field("https://api.betradar.com", description="where the HTTP API is")
    products: Mapping[str, str] = Field(
        {"1": "liveodds", "3": "pre"}, description="producers, and their names in the API"
    )
    silence_s: float = Field(
        20.0, ge=0.2, le=600, description="seconds without a message after which the link is dead"
    )
    recovery_s: float = Field(
        600.0, ge=1, le=7200, description="seconds after which a recovery is asked for again"
    )


class ForeignKafkaSettings(BaseModel):
    """How to reach a foreign Kafka."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap: Brokers | None = Field(None, description="brokers as HOST:PORT, with commas between")
    topic: KafkaName | None = Field(
        None, max_length=249, description="topic to read; a mapping's own `topic` wins over it"
    )
    group: KafkaName = Field("sogawatch", description="group that offsets are told to")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how connections are secured"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how SASL authenticates"
    )
    sasl_username: str | None = Field(None, description="SASL user")
    sasl_password: SecretStr | None = Field(None, description="SASL password")
    ssl_cafile: FilePath | None = Field(None, description="PEM of the authority of the brokers")
    ssl_certfile: FilePath | None = Field(None, description="PEM of the client's certificate")
    ssl_keyfile: FilePath | None = Field(None, description="PEM of the client's key")
    schema_registry: Url | None = Field(None, description="URL of the schema registry, for Avro")
    registry_username: str | None = Field(None, description="user of the registry")
    registry_password: SecretStr | None = Field(None, description="password of the registry")
    key_file: FilePath | None = Field(
        None, description="key of the pseudonyms, for wagers; as feeds.wagers.key_file"
    )

    def broker(self) -> BrokerSettings:
        """Give the settings of the connection as those of our own broker are given."""
        named = set(BrokerSettings.model_fields) & set(type(self).model_fields)
        try:
            return BrokerSettings(
                request_timeout_s=10.0, **{name: getattr(self, name) for name in named}
            )
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise FeedRefused(f"[feeds.kafka]: {reason}") from None


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
