"""Settings of the server that takes our e-mail."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, model_validator

from alerts.addresses import Host


class SmtpSettings(BaseModel):
    """The server that takes our e-mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Host | None = Field(None, description="SMTP server; none: no e-mail is sent")
    port: int = Field(587, ge=1, le=65535, description="its port")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the connection is secured; none is for a relay on this machine"
    )
    username: str | None = Field(None, description="user to log in as")
    password: SecretStr | None = Field(None, description="password to log in with")
    cafile: FilePath | None = Field(
        None, description="PEM of the authority that signed the server; none: the system's"
    )
    sender: str = Field(
        "sogawatch@localhost.localdomain",
        pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$",
        description="the address that e-mail comes from",
    )
    connections: int = Field(4, ge=1, le=100, description="connections that are kept open")
    timeout_s: float = Field(30.0, gt=0, le=300, description="seconds until a server is given up")

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together")
        if self.password is not None and self.security == "none":
            raise ValueError("a password is not sent without TLS: set security")
        return self
