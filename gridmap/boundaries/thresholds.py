"""The numbers of a boundary analysis: visible, each with its unit and its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from gridmap.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "join_m": "FIELD.md section 4: a part is detached when it is further than a tolerance; "
    "5 cm is gridmap's own default, below the accuracy of any surveyed outline",
    "enclosed_share": "issue 4 point 1: at least 99.5 % of the outer ring shared with one "
    "neighbouring division",
    "border_m": "gridmap's own default: outlines that nearly match within 0.5 m are one border",
    "neck_m": "FIELD.md section 4: held only through a neck narrower than w; 30 m is gridmap's own "
    "default, a street with its pavements",
    "least_lobe_m2": "gridmap's own default: less land behind a neck is a detail of the outline",
    "tortuosity": "FIELD.md section 4: a border more tortuous than t; 3 is gridmap's own default, "
    "three sides of a square",
    "least_border_m": "gridmap's own default: a shorter border is a detail of the outline",
    "reach_m": "gridmap's own default: land within 100 m of a tortuous border is served as easily "
    "from the other side",
}
"""Why each threshold is as it is, with its source."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What counts as detached, enclosed, a neck or a tortuous border.

    The reasons and sources of the defaults stand in `REASONS`.

    Attributes
    ----------
    join_m
        Parts of one division that run along each other within this distance are one part; a
        contact in a point joins nothing. Metres.
    enclosed_share
        Least share (0 to 1) of the outer ring that an enclosed part shares with its host.
    border_m
        A neighbour's land within this distance of a ring shares it. Metres.
    neck_m
        Land that hangs on its division by less than this width interlocks. Metres.
    least_lobe_m2
        Least land behind a neck. Square metres.
    tortuosity
        Least length of a shared border over the straight distance between its ends.
    least_border_m
        Least length of a tortuous border. Metres.
    reach_m
        Land within this distance of a tortuous border is within reach of the other side. Metres.

    Raises
    ------
    InvalidOption
        When a threshold is not a number, or outside its range.

    Examples
    --------
    >>> Thresholds(neck_m=20).neck_m
    20
    """

    join_m: float = 0.05
    enclosed_share: float = 0.995
    border_m: float = 0.5
    neck_m: float = 30.0
    least_lobe_m2: float = 5_000.0
    tortuosity: float = 3.0
    least_border_m: float = 500.0
    reach_m: float = 100.0

    def __post_init__(self) -> None:
        for name, value in self.as_dict().items():
            least = {"tortuosity": 1.0, "enclosed_share": 0.5}.get(name, 0.0)
            most = {"enclosed_share": 1.0}.get(name, math.inf)
            open_below = name in {"neck_m", "reach_m"}
            fine = math.isfinite(value) and least <= value <= most
            if not fine or (open_below and value == least):
                raise InvalidOption(
                    f"The threshold {name} is {value}; it must be a number from {least:g} to "
                    f"{most:g}" + (", above 0." if open_below else "."),
                    f"阈值 {name} 为 {value}，应为 {least:g} 至 {most:g} 之间的数"
                    + ("，且大于 0。" if open_below else "。"),
                    cure_en=f"Leave {name} out to take its default.",
                    cure_zh=f"不指定 {name} 即采用默认值。",
                )

    def as_dict(self) -> dict[str, float]:
        """Return the thresholds as plain data."""
        return {field.name: float(getattr(self, field.name)) for field in fields(self)}
