import json
import lzma
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from alerts.alert import RANKS
from markets.records import Gap, Heartbeat, Price, Record
from streams.injected import (
    NothingToInject,
    evaluate_injected,
    label_of,
    recordings,
    watch_recording,
)
from streams.overlay_plans import OVERLAID, drawn
from streams.partition_watch import WatchSettings
from streams.recorded import Source
from streams.simulator.seeds import stream
from tests.streams.made_up_feed import KICK_OFF, fixture, polled

WORLD_CUP = Path(__file__).parents[3] / "shared" / "data" / "worldcup-2026"
SNAPSHOTS, RESULTS = WORLD_CUP / "odds-api-snapshots.jsonl.xz", WORLD_CUP / "results.json"
SETTINGS = WatchSettings()


def written(path: Path, records: list[Record]) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    return path


@pytest.fixture(scope="module")
def feed(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("feed") / "day.jsonl", polled(("a-v-b", "c-v-d")))


def test_a_feed_is_split_into_its_matches():
    told = polled(("c-v-d", "a-v-b"))
    told.insert(40, Gap(at=told[40].at, source="odds", reason="no poll"))

    first, second = recordings(told)

    assert (first.match, second.match) == ("a-v-b", "c-v-d")
    beats = [r for r in told if isinstance(r, Heartbeat | Gap)]
    for found in (first, second):
        assert [r for r in found.records if isinstance(r, Heartbeat | Gap)] == beats
        own = [r for r in found.records if not isinstance(r, Heartbeat | Gap)]
        assert own == [r for r in told if getattr(r, "match", None) == found.match]


def test_the_order_of_a_feed_is_kept():
    told = polled()

    (found,) = recordings(told)

    assert list(found.records) == told


def test_matches_without_prices_or_kick_off_are_no_clean_matches():
    told = polled()
    unknown = [r for r in polled(("c-v-d",)) if isinstance(r, Price)]
    unpriced = [fixture("e-v-f", KICK_OFF - timedelta(hours=12))]

    assert [r.match for r in recordings([*told, *unknown, *unpriced])] == ["a-v-b"]


def test_a_label_says_what_the_overlay_does():
    (played,) = recordings(polled())
    overlay = drawn("late-drift", played, stream(1, 0, "late-drift"))

    label = label_of(played, overlay)

    assert (label.match, label.typology, label.market) == ("a-v-b", "late-drift", "1x2")
    assert (label.start.timestamp(), label.end.timestamp()) == pytest.approx(
        (overlay.since, overlay.until), abs=0.001
    )
    assert (label.selection, label.note) == (overlay.selection, overlay.note)


def test_each_match_is_watched_as_it_is_and_with_each_fix():
    (played,) = recordings(polled())

    found = watch_recording(played, 1, list(OVERLAID), SETTINGS)

    assert [watched.judged.typology for watched in found] == [None, *OVERLAID]
    assert found[0].records == len(played.records)
    assert all(watched.records > len(played.records) for watched in found[1:])
    assert all(watched.peers for watched in found)
    again = watch_recording(played, 1, list(OVERLAID), SETTINGS)
    assert [w.judged for w in again] == [w.judged for w in found]


def test_the_larger_the_move_the_graver_the_alert():
    # A steam move of all books by 8 pp or more against a market that hardly moves.
    (played,) = recordings(polled(still=True))

    clean, fixed = watch_recording(played, 1, ["steam-move"], SETTINGS)

    assert clean.judged.outcome == "nothing"
    assert RANKS.get(fixed.judged.outcome, -1) >= RANKS["amber"]
    assert fixed.peers["ten-points"].before > clean.peers["ten-points"].before


def test_a_match_without_room_is_left_out_for_that_fix():
    ends = [r for r in polled() if not (isinstance(r, Price) and r.at >= KICK_OFF)]
    (played,) = recordings(ends)

    found = watch_recording(played, 1, ["steam-move", "unexplained-in-play"], SETTINGS)

    assert [watched.judged.typology for watched in found] == [None, "steam-move"]


def test_a_feed_from_end_to_end(feed):
    told: list[tuple[int, int]] = []
    found = evaluate_injected(
        [Source.parse(str(feed))], 3, typologies=["steam-move", "ghost-match"],
        settings=SETTINGS, workers=1, on_match=lambda done, total: told.append((done, total)),
    )  # fmt: skip

    assert found.clean.red.matches == 2
    assert {t: figures.red.matches for t, figures in found.fixed.items()} == {"steam-move": 2}
    assert found.peers is not None
    assert found.costs == ()
    assert told == [(1, 2), (2, 2)]


def test_what_cannot_be_injected_is_told(feed, tmp_path):
    def inject(path: Path, *typologies: str):
        sources = [Source.parse(str(path))]
        return evaluate_injected(sources, 1, typologies=typologies, settings=SETTINGS, workers=1)

    with pytest.raises(NothingToInject, match=r"only book-divergence, .* can be injected"):
        inject(feed, "ghost-match")
    no_kick_off = [r for r in polled() if isinstance(r, Price | Heartbeat)]
    with pytest.raises(NothingToInject, match="add a file of fixtures"):
        inject(written(tmp_path / "prices.jsonl", no_kick_off), "steam-move")


@pytest.mark.skipif(not SNAPSHOTS.exists(), reason=f"no recording of a tournament at {WORLD_CUP}")
def test_a_real_match_with_fixes_laid_over_it(tmp_path):
    one = tmp_path / "one.jsonl"
    with lzma.open(SNAPSHOTS, "rt") as lines, one.open("w") as out:
        for line in lines:
            if re.search(r'"timestamp": ?"2026-06-2[78]', line[:200]):
                document = json.loads(line)
                document["data"] = [e for e in document["data"] if e["home_team"] == "Algeria"]
                print(json.dumps(document), file=out)

    found = evaluate_injected(
        [Source.parse(f"odds-api:{one}"), Source.parse(f"openfootball:{RESULTS}")], 1,
        typologies=list(OVERLAID), settings=SETTINGS, workers=1,
    )  # fmt: skip

    assert found.clean.red.matches == 1, "those without prices are no clean matches"
    assert sum(figures.red.matches for figures in found.fixed.values()) >= 2
