"""The page: Folium's map and figure, without anything that asks the network.

Folium's own page fetches ten files from five hosts and stays blank without them. Here the figure
holds every script and style in itself, names each by its hash in a content security policy, so
that nothing else can run, and refuses any element that would fetch a file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.template import Template

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCRIPTS = (
    "decode.js",
    "painter.js",
    "labels.js",
    "search.js",
    "card.js",
    "table.js",
    "changes.js",
    "legend.js",
    "tools.js",
    "overlays.js",
    "findings.js",
    "basemap.js",
    "start.js",
)
"""Our scripts in the order in which they stand in the page."""
_POLICY_PLACE = "content-security-policy-of-this-page"
_DATA_PLACE = "data-of-this-page"
_INLINE = re.compile(r"<(script|style)(?![^>]*application/json)[^>]*>(.*?)</\1>", re.DOTALL)


class MapPage(Figure):
    """A whole HTML document that runs from a file, with no network.

    Parameters
    ----------
    content
        What `gridmap.maps.content.describe_plan` returns.
    language
        Language in which the page opens, for the browser and the screen reader.
    image_host
        The one host, as ``scheme://name:port``, from which images may come; ``""`` for none.

    Notes
    -----
    Folium passes what an element renders through the template engine again, so a name with braces
    in it would run as a template. Data therefore never goes through an element: it is put in its
    place when everything else of the page is finished.
    """

    def __init__(self, content: Mapping[str, Any], *, language: str, image_host: str = "") -> None:
        super().__init__()
        self.image_host = image_host
        self._id = "gridmap"
        self.language = language
        self.data = write_json(content)
        self.policy_place = _POLICY_PLACE
        self.licence = read_asset("leaflet/LICENSE")
        self.styles = [read_asset("leaflet/leaflet.css"), read_asset("page.css")]
        self.scripts = [_without_source_map(read_asset("leaflet/leaflet.js"))]
        self.scripts.append("\n".join(read_asset(name) for name in SCRIPTS))
        self._template = Template(read_asset("page.html"))

    def render(self, **kwargs: Any) -> str:
        """Return the document, with its policy.

        Raises
        ------
        InvalidOption
            When an element was added that fetches a script or a style.
        """
        text = str(super().render(**kwargs)).replace("\r\n", "\n")
        for link in _links(self):
            raise InvalidOption(
                f"An element of the map would fetch {link}; this map opens without a network.",
                f"地图中的某个元素需要联网获取 {link}；本地图须在断网时可用。",
                cure_en="Leave that plugin out, or use a plain folium.Map for it.",
                cure_zh="请不要添加该插件，或改用普通的 folium.Map。",
            )
        text = text.replace(_POLICY_PLACE, make_policy(text, image_host=self.image_host), 1)
        return text.replace(_DATA_PLACE, self.data, 1)


class OfflineMap(folium.Map):
    """A `folium.Map` that brings no default asset, no tiles and no random name."""

    _template = Template(
        """
        {%- macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}"></div>
        {%- endmacro %}
        {%- macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }},
            crs: L.CRS.{{ this.crs }},
            ...{{ this.options|tojavascript }}
        });
        {%- endmacro %}
        """
    )

    def __init__(self, page: MapPage, *, location: tuple[float, float], zoom: int) -> None:
        super().__init__(
            location=location,
            tiles=None,
            zoom_start=zoom,
            zoom_control=False,
            attribution_control=False,
            zoom_snap=0,
            zoom_delta=0.5,
            wheel_px_per_zoom_level=120,
            max_zoom=20,
        )
        self._id = "gridmap"
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        page.add_child(self, name="map")


class PlanElement(MacroElement):
    """The plan as one element of the map: the place of its data, and the call that draws it."""

    _template = Template(
        """
        {%- macro html(this, kwargs) %}
        <script type="application/json" id="gridmap-data">{{ this.place }}</script>
        {%- endmacro %}
        {%- macro script(this, kwargs) %}
        gridmap.start({{ this._parent.get_name() }}, "gridmap-data");
        {%- endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no types here
        self._name = "Plan"
        self._id = "gridmap"
        self.place = _DATA_PLACE


def read_asset(name: str) -> str:
    """Return the text of a file in ``gridmap/maps/assets``, with plain line ends."""
    text = (resources.files("gridmap.maps") / "assets" / name).read_text("utf-8")
    return text.replace("\r\n", "\n")


def write_json(content: Mapping[str, Any]) -> str:
    r"""Return data as JSON that no HTML parser can read as markup.

    Examples
    --------
    >>> write_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def make_policy(page: str, *, image_host: str = "") -> str:
    """Return the content security policy that allows the scripts and styles of a page, by hash.

    Parameters
    ----------
    page
        The whole document as it will be written.
    image_host
        See `MapPage`.

    Examples
    --------
    >>> make_policy("<script>go()</script>")[:56]
    "default-src 'none'; script-src 'sha256-5KYv+PUboo5h+0+YA"
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        hashes[kind].append(f"'sha256-{digest}'")
    scripts, styles = (" ".join(hashes[kind]) or "'none'" for kind in ("script", "style"))
    images = f"data: {image_host}".strip()
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; "
        f"img-src {images}; base-uri 'none'; form-action 'none'"
    )


def _links(element: Element) -> Iterator[str]:
    """Yield the address of every script and style link below an element."""
    below = list(element._children.values())  # noqa: SLF001 - branca has no door to its children
    if isinstance(element, Figure):
        below += [element.header, element.html, element.script]
    for child in below:
        if isinstance(child, (JavascriptLink, CssLink)):
            yield str(child.url)
        yield from _links(child)


def _without_source_map(script: str) -> str:
    """Return a script without the line that makes a developer's tool look for another file."""
    return re.sub(r"\n//# sourceMappingURL=\S*", "\n", script)
