"""`sogawatch migrate` and `sogawatch check-config`."""

from pydantic import BaseModel

from forensics.migrate import migrate, pending
from forensics.store import open_store
from streams.commands.options import Config, StoreDir, complaints, with_store
from streams.configuration import config_hash, load
from streams.screen import Screen


def migrate_(store: StoreDir = None, config: Config = None) -> None:
    """Bring the store to the schema of this version; doing it again changes nothing."""
    screen = Screen()
    with complaints(screen), open_store(with_store(load(config), store).store) as opened:
        applied = migrate(opened)
        for name in applied:
            screen.say(f"applied {name}")
        screen.say(f"{len(applied)} migrations applied, {len(pending(opened))} pending")


def check_config(config: Config = None) -> None:
    """Check settings, and print each with its value and what it means."""
    screen = Screen()
    with complaints(screen):
        settings = load(config)
        for section, part in settings:
            _print(screen, section, part)
        screen.say(f"fingerprint of what decides alerts: {config_hash(settings.watch)}")


def _print(screen: Screen, section: str, part: BaseModel) -> None:
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            _print(screen, f"{section}.{name}", value)
            continue
        screen.say(f"{section}.{name} = {value!r}")
        screen.say(f"    {field.description}")
