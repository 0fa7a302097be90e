import math
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.catalogue import catalogue
from detectors.peers.board import Board, board, quoted
from detectors.peers.gaussian import Gaussian
from detectors.peers.half_space_trees import WINDOW, HalfSpaceTrees
from detectors.peers.peer import Peer
from detectors.peers.rolling_z import FEWEST, FLOOR, RollingZ
from detectors.peers.ten_points import TenPoints
from detectors.peers.three_sigma import ThreeSigma
from markets.book import MatchBook
from markets.records import Price
from tests.detectors.scene import MATCH, moment

PEERS = (TenPoints, RollingZ, Gaussian, HalfSpaceTrees, ThreeSigma)
BOOKS = [f"book-{n:02}" for n in range(11)]
WON = ("1x2", None, ("home", "draw", "away"))
MIDDLE = 0.45
TWELVE_POINTS = 0.12
Row = tuple[float, float, float]


def row(home: float) -> Row:
    """Probabilities with home at `home`; draw and away share the rest three to two."""
    return home, 0.6 * (1.0 - home), 0.4 * (1.0 - home)


def priced(homes: list[float], *, in_play: bool = False) -> Board:
    fair = {name: row(home) for name, home in zip(BOOKS, homes, strict=False)}
    return Board({WON: quoted(fair, 0.05)}, in_play)


def flat(home: float = MIDDLE, *, in_play: bool = False) -> Board:
    return priced([home] * len(BOOKS), in_play=in_play)


def quiet(looks: int, home: float = MIDDLE) -> Iterator[Board]:
    """All books within half a point of `home`, each look anew; the consensus stirs a little."""
    rng = random.Random(4)
    for _ in range(looks):
        yield priced([home + rng.uniform(-0.005, 0.005) for _ in BOOKS])


def scores(peer: Peer, boards: Iterator[Board] | list[Board]) -> list[float]:
    return [peer.update(300.0 * look, seen) for look, seen in enumerate(boards)]


@pytest.mark.parametrize("kind", PEERS)
def test_a_flat_market_is_nothing(kind: type[Peer]) -> None:
    assert set(scores(kind(), [flat()] * 150)) == {0.0}


@pytest.mark.parametrize(
    ("kind", "tolerated"), [(TenPoints, 1.0), (RollingZ, 3.5), (ThreeSigma, 3.0)]
)
def test_a_quiet_market_stays_below_what_is_tolerated(kind: type[Peer], tolerated: float) -> None:
    assert 0.0 < max(scores(kind(), quiet(150))) <= tolerated


@pytest.mark.parametrize("kind", [TenPoints, RollingZ, Gaussian, HalfSpaceTrees])
def test_a_move_of_twelve_points_is_the_highest_of_a_quiet_day(kind: type[Peer]) -> None:
    peer = kind()
    before = max(scores(peer, quiet(150)))
    assert peer.update(1e6, flat(MIDDLE + TWELVE_POINTS)) > 1.001 * before


@pytest.mark.parametrize("kind", PEERS)
def test_equal_looks_give_equal_scores(kind: type[Peer]) -> None:
    lively = [*quiet(80), flat(0.6), *quiet(10, 0.3)]
    assert scores(kind(), lively) == scores(kind(), lively)


@pytest.mark.parametrize("kind", PEERS)
@settings(max_examples=25, deadline=None)
@given(
    looks=st.lists(
        st.lists(st.floats(0.001, 0.999), min_size=1, max_size=6), min_size=1, max_size=70
    )
)
def test_scores_are_finite_whatever_the_books_say(
    kind: type[Peer], looks: list[list[float]]
) -> None:
    told = scores(kind(), [priced(homes) for homes in looks])
    assert all(math.isfinite(score) and score >= 0.0 for score in told)


@pytest.mark.parametrize("kind", PEERS)
def test_a_market_that_is_withdrawn_and_an_empty_board_are_borne(kind: type[Peer]) -> None:
    empty = Board({}, in_play=False)
    assert scores(kind(), [empty, flat(), empty, flat(), empty])[-1] == 0.0


def test_peers_are_no_detectors_of_the_watch() -> None:
    assert not set(PEERS) & set(catalogue())
    assert len({kind.name for kind in PEERS}) == len(PEERS)


class TestTenPoints:
    def test_it_is_the_largest_move_of_one_book_since_its_opening(self) -> None:
        peer = TenPoints()
        peer.update(0.0, flat())
        moved = [MIDDLE] * 10 + [MIDDLE + TWELVE_POINTS]
        assert peer.update(300.0, priced(moved)) == pytest.approx(12.0)
        assert peer.update(600.0, flat()) == pytest.approx(0.0)

    def test_a_book_that_opened_astray_is_dropped(self) -> None:
        peer = TenPoints()
        peer.update(0.0, priced([MIDDLE] * 10 + [MIDDLE + 0.11]))
        assert peer.update(300.0, flat()) == 0.0

    def test_a_book_is_held_against_its_own_opening(self) -> None:
        peer = TenPoints()
        peer.update(0.0, priced([MIDDLE] * 10))
        assert peer.update(300.0, priced([MIDDLE] * 10 + [MIDDLE + 0.05])) == 0.0
        assert peer.update(600.0, priced([MIDDLE] * 10 + [MIDDLE])) == pytest.approx(5.0)

    def test_in_play_it_is_silent(self) -> None:
        peer = TenPoints()
        peer.update(0.0, flat())
        assert peer.update(300.0, flat(0.9, in_play=True)) == 0.0


class TestRollingZ:
    def test_it_scores_before_it_learns(self) -> None:
        peer = RollingZ()
        scores(peer, [flat()] * (FEWEST + 1))
        # Nothing moved yet, so the deviation is at its floor.
        assert peer.update(1e6, flat(MIDDLE + 0.04)) == pytest.approx(0.04 / FLOOR)

    def test_it_says_nothing_before_a_dozen_changes(self) -> None:
        peer = RollingZ()
        scores(peer, [flat()] * FEWEST)
        assert peer.update(1e6, flat(MIDDLE + TWELVE_POINTS)) == 0.0

    def test_a_slow_drift_never_shows(self) -> None:
        drift = [flat(MIDDLE + 0.002 * look) for look in range(100)]
        assert max(scores(RollingZ(), drift)) < 1.0

    def test_it_forgets_a_move_after_the_window(self) -> None:
        peer = RollingZ()
        first = scores(peer, [*[flat()] * 80, flat(0.6)])[-1]
        after = scores(peer, [flat(0.6)] * 10 + [flat(0.75)])[-1]
        assert after < 0.3 * first
        assert scores(peer, [flat(0.75)] * 80 + [flat(0.6)])[-1] == pytest.approx(first)


class TestGaussian:
    def test_from_some_sigmas_on_all_moves_are_one(self) -> None:
        def score(move: float) -> float:
            peer = Gaussian()
            scores(peer, quiet(100))
            return peer.update(1e6, flat(MIDDLE + move))

        assert score(0.03) == score(0.3) == 1.0
        assert score(0.001) < 0.9

    def test_what_is_not_a_number_is_passed_over(self) -> None:
        peer = Gaussian()
        scores(peer, quiet(100))
        assert peer.update(1e6, flat(math.nan)) == 0.0
        assert peer.update(2e6, flat()) == 0.0
        assert 0.0 < peer.update(3e6, flat(MIDDLE + 0.001)) < 0.9


class TestHalfSpaceTrees:
    def test_the_first_window_scores_nothing(self) -> None:
        peer = HalfSpaceTrees()
        # The first look has no move yet, so it is not one of the window.
        assert set(scores(peer, quiet(WINDOW))) == {0.0}
        assert peer.update(1e6, flat(0.9)) == 0.0

    def test_what_never_was_before_scores_high(self) -> None:
        peer = HalfSpaceTrees()
        calm = max(scores(peer, quiet(2 * WINDOW)))
        assert peer.update(1e6, flat(0.9)) > calm + 0.3


class TestThreeSigma:
    def test_one_stray_book_is_more_than_three_sigmas_off(self) -> None:
        stray = priced([MIDDLE] * 10 + [MIDDLE + 0.06])
        # One of n books, the others alike, is n / sqrt(n - 1) deviations off their median.
        assert ThreeSigma().update(0.0, stray) == pytest.approx(11 / math.sqrt(10))

    def test_a_distance_is_measured_by_the_floor_when_books_are_as_one(self) -> None:
        assert ThreeSigma().update(0.0, priced([MIDDLE] * 10 + [MIDDLE + 0.001])) < 0.25

    def test_all_books_together_are_no_strays(self) -> None:
        peer = ThreeSigma()
        assert scores(peer, [flat(), flat(MIDDLE + 0.3)]) == pytest.approx([0.0, 0.0])

    def test_of_three_books_nobody_strays(self) -> None:
        assert ThreeSigma().update(0.0, priced([MIDDLE, MIDDLE, 0.9])) == 0.0


class TestBoard:
    def tell(self, match: MatchBook, market: str, prices: dict[str, float], **more: object) -> None:
        known: dict[str, object] = {"book": "betmgm", "line": 2.5 if market == "total" else None}
        for selection, price in prices.items():
            told = {"selection": selection, "price": price, "market": market}
            match.apply(Price(at=moment(-60), match=MATCH, **(known | told | more)))

    def test_it_holds_results_and_totals_alone(self) -> None:
        book = MatchBook(MATCH)
        self.tell(book, "1x2", {"home": 2.0, "draw": 3.5, "away": 4.2})
        self.tell(book, "total", {"over": 1.8, "under": 2.0})
        self.tell(book, "btts", {"yes": 1.8, "no": 2.0})
        seen = board(book, in_play=False)
        assert [key[:2] for key in seen.markets] == [("1x2", None), ("total", 2.5)]
        total = seen.markets["total", 2.5, ("over", "under")]
        assert total.fair["betmgm"] == pytest.approx((10 / 19, 9 / 19))
        assert total.overround == pytest.approx(1 / 1.8 + 1 / 2.0 - 1)

    def test_a_market_that_lacks_a_selection_is_not_there_yet(self) -> None:
        book = MatchBook(MATCH)
        self.tell(book, "1x2", {"home": 2.0, "away": 1.9})
        assert board(book, in_play=False).markets == {}

    def test_a_book_that_is_suspended_is_left_out(self) -> None:
        book = MatchBook(MATCH)
        self.tell(book, "winner", {"a": 2.0, "b": 1.9})
        self.tell(book, "winner", {"a": 1.5, "b": 2.9}, book="fanduel", status="suspended")
        (market,) = board(book, in_play=False).markets.values()
        assert list(market.fair) == ["betmgm"]
