"""`sogawatch topics`: create the topics before anything starts."""

from datetime import timedelta
from typing import Annotated

import typer

from streams.commands.options import Bootstrap, Config, complaints, with_bootstrap
from streams.configuration import Settings, load
from streams.screen import Screen
from streams.topics import TOPICS, Topic, create_topics

Prefix = Annotated[str, typer.Option(help="Before topic and group names, to keep runs apart.")]


def topics_(prefix: Prefix = "", bootstrap: Bootstrap = None, config: Config = None) -> None:
    """Create all topics that are missing; doing it again changes nothing.

    A topic that exists keeps its settings. One with another number of partitions than declared
    is an error: the partition of a match follows from it.
    """
    screen = Screen()
    with complaints(screen):
        settings = with_bootstrap(load(config), bootstrap)
        require_bootstrap(settings)
        create_topics(settings.broker, prefix)
        for topic in TOPICS:
            count = topic.count(settings.broker)
            noun = "partition" if count == 1 else "partitions"
            screen.say(f"{prefix}{topic.name}: {count} {noun}, {kept(topic)}")


def require_bootstrap(settings: Settings) -> None:
    """Refuse to go on without the address of a broker: an embedded one would be gone at once."""
    if settings.broker.bootstrap is None:
        raise typer.BadParameter("no broker is named: give --bootstrap HOST:PORT, or set it")


def kept(topic: Topic) -> str:
    """Say how long records are kept, as declared for a new topic.

    >>> from streams.topics import ALERTS, DELIVERIES
    >>> kept(ALERTS), kept(DELIVERIES)
    ('365 days when new', 'compacted when new')
    """
    if topic.retention is None:
        return "compacted when new"
    return f"{topic.retention // timedelta(days=1)} days when new"
