"""Make a text from outside harmless in a spreadsheet, without changing what it says."""

from __future__ import annotations

import re
import unicodedata

LONGEST_CELL = 32_767
"""Characters that one cell of an xlsx file may hold. Source: ECMA-376, as Excel limits it."""

_SPACING = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""What XML 1.0 forbids or advises against, and marks that turn the direction of a text."""
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA_STARTS = frozenset("=+-@|%")


def clean_text(text: str) -> tuple[str, int]:
    r"""Return a text that an xlsx cell can hold, and how many characters were removed.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    text
        Without control characters, halves of surrogate pairs and direction marks; a run of tabs
        and line breaks is one space; cut to `LONGEST_CELL` characters.
    removed
        Characters removed or replaced.

    Examples
    --------
    >>> clean_text("锦绣\x07花园\r\n3栋")
    ('锦绣花园 3栋', 3)
    """
    spaced = _SPACING.sub(" ", text)
    removed = sum(len(run) for run in _SPACING.findall(text))
    kept, count = _FORBIDDEN.subn("", spaced)
    cut = kept[:LONGEST_CELL]
    return cut, removed + count + len(kept) - len(cut)


def looks_like_formula(text: str) -> bool:
    """Tell whether a spreadsheet could take a text for a formula.

    Parameters
    ----------
    text
        A cleaned text.

    Notes
    -----
    The first visible character decides, in its plain form: ``＝`` is taken for ``=``. Source:
    OWASP, "CSV Injection" (= + - @ tab and carriage return; full-width forms in East Asian
    settings); ``|`` and ``%`` are gridmap's own addition for DDE of older programs.

    Examples
    --------
    >>> [looks_like_formula(text) for text in ("=1+1", "＝1+1", "  @SUM(A1)", "建设路-1号")]
    [True, True, True, False]
    """
    for character in unicodedata.normalize("NFKC", text[:64]):
        if unicodedata.category(character) not in ("Zs", "Cf", "Cc", "Mn"):
            return character in _FORMULA_STARTS or unicodedata.category(character) == "Pd"
    return False


def escape_for_xlsx(text: str) -> str:
    r"""Write ``_xHHHH_`` so that a spreadsheet shows it and does not decode it.

    Notes
    -----
    Source: ECMA-376 part 1, section 22.9.2.19 (ST_Xstring).

    Examples
    --------
    >>> escape_for_xlsx("_x003D_1")
    '_x005F_x003D_1'
    """
    return _ESCAPE_LIKE.sub("_x005F_", text)
