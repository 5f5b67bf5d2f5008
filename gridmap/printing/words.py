"""Words on paper: numbers of grids, classes of small counts, and the margin's phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.estimates import tell_estimated
from gridmap.level_words import choose_words, reword_text
from gridmap.maps.few import FEW
from gridmap.maps.wording import clean_text

if TYPE_CHECKING:
    from gridmap.level_words import LevelWords
    from gridmap.model import Plan


def count_text(count: int, words: LevelWords) -> str:
    """Return a count of households or persons as a map shows it.

    Examples
    --------
    >>> from gridmap.level_words import choose_words
    >>> words = choose_words({})
    >>> count_text(412, words), count_text(3, words), count_text(0, words)
    ('412户', '<10户', '无住户')
    >>> count_text(4120, choose_words({"counted": "persons"}))
    '4120人'
    """
    if count == 0:
        return words.nobody_zh
    return f"<{FEW}{words.unit.zh}" if count < FEW else f"{count}{words.unit.zh}"


def serial_of(code: str, digits: int) -> str:
    """Return the serial number at the end of a code, without its zeros.

    Examples
    --------
    >>> serial_of("440604001001012", 3)
    '12'
    """
    tail = code[-digits:]
    return (tail.lstrip("0") or tail) if tail.isdecimal() and tail.isascii() else code


def name_numbers(plan: Plan, numbered: list[int]) -> str:
    """Return whose land the numbers 1, 2, ... stand on, as one line; empty where there are none.

    Parameters
    ----------
    plan
        What is drawn.
    numbered
        As of `gridmap.printing.lettering.place_names`.
    """
    names = [clean_text(plan.grids["name"].iloc[place]) for place in numbered]
    codes = [clean_text(plan.grids["code"].iloc[place]) for place in numbered]
    both = enumerate(zip(names, codes, strict=True), start=1)
    return "，".join(f"{number} {name or code}" for number, (name, code) in both)


def count_figures(plan: Plan) -> list[tuple[str, str]]:
    """Return names and values of the figures of a plan, as the map shows them."""
    grids = plan.grids
    counts = grids["households"].to_numpy()
    households = int(counts.sum())
    hidden = bool(((counts > 0) & (counts < FEW)).any())
    estimated = tell_estimated(plan.findings)
    general = grids["kind"].eq("general")
    inside = int((general & grids["in_band"].astype(bool)).sum())
    words = choose_words(plan.about)
    special = {kind: int(grids["kind"].eq(kind).sum()) for kind in ("dedicated", "exclave")}
    about = "约 " if hidden or estimated else ""
    guessed = "（估算）" if estimated else ""
    rows = [
        (f"{words.zone.zh}总数", f"{len(grids)}"),
        (
            f"总{words.count_zh}{guessed}",
            f"{about}{households // FEW * FEW if hidden else households:,}",
        ),
        (f"{words.general.zh}（达标 / 全部）", f"{inside} / {int(general.sum())}"),
    ]
    if words.level == "community":
        exclaves = f"{special['exclave']}"
        return [*rows, (reword_text("飞地网格", words), exclaves)] if special["exclave"] else rows
    return [*rows, ("专属 / 飞地网格", f"{special['dedicated']} / {special['exclave']}")]
