"""Chinese fonts for paper: found by name, asked for their glyphs, and embedded.

A page whose names are empty boxes is worse than no page, and a print shop has not our fonts. So a
font is looked for explicitly, every character is looked up in it before a page is drawn, and the
PDF carries what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from gridmap.errors import InvalidOption, MissingExtra

FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Noto Sans CJK SC", ("notosanscjk",)),
    ("Noto Sans SC", ("notosanssc",)),
    ("Source Han Sans SC", ("sourcehansans",)),
    ("Source Han Sans CN", ("sourcehansans",)),
    ("Microsoft YaHei", ("msyh",)),
    ("SimHei", ("simhei",)),
    ("WenQuanYi Zen Hei", ("wqy-zenhei",)),
    ("WenQuanYi Micro Hei", ("wqy-microhei",)),
)
"""Families in the order in which they are taken, and how their files' names begin."""
HEAVY = ("bold", "msyhbd", "heavy")
PLAIN = ("regular", "msyh.", "simhei", "wqy-")
MEASURED_PT = 100.0
PROOF = "网格飞地户区界"
"""Characters without which a font is none for this purpose."""
SUBSTITUTE = "〓"
"""What is printed for a character that the font does not have (geta, the printers' own mark)."""

CURE_EN = "apt-get install fonts-noto-cjk, or font='path/to/a/Chinese/font.ttf'"
CURE_ZH = "请安装 Noto Sans CJK（apt-get install fonts-noto-cjk），或用 font 指定中文字体文件"


@dataclass(frozen=True)
class Fonts:
    """A regular and a bold face, for matplotlib.

    Attributes
    ----------
    family
        Name of the family.
    regular, bold
        `matplotlib.font_manager.FontProperties` of the files; the same where there is no bold.
    missing
        Characters asked for so far that the font does not have.
    """

    family: str
    regular: Any
    bold: Any
    missing: set[str] = field(default_factory=set)

    def clean(self, text: str, *, bold: bool = False) -> str:
        """Return a text with `SUBSTITUTE` for each character that the font lacks, and note it."""
        face = _open_face((self.bold if bold else self.regular).get_file())
        lost = {letter for letter in text if not face.get_char_index(ord(letter))}
        self.missing.update(lost)
        return "".join(SUBSTITUTE if letter in lost else letter for letter in text)

    def measure(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return the width of a line in points."""
        path = (self.bold if bold else self.regular).get_file()
        return size / MEASURED_PT * sum(_advance(path, letter) for letter in text)


def find_fonts(font: str | Path | None = None) -> Fonts:
    """Find a Chinese font on this machine.

    Parameters
    ----------
    font
        A font file to use; by default the first of `FAMILIES` that is installed.

    Raises
    ------
    InvalidOption
        When the file is no font, or no Chinese font is installed.
    MissingExtra
        When matplotlib is not installed.

    Examples
    --------
    >>> from gridmap.errors import InvalidOption
    >>> try:
    ...     find_fonts("no such file.ttf")
    ... except InvalidOption as problem:
    ...     print(problem.en)
    'no such file.ttf' is not a font with Chinese characters.
    """
    require_matplotlib()
    if font is not None:
        path = _take_face(str(font), "")
        if path is None:
            name = Path(font).name
            raise InvalidOption(
                f"'{name}' is not a font with Chinese characters.",
                f"“{name}”不是含中文字符的字体文件。",
                cure_en=CURE_EN,
                cure_zh=CURE_ZH,
            )
        return Fonts(_open_face(path).family_name, _make(path), _make(path))
    found = _search()
    if found is None:
        raise InvalidOption(
            "No Chinese font is installed; a printed map would show boxes.",
            "本机没有安装中文字体，打印的地图会显示为方框。",
            cure_en=CURE_EN,
            cure_zh=CURE_ZH,
        )
    return found


def require_matplotlib() -> None:
    """Say how to install matplotlib where it is not.

    Raises
    ------
    MissingExtra
        When matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: F401 - only to see whether it is there
    except ImportError as problem:
        raise MissingExtra(
            "Printing needs matplotlib, which is not installed.",
            "打印需要 matplotlib，当前未安装。",
            cure_en='pip install "gridmap-planner[print]"',
            cure_zh='pip install "gridmap-planner[print]"',
        ) from problem


def _search() -> Fonts | None:
    from matplotlib.font_manager import findSystemFonts

    files = sorted(findSystemFonts(), key=lambda path: (Path(path).name.lower(), path))
    for family, starts in FAMILIES:
        mine = [path for path in files if Path(path).name.lower().startswith(starts)]
        plain = _first_face(mine, family, PLAIN)
        if plain is None:
            continue
        bold = _first_face(mine, family, HEAVY)
        return Fonts(family, _make(plain), _make(bold or plain))
    return None


def _first_face(files: list[str], family: str, marks: tuple[str, ...]) -> Any | None:
    chosen = [path for path in files if any(mark in Path(path).name.lower() for mark in marks)]
    faces = (_take_face(path, family) for path in chosen)
    return next((face for face in faces if face is not None), None)


def _take_face(path: str, family: str) -> Any | None:
    """Return the face of a file that has the family's name and our characters, or None."""
    from matplotlib.font_manager import FontPath

    try:
        count = _open_face(path).num_faces
        for index in range(count):
            face = FontPath(path, index)
            font = _open_face(face)
            named = not family or font.family_name == family
            if named and all(font.get_char_index(ord(letter)) for letter in PROOF):
                return face
    except (OSError, RuntimeError):
        return None
    return None


@cache
def _open_face(path: Any) -> Any:
    from matplotlib.font_manager import get_font

    return get_font(path)


@cache
def _advance(path: Any, letter: str) -> float:
    """Return the advance of a character in points, at the size `MEASURED_PT`."""
    from matplotlib.ft2font import LoadFlags

    face = _open_face(path)
    face.set_size(MEASURED_PT, 72)
    letter = letter if face.get_char_index(ord(letter)) else SUBSTITUTE
    glyph = face.load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536


def _make(path: Any) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=path)
