import math
from collections import defaultdict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calibration import Calibration, Prior, Priors, shipped_priors
from detectors.catalogue import catalogue

SHIPPED = shipped_priors()
CELL = ("steam-move", "1x2", "late")


def prior(**more):
    known = {"detector": CELL[0], "market": CELL[1], "phase": CELL[2], "knee": 0.1, "scale": 0.05}
    known |= {"share": 0.5, "source": "a test", "tiers": {"1": 1.0, "2": 1.2, "3": 1.5}}
    return Prior(**(known | more))


def calibration(*cells):
    return Calibration(Priors(1, 2.0, list(cells)))


def tail(raw, *cells, slow=False, sport="football", tier=1):
    return calibration(*cells).tail(CELL, raw, slow=slow, sport=sport, tier=tier)


@given(st.floats(0, 10), st.floats(0, 10), st.sampled_from(SHIPPED.cells))
def test_more_is_never_more_common(one, other, cell):
    small, large = sorted((one, other))
    assert 0.0 <= cell.tail(large) <= cell.tail(small) <= 1.0


@given(st.sampled_from(SHIPPED.cells))
def test_beyond_the_knee_e_times_fewer_clean_matches_go_beyond_each_scale(cell):
    assert cell.tail(cell.knee) == pytest.approx(cell.beyond)
    assert cell.tail(cell.knee + cell.scale) == pytest.approx(cell.beyond / math.e)
    assert cell.tail(math.nextafter(cell.knee, 0.0)) == 1.0


def test_an_unknown_cell_is_silent():
    assert tail(1e9) == 1.0
    assert calibration().share(CELL, slow=False) == 0.0


@pytest.mark.parametrize(
    ("sport", "tier", "factor"),
    [
        ("football", 1, 1.0),
        ("football", 2, 1.2),
        ("football", 9, 1.5),  # a tier without a factor of its own: as restless as the worst known
        ("tennis", 1, 2.0),
        ("unknown", 9, 3.0),
    ],
)
def test_other_sports_and_tiers_must_show_more(sport, tier, factor):
    same = tail(0.2 * factor, prior(), sport=sport, tier=tier)
    assert same == pytest.approx(tail(0.2, prior()))


def test_the_pace_of_the_feed_chooses_the_prior():
    fast, slow, any_pace = prior(feed="fast"), prior(feed="slow", knee=0.2), prior(knee=0.3)
    assert tail(0.15, fast, slow, any_pace) < 0.1
    assert tail(0.15, fast, slow, any_pace, slow=True) == 1.0
    assert tail(0.31, any_pace, slow=True) < 0.1


def test_shipped_priors_are_sound():
    for cell in SHIPPED.cells:
        assert cell.knee > 0, cell
        assert cell.scale > 0, cell
        assert 0 < cell.share <= 1, cell
        assert cell.source.strip(), cell


def test_shipped_priors_name_each_cell_once_and_known_detectors_only():
    keys = [(c.detector, c.market, c.phase, c.feed) for c in SHIPPED.cells]
    assert len(set(keys)) == len(keys)
    kinds = {kind.name: kind for kind in catalogue()}
    for detector, market, phase, _ in keys:
        assert market in kinds[detector].markets
        assert phase in kinds[detector].phases


def test_every_cell_has_a_prior_for_a_fast_feed():
    paces = defaultdict(set)
    for cell in SHIPPED.cells:
        paces[cell.detector, cell.market, cell.phase].add(cell.feed)
    assert all("any" in found or "fast" in found for found in paces.values())


def test_the_pace_of_the_feed_chooses_the_share():
    cells = calibration(prior(feed="fast", share=0.1), prior(feed="slow", share=0.4))
    assert [cells.share(CELL, slow=slow) for slow in (False, True)] == [0.1, 0.4]


def test_lower_tiers_are_never_calmer():
    for cell in SHIPPED.cells:
        factors = [cell.tiers[key] for key in sorted(cell.tiers)]
        assert factors == sorted(factors), cell
        assert not factors or factors[0] == 1.0, cell
        assert 0.0 < cell.beyond <= 0.1, cell
    assert SHIPPED.unknown_sport_factor >= 1.0


def test_a_misspelt_field_of_a_priors_file_is_refused():
    text = msgspec.json.encode(SHIPPED).replace(b'"knee"', b'"x_10"', 1)
    with pytest.raises(msgspec.ValidationError, match="x_10"):
        msgspec.json.decode(text, type=Priors)
