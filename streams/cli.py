"""The command line: all commands, put together."""

import typer

from streams.commands.act import act
from streams.commands.ask import EXTRAS, ask_
from streams.commands.backtest import backtest_
from streams.commands.board import board_, token_
from streams.commands.cases import cases_
from streams.commands.deliveries import deliveries_
from streams.commands.demo import demo_
from streams.commands.detectors import detectors_
from streams.commands.doctor import doctor_
from streams.commands.evaluate import evaluate_
from streams.commands.evidence import evidence
from streams.commands.feed import feed_
from streams.commands.fixtures import fixtures_
from streams.commands.map_file import map_
from streams.commands.moves import moves_
from streams.commands.provision import provision_
from streams.commands.pseudonym_key import pseudonym_key
from streams.commands.replay import replay_
from streams.commands.rights import forget_, hold_, holds_, release_, retain_
from streams.commands.subscribe import subscribe_, subscriptions_
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
app.command("board")(board_)
app.command("token")(token_)
app.command("cases")(cases_)
app.add_typer(act, name="act")
app.command("moves")(moves_)
app.command("subscribe")(subscribe_)
app.command("subscriptions")(subscriptions_)
app.command("deliveries")(deliveries_)
app.command("topics")(topics_)
app.command("migrate")(migrate_)
app.command("provision")(provision_)
app.command("ask", context_settings=EXTRAS)(ask_)
app.add_typer(evidence, name="evidence")
app.command("backtest")(backtest_)
app.command("retain")(retain_)
app.command("hold")(hold_)
app.command("release")(release_)
app.command("holds")(holds_)
app.command("forget")(forget_)
app.command("check-config")(check_config)
app.command("doctor")(doctor_)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
