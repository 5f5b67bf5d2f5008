"""Units: the smallest pieces of land that are not cut (单元).

Community land is cut by lines into faces, faces with several buildings into cells; what belongs
together stays together, what is too small joins its neighbour, and water goes to its banks. The
result tiles the land exactly.
"""

from gridmap.units import candidates, counting, framing, making, residents, rivers, settling, spots
from gridmap.units.making import make_units

FINDING_KINDS = (
    *counting.FINDING_KINDS,
    *spots.FINDING_KINDS,
    *rivers.FINDING_KINDS,
    *settling.FINDING_KINDS,
    *candidates.FINDING_KINDS,
    *making.FINDING_KINDS,
    *framing.FINDING_KINDS,
    *residents.FINDING_KINDS,
)

__all__ = ["FINDING_KINDS", "make_units"]
