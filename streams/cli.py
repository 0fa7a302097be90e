"""The command line: all commands, put together."""

import typer

from streams.commands.demo import demo_
from streams.commands.detectors import detectors_
from streams.commands.doctor import doctor_
from streams.commands.evaluate import evaluate_
from streams.commands.feed import feed_
from streams.commands.fixtures import fixtures_
from streams.commands.map_file import map_
from streams.commands.moves import moves_
from streams.commands.pseudonym_key import pseudonym_key
from streams.commands.replay import replay_
from streams.commands.topics import topics_
from streams.commands.upkeep import check_config, migrate_
from streams.commands.worker import worker

app = typer.Typer(
    name="sogawatch",
    help="Watch betting odds and wagers for signs of match manipulation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo_)
app.command("evaluate")(evaluate_)
app.command("detectors")(detectors_)
app.command("replay")(replay_)
app.command("feed")(feed_)
app.command("map")(map_)
app.command("fixtures")(fixtures_)
app.command("pseudonym-key")(pseudonym_key)
app.add_typer(worker, name="worker")
app.command("moves")(moves_)
app.command("topics")(topics_)
app.command("migrate")(migrate_)
app.command("check-config")(check_config)
app.command("doctor")(doctor_)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
