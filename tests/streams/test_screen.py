"""What a run tells of itself at its end."""

import pytest

from streams import screen
from streams.screen import Screen, show_tally
from streams.tally import Tally


@pytest.mark.parametrize(
    ("ours", "largest", "told"),
    [(100.0, 660.0, "peak memory 100 MB, largest worker 660 MB\n"),
     (596.0, 471.0, "peak memory 596 MB\n"), (100.0, 0.0, "peak memory 100 MB\n")],
)  # fmt: skip
def test_a_worker_s_peak_is_told_only_where_it_can_be_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    ours: float, largest: float, told: str,
) -> None:  # fmt: skip
    """A child's peak begins with what its parent held when the child began."""
    monkeypatch.setattr(screen, "memory_mb", {"self": ours, "children": largest}.__getitem__)
    show_tally(Screen(), Tally(), 1.0)
    assert told in capsys.readouterr().out
