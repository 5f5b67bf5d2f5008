"""The columns of the kernels' tables; without numba, so that anyone may import them."""

WEIGHT, AREA, PERIMETER, STATES, KLASS, GROUP, ANCHOR, WHOLE = range(8)
"""Columns of `gridmap.planning.kernels.weighing.Graph.node`; the first three are of zones too."""
CUTTING, CROSSED, LENGTH, RANK = range(4)
"""Columns of `Graph.edge`."""
NEAR, EDGE = range(2)
"""Columns of `Graph.slot`."""
LABEL, AFTER, BEFORE, PLACE = range(4)
"""Columns of `gridmap.planning.kernels.zones.Zones.seat`."""
HEAD, COUNT, MARK, UNUSED = range(3, 7)
"""Columns of `Zones.zone`, after ``WEIGHT``, ``AREA`` and ``PERIMETER``."""
