"""What all sheets of one file share: the ground, the letters, and what the margin says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridmap.printing.fonts import Fonts
    from gridmap.printing.ground import PrintedGround
    from gridmap.printing.margins import Margin


@dataclass(frozen=True)
class Press:
    """What all sheets of one file share."""

    ground: PrintedGround
    fonts: Fonts
    margin: Margin
