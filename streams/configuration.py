"""Settings of everything, composed once from a file and the environment, then passed by hand."""

import hashlib
from pathlib import Path

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
from forensics.asking import AskSettings
from forensics.retention import RetentionSettings
from forensics.store import StoreSettings
from streams.broker import BrokerSettings
from streams.feeds.settings import FeedsSettings
from streams.partition_watch import WatchSettings
from streams.snapshots.settings import RecoverySettings
from streams.wrong_settings import not_finite, not_json, told

_PREFIX = "SOGAWATCH_"


class BadConfiguration(Misuse, ValueError):
    """Settings that do not hold; the message says which, what was given and what is allowed."""


class Settings(BaseSettings):
    """All settings; each is declared beside the code that it configures.

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
            return env_settings, TomlConfigSettingsSource(settings_cls, path)

    if path is not None and not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise BadConfiguration(f"{path}: {what}; leave --config out for the defaults")
    try:
        settings = FromFile()
    except ValidationError as error:
        raise BadConfiguration("\n".join(told(Settings, e) for e in error.errors())) from None
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
    if infinite := list(not_finite(settings)):
        raise BadConfiguration("\n".join(infinite))
    return settings


def config_hash(watch: WatchSettings) -> str:
    """Fingerprint of all that decides what is raised: budget, priors, detectors' versions."""
    detectors = ",".join(f"{d.name}:{d.version}" for d in catalogue())
    text = f"{watch.model_dump_json()}\n{shipped_priors()!r}\n{detectors}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
