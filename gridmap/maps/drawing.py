"""The doors of this room: a plan as a Folium map, and as one file that opens anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.errors import InvalidOption
from gridmap.maps.audiences import check_audience, refuse_hidden
from gridmap.maps.basemap import read_tiles
from gridmap.maps.content import Extras, Imprint, describe_plan
from gridmap.maps.wording import LANGUAGES
from gridmap.writing import check_ending, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import folium

    from gridmap.maps.layers import MapLayer
    from gridmap.maps.themes import Theme
    from gridmap.model import Plan


def make_map(  # noqa: PLR0913 - what the margin of a map says
    plan: Plan,
    *,
    title: str = "",
    language: str = "zh",
    date: str = "",
    source: str = "",
    review_number: str = "",
    internal: bool = True,
    themes: Sequence[Theme] = (),
    before: Plan | None = None,
    audience: str = "internal",
    layers: Sequence[MapLayer] = (),
    staff: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    tiles: str = "",
    tiles_datum: str = "",
    buildings: bool = False,
) -> folium.Map:
    r"""Draw a plan as one page that fetches nothing.

    Every script, style and border is in the page; names are shown as text and can't run. The page
    holds grids and communities, and no household or address; a count below 10 households is shown
    as a class.

    Parameters
    ----------
    plan
        The plan to draw; at least one grid.
    title
        Title of the map; by default 'X网格划分图' with the names of up to three townships.
    language
        ``zh`` or ``en``: how the page opens; a button switches.
    date, source
        Of the data, as the margin of the map shall state them.
    review_number
        The number that a public map needs (审图号).
    internal
        Whether the map is marked 内部用图, for internal use. A map that is not, and has no review
        number, says that the number is missing.
    themes
        What else each grid may be coloured by (`gridmap.maps.make_theme`), besides what the plan
        holds itself: band, clarity of borders, workload, and where households are.
    before
        An earlier plan of the same land: a line to drag shows it on the left, and a list says
        what changed.
    audience
        ``public``, ``internal`` or ``planner``: which fields are in the page
        (`gridmap.maps.audiences.FIELDS`). A public map never bears the mark 内部用图.
    layers
        What can be switched on over the grids: `gridmap.maps.read_layers`,
        `gridmap.maps.show_analysis`, `gridmap.maps.show_reach`, ...
    staff
        grid_id -> (role, name) of those who answer for it; a role is a key of
        `gridmap.terms.TERMS` or a title as it shall stand.
    tiles
        Template of a basemap, such as ``http://tiles.intranet/{z}/{x}/{y}.png``. The page then
        fetches images from that host, and says so; without it, it fetches nothing.
    tiles_datum
        ``cgcs2000``, ``gcj02`` or ``bd09``: of the tiles; everything is drawn in it.
    buildings
        Whether outlines of buildings are drawn, from the zoom at which they can be seen. They
        carry no id, name, number or count; still, a map for the public should do without.

    Returns
    -------
    folium.Map
        ``.save(path)`` writes it; in a notebook it shows itself. An added element that would
        fetch a file is refused when the map is written.

    Raises
    ------
    InvalidOption
        When the language is neither ``zh`` nor ``en``, the plan has no grid, the audience or the
        tiles are none that there are, something is given that the audience does not see, or
        outlines of buildings are asked for and the plan has none.
    UnknownName
        When the staff names a grid that is not in the plan.

    Notes
    -----
    Source: DESIGN.md section 1 (map), FIELD.md section 7 (review number, internal use, no
    residents, no fetching).

    Examples
    --------
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> territory = draw_territory("AB\nCD", households=400)
    >>> plan = make_plan(territory, rules=Rules.preset("default"))
    >>> page = make_map(plan).get_root().render()
    >>> "https://cdn" in page, "内部用图" in page
    (False, True)
    """
    from gridmap.maps.page import MapPage, OfflineMap, PlanElement

    if language not in LANGUAGES:
        raise InvalidOption(
            f"The language of a map is 'zh' or 'en', not {language!r}.",
            f"地图语言只能是 'zh' 或 'en'，而不是 {language!r}。",
            cure_en='language="zh"',
            cure_zh='language="zh"',
        )
    if len(plan.grids) == 0:
        raise InvalidOption(
            "The plan has no grid to draw.",
            "方案中没有可绘制的网格。",
            cure_en="Check the plan's findings: why did no community get a grid?",
            cure_zh="请查看方案的核验结果，了解没有网格的原因。",
        )
    check_audience(audience)
    asked = {"themes": themes, "before": before is not None, "layers": layers, "staff": staff}
    asked["buildings"] = buildings
    refuse_hidden(audience, {key: bool(value) for key, value in asked.items()})
    basemap = read_tiles(tiles, tiles_datum)
    imprint = Imprint(title, date, source, review_number, internal and audience != "public")
    extras = Extras(audience, themes, before, layers, staff or {}, basemap, buildings)
    content = describe_plan(plan, imprint, language, extras)
    west, south, east, north = (float(value) for value in plan.grids.total_bounds)
    page = MapPage(content, language=language, image_host=basemap.host if basemap else "")
    drawn = OfflineMap(page, location=((south + north) / 2, (west + east) / 2), zoom=12)
    drawn.add_child(PlanElement(), name="plan")
    return drawn


def write_map(  # noqa: PLR0913 - what the margin of a map says
    plan: Plan,
    path: str | Path,
    *,
    title: str = "",
    language: str = "zh",
    date: str = "",
    source: str = "",
    review_number: str = "",
    internal: bool = True,
    themes: Sequence[Theme] = (),
    before: Plan | None = None,
    audience: str = "internal",
    layers: Sequence[MapLayer] = (),
    staff: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    tiles: str = "",
    tiles_datum: str = "",
    buildings: bool = False,
) -> None:
    r"""Write a plan as one HTML file that opens with the network cut.

    The same plan gives the same bytes. The file appears whole or not at all.

    Parameters
    ----------
    plan, title, language, date, source, review_number, internal, themes, before, audience
        As for `make_map`.
    layers, staff, tiles, tiles_datum, buildings
        As for `make_map`.
    path
        The file to write; an existing one is replaced.

    Raises
    ------
    InvalidOption
        As for `make_map`, or when the path does not end in ``.html`` or ``.htm``.
    UnwritableFile
        When the path can't be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from gridmap import Rules, make_plan
    >>> from gridmap.testing import draw_territory
    >>> territory = draw_territory("AB\nCD", households=400)
    >>> plan = make_plan(territory, rules=Rules.preset("default"))
    >>> with TemporaryDirectory() as folder:
    ...     write_map(plan, Path(folder) / "map.html")
    ...     (Path(folder) / "map.html").stat().st_size > 100_000
    True
    """
    check_ending(path, ".html", ".htm")
    drawn = make_map(
        plan,
        title=title,
        language=language,
        date=date,
        source=source,
        review_number=review_number,
        internal=internal,
        themes=themes,
        before=before,
        audience=audience,
        layers=layers,
        staff=staff,
        tiles=tiles,
        tiles_datum=tiles_datum,
        buildings=buildings,
    )
    page = drawn.get_root().render()
    with write_atomically(path) as temporary:
        temporary.write_bytes(page.encode("utf-8"))
