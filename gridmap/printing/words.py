"""Words on paper: numbers of grids, classes of small counts, and the margin's phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.estimates import HOUSEHOLDS_ESTIMATED

if TYPE_CHECKING:
    from gridmap.model import Plan

FEW = 10
"""A count of households below this is shown as a class. Source: issue 5, FIELD.md section 7."""


def count_text(households: int) -> str:
    """Return a count of households as a map shows it.

    Examples
    --------
    >>> count_text(412), count_text(3), count_text(0)
    ('412户', '<10户', '无住户')
    """
    if households == 0:
        return "无住户"
    return f"<{FEW}户" if households < FEW else f"{households}户"


def serial_of(code: str, digits: int) -> str:
    """Return the serial number at the end of a code, without its zeros.

    Examples
    --------
    >>> serial_of("440604001001012", 3)
    '12'
    """
    tail = code[-digits:]
    return (tail.lstrip("0") or tail) if tail.isdecimal() and tail.isascii() else code


def count_figures(plan: Plan) -> list[tuple[str, str]]:
    """Return names and values of the figures of a plan, as the map shows them."""
    grids = plan.grids
    counts = grids["households"].to_numpy()
    households = int(counts.sum())
    hidden = bool(((counts > 0) & (counts < FEW)).any())
    estimated = any(f.code == HOUSEHOLDS_ESTIMATED.code for f in plan.findings)
    general = grids["kind"].eq("general")
    inside = int((general & grids["in_band"].astype(bool)).sum())
    persons = plan.about.get("counted") == "persons"
    special = {kind: grids["kind"].eq(kind).sum() for kind in ("dedicated", "exclave")}
    about = "约 " if hidden or estimated else ""
    return [
        ("网格总数", f"{len(grids)}"),
        (
            "总人数" if persons else "总户数（估算）" if estimated else "总户数",
            f"{about}{households // FEW * FEW if hidden else households:,}",
        ),
        ("综合网格（达标 / 全部）", f"{inside} / {int(general.sum())}"),
        (
            "专属 / 飞地网格",
            f"{int(special['dedicated'])} / {int(special['exclave'])}",
        ),
    ]
