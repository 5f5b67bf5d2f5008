"""Judge a plan: how many grids are inside their band, whole, compact and clearly bounded.

The judge does not know the optimiser: nothing here imports ``gridmap.planning``, and nothing the
plan says of itself is taken over. Households are counted again from the units, areas and
perimeters are measured again from the geometry, connected pieces are found again from the
borders, and whatever the plan stated otherwise is counted as ``misstated``.
``docs/scores.md`` defines every measure.

    bands       which band is for which grid, and how many grids arithmetic keeps outside
    shapes      pieces, area, perimeter, compactness, and whether the grids tile the land
    compounds   how many compounds are left whole
    measures    what each measure is called and means
    lines       what grids lie across, and what they are bounded by
"""

from gridmap.scoring.cards import score_plan
from gridmap.scoring.measures import MEASURES, Measure

__all__ = ["MEASURES", "Measure", "score_plan"]
