"""Settings of the store: where it is, what a question may cost, how long each kind is kept."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr

from alerts.addresses import Host, Name, PlainPath


class StoreSettings(BaseModel):
    """Where the store is: a server when `host` is set, else the engine inside this process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: PlainPath = Field(
        default=Path("sogawatch-data/store"),
        description="Directory of the embedded engine; one process at a time may hold it.",
    )
    host: Host | None = Field(
        default=None, description="Host of a ClickHouse server; leave out for the embedded engine."
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="HTTP port; 8123, or 8443 when secure."
    )
    username: Name = Field(default="default", description="User of the ClickHouse server.")
    password: SecretStr = Field(default=SecretStr(""), description="Password of that user.")
    database: str = Field(
        default="sogawatch",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Database of the tables; created when missing.",
    )
    secure: bool = Field(default=False, description="Speak TLS with the server.")
    ca_cert: FilePath | None = Field(
        default=None, description="PEM file of the authority that signed the server's certificate."
    )


class AskSettings(BaseModel):
    """How much one question may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    most_rows: int = Field(default=100_000, ge=1, description="Rows of an answer; more are cut.")
    longest_s: int = Field(default=60, ge=1, description="Seconds after which it is given up.")
    most_memory_mb: int = Field(default=1024, ge=64, description="Memory that it may take.")


class RetentionSettings(BaseModel):
    """How many days each kind is kept, counted from its arrival."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feed_days: int = Field(
        default=1826, ge=1, description="Fixtures, prices, matched amounts and events."
    )
    ladders_days: int = Field(default=365, ge=1, description="Ladders of exchanges.")
    sources_days: int = Field(default=365, ge=1, description="Heartbeats, gaps and frames.")
    accounts_days: int = Field(
        default=180, ge=1, description="Wagers, accounts and pasts, which speak of persons."
    )
    dead_letters_days: int = Field(default=30, ge=1, description="What could not be read.")
