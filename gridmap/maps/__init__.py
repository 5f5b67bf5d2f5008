"""A plan as a map that officials open: one HTML file, no network, nothing that runs but ours.

    outlines   borders, each once, simplified together and rounded once
    ground     where names stand, lines from exclaves to their owners
    packing    many integers as short text
    tints      neighbours look different
    waymarks   rivers, railways and main roads along the borders of units
    belonging  whose land is whose
    themes     one property of the grids at a time, in classes
    density    where people live, in cells
    footprints outlines of buildings, where asked for
    earlier    before and after
    finding    compounds and pinyin for the search
    waynames   where their names may stand
    few        counts too small to be shown
    facts      buildings, micro-grids, staff, former names, deviations, findings
    audiences  which fields who may see
    layers     what can be switched on over the grids
    found_layers, reach_layers  such layers, of an analysis, of reach and of conflicts
    basemap    tiles under the grids, where they are asked for
    wording    words of the page in two languages; cleaning of words that came from files
    content    the one block of data that the page is drawn from
    levels     micro-grids, link units and communities in the place of grids
    page       Folium's map and figure without their default assets, and the security policy
    drawing    the doors: `make_map`, `write_map`

The page's own scripts, styles and its template are separate files in ``assets``, beside Leaflet.
"""

from gridmap.maps.drawing import make_map, write_map
from gridmap.maps.found_layers import read_layers, show_analysis
from gridmap.maps.layers import Fact, Item, MapLayer
from gridmap.maps.levels import show_level
from gridmap.maps.reach_layers import show_conflicts, show_reach, show_unreached
from gridmap.maps.themes import Theme, make_theme

__all__ = [
    "Fact",
    "Item",
    "MapLayer",
    "Theme",
    "make_map",
    "make_theme",
    "read_layers",
    "show_analysis",
    "show_conflicts",
    "show_level",
    "show_reach",
    "show_unreached",
    "write_map",
]
