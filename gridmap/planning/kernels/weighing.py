"""What is good, as whole numbers: the lexicographic aim that every kernel shares.

One int64 carries the levels of the aim; each level outweighs what the levels below it usually
add up to in the few zones that one step redraws::

    wrong number of zones  >  zones outside the hard band  >  zones outside the wished band
    >  groups split that fit into a zone  >  lines crossed, and groups split that do not
    >  deviation  >  shape and cut edges

A zone outside the hard band costs `lower` households and its distance to the band: one zone more
outside weighs as much as being `lower` households further astray. So 12 compounds of 275 in a band
of 300-500 become 6 zones of 550 (6 * 350), and not one of 3300 (3100) or 12 of 275 (12 * 325),
while 550 households in one piece stay one zone. Households above one and a half times the ceiling
count `STEEP` times, so that compounds around one yard are not heaped up either.

A zone may carry further loads (residents, workload) with bands of their own. One that is outside
any of them is outside, once; its distance is counted as the share of the bound that is missing or
too much, in households of the size band: a quarter more residents than allowed weighs as much as a
quarter more households.

The figures are gridmap's own default; they are powers of two, so that sums are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridmap.planning.kernels.compiling import inner

if TYPE_CHECKING:
    import numpy as np

MISCOUNT = 1 << 46
ASTRAY = 1 << 26
"""For each household (or grain of households) that a zone outside the hard band is charged."""
STEEP = 32
"""Times that each household counts by which a zone is above one and a half times the ceiling."""
FAR = 1 << 18
"""Households (or grains) from the band above which distance is not counted: sums stay in int64."""
WISH = 1 << 27
SPLIT = 1 << 17
"""For each further zone that touches a group which fits into one."""
CROSSING = 1 << 14
SPLIT_AGAIN = CROSSING
"""The same for a group that must be cut in any case (`gridmap.planning.wholes`)."""
UNWISHED = 1 << 10
"""For each household (or grain) that a zone lacks or has too many for the wished band."""
DEVIATION = 1 << 7
"""What a zone costs at the edge of its band, a zone at its target nothing."""
TIE = 1 << 4
"""The same where the number of zones is given and no shape: only edges count, and then balance."""
SHAPE = 1 << 12
NEVER = 1 << 60
MOST_UNIT = 1024
"""Grains to which the bound of a load is put equal at most; more would only be finer."""
PP_SCALE = 51472
"""4 pi * 4096, rounded: Polsby-Popper in 4096ths from whole areas and perimeters."""


class Graph(NamedTuple):
    """A bare graph with all that is known of nodes and edges, in whole numbers.

    Few tables instead of many arrays: all that is known of a node lies in one line of the cache,
    and numba compiles a call with three tables in half the time of one with twenty arrays.

    Attributes
    ----------
    indptr, slot
        Rows of edges (CSR): row v is ``slot[indptr[v]:indptr[v + 1]]``; columns ``NEAR`` the
        neighbour and ``EDGE`` the edge.
    node
        Shape (n, 8): ``WEIGHT`` households, ``AREA``, ``PERIMETER``, ``STATES`` the weight in
        grains for the tree cut, ``KLASS`` row of ``bands``, ``GROUP`` (-1 none), ``ANCHOR``
        (locked zone, -1 none), ``WHOLE`` what each further zone costs its group (0 none).
    edge
        Shape (m, 4): ``CUTTING`` the cost of cutting, ``CROSSED`` of keeping inside a zone,
        ``LENGTH``, ``RANK`` (the lower, the sooner in a tree).
    bands
        Shape (classes, 6): wished lower and upper, hard lower and upper, target, and what being
        at the edge of the band costs.
    loads, load_bands
        Further weights of each node, shape (n, q), q may be 0; least and most of each that a
        zone may carry, shape (q, 2).
    """

    indptr: np.ndarray
    slot: np.ndarray
    node: np.ndarray
    edge: np.ndarray
    bands: np.ndarray
    loads: np.ndarray
    load_bands: np.ndarray


class Aim(NamedTuple):
    """What the search wants, in whole numbers.

    Attributes
    ----------
    tops
        Number of weight states of the tree cut (0..tops-1 grains; above is 'too large').
    slope
        What the tree cut charges for each grain above its states.
    grain
        Households a grain.
    zones
        Exact number of zones wanted, or 0.
    shape
        Weight of 1 - Polsby-Popper of a zone, 0 without areas.
    reach
        Usual perimeter of a zone, in the unit of ``length``; 0 without lengths.
    """

    tops: int
    slope: int
    grain: int
    zones: int
    shape: int
    reach: int


@inner
def weigh_size(weight: int, band: np.ndarray, grain: int) -> int:
    """Weigh how far a zone of this weight is from its band and target."""
    cost = 0
    gap = max(band[2] - weight, weight - band[3])
    if gap > 0:
        gap += (STEEP - 1) * max(0, weight - band[3] - band[3] // 2)
        cost += ASTRAY * (max(1, band[2] // grain) + min((gap + grain - 1) // grain, FAR))
    else:
        gap = max(band[0] - weight, weight - band[1])
        if gap > 0:
            cost += WISH + UNWISHED * (gap // grain + 1)
    half = max(1, (band[1] - band[0]) // 2)
    off = min(abs(weight - band[4]), 2 * half)
    return int(cost + band[5] * off // half * off // half)


@inner
def is_overloaded(loads: np.ndarray, zone: int, load_bands: np.ndarray) -> bool:
    """Tell whether a zone is outside the band of any load."""
    for r in range(len(load_bands)):
        if loads[zone, r] < load_bands[r, 0] or loads[zone, r] > load_bands[r, 1]:
            return True
    return False


@inner
def weigh_loads(
    loads: np.ndarray,
    zone: int,
    load_bands: np.ndarray,
    weight: int,
    band: np.ndarray,
    grain: int,
) -> int:
    """Weigh how far a zone's loads are from their bands, in households of the size band.

    What being outside costs by itself is counted here only for a zone of a fitting size: a zone
    is outside once.
    """
    gap = 0
    for r in range(len(load_bands)):
        least, most = load_bands[r, 0], load_bands[r, 1]
        if loads[zone, r] < least:
            unit = min(max(1, band[2] // grain), MOST_UNIT)
            gap += ((least - loads[zone, r]) * unit + least - 1) // least
        elif loads[zone, r] > most:
            unit = min(max(1, band[3] // grain), MOST_UNIT)
            above = loads[zone, r] - most
            above += (STEEP - 1) * max(0, above - most // 2)
            gap += (above * unit + max(1, most) - 1) // max(1, most)
    if gap == 0:
        return 0
    fits = band[2] <= weight <= band[3]
    return int(ASTRAY * (min(gap, FAR) + (max(1, band[2] // grain) if fits else 0)))


@inner
def weigh_shape(area: int, perimeter: int, shape: int) -> int:
    """Weigh a zone's shape: ``shape`` times (1 - Polsby-Popper)."""
    if shape == 0 or perimeter <= 0:
        return 0
    roundness = min(4096, area * PP_SCALE // (perimeter * perimeter))
    return shape * (4096 - roundness) >> 12


@inner
def find_top_class(shares: np.ndarray, zone: int) -> int:
    """Return the class that holds most of a zone's weight; the first of equals."""
    top = 0
    for k in range(1, shares.shape[1]):
        if shares[zone, k] > shares[zone, top]:
            top = k
    return top


@inner
def weigh_zone(
    graph: Graph,
    aim: Aim,
    weight: int,
    shares: np.ndarray,
    loads: np.ndarray,
    zone: int,
    area: int,
    perimeter: int,
) -> int:
    """Weigh a whole zone: size by its class's band, loads, shape.

    ``shares`` and ``loads`` are those of all zones: a view of one would be counted and released.
    """
    band = graph.bands[find_top_class(shares, zone)]
    cost = weigh_size(weight, band, aim.grain) + weigh_shape(area, perimeter, aim.shape)
    if len(graph.load_bands) > 0:
        cost += weigh_loads(loads, zone, graph.load_bands, weight, band, aim.grain)
    return cost
