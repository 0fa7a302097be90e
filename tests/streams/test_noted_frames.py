from hypothesis import given
from hypothesis import strategies as st

from markets.offers import LOOK_BACK_S
from streams.noted_frames import KEPT_S, NotedFrames

HOUR_S = 3600.0


@given(
    st.lists(st.tuples(st.floats(-60.0, HOUR_S), st.integers(0, 2)), min_size=1, max_size=400),
    st.floats(-HOUR_S, LOOK_BACK_S),
)
def test_a_window_begins_with_the_frame_that_was_current(
    steps: list[tuple[float, int]], back: float
) -> None:
    frames, at, offset = NotedFrames(), 0.0, 0
    noted: list[tuple[float, int]] = []
    for step, on in steps:  # records come late now and then, and several in a frame
        at, offset = at + step, offset + on
        frames.note(at, offset)
        if not noted or noted[-1][1] != offset:
            noted.append((at, offset))
    since = max(moment for moment, _ in noted) - back
    later = next((i for i, (moment, _) in enumerate(noted) if moment > since), len(noted))
    assert frames.newest == noted[-1][1]
    assert frames.since(since) == noted[max(0, later - 1)][1]


def test_what_no_window_reaches_is_let_go() -> None:
    frames = NotedFrames()
    for second in range(100_000):
        frames.note(float(second), second)
    assert KEPT_S <= len(frames) < KEPT_S + 100
    assert len(frames._times) < KEPT_S + 200
    assert frames.since(0.0) >= 100_000 - KEPT_S - 100
