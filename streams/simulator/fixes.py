"""Fixes: what is done to a match, drawn within the sizes that reported cases had."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple, get_args

from streams.simulator.books import EXCHANGE
from streams.simulator.news import Announcement
from streams.simulator.play import Incident, Timetable, position
from streams.simulator.prices import Rating, Step, Truth, model_clock, rating_at, value
from streams.simulator.trading import OUTCOMES, Lean
from streams.simulator.volume import Surge

Typology = Literal["steam-move", "late-drift", "unexplained-in-play", "book-divergence"]
Selection = Literal["home", "away", "over", "under"]
Market = Literal["1x2", "total"]
TYPOLOGIES: tuple[Typology, ...] = get_args(Typology)

_STRENGTHS = {
    "steam-move": (0.08, 0.20),
    "late-drift": (0.08, 0.20),
    "unexplained-in-play": (0.10, 0.25),
    "book-divergence": (0.05, 0.10),
}
_ON_TOTALS = 0.2
_FURTHEST = 3.0
_TRIES = 60
# A fix weaker than this is none; bought selections stay within these probabilities.
_LEAST = 0.03
_ROOM = (0.05, 0.93)


class NoRoom(ValueError):
    """A match in which the fix asked for cannot be done."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix to put into match number `match`; what is left None is drawn.

    `strength` is how far the probability of the selection is moved (0.12 is 12 percentage
    points).
    """

    match: int
    typology: Typology
    market: Market | None = None
    selection: Selection | None = None
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """A fix worked out for its match; `goals_from` is when goals begin to follow the money."""

    typology: Typology
    selection: Selection
    strength: float
    since: float
    until: float
    goals_from: float
    note: str
    steps: tuple[Step, ...] = ()
    surges: tuple[Surge, ...] = ()
    leans: dict[str, Lean] = field(default_factory=dict)

    @property
    def market(self) -> Market:
        """Market of the selection."""
        return "total" if self.selection in ("over", "under") else "1x2"


@dataclass(frozen=True, slots=True)
class Scene:
    """The match as it would have been without the fix."""

    opening: Rating
    steps: Sequence[Step]
    line: float
    times: Timetable
    incidents: tuple[Incident, ...]
    announcements: Sequence[Announcement]
    books: Sequence[str]

    def price(self, second: float, shift: Step) -> Truth:
        """Price the match at a second with its rating shifted."""
        rating = rating_at(self.opening, self.steps, second).moved(shift)
        score, reds = position(self.incidents, second)
        clock = model_clock(self.times, second) if second >= self.times.kick_off else 0.0
        return value(rating, self.line, second, clock, score, reds)


class _Plan(NamedTuple):
    since: float
    until: float
    selection: Selection
    strength: float
    shift: Step


def work_out(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    """Draw when and how a fix is done and how far the rating has to move for it.

    A match can leave no room for the strength asked for (a team at 0-3 in the 80th minute); then
    the strongest of the tries is taken and its true strength told.
    """
    if fix.typology == "book-divergence":
        return _divergence(fix, rng, scene)
    window = {"steam-move": _steam, "late-drift": _late, "unexplained-in-play": _in_play}
    plan = _plan(fix, rng, scene, window[fix.typology])
    return Scheme(
        typology=fix.typology,
        selection=plan.selection,
        strength=plan.strength,
        since=plan.since,
        until=plan.until,
        goals_from=plan.until if fix.typology == "unexplained-in-play" else -math.inf,
        note=_note(plan, scene.times),
        steps=_ramp(rng, plan, fix.typology),
        surges=_surges(rng, plan, fix.typology),
    )


def _plan(
    fix: Fix, rng: Random, scene: Scene, window: Callable[[Random, Scene], tuple[float, float]]
) -> _Plan:
    best = None
    wanted = fix.strength or rng.uniform(*_STRENGTHS[fix.typology])
    for _ in range(_TRIES):
        since, until = window(rng, scene)
        selection = fix.selection or _selection(rng, fix.market)
        shift, strength = _shift(scene, until, selection, wanted)
        if best is None or strength > best.strength:
            best = _Plan(since, until, selection, strength, shift)
        if strength > wanted - 0.005:
            break
    if best is None or best.strength < _LEAST:
        raise NoRoom(
            f"fixes: match {fix.match} leaves no room for {fix.typology} on "
            f"{fix.selection or fix.market or 'anything'}; choose another match or selection"
        )
    return best


def _selection(rng: Random, market: Market | None) -> Selection:
    if market == "total" or (market is None and rng.random() < _ON_TOTALS):
        return rng.choice(("over", "under"))
    return rng.choice(("home", "away"))


def _steam(rng: Random, scene: Scene) -> tuple[float, float]:
    """Minutes of buying from half an hour to six hours before, away from any news."""
    news = [a.steps[0].second for a in scene.announcements]
    while True:
        since = float(-int(1800 * math.exp(rng.uniform(0, math.log(12)))))
        until = since + rng.randint(120, 480)
        if all(n + 2400 < since or until + 1200 < n for n in news):
            return since, until


def _late(rng: Random, _scene: Scene) -> tuple[float, float]:
    return float(-rng.randint(4200, 5 * 3600)), float(-rng.randint(120, 900))


def _in_play(rng: Random, scene: Scene) -> tuple[float, float]:
    """Minutes of play without a goal or a red card in or near them."""
    for _ in range(_TRIES):
        since = scene.times.kick_off + rng.randint(10 * 60, 85 * 60)
        until = since + rng.randint(180, 600)
        edges = (since - 120, until + 120)
        quiet = not any(edges[0] < i.second < edges[1] for i in scene.incidents)
        if quiet and all(scene.times.playing(s) for s in (*edges, since, until)):
            break
    return since, until


_NOWHERE = Step(0, 0, 0)


def _shift(scene: Scene, second: float, selection: Selection, wanted: float) -> tuple[Step, float]:
    """Find the shift of the rating that moves a selection as far as wanted at a second."""
    base = _probability(scene.price(second, _NOWHERE), selection)
    if base is None or not _ROOM[0] < base < _ROOM[1]:
        return _NOWHERE, 0.0
    wanted = min(wanted, _ROOM[1] - base)
    near, far = 0.0, _FURTHEST
    for _ in range(18):
        middle = (near + far) / 2
        moved = _probability(scene.price(second, _towards(selection, middle)), selection)
        near, far = (middle, far) if (moved or 0.0) - base < wanted else (near, middle)
    shift = _towards(selection, near)
    return shift, (_probability(scene.price(second, shift), selection) or base) - base


def _towards(selection: Selection, far: float) -> Step:
    if selection in ("home", "away"):
        return Step(0, far if selection == "home" else -far, 0)
    return Step(0, 0, far if selection == "over" else -far)


def _probability(truth: Truth, selection: Selection) -> float | None:
    if selection in ("home", "away"):
        return truth.outcome[OUTCOMES.index(selection)]
    if truth.over is None:
        return None
    return truth.over if selection == "over" else 1 - truth.over


def _ramp(rng: Random, plan: _Plan, typology: Typology) -> tuple[Step, ...]:
    """Spread the shift over the window, in uneven steps."""
    length = plan.until - plan.since
    count = max(6, int(length / (240 if typology == "late-drift" else 25)))
    parts = [rng.expovariate(1) for _ in range(count)]
    _, supremacy, total = plan.shift
    return tuple(
        Step(float(int(plan.since + length * i / (count - 1))), supremacy * part, total * part)
        for i, part in enumerate(p / sum(parts) for p in parts)
    )


def _surges(rng: Random, plan: _Plan, typology: Typology) -> tuple[Surge, ...]:
    if plan.selection not in OUTCOMES:
        return ()
    lead, tail = {"late-drift": (0, 0), "steam-move": (300, 1200)}.get(typology, (60, 600))
    factor = rng.uniform(3, 8)
    return (Surge(plan.since - lead, plan.until + tail, OUTCOMES.index(plan.selection), factor),)


def _divergence(fix: Fix, rng: Random, scene: Scene) -> Scheme:
    names = [name for name in scene.books if name != EXCHANGE]
    books = sorted(rng.sample(names, min(len(names), rng.randint(1, 2))))
    wanted = fix.strength or rng.uniform(*_STRENGTHS[fix.typology])
    since, until = float(-rng.randint(4 * 3600, 18 * 3600)), 0.0
    selection = fix.selection or _selection(rng, "1x2")
    if selection not in OUTCOMES:
        raise ValueError(f"fix: book-divergence is done on home or away, not on {selection!r}")
    base = _probability(scene.price(since, _NOWHERE), selection) or 0.5
    target = min(base + wanted, _ROOM[1])
    shift = math.log(target / (1 - target)) - math.log(base / (1 - base))
    lean = Lean(since, until, OUTCOMES.index(selection), shift)
    return Scheme(
        typology=fix.typology, selection=selection, strength=target - base,
        since=since, until=until, goals_from=math.inf, leans=dict.fromkeys(books, lean),
        note=f"{selection} {100 * (target - base):.1f} pp above the others at {', '.join(books)}",
    )  # fmt: skip


def _note(plan: _Plan, times: Timetable) -> str:
    minutes = (plan.until - plan.since) / 60
    if plan.since >= times.kick_off:
        when = f"from minute {times.clock(plan.since):.0f}"
    else:
        when = f"from {-plan.since / 60:.0f} min before kick-off"
    return f"{plan.selection} bought by {100 * plan.strength:.1f} pp in {minutes:.0f} min {when}"
