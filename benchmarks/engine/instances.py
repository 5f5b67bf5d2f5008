"""One problem as plain arrays: what every solver is given, gridmap and peers alike."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Instance:
    """A graph to be divided into zones of ``lower`` to ``upper`` households.

    Attributes
    ----------
    name
        Short, also the file's.
    weights
        Households of each node, shape (n,).
    edges
        Pairs of nodes, each once, shape (m, 2).
    costs
        Of cutting each edge, shape (m,). Negative: a line that no zone should lie across.
    lower, upper
        The band.
    zones
        Number of zones asked for, 0 for free.
    lengths, areas, perimeters
        Shared borders in metres (m,), areas in square metres and perimeters in metres (n,); or
        None.
    groups
        Compound of each node, -1 for none, shape (n,); or None.
    regions
        Land between main roads in which each node lies, shape (n,); or None.
    points
        Where each node lies, in metres, shape (n, 2); or None.
    """

    name: str
    weights: NDArray[np.int64]
    edges: NDArray[np.int64]
    costs: NDArray[np.float64]
    lower: int
    upper: int
    zones: int = 0
    lengths: NDArray[np.float64] | None = None
    areas: NDArray[np.float64] | None = None
    perimeters: NDArray[np.float64] | None = None
    groups: NDArray[np.int64] | None = None
    regions: NDArray[np.int64] | None = None
    points: NDArray[np.float64] | None = None

    @property
    def size(self) -> int:
        """Return the number of nodes."""
        return len(self.weights)


def write_instance(instance: Instance, path: Path) -> None:
    """Write an instance as one npz file; what it lacks is not in the file."""
    held = {field.name: getattr(instance, field.name) for field in fields(Instance)}
    given = {name: np.asarray(value) for name, value in held.items() if value is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part.npz")
    np.savez(scratch, **given)  # type: ignore[arg-type]  # numpy's stub takes no mapping
    scratch.replace(path)


def read_instance(path: Path) -> Instance:
    """Read what `write_instance` wrote."""
    with np.load(path, allow_pickle=False) as held:
        given = {name: held[name] for name in held.files}
    for name in ("lower", "upper", "zones"):
        given[name] = int(given[name])
    given["name"] = str(given["name"])
    return Instance(**given)
