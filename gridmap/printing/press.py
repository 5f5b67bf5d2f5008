"""What all sheets of one file share: ground, letters, what the margin says, how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.findings import FindingKind
from gridmap.writing import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gridmap.findings import Finding
    from gridmap.printing.fonts import Fonts
    from gridmap.printing.ground import PrintedGround
    from gridmap.printing.margins import Margin

PDF_TYPE = 3
"""Outlines in the file as drawings: any font can be embedded, and its text is found by a search."""

GLYPH_MISSING = FindingKind(
    "glyph_missing",
    "warning",
    en="The font {family} lacks {count} characters; they are printed as 〓: {places}.",
    zh="字体 {family} 缺少 {count} 个字，已印作“〓”：{places}。",
    cure_en="Install a font with these characters, and name it: font='file.ttf'.",
    cure_zh="请安装含这些字的字体，并用 font 指定。",
)
FINDING_KINDS = (GLYPH_MISSING,)


@dataclass(frozen=True)
class Press:
    """What all sheets of one file share."""

    ground: PrintedGround
    fonts: Fonts
    margin: Margin


def write_pages(path: str | Path, figures: Iterable[Any]) -> None:
    """Write figures as the pages of one PDF, whole or not at all, the same bytes every time.

    Parameters
    ----------
    path
        The file to write.
    figures
        Made one at a time, as they are written.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages

    told = {"Creator": "gridmap", "Producer": None, "CreationDate": None}
    with (
        write_atomically(path) as temporary,
        rc_context({"pdf.fonttype": PDF_TYPE}),
        PdfPages(temporary, metadata=told) as pages,
    ):
        for figure in figures:
            FigureCanvasPdf(figure)
            pages.savefig(figure)


def say_missing(fonts: Fonts) -> tuple[Finding, ...]:
    """Return what the font could not print so far: one finding, or none."""
    missing = sorted(fonts.missing)
    if not missing:
        return ()
    return (GLYPH_MISSING.found(missing, family=fonts.family),)
