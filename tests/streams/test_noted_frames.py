from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from streams.noted_frames import KEPT_S, NotedFrames

HOUR_S = 3600.0


def kept(notes: list[tuple[float, int]]) -> deque[tuple[float, int]]:
    """What is to be kept, the plain way."""
    frames: deque[tuple[float, int]] = deque()
    for at, offset in notes:
        if frames and frames[-1][1] == offset:
            continue
        frames.append((at, offset))
        while len(frames) > 1 and frames[1][0] <= at - KEPT_S:
            frames.popleft()
    return frames


@given(
    st.lists(st.tuples(st.floats(-60.0, HOUR_S), st.integers(0, 2)), min_size=1, max_size=400),
    st.floats(-HOUR_S, 400 * HOUR_S),
)
def test_it_keeps_what_a_window_reaches_and_no_more(
    steps: list[tuple[float, int]], since: float
) -> None:
    notes, at, offset = [], 0.0, 0
    for step, on in steps:  # records come late now and then, and several in a frame
        at, offset = at + step, offset + on
        notes.append((at, offset))
    frames, wanted = NotedFrames(), kept(notes)
    for note in notes:
        frames.note(*note)
    later = next((i for i, (moment, _) in enumerate(wanted) if moment > since), len(wanted))
    assert (len(frames), frames.newest) == (len(wanted), wanted[-1][1])
    assert frames.since(since) == wanted[max(0, later - 1)][1]


def test_what_is_dropped_is_let_go() -> None:
    frames = NotedFrames()
    for second in range(100_000):
        frames.note(float(second), second)
    assert len(frames) == KEPT_S + 1
    assert len(frames._times) < KEPT_S + 100
