"""Settings of provisioning: the token, and what Grafana is to connect to."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from alerts.addresses import Host, Name


class GrafanaSettings(BaseModel):
    """How sogawatch enters Grafana, and how Grafana reaches ClickHouse and the board."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = Field(
        None, description="token of a service account of Grafana with the role Admin"
    )
    wait_s: float = Field(
        120.0, gt=0, le=3600, description="seconds to wait for Grafana to be well at first"
    )
    clickhouse_host: Host = Field(
        "clickhouse", description="host of ClickHouse as Grafana reaches it"
    )
    clickhouse_port: int = Field(9000, ge=1, le=65535, description="its native port")
    clickhouse_secure: bool = Field(default=False, description="whether to speak TLS with it")
    database: Name = Field("sogawatch", description="database of the tables")
    username: Name = Field("dashboards", description="user that reads no account data")
    password: SecretStr = Field(SecretStr(""), description="its password")
    accounts_username: Name = Field("accounts", description="user that reads account data")
    accounts_password: SecretStr = Field(SecretStr(""), description="its password")
    board_url: str = Field(
        "http://localhost:8420",
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="address of the board as officers' browsers reach it",
    )
    contact: str = Field(
        "operations@localhost",
        pattern=r"^(https?://\S+|\S+@\S+)$",
        description="where Grafana sends alerts on the pipeline: e-mail address or webhook URL",
    )
