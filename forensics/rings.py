"""Pairs of accounts joined to groups: who is connected with whom, and with how much money."""

import numpy as np
import pyarrow as pa

NAMED = (("ring", pa.int64()), ("ring_accounts", pa.int64()), ("ring_money", pa.float64()))
Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


def rings(pairs: pa.Table, chance: float) -> pa.Table:
    """Keep pairs that are together by more than chance, each with the group that it belongs to.

    What is looked for decides how much is by chance: among all pairs; among stars, since members of
    a ring are close to several others; among the pairs of an account with a group that was found;
    and among the pairs of one group. A pair is listed when fewer than `chance` as close as it are
    expected in one of the four. Groups are numbered by their money, the largest first. An account's
    money is the most that it staked with any one partner, for the same bet may be shared with
    several.

    Good at: rings of five that each pair alone would leave in doubt. Bad at: several habits of one
    tipster's followers, who are a star too.

    >>> pairs = pa.table({"first": ["a", "b", "x"], "second": ["b", "c", "y"],
    ...                   "first_money": [1.0, 2.0, 9.0], "second_money": [2.0, 3.0, 9.0],
    ...                   "chance": [1e-6, 1e-5, 30.0], "bettors": [100, 100, 100]})
    >>> rings(pairs, 0.01).select(["first", "ring", "ring_accounts", "ring_money"]).to_pylist()[1]
    {'first': 'b', 'ring': 1, 'ring_accounts': 3, 'ring_money': 6.0}
    """
    chances = _chances(pairs, chance) if pairs.num_rows else np.zeros(0)
    place = pairs.column_names.index("chance")
    pairs = pairs.set_column(place, "chance", pa.array(chances))
    return _grouped(pairs.filter(pa.array(chances < chance)))


def _chances(pairs: pa.Table, chance: float) -> Numbers:
    """How many as close as each pair are expected, where they are expected least."""
    names, one, two = _ends(pairs)
    bettors = float(max(2, pairs["bettors"][0].as_py()))
    chances: Numbers = pairs["chance"].to_numpy().astype(float)
    alone = chances / (bettors * (bettors - 1) / 2)
    group = _groups(one, two, chances < chance, len(names))
    chances = np.minimum(chances, _stars(alone, one, two, group, bettors, chance))
    group = _groups(one, two, chances < chance, len(names))
    found = np.bincount(group, minlength=len(names))[group] > 1
    joining = np.where(found[one] | found[two], alone * bettors * found.sum(), np.inf)
    chances = np.minimum(chances, joining)
    group = _groups(one, two, chances < chance, len(names))
    size = np.bincount(group)[group[one]]
    inside = np.where(group[one] == group[two], alone * size * (size - 1) / 2, np.inf)
    return np.minimum(chances, inside)


def _ends(pairs: pa.Table) -> tuple[list[str], Places, Places]:
    ends = [pairs[name].to_pylist() for name in ("first", "second")]
    names, places = np.unique(np.array([*ends[0], *ends[1]], dtype=object), return_inverse=True)
    return list(names), places[: pairs.num_rows], places[pairs.num_rows :]


def _groups(one: Places, two: Places, joined: Flags, accounts: int) -> Places:
    """The group of each account, when these pairs are joined; one that is alone is its own."""
    from scipy.sparse import coo_matrix  # scipy is slow to import, and this alone needs it
    from scipy.sparse.csgraph import connected_components

    ends = (one[joined], two[joined])
    graph = coo_matrix((np.ones(len(ends[0])), ends), shape=(accounts, accounts))
    group: Places = connected_components(graph, directed=False)[1].astype(np.int64)
    return group


def _stars(
    alone: Numbers, one: Places, two: Places, group: Places, bettors: float, chance: float
) -> Numbers:
    """How many stars as close are expected: one account, and the accounts that are close to it.

    Given n accounts, that one of them is as close to j others is expected n^(j + 1) / (j + 1)!
    times the product of the j probabilities. A pair belongs to it that is close by itself among
    the pairs of one account, so that none is listed for the closeness of others. What one member
    of a group did the others did as well: they are one point of a star and not several.
    """
    from scipy.special import gammaln

    best = np.full(len(alone), np.inf)
    near = np.flatnonzero((alone * bettors < chance) & (group[one] != group[two]))
    centres = np.concatenate([one[near], two[near]])
    points = group[np.concatenate([two[near], one[near]])]
    edges = np.tile(near, 2)
    order = np.lexsort((alone[edges], points, centres))
    centres, points, edges = centres[order], points[order], edges[order]
    first = (np.diff(centres, prepend=-1) != 0) | (np.diff(points, prepend=-1) != 0)
    for centre in np.unique(centres):
        star = edges[first & (centres == centre)]
        log = np.log(np.maximum(alone[star], 1e-300)).sum() + (len(star) + 1) * np.log(bettors)
        expected = np.exp(min(log - gammaln(len(star) + 2), 700.0))
        best[star] = np.minimum(best[star], expected)
    return best


def _grouped(pairs: pa.Table) -> pa.Table:
    names, one, two = _ends(pairs)
    group = _groups(one, two, np.ones(len(one), dtype=np.bool_), len(names))
    count = int(group.max(initial=-1)) + 1
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
