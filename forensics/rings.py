"""Pairs of accounts joined to groups: who is connected with whom, and with how much money."""

import itertools

import numpy as np
import pyarrow as pa

NAMED = (("ring", pa.int64()), ("ring_accounts", pa.int64()), ("ring_money", pa.float64()))
Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]


def rings(pairs: pa.Table, chance: float) -> pa.Table:
    """Keep pairs that are together by more than chance, each with the group that it belongs to.

    A pair counts by itself, or as part of a star: given n accounts, that one of them is as close
    to j others is expected n^(j + 1) / (j + 1)! times the product of the j probabilities. Groups
    are numbered by their money, the largest first. An account's money is the most that it staked
    with any one partner, for the same bet may be shared with several.

    Good at: rings of five that each pair alone would leave in doubt. Bad at: several habits of one
    tipster's followers, who are a star too.

    >>> pairs = pa.table({"first": ["a", "b", "x"], "second": ["b", "c", "y"],
    ...                   "first_money": [1.0, 2.0, 9.0], "second_money": [2.0, 3.0, 9.0],
    ...                   "chance": [1e-6, 1e-5, 30.0], "bettors": [100, 100, 100]})
    >>> rings(pairs, 0.01).select(["first", "ring", "ring_accounts", "ring_money"]).to_pylist()[1]
    {'first': 'b', 'ring': 1, 'ring_accounts': 3, 'ring_money': 6.0}
    """
    names, one, two = _ends(pairs)
    chances = _with_stars(pairs, one, two, len(names))
    place = pairs.column_names.index("chance")
    pairs = pairs.set_column(place, "chance", pa.array(chances))
    return _grouped(pairs.filter(pa.array(chances < chance)))


def _ends(pairs: pa.Table) -> tuple[list[str], Places, Places]:
    ends = [pairs[name].to_pylist() for name in ("first", "second")]
    names, places = np.unique(np.array([*ends[0], *ends[1]], dtype=object), return_inverse=True)
    return list(names), places[: pairs.num_rows], places[pairs.num_rows :]


def _with_stars(pairs: pa.Table, one: Places, two: Places, accounts: int) -> Numbers:
    """Chance of each pair, or of the least likely star that it is part of."""
    chances: Numbers = pairs["chance"].to_numpy().astype(float)
    if not len(chances):
        return chances
    from scipy.special import gammaln  # scipy is slow to import, and this alone needs it

    n = float(max(2, pairs["bettors"][0].as_py()))
    log_p = np.log(np.maximum(chances, 1e-300)) - np.log(n * (n - 1) / 2)
    best = np.log(np.maximum(chances, 1e-300))
    centres = np.concatenate([one, two])
    edges = np.tile(np.arange(len(one)), 2)
    order = np.lexsort((log_p[edges], centres))
    bounds = np.searchsorted(centres[order], np.arange(accounts + 1))
    for start, end in itertools.pairwise(bounds):
        star = edges[order[start:end]]
        size = np.arange(2, len(star) + 2)
        logs = np.cumsum(log_p[star]) + size * np.log(n) - gammaln(size + 1)
        # A pair is as unlikely as the least likely star that reaches as far as it.
        best[star] = np.minimum(best[star], np.minimum.accumulate(logs[::-1])[::-1])
    return np.exp(np.minimum(best, 700.0))


def _grouped(pairs: pa.Table) -> pa.Table:
    from scipy.sparse import coo_matrix  # as above
    from scipy.sparse.csgraph import connected_components

    names, one, two = _ends(pairs)
    graph = coo_matrix((np.ones(len(one)), (one, two)), shape=(len(names), len(names)))
    count, group = connected_components(graph, directed=False) if names else (0, one)
    money = np.zeros(len(names))
    for end, name in ((one, "first_money"), (two, "second_money")):
        np.maximum.at(money, end, pairs[name].to_numpy())
    totals = np.bincount(group, weights=money, minlength=count)
    sizes = np.bincount(group, minlength=count)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-totals, kind="stable")] = np.arange(1, count + 1)
    of_pair = group[one]
    columns = (rank[of_pair], sizes[of_pair], totals[of_pair])
    for (name, kind), values in zip(NAMED, columns, strict=True):
        pairs = pairs.append_column(name, pa.array(values, kind))
    return pairs
