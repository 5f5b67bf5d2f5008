"""Which settings each peer is tried with, and where it is tried at all.

Every setting is run on every instance that is not too large for the peer, as long as the peer's
time on that instance is not used up; the tables show the best that was found and how many were
tried. Imbalances are those that leave room up to the ceiling of the band (0.25 where the mean is
its middle) and narrower ones, which give fewer zones below the floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.engine.instances import Instance

Settings = dict[str, Any]
SEEDS = (1, 2, 3)
IMBALANCES = (0.25, 0.10, 0.03)


@dataclass(frozen=True)
class Peer:
    """A solver of others: its program in ``peers/``, packages, and the largest graph it is given.

    ``why`` says why no larger one.
    """

    name: str
    program: str
    packages: tuple[str, ...]
    most_nodes: int
    why: str = ""


PEERS = (
    Peer("METIS", "with_metis.py", ("pymetis",), 2_000_000),
    Peer("KaHIP", "with_kahip.py", ("kahip",), 2_000_000),
    Peer("KaMinPar", "with_kaminpar.py", ("kaminpar",), 2_000_000),
    Peer("Mt-KaHyPar", "with_mtkahypar.py", ("mtkahypar",), 2_000_000),
    Peer(
        "GerryChain",
        "with_gerrychain.py",
        ("gerrychain",),
        20_000,
        "one recom step of this many zones costs more than its time allows",
    ),
    Peer("spopt", "with_spopt.py", ("spopt",), 3_000, "it holds a matrix of all pairs of units"),
)


def list_settings(peer: Peer, instance: Instance, seconds: float) -> list[Settings]:
    """Return the settings to try, the most promising first."""
    worths = ["costs"] if instance.groups is None else ["groups", "costs"]
    if instance.name.startswith("cut-"):
        return _list_exact(peer, instance, seconds)
    made = {
        "METIS": lambda: [
            {"imbalance": i, "worth": w, "cuts": c, "rounds": r, "seed": s}
            for i, (c, r), s, w in product(IMBALANCES, ((1, 10), (5, 30)), SEEDS, worths)
        ],
        "KaHIP": lambda: [
            {"imbalance": i, "worth": w, "mode": m, "seed": s}
            for s, i, m, w in product(SEEDS[:2], IMBALANCES, ("FAST", "ECO", "STRONG"), worths)
        ],
        "KaMinPar": lambda: _list_presets(
            ("default", "eco", "strong", "largek-eco", "largek-strong"), worths
        ),
        "Mt-KaHyPar": lambda: _list_presets(
            ("DEFAULT", "LARGE_K", "QUALITY", "HIGHEST_QUALITY"), worths
        ),
        "GerryChain": lambda: _list_chains(instance, seconds),
        "spopt": lambda: _list_regions(instance),
    }
    return made[peer.name]()


def _list_regions(instance: Instance) -> list[Settings]:
    return [
        {"method": "ward", "seed": 1},
        *(
            {"method": "maxp", "top": top, "rounds": rounds, "seed": seed}
            for top, rounds, seed in ((2, 5, 1), (5, 20, 1), (2, 99, 1), (10, 20, 2))
        ),
        {"method": "skater", "floor": instance.lower // 40, "seed": 1},
        {"method": "skater", "floor": 1, "seed": 1},
    ]


def _list_presets(presets: Iterable[str], worths: Iterable[str]) -> list[Settings]:
    return [
        {"imbalance": i, "worth": w, "preset": p, "seed": s}
        for s, i, p, w in product(SEEDS[:2], IMBALANCES, presets, worths)
    ]


def _list_chains(instance: Instance, seconds: float) -> list[Settings]:
    """Return recom with surcharges on compounds and on land between main roads, and without."""
    surcharges: list[dict[str, float]] = [{}]
    if instance.groups is not None:
        surcharges.insert(0, {"group": 1.0})
    if instance.regions is not None:
        surcharges.insert(0, {"group": 1.0, "region": 2.0})
    return [
        {
            "imbalance": 0.25,
            "first": first,
            "surcharge": surcharge,
            "burst": burst,
            "seconds": seconds * 0.8,
            "nodes": instance.size,
            "seed": 1,
        }
        for burst, surcharge, first in product((10, 50), surcharges, ("metis", "seed"))
    ]


def _list_exact(peer: Peer, instance: Instance, seconds: float) -> list[Settings]:
    """Return settings for a band of half a per cent around the mean, edges all alike."""
    narrow = (0.003, 0.005)
    if peer.name == "METIS":
        return [
            {"imbalance": i, "worth": "ones", "cuts": 10, "rounds": 30, "seed": s}
            for s, i in product(range(1, 6), narrow)
        ]
    if peer.name == "KaHIP":
        return [
            {"imbalance": i, "worth": "ones", "mode": "STRONG", "seed": s}
            for s, i in product(range(1, 4), narrow)
        ]
    if peer.name in {"KaMinPar", "Mt-KaHyPar"}:
        preset = "strong" if peer.name == "KaMinPar" else "HIGHEST_QUALITY"
        return [
            {"imbalance": i, "worth": "ones", "preset": preset, "seed": s}
            for s, i in product(range(1, 4), narrow)
        ]
    if peer.name == "GerryChain":
        chain = _list_chains(instance, seconds)[0]
        return [chain | {"imbalance": 0.005, "worth": "ones", "first": "seed"}]
    return []
