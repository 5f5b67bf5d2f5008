"""A proof as plain data, so that a program which shares no code with this one can check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.proving.bounding import GRAINS
from gridmap.proving.pieces import STEP

if TYPE_CHECKING:
    from gridmap.proving.branching import Branch
    from gridmap.proving.pieces import Proof, Question

FORMAT = 1


def export_proof(question: Question, proof: Proof) -> dict[str, Any]:
    """Return a proof as data that JSON can hold.

    Parameters
    ----------
    question
        The piece.
    proof
        What `prove_piece` returned for it: proved optimal, or impossible.

    Returns
    -------
    dict
        ``weights``, ``edges``, ``band``, ``asked`` (number of zones asked for, 0 for any),
        ``zones`` (least and most), ``free`` (whether zones may be outside the band), ``grains``,
        ``limit`` (every division costs more), ``claim``, ``value`` (sum of the prices of the
        division), ``division`` (its zones as lists of nodes), ``prices`` (zone as a hexadecimal
        mask -> price; a zone without one is forbidden; empty where only the band is asked about)
        and ``tree``. Whole numbers only. ``tree`` is None where nothing but arithmetic is claimed.

    Examples
    --------
    >>> import numpy as np
    >>> from gridmap.proving import Question, prove_piece
    >>> from gridmap.rules import Band
    >>> ask = Question(np.array([294, 367, 400]), np.array([[0, 1], [1, 2]]), Band(300, 500))
    >>> proof = prove_piece(ask, lambda sets, inside: np.full(len(sets), -1), known=None,
    ...                     given=np.array([[1, 0], [2, 0], [4, 0]], np.uint64))
    >>> data = export_proof(ask, proof)
    >>> data["claim"], data["prices"]
    ('impossible', {})
    """
    pool, sets = proof.pool, proof.sets
    priced = pool is not None and proof.says.status == "optimal"
    return {
        "format": FORMAT,
        "weights": question.weights.tolist(),
        "edges": question.edges.tolist(),
        "band": [question.band.lower, question.band.upper],
        "asked": question.zones,
        "zones": [0, 0] if pool is None else [pool.least, pool.most],
        "free": proof.is_free,
        "grains": GRAINS,
        "limit": proof.limit,
        "claim": proof.says.status,
        "value": proof.limit + STEP if priced and proof.limit is not None else None,
        "division": [] if sets is None else [_list_nodes(row) for row in sets.tolist()],
        "prices": _list_prices(proof) if priced else {},
        "tree": None if proof.tree is None else _export_branch(proof.tree),
    }


def _list_nodes(words: list[int]) -> list[int]:
    mask = words[0] | words[1] << 64
    return [node for node in range(mask.bit_length()) if mask >> node & 1]


def _list_prices(proof: Proof) -> dict[str, int]:
    if proof.pool is None:
        return {}
    both = zip(proof.pool.sets.tolist(), proof.pool.prices.tolist(), strict=True)
    return {f"{words[0] | words[1] << 64:x}": price for words, price in both}


def _export_branch(branch: Branch) -> dict[str, Any]:
    values = branch.values
    data: dict[str, Any] = {
        "nodes": values.nodes.tolist(),
        "triples": values.triples.tolist(),
        "tolls": values.tolls.tolist(),
        "each": values.each,
    }
    if branch.below:
        data["pair"] = None if branch.pair is None else list(branch.pair)
        data["count"] = branch.count
        data["below"] = [_export_branch(below) for below in branch.below]
    return data
