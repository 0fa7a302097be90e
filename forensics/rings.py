"""Pairs of accounts joined to groups: who is connected with whom, and how much money they staked."""

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

NAMED = (("ring", pa.int64()), ("ring_accounts", pa.int64()), ("ring_money", pa.float64()))


def rings(pairs: pa.Table) -> pa.Table:
    """Add to each pair the group that it belongs to, its accounts and its money.

    Groups are numbered by their money, the largest first. An account's money is the most that it
    staked with any one partner, for the same bet may be shared with several.

    >>> pairs = pa.table({"first": ["a", "b", "x"], "second": ["b", "c", "y"],
    ...                   "first_money": [1.0, 2.0, 9.0], "second_money": [2.0, 3.0, 9.0]})
    >>> rings(pairs).select(["first", "ring", "ring_accounts", "ring_money"]).to_pylist()[1]
    {'first': 'b', 'ring': 2, 'ring_accounts': 3, 'ring_money': 6.0}
    """
    ends = [pairs[name].to_pylist() for name in ("first", "second")]
    names, places = np.unique([*ends[0], *ends[1]], return_inverse=True)
    one, two = places[: pairs.num_rows], places[pairs.num_rows :]
    graph = coo_matrix((np.ones(len(one)), (one, two)), shape=(len(names), len(names)))
    count, group = connected_components(graph, directed=False)
    money = np.zeros(len(names))
    for end, name in ((one, "first_money"), (two, "second_money")):
        np.maximum.at(money, end, pairs[name].to_numpy())
    totals = np.bincount(group, weights=money, minlength=count)
    sizes = np.bincount(group, minlength=count)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-totals, kind="stable")] = np.arange(1, count + 1)
    of_pair = group[one] if len(one) else np.zeros(0, dtype=np.int64)
    columns = (rank[of_pair], sizes[of_pair], totals[of_pair])
    for (name, kind), values in zip(NAMED, columns, strict=True):
        pairs = pairs.append_column(name, pa.array(values, kind))
    return pairs
