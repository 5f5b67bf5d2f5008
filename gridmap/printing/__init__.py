"""A plan on paper: vector PDF at a true scale, from one sheet to an atlas.

    fonts      a Chinese font that has the glyphs
    papers     sizes, margins, scales
    words      classes of small counts, serial numbers
    ground     the plan in metres, once for all pages
    canvas     fills, patterns, borders and ways of a window
    lettering  names where there is room
    margins    frame, title, scale, north, imprint
    panel      figures, legend, texts, locator
    press      what all sheets of a file share, and how they are written
    ruling     a table on paper as data: widths, lines, pages
    tabling    the tables on paper: `print_tables`
    atlas      cover, index, list, pages
    spread     before and after
    printing   the doors: `print_map`, `print_atlas`

Only what a map shows is printed: no building, household or address; a count below 10 is a class.
"""

from gridmap.printing.printing import print_atlas, print_map
from gridmap.printing.tabling import print_tables

__all__ = ["print_atlas", "print_map", "print_tables"]
