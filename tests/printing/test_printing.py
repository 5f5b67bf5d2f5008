"""Paper: what a print shop, an archive and a search in the file need."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pypdf
import pytest
import shapely
from toy_plans import draw_plan

import gridmap
from gridmap.errors import InvalidOption, MissingExtra, UnwritableFile
from gridmap.printing import fonts as fonts_module
from gridmap.printing import print_atlas, print_map, printing
from gridmap.printing.canvas import Window
from gridmap.printing.fonts import find_fonts
from gridmap.printing.ground import prepare_ground
from gridmap.printing.margins import Margin
from gridmap.printing.panel import SIZE_PT
from gridmap.printing.papers import BINDING_MM, choose_bar, choose_scale, lay_out_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.model import Plan

pytest.importorskip("matplotlib")
try:
    find_fonts()
except InvalidOption:  # a machine without Chinese fonts; CI installs one
    pytest.skip("no Chinese font here", allow_module_level=True)


AROUND = 13
"""The order in which `lettering.write` draws what stands around the map."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    drawn = draw_plan(
        "AABBE\nAABBE\nCDDBE\nEDDBE",
        communities="AAAAA\nAAAAA\nBBBAA\nABBAA",
        kinds={"C": "dedicated", "E": "exclave"},
    )
    grids = drawn.grids.copy()
    grids["category"] = np.where(grids["kind"].eq("dedicated"), "school", "")
    grids["name"] = [f"锦绣社区第{n}网格" for n in range(1, len(grids) + 1)]
    return dataclasses.replace(drawn, grids=grids)


@pytest.fixture(scope="module")
def sheet(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("print") / "map.pdf"
    assert (
        print_map(plan, path, title="锦绣社区网格图", compiler="民政局", reviewer="李", date="2026")
        == ()
    )
    return path


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def test_title_margin_and_numbers_are_found_by_a_search(sheet: Path) -> None:
    text = text_of(sheet)
    for words in (
        "锦绣社区网格图",
        "编制单位：民政局",
        "审核：李",
        "数据日期：2026",
        "比例尺1:",
        "内部用图",
        "图例",
        "北",
    ):
        assert words.replace(" ", "") in text.replace(" ", "")


def test_every_font_is_embedded(sheet: Path) -> None:
    fonts = pypdf.PdfReader(sheet).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert fonts
    for font in fonts.values():
        made = font.get_object()
        assert made["/Subtype"] == "/Type3"  # its outlines are drawings in the file
        assert made["/CharProcs"]
        assert "/ToUnicode" in made


def test_it_is_vector_and_of_the_papers_size(sheet: Path) -> None:
    page = pypdf.PdfReader(sheet).pages[0]
    assert not list(page.images)
    size = sorted(float(side) for side in (page.mediabox.width, page.mediabox.height))
    assert size == pytest.approx([297 / 25.4 * 72, 420 / 25.4 * 72], abs=1)


@pytest.mark.parametrize("paper", ["A3", "A4"])
@pytest.mark.parametrize("lying", [True, False])
def test_boxes_lie_inside_the_margins_and_not_over_one_another(paper: str, *, lying: bool) -> None:
    made = lay_out_sheet(paper, lying=lying)
    boxes = [
        shapely.box(b.left, b.bottom, b.right, b.top)
        for b in (made.map, made.panel, made.title, made.foot)
    ]
    paper_box = shapely.box(BINDING_MM, 10, made.width - 10, made.height - 10)
    for box in boxes:
        assert paper_box.buffer(1e-9).contains(box)
    for one in range(4):
        for two in range(one):
            assert shapely.area(shapely.intersection(boxes[one], boxes[two])) < 1e-6
    assert made.frame.left == BINDING_MM == 35


@pytest.mark.parametrize("paper", ["A3", "A4"])
@pytest.mark.parametrize("lying", [True, False])
def test_the_panel_of_a_full_legend_stays_inside_the_frame(
    sample_plan: Plan, paper: str, *, lying: bool
) -> None:
    press = printing._set_up(sample_plan, "x.pdf", Margin("图"), None)
    made = lay_out_sheet(paper, lying=lying)
    (axes,) = printing._draw_sheet(press, made).axes
    others = ("北", "内部用图")
    around = [t for t in axes.texts if t.get_zorder() == AROUND and t.get_text() not in others]
    sizes = (SIZE_PT[paper], SIZE_PT[paper] + 1.5)
    panel = [t for t in around if t.get_fontsize() in sizes]
    foot = [t for t in around if t.get_position()[1] < made.foot.top]
    assert len(foot) == 8, "imprint, scale and its bar"
    assert len(panel) > 15
    for text in set(panel) - set(foot):
        x, y = text.get_position()
        assert made.panel.left <= x <= made.panel.right
        assert made.panel.bottom <= y <= made.panel.top


@pytest.mark.parametrize("seed", range(30))
def test_the_scale_is_round_and_the_land_fits(seed: int) -> None:
    random = np.random.default_rng(seed)
    width, height = 10 ** random.uniform(1, 6, 2)
    room = lay_out_sheet("A4").map
    scale = choose_scale(width, height, room)
    assert width * 1000 / scale <= room.width
    assert height * 1000 / scale <= room.height
    lead = scale / 10 ** np.floor(np.log10(scale))
    assert min(abs(lead - step) for step in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8)) < 1e-9
    bar = choose_bar(scale, 60)
    assert 12 < bar * 1000 / scale <= 60


def test_a_metre_on_the_ground_is_what_the_scale_says() -> None:
    window = Window(lay_out_sheet("A3").map, (500_000.0, 2_500_000.0), 5000.0)
    at = window.to_sheet(np.array([[500_000.0, 2_500_000.0], [500_100.0, 2_500_000.0]]))
    assert float(at[1, 0] - at[0, 0]) == pytest.approx(100_000 / 5000)


def test_land_is_where_the_measuring_crs_says(plan: Plan) -> None:
    ground = prepare_ground(plan)
    true = plan.grids.geometry.to_crs(plan.territory.units.metric_crs)
    assert shapely.hausdorff_distance(ground.lands, true.to_numpy()).max() < 2


def test_an_atlas_has_a_page_for_each_community_and_grid(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "atlas.pdf"
    print_atlas(plan, path)
    pages = [page.extract_text().replace(" ", "") for page in pypdf.PdfReader(path).pages]
    communities = plan.grids["community_id"].nunique()
    assert len(pages) == 3 + communities + len(plan.grids)
    assert "网格图册" in pages[0]
    assert "图幅索引" in pages[1]
    listed = dict(re.findall(r"(锦绣社区第\d+网格)\n?(\d+)", pages[2]))
    for name, number in listed.items():
        assert name in pages[int(number) - 1]
        assert "东至：" in pages[int(number) - 1]
    assert len(listed) == len(plan.grids)


def test_before_and_after_stand_side_by_side(plan: Plan, tmp_path: Path) -> None:
    moved = draw_plan("AABBE\nAABBE\nCDDDE\nEDDBE", communities="AAAAA\nAAAAA\nBBBAA\nABBAA")
    print_map(moved, tmp_path / "both.pdf", before=plan, paper="A4")
    text = text_of(tmp_path / "both.pdf")
    assert "调整前" in text
    assert "调整后" in text


def test_the_same_plan_gives_the_same_bytes_in_a_fresh_process(
    plan: Plan, sheet: Path, tmp_path: Path
) -> None:
    gridmap.write_plan(plan, tmp_path / "p.gpkg")
    code = (
        "import sys, gridmap; from gridmap.printing import print_map; "
        "print_map(gridmap.read_plan(sys.argv[1]), sys.argv[2])"
    )
    for name in ("1.pdf", "2.pdf"):
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / "p.gpkg", tmp_path / name], check=True
        )
    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "2.pdf").read_bytes()
    del sheet


def test_few_households_are_a_class_and_no_address_is_printed(plan: Plan, tmp_path: Path) -> None:
    grids = plan.grids.assign(households=7)
    units = dataclasses.replace(
        plan.territory.units,
        places=plan.territory.units.places.assign(text="秘密路99号"),
        members=plan.territory.units.members.assign(household_id="H秘密"),
    )
    territory = dataclasses.replace(plan.territory, units=units)
    print_atlas(dataclasses.replace(plan, grids=grids, territory=territory), tmp_path / "a.pdf")
    text = text_of(tmp_path / "a.pdf")
    assert "<10户" in text.replace(" ", "")
    assert "7户" not in text.replace(" ", "")
    assert "秘密" not in text


def test_a_character_without_a_glyph_is_said_and_not_a_box(plan: Plan, tmp_path: Path) -> None:
    (said,) = print_map(plan, tmp_path / "m.pdf", title="东\ue123里网格图")
    assert said.code == "glyph_missing"
    assert said.count == 1
    assert "东〓里网格图" in text_of(tmp_path / "m.pdf")


@pytest.mark.parametrize(
    "name", ["$x^2$", "{0}\\", "%s </script>", "=1+1", "a" * 500, "\n\t", "\u202eabc"]
)
def test_hostile_names_are_text(plan: Plan, tmp_path: Path, name: str) -> None:
    grids = plan.grids.assign(name=name)
    communities = plan.territory.units.communities.assign(name=name, township=name)
    units = dataclasses.replace(plan.territory.units, communities=communities)
    changed = dataclasses.replace(
        plan, grids=grids, territory=dataclasses.replace(plan.territory, units=units)
    )
    print_atlas(changed, tmp_path / "a.pdf")
    reader = pypdf.PdfReader(tmp_path / "a.pdf")
    assert "/Names" not in reader.trailer["/Root"]  # type: ignore[operator]
    assert "/OpenAction" not in reader.trailer["/Root"]  # type: ignore[operator]


def test_no_font_or_no_matplotlib_is_said_with_the_cure(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts_module, "FAMILIES", ())
    with pytest.raises(InvalidOption, match="fonts-noto-cjk"):
        print_map(plan, tmp_path / "m.pdf")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match="print"):
        print_map(plan, tmp_path / "m.pdf")
    assert not list(tmp_path.iterdir())


def test_bad_arguments_are_refused_before_any_work(plan: Plan, tmp_path: Path) -> None:
    for call in (
        lambda: print_map(plan, tmp_path / "m.png"),
        lambda: print_map(plan, tmp_path / "m.pdf", paper="B5"),
        lambda: print_map(plan, tmp_path / "m.pdf", font=__file__),
        lambda: print_map(dataclasses.replace(plan, grids=plan.grids.iloc[:0]), tmp_path / "m.pdf"),
    ):
        with pytest.raises(InvalidOption):
            call()
    with pytest.raises(UnwritableFile):
        print_map(plan, tmp_path / "no" / "m.pdf")
    assert not list(tmp_path.iterdir())


def test_an_old_plan_file_without_landmarks_is_printed(plan: Plan, tmp_path: Path) -> None:
    assert plan.territory.units.landmarks is None
    start = time.monotonic()
    print_map(plan, tmp_path / "m.pdf")
    assert time.monotonic() - start < 60
    assert (tmp_path / "m.pdf").stat().st_size < 500_000
