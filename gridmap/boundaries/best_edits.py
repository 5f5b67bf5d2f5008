"""The best edits of all proposals, as far as they go together: a draft for the planner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridmap.boundaries.edit_bench import EditUnfit, try_edit
from gridmap.boundaries.proposals import SUBJECTS
from gridmap.boundaries.redrawing import part_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from gridmap.boundaries.border_chains import Geometries
    from gridmap.boundaries.edits import DivisionEdit
    from gridmap.boundaries.options import Option
    from gridmap.boundaries.proposals import Proposals, Subject


@dataclass(frozen=True)
class BestEdits:
    """The best edit of each proposal that has one.

    Attributes
    ----------
    edits
        In an order in which they apply.
    waiting
        Proposals that a change nearby makes anew (their land changes hands already, or would hang
        apart), with the reason: propose again after the edits are applied.
    uncured
        Proposals of which no option cures the place.
    across
        Proposals that are cured only over a line of a higher level, which nobody asked for.
    """

    edits: tuple[DivisionEdit, ...]
    waiting: tuple[tuple[str, str, str], ...]
    uncured: tuple[str, ...]
    across: tuple[str, ...] = ()


def choose_best(
    proposals: Proposals, subjects: Sequence[Subject] = SUBJECTS, *, across: bool = False
) -> BestEdits:
    r"""Take the first option of each proposal that cures it, as far as they go together.

    Parameters
    ----------
    proposals
        From `propose_changes`.
    subjects
        Those that are wanted.
    across
        Whether land may cross lines of a higher level (`Option.crosses`): the other township or
        district must have consented.

    Notes
    -----
    Tried one after another in the order of the list, one that needs others (`Option.first`) after
    them. One whose land has changed hands by then, or that would now leave a division in more
    parts, waits. Nothing is decided: the edits are a draft for the planner.

    Examples
    --------
    >>> from gridmap.boundaries import analyse
    >>> from gridmap.boundaries.examples import draw_sources
    >>> from gridmap.boundaries.proposals import propose_changes
    >>> sources = draw_sources("ABBB\nABAB\nABBB")
    >>> best = choose_best(propose_changes(analyse(sources), sources))
    >>> [(edit.edit_id, edit.kind) for edit in best.edits]
    [('exclave-1.1', 'give')]
    """
    standing = proposals.standing
    draft = _Draft(standing.ids, standing.shapes, standing.crs)
    uncured: list[str] = []
    left: list[str] = []
    pending: list[tuple[str, Option]] = []
    for item in proposals.items:
        if item.subject in subjects:
            curing = [o for o in item.options if o.cures and o.edit is not None]
            allowed = [o for o in curing if across or not o.crosses]
            if allowed:
                pending.append((item.proposal_id, allowed[0]))
            else:
                (left if curing else uncured).append(item.proposal_id)
    while pending:
        ready = [pair for pair in pending if set(pair[1].first) <= draft.chosen]
        if not ready:
            break
        for proposal_id, option in ready:
            draft.take(proposal_id, option)
        pending = [pair for pair in pending if pair not in ready]
    for proposal_id, option in pending:
        needed = ", ".join(option.first)
        draft.waiting.append((proposal_id, f"it needs {needed} first", f"须先应用 {needed}"))
    return BestEdits(tuple(draft.edits), tuple(draft.waiting), tuple(uncured), tuple(left))


@dataclass
class _Draft:
    """Edits taken so far, and the outlines that they leave."""

    ids: tuple[str, ...]
    shapes: Geometries
    crs: CRS
    edits: list[DivisionEdit] = field(default_factory=list)
    waiting: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def chosen(self) -> set[str]:
        """Ids of the edits taken so far."""
        return {edit.edit_id for edit in self.edits}

    def take(self, proposal_id: str, option: Option) -> None:
        """Take an option if it fits what the others leave and nobody falls into more parts."""
        if option.edit is None:
            return
        try:
            after = try_edit(self.ids, self.shapes, option.edit, self.crs)
        except EditUnfit as unfit:
            self.waiting.append((proposal_id, unfit.en, unfit.zh))
            return
        changed = [n for n, old in enumerate(self.shapes) if after[n] is not old]
        torn = [n for n in changed if part_count(after[n]) > part_count(self.shapes[n])]
        if torn:
            names = ", ".join(self.ids[n] for n in torn)
            reason = (f"{names} would be in more parts by now", f"{names} 将分成更多块")
            self.waiting.append((proposal_id, *reason))
            return
        self.shapes = after
        self.edits.append(option.edit)
