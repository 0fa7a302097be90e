"""The command line: all commands, each imported when it is asked for.

A command then costs its own imports alone: together they take seconds. So a list of them shows
what their files say of them, which can be read without importing any.
"""

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.resources import files
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# How a user types it -> its module in streams.commands, and its function or group there.
_PLACES = {
    "demo": "demo:demo_",
    "evaluate": "evaluate:evaluate_",
    "detectors": "detectors:detectors_",
    "replay": "replay:replay_",
    "feed": "feed:feed_",
    "map": "map_file:map_",
    "fixtures": "fixtures:fixtures_",
    "pseudonym-key": "pseudonym_key:pseudonym_key",
    "reidentify": "reidentify:reidentify",
    "worker": "worker:worker",
    "board": "board:board_",
    "token": "board:token_",
    "cases": "cases:cases_",
    "act": "act:act",
    "moves": "moves:moves_",
    "subscribe": "subscribe:subscribe_",
    "subscriptions": "subscribe:subscriptions_",
    "deliveries": "deliveries:deliveries_",
    "topics": "topics:topics_",
    "migrate": "upkeep:migrate_",
    "provision": "provision:provision_",
    "ask": "ask:ask_",
    "evidence": "evidence:evidence",
    "backtest": "backtest:backtest_",
    "retain": "rights:retain_",
    "hold": "rights:hold_",
    "release": "rights:release_",
    "holds": "rights:holds_",
    "forget": "rights:forget_",
    "check-config": "upkeep:check_config",
    "doctor": "doctor:doctor_",
    "canary": "canary:canary_",
}


class _Commands(Mapping[str, Any]):
    """Commands by name; one is imported when it is first looked up."""

    def __init__(self) -> None:
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            module, _, attribute = _PLACES[name].partition(":")
            found = import_module(f"streams.commands.{module}")
            self._built[name] = _built(name, getattr(found, attribute), found)
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


def _built(name: str, declared: Any, module: Any) -> Any:
    """A command or group as Typer makes it."""
    if isinstance(declared, typer.Typer):
        made = typer.main.get_group(declared)
        made.name = name
        return made
    single = typer.Typer(add_completion=False)
    single.command(name, context_settings=getattr(module, "CONTEXT", None))(declared)
    return typer.main.get_command(single)


class _Sogawatch(TyperGroup):
    def __init__(self, **told: Any) -> None:
        super().__init__(**(told | {"commands": _Commands()}))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with a list of the commands."""
        with self._listing():
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Name the commands that begin so."""
        with self._listing():
            return super().shell_complete(ctx, incomplete)

    @contextmanager
    def _listing(self) -> Iterator[None]:
        """Have commands that know their help and nothing else."""
        built = self.commands
        self.commands = {name: TyperCommand(name, help=_help(p)) for name, p in _PLACES.items()}
        try:
            yield
        finally:
            self.commands = built


def _help(place: str) -> str | None:
    """Help of a command, as its file has it."""
    module, _, attribute = place.partition(":")
    source = files("streams.commands").joinpath(f"{module}.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == attribute:
            return ast.get_docstring(node)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == attribute:
            return _given(node.value, "help")
    return None


def _given(call: ast.expr, name: str) -> str | None:
    """What a call is given by a name."""
    given = {each.arg: each.value for each in call.keywords} if isinstance(call, ast.Call) else {}
    return str(ast.literal_eval(given[name])) if name in given else None


app = typer.Typer(
    name="sogawatch",
    help="Watch betting odds and wagers for signs of match manipulation.",
    cls=_Sogawatch,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _sogawatch() -> None:
    pass


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
