"""Judge a plan: how many grids are inside their band, whole, compact and clearly bounded.

The judge does not know the optimiser: nothing here imports ``gridmap.planning``, and nothing the
plan says of itself is taken over. Households are counted again from the units, areas and
perimeters are measured again from the geometry, connected pieces are found again from the
borders, and whatever the plan stated otherwise is counted as ``misstated``.
``docs/scores.md`` defines every measure.

    bands       which band is for which grid, and how many grids arithmetic keeps outside
    shapes      pieces, area, perimeter, compactness, and whether the grids tile the land
    compounds   how many compounds are left whole
    levels      micro-grids and link units: how many, in band, whole, nested and tiling
    atoms       which of their zones are proved to be outside
    measures    what each measure is called and means
    lines       what grids lie across, and what they are bounded by
    comparing   two plans, or two layers of divisions: before and after
    layer_and_plan  a layer of communities or grids beside a plan of them
    differences what they differ in; turnover, flows, holdings, layers and refining find it
    telling     the paragraph that a report prints of it
"""

from gridmap.scoring.cards import score_plan
from gridmap.scoring.comparing import compare_divisions, compare_plans
from gridmap.scoring.differences import Change, Comparison
from gridmap.scoring.layer_and_plan import compare_layer
from gridmap.scoring.level_measures import LEVEL_MEASURES, find_measure
from gridmap.scoring.measures import MEASURES, Measure
from gridmap.scoring.telling import list_comparison, tell_comparison

__all__ = [
    "LEVEL_MEASURES",
    "MEASURES",
    "Change",
    "Comparison",
    "Measure",
    "compare_divisions",
    "compare_layer",
    "compare_plans",
    "find_measure",
    "list_comparison",
    "score_plan",
    "tell_comparison",
]
