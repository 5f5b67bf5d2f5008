"""Proofs about divisions: that whole units do not fit, and that no division is better.

Planner and judge share this room and neither trusts the other. Nothing here knows how plans are
searched: a proof takes weights, neighbours, a band and the price of a zone, and what it says can
be checked in whole numbers by a small program that shares no code with it.

    fitting     proofs by trying everything, for units that hem each other in
    misfits     single units that fit into no zone
    masks       sets of nodes as bits, and the compiled loops over them
    bounding    linear programming proposes values, whole numbers make them a bound
    branching   the cheapest division out of all zones, by a tree of bounds
    pieces      what is proved of one connected piece
    splitting   how often units must be cut, by counting
    exporting   a proof as plain data, for whoever checks it
"""

from gridmap.proving.fitting import is_proved_impossible
from gridmap.proving.misfits import find_unfit
from gridmap.proving.pieces import PieceProof, Proof, Question, is_refuted, prove_piece
from gridmap.proving.splitting import bound_splits

__all__ = [
    "PieceProof",
    "Proof",
    "Question",
    "bound_splits",
    "find_unfit",
    "is_proved_impossible",
    "is_refuted",
    "prove_piece",
]
