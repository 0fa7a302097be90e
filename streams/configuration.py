"""Settings of everything, composed once from a file and the environment, then passed by hand."""

import hashlib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from alerts.complaint import Misuse
from alerts.deadlines import LifecycleSettings
from alerts.notify_settings import NotifySettings
from dashboards.board.settings import BoardSettings
from dashboards.provisioning.settings import GrafanaSettings
from detectors.calibration import shipped_priors
from detectors.catalogue import catalogue
from forensics.settings import AskSettings, RetentionSettings, StoreSettings
from streams.broker import BrokerSettings
from streams.canary_settings import CanarySettings
from streams.feeds.settings import FeedsSettings
from streams.liveness_settings import LivenessSettings
from streams.partition_watch import WatchSettings
from streams.snapshots.settings import RecoverySettings
from streams.wrong_variable import not_json

_SECRET = ("pass", "secret", "key", "token")
_SHOWN = 200


class _Toml(TomlConfigSettingsSource):
    """A TOML file in which true is no 1: partitions = true is a mistake."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return {name: _in_words(value) for name, value in super()._read_file(file_path).items()}


def _in_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_words(one) for name, one in value.items()}
    return str(value).lower() if isinstance(value, bool) else value


_PREFIX = "SOGAWATCH_"


class BadConfiguration(Misuse, ValueError):
    """Settings that do not hold; the message says which, what was given and what is allowed."""


class Settings(BaseSettings):
    """All settings; each is declared beside the code that it configures.

    Where that code imports clients and servers, it is in a file of its own: every command reads
    settings, and few need a mail client.

    Environment variables win over the file: `SOGAWATCH_BROKER__BOOTSTRAP=kafka:9092` sets
    `bootstrap` in `[broker]`.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    broker: BrokerSettings = Field(default_factory=BrokerSettings)
    store: StoreSettings = Field(default_factory=StoreSettings)
    watch: WatchSettings = Field(default_factory=WatchSettings)
    recovery: RecoverySettings = Field(default_factory=RecoverySettings)
    liveness: LivenessSettings = Field(default_factory=LivenessSettings)
    canary: CanarySettings = Field(default_factory=CanarySettings)
    board: BoardSettings = Field(default_factory=BoardSettings)
    lifecycle: LifecycleSettings = Field(default_factory=LifecycleSettings)
    notify: NotifySettings = Field(default_factory=NotifySettings)
    grafana: GrafanaSettings = Field(default_factory=GrafanaSettings)
    ask: AskSettings = Field(default_factory=AskSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    feeds: FeedsSettings = Field(default_factory=FeedsSettings)


def load(path: Path | None = None) -> Settings:
    """Load settings from a TOML file, if any, and from the environment.

    Raises
    ------
    BadConfiguration
        When the file cannot be read, or a setting is unknown or out of its bounds.
    """

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del init_settings, dotenv_settings, file_secret_settings
            if path is None:
                return (env_settings,)
            return env_settings, _Toml(settings_cls, path)

    if path is not None and not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise BadConfiguration(f"{path}: {what}; leave --config out for the defaults")
    try:
        return FromFile()
    except ValidationError as error:
        raise BadConfiguration("\n".join(_reasons(error))) from None
    except SettingsError as error:
        raise BadConfiguration(not_json(error, _PREFIX)) from None
    except ValueError as error:  # of the TOML reader; a number of 5,000 digits is a plain one
        raise BadConfiguration(f"{path}: not TOML: {error}") from None
    except RecursionError:
        where = "environment" if path is None else f"environment or {path}"
        raise BadConfiguration(f"{where}: a value is nested too deeply") from None
    except OSError as error:  # a setting names a file that cannot even be looked for
        shown = str(error.filename)[:80]
        raise BadConfiguration(f"{error.strerror}: {shown!r}; give another path") from None


def config_hash(watch: WatchSettings) -> str:
    """Fingerprint of all that decides what is raised: budget, priors, detectors' versions."""
    detectors = ",".join(f"{d.name}:{d.version}" for d in catalogue())
    text = f"{watch.model_dump_json()}\n{shipped_priors()!r}\n{detectors}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _reasons(error: ValidationError) -> list[str]:
    """One line for each setting that is wrong; a list is not blamed for what is wrong in it."""
    faults = error.errors()
    inner = {fault["loc"][:n] for fault in faults for n in range(1, len(fault["loc"]))}
    return [_reason(f["loc"], f["type"], f["msg"], f["input"]) for f in faults
            if f["loc"] not in inner]  # fmt: skip


def _reason(where: tuple[int | str, ...], kind: str, message: str, got: object) -> str:
    name = ".".join(map(str, where)) or "settings"
    # What stands under a misspelt name may be a password as well.
    secret = kind == "extra_forbidden" or any(part in name for part in _SECRET)
    shown = "" if secret or isinstance(got, dict) else f", got {_short(repr(got))}"
    return f"{name}: {_plain(message)}{shown}"


def _plain(message: str) -> str:
    """Leave out what says only how it was found."""
    message = message.removeprefix("Value error, ")
    return "Input should be a path" if "not a valid path" in message else message


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
