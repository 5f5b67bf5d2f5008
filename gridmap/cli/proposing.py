"""What ``gridmap analyse`` says of proposals, and how it applies edits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridmap.cli.console import (
    choose_languages,
    make_console,
    print_findings,
    print_json,
    say,
)
from gridmap.cli.usage import BadUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from gridmap.boundaries import Analysis
    from gridmap.boundaries.best_edits import BestEdits
    from gridmap.boundaries.options import Option
    from gridmap.boundaries.proposals import Proposals
    from gridmap.model import Progress, Sources

PROPOSING = "建议与调整 Proposals and edits"
SHOWN_PROPOSALS = 20

Asked = Annotated[
    bool,
    typer.Option(
        "--proposals",
        help="列出每处飞地、重叠、插花地的处理方案，按优先顺序。"
        "List what could be done about each exclave, overlap and interlock, the best first.",
        rich_help_panel=PROPOSING,
    ),
]
EditsOut = Annotated[
    Path | None,
    typer.Option(
        "--edits",
        metavar="EDITS.geojson",
        help="把各处首选方案写成调整文件，可删改后用 --apply 应用。"
        "Write the best option of each as edits, to be pruned and given to --apply.",
        rich_help_panel=PROPOSING,
        show_default=False,
    ),
]
Across = Annotated[
    bool,
    typer.Option(
        "--across",
        help="--edits 也写入跨街道、跨区的方案（须各方同意）。"
        "Take edits over township and district lines too; all concerned must have consented.",
        rich_help_panel=PROPOSING,
    ),
]
Within = Annotated[
    str | None,
    typer.Option(
        "--within",
        metavar="FIELD",
        help="除街道、区县外，土地划转也不宜跨越此列的界线。"
        "A column, beside township and district, whose lines land should not cross.",
        rich_help_panel=PROPOSING,
        show_default=False,
    ),
]
BandText = Annotated[
    str,
    typer.Option(
        "--band",
        metavar="LOWER-UPPER",
        help="方案按此区间评判；缺省为社区 3000-20000 人，与 --level 同用时不评判。"
        "Judge by this band; 3000-20000 persons unless --level is given.",
        rich_help_panel=PROPOSING,
        show_default=False,
    ),
]
BandOf = Annotated[
    str,
    typer.Option(
        "--band-of",
        metavar="persons|households",
        help="区间按人口还是户数。Whether the band counts persons or households.",
        rich_help_panel=PROPOSING,
    ),
]
Apply = Annotated[
    Path | None,
    typer.Option(
        "--apply",
        metavar="EDITS.geojson",
        help="应用调整文件，新区划写到 -o；不作分析。Apply edits; the new divisions go to -o.",
        rich_help_panel=PROPOSING,
        show_default=False,
    ),
]
UndoOut = Annotated[
    Path | None,
    typer.Option(
        "--undo",
        metavar="UNDO.geojson",
        help="与 --apply 同用：写出逆向调整文件。With --apply: write the edits that undo these.",
        rich_help_panel=PROPOSING,
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Wishes:
    """What is asked for in the way of proposals."""

    asked: bool
    edits: Path | None
    band: str
    band_of: str
    level: str | None
    across: bool = False
    within: str | None = None


def check_targets(
    wishes: Wishes,
    *,
    inputs: Sequence[Path],
    apply: Path | None,
    out: Path | None,
    undo: Path | None,
) -> None:
    """Refuse options that exclude each other, and files that can't be written.

    Raises
    ------
    typer.BadParameter
        When ``--apply`` stands with ``--proposals`` or without ``-o``, ``--undo`` without it,
        ``--across`` without ``--edits``, or ``--within`` where nothing is proposed.
    """
    from gridmap.boundaries.edit_files import ENDINGS
    from gridmap.cli.options import refuse_overwriting_input
    from gridmap.writing import check_ending, check_writable

    if apply is not None and (wishes.asked or wishes.edits is not None):
        raise BadUse(
            "--apply 不能与 --proposals、--edits 同用。", "Not with --proposals or --edits."
        )
    if apply is not None and out is None:
        raise BadUse("--apply 需要 -o。", "It needs -o, for the new divisions.")
    if undo is not None and apply is None:
        raise BadUse("--undo 须与 --apply 同用。", "It needs --apply.")
    if wishes.across and wishes.edits is None:
        raise BadUse("--across 须与 --edits 同用。", "It needs --edits.")
    if wishes.within is not None and not wishes.asked and wishes.edits is None:
        raise BadUse(
            "--within 须与 --proposals 或 --edits 同用。", "It needs --proposals or --edits."
        )
    read = [*inputs, *([] if apply is None else [apply])]
    for path, endings in ((out, (".gpkg",)), (undo, ENDINGS), (wishes.edits, ENDINGS)):
        if path is not None:
            refuse_overwriting_input(read, path)
            check_ending(path, *endings)
            check_writable(path)


def apply_file(
    sources: Sources,
    path: Path,
    *,
    out: Path,
    undo: Path | None,
    level: str | None,
    as_json: bool,
) -> None:
    """Apply a file of edits to an input, write the new divisions, and say what changed."""
    from gridmap.boundaries.edit_files import read_edits, write_edits
    from gridmap.boundaries.edited_files import edit_sources, edited_as_dict, write_edited

    edited = edit_sources(sources, read_edits(path), level=level)
    if undo is not None:
        write_edits(edited.inverse, undo)
    write_edited(edited, out)
    if as_json:
        print_json(edited_as_dict(edited))
        return
    print_findings(edited.findings)
    say(f"已写出：{out}", f"Written: {out}")
    if undo is not None:
        say(f"逆向调整已写出：{undo}", f"The edits that undo these: {undo}")


def propose(
    analysis: Analysis, sources: Sources, wishes: Wishes, *, progress: Progress
) -> Proposals | None:
    """Work out the proposals that are asked for, None for none; write the best as edits."""
    from gridmap.boundaries.best_edits import choose_best
    from gridmap.boundaries.edit_files import write_edits
    from gridmap.boundaries.proposals import propose_changes
    from gridmap.cli.options import understand_band
    from gridmap.rules.levels import COMMUNITIES

    if not wishes.asked and wishes.edits is None:
        return None
    if wishes.band_of not in ("persons", "households"):
        raise BadUse(
            f"--band-of {wishes.band_of!r} 须为 persons 或 households。",
            f"--band-of {wishes.band_of!r} is neither persons nor households.",
        )
    band = understand_band(wishes.band)
    if band is None and wishes.level is None and wishes.band_of == "persons":
        band = COMMUNITIES.band
    measure: Any = wishes.band_of
    proposals = propose_changes(
        analysis, sources, band=band, measure=measure, within=wishes.within, progress=progress
    )
    if wishes.edits is not None:
        best = choose_best(proposals, across=wishes.across)
        write_edits(best.edits, wishes.edits)
        _say_best(best, wishes.edits)
    return proposals


def add_proposals(answer: dict[str, object], proposals: Proposals | None) -> dict[str, object]:
    """Return the JSON of an analysis with what ``--proposals`` adds; as it is without."""
    if proposals is None:
        return answer
    from gridmap.boundaries.proposal_tables import list_proposals

    band = proposals.yardstick.band
    said = answer["findings"]
    more = [finding.as_dict() for finding in proposals.findings]
    return {
        **answer,
        "findings": [*said, *more] if isinstance(said, list) else more,
        "proposals": list_proposals(proposals),
        "band": None if band is None else [band.lower, band.upper],
        "band_of": proposals.yardstick.measure,
    }


def say_proposals(proposals: Proposals) -> None:
    """Write proposals as a table: the best option of each, what it moves, crosses and changes."""
    from gridmap.boundaries.proposal_tables import SUBJECT_WORDS

    total = len(proposals.items)
    options = sum(len(item.options) for item in proposals.items)
    say(
        f"建议 {total} 项，方案 {options} 个；下表为各项首选，其余见 --json 或 -o。",
        f"{total} proposals with {options} options; the best of each is shown, all are in --json "
        "and -o.",
        answer=True,
    )
    if not total:
        return
    _say_uncounted(proposals)
    zh = "zh" in choose_languages()
    table = _make_table(chinese=zh)
    names = dict(zip(proposals.standing.ids, proposals.standing.names, strict=True))
    for item in proposals.items[:SHOWN_PROPOSALS]:
        place = f"{names[item.ids[0]]} {SUBJECT_WORDS[item.subject][1 if zh else 0]}"
        if not item.options:
            table.add_row(item.proposal_id, _plain(place), "-")
            continue
        table.add_row(*_row(item.proposal_id, place, item.options[0], names, chinese=zh))
    make_console(answer=True).print(table)
    if total > SHOWN_PROPOSALS:
        say(
            f"  另有 {total - SHOWN_PROPOSALS} 项，见 --json 或 -o。",
            f"  and {total - SHOWN_PROPOSALS} more: see --json or -o.",
            answer=True,
        )
    _say_crossing(proposals)


def _make_table(*, chinese: bool) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    heads = [("编号", "id"), ("位置", "place"), ("首选方案", "best option"), ("公顷", "ha"),
             ("户", "homes"), ("栋", "bldgs"), ("人", "persons"), ("跨界", "crosses"),
             ("影响", "effect")]  # fmt: skip
    for zh, en in heads:
        right = en in ("ha", "homes", "bldgs", "persons")
        table.add_column(zh if chinese else en, justify="right" if right else "left")
    return table


def _say_uncounted(proposals: Proposals) -> None:
    """Say which numbers nobody counted, so that a dash is not read as nought."""
    standing = proposals.standing
    counted = (
        ("households", "户数", standing.homes is not None),
        ("buildings", "栋数", standing.buildings is not None),
        ("residents", "常住人口", standing.residents is not None),
    )
    lacking = [(en, zh) for en, zh, known in counted if not known]
    if not lacking:
        return
    en, zh = ", ".join(word for word, _ in lacking), "、".join(word for _, word in lacking)
    blind = proposals.yardstick.count(*standing.total(0)) is None
    say(
        f"输入中没有{zh}：表中“-”表示未知，不是零"
        + ("；各区划的人口影响也无法计算。" if blind else "。"),
        f"The input does not count {en}: a dash means unknown, not nought"
        + ("; nor can what changes for the divisions be told." if blind else "."),
        answer=True,
    )


def _say_crossing(proposals: Proposals) -> None:
    """Say how many places are best cured over a township's or district's line."""
    first = [item.options[0] for item in proposals.items if item.options]
    crossing = sum(bool(option.crosses) for option in first)
    if crossing:
        say(
            f"{crossing} 项的首选方案跨越上级界线（见“跨界”列），须各方同意；"
            "--edits 默认不含此类方案。",
            f"The best option of {crossing} crosses a higher line (column crosses): all concerned "
            "must consent, and --edits leaves it out unless --across is given.",
            answer=True,
        )
    if not proposals.higher.values:
        say(
            "区划没有街道、区县列，无法判断方案是否跨界。",
            "The divisions name no township or district: whether options cross lines is not told.",
            answer=True,
        )


def _row(
    proposal_id: str, place: str, option: Option, names: dict[str, str], *, chinese: bool
) -> Sequence[Any]:
    from gridmap.boundaries.proposal_tables import ACTION_WORDS

    action = ACTION_WORDS[option.action][1 if chinese else 0]
    to = "、".join(names[d] for d in option.to) if option.action != "keep" else ""
    counts = [
        "-" if value is None else str(value)
        for value in (option.households, option.buildings, option.residents)
    ]
    effects = []
    for effect in option.effects:
        if effect.count_before is None or effect.count_before == effect.count_after:
            continue
        text = f"{names[effect.division_id]} {effect.count_before}→{effect.count_after}"
        if effect.in_band_before is not None and effect.in_band_before != effect.in_band_after:
            words = ("入区间", "出区间") if chinese else ("into band", "out of band")
            text += f" {words[0] if effect.in_band_after else words[1]}"
        effects.append(text)
    uncounted = all(effect.count_before is None for effect in option.effects)
    if uncounted and option.action != "keep":
        effects = ["人口未知" if chinese else "not counted"]
    cells = (proposal_id, place, f"{action} {to}".strip(), f"{option.area_m2 / 1e4:.2f}")
    crossed = (f"跨{zh}" if chinese else en for en, zh in (c.words for c in option.crosses))
    crosses = ("、" if chinese else ", ").join(crossed)
    return [_plain(cell) for cell in (*cells, *counts, crosses, "; ".join(effects))]


def _plain(text: str) -> Any:
    """Return text of a file for a table: no markup, no control characters."""
    from rich.text import Text

    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))


def _say_best(best: BestEdits, path: Path) -> None:
    """Say how many edits were written, and how many wait for others or cure nothing."""
    waiting, uncured, across = len(best.waiting), len(best.uncured), len(best.across)
    say(
        f"首选调整 {len(best.edits)} 项已写出：{path}；{waiting} 项须待应用后重新生成，"
        f"{uncured} 项没有可消除问题的方案。",
        f"{len(best.edits)} best edits written: {path}; {waiting} wait until these are applied and "
        f"must be proposed again, {uncured} have no option that cures them.",
    )
    if across:
        say(
            f"另有 {across} 项只能跨街道或跨区处理，须各方同意，未写入；同意后加 --across。",
            f"{across} more can be cured only over a line of a higher level, and were left out: "
            "with everybody's consent, add --across.",
        )
