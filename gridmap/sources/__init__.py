"""Read 读入: files in, one frame a role out, in canonical columns and lon/lat.

``discovering`` finds files, ``formats`` decides by content which are opened, ``encodings`` which
text they hold; ``vectors`` and ``tables`` read rows; ``recognising`` gives layers their roles,
``columns`` and ``shaping`` bring attributes and geometry into the form a role needs, ``placing``
brings coordinates to lon/lat; ``reading`` does all this in order.
"""

from gridmap.sources.reading import read_sources

__all__ = ["read_sources"]
