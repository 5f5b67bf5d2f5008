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
    wording    words of the page in two languages; cleaning of words that came from files
    content    the one block of data that the page is drawn from
    levels     micro-grids, link units and communities in the place of grids
    page       Folium's map and figure without their default assets, and the security policy
    drawing    the doors: `make_map`, `write_map`

The page's own scripts, styles and its template are separate files in ``assets``, beside Leaflet.
"""

from gridmap.maps.drawing import make_map, write_map
from gridmap.maps.levels import show_level
from gridmap.maps.themes import Theme, make_theme

__all__ = ["Theme", "make_map", "make_theme", "show_level", "write_map"]
