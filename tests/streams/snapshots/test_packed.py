"""What is packed takes the room of its bytes, and no more."""

import tracemalloc

from streams.snapshots.packed import pack


def test_what_is_packed_takes_no_more_room_than_it_has_bytes():
    match = {f"selection {n}": [float(n)] * 10 for n in range(500)}
    pack(match, ())
    tracemalloc.start()
    try:
        packed = [pack(match, ()) for _ in range(10)]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1.2 * sum(map(len, packed)) + 10_000
