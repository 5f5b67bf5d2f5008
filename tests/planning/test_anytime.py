"""A search can be ended at any time: by a limit, by who is told of it, by Ctrl-C."""

import _thread
import signal
import threading
import time
from typing import Any

import numpy as np
import pytest

from gridmap.errors import InvalidOption
from gridmap.planning import partition
from gridmap.planning.planner import make_plan
from gridmap.planning.watching import Snapshot, Watch, choose_workers, heed_interrupts
from gridmap.rules import Rules
from gridmap.testing import draw_territory


def make_graph(rows: int) -> dict[str, Any]:
    at = np.arange(rows * rows).reshape(rows, rows)
    edges = np.concatenate(
        [
            np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1),
            np.stack([at[:-1].ravel(), at[1:].ravel()], 1),
        ]
    )
    weights = np.arange(rows * rows) * 7 % 41
    return {
        "weights": weights,
        "edges": edges,
        "edge_costs": np.ones(len(edges)),
        "lower": 300,
        "upper": 500,
        "seed": 7,
    }


@pytest.mark.parametrize("rows", [40, 150])
def test_a_time_limit_is_kept(rows: int) -> None:
    started = time.monotonic()
    done = partition(**make_graph(rows), time_limit_s=1.0)
    passed = time.monotonic() - started - done.certificate.compile_seconds
    assert done.certificate.stopped == "time"
    assert passed < 6.0
    assert done.certificate.seconds <= passed + 0.1


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    graph = make_graph(9)
    free = partition(**graph)
    assert free.certificate.stopped == "done"
    assert partition(**graph, time_limit_s=900).labels.tolist() == free.labels.tolist()


def test_no_time_at_all_still_gives_a_division() -> None:
    done = partition(**make_graph(80), time_limit_s=0)
    sums = np.bincount(done.labels, weights=make_graph(80)["weights"])
    assert done.certificate.stopped == "time"
    assert len(sums) > 100


def test_who_is_told_sees_divisions_that_are_whole_and_never_more_done_than_all() -> None:
    graph = make_graph(75)
    told: list[Snapshot] = []
    done = partition(**graph, report=told.append)
    assert len(told) > 2
    assert [shot.done_share for shot in told] == sorted(shot.done_share for shot in told)
    assert 0 <= told[0].done_share <= told[-1].done_share <= 1
    for shot in told:
        sums = np.bincount(shot.labels, weights=graph["weights"])
        assert sums.sum() == graph["weights"].sum()
        assert shot.outside == np.count_nonzero((sums < 300) | (sums > 500))
        assert shot.cut_cost > 0
    assert done.certificate.stopped == "done"


def test_who_is_told_may_end_the_search() -> None:
    told: list[Snapshot] = []

    def stop_at_second(snapshot: Snapshot) -> bool:
        told.append(snapshot)
        return len(told) < 2

    done = partition(**make_graph(75), report=stop_at_second)
    assert done.certificate.stopped == "report"
    assert len(told) == 2


def test_ctrl_c_gives_the_best_so_far() -> None:
    graph = make_graph(110)
    partition(**make_graph(4))
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    done = partition(**graph)
    timer.cancel()
    assert done.certificate.stopped == "interrupt"
    assert len(done.labels) == 110 * 110
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_raises() -> None:
    watch = Watch()

    def press_twice() -> None:
        with heed_interrupts(watch):
            signal.raise_signal(signal.SIGINT)
            assert watch.must_stop()
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_plan_that_was_stopped_says_so() -> None:
    toy = draw_territory("AABBCCDD\nAABBCCDD\nEEFFGGHH", households=90)
    rules = Rules.preset()
    free = make_plan(toy, rules=rules)
    assert "search_stopped" not in {finding.code for finding in free.findings}
    short = make_plan(toy, rules=rules, time_limit_s=1e-6)
    assert "search_stopped" in {finding.code for finding in short.findings}
    assert len(short.grids) > 0


def test_a_part_is_ended_with_the_whole_and_the_whole_knows() -> None:
    whole = Watch(1000.0)
    part = whole.share(0.5)
    assert not part.must_stop()
    whole.stop("interrupt")
    assert part.must_stop()
    assert part.stopped == "interrupt"
    fresh = Watch(1000.0)
    assert fresh.share(0.0).must_stop()
    assert not fresh.must_stop()
    assert fresh.cause == "time"


def test_workers_are_whole_numbers_from_one() -> None:
    assert choose_workers(None) >= 1
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(InvalidOption):
            choose_workers(wrong)  # type: ignore[arg-type]


def test_a_part_of_a_part_that_runs_out_of_time_is_told_to_the_whole() -> None:
    whole = Watch(5.0)
    piece = whole.share(1.0)
    early = piece.share(0.0)
    assert early.must_stop()
    assert (early.cause, piece.cause, whole.cause) == ("time", "time", "time")
    assert not whole.must_stop()


def test_a_task_among_many_shares_the_time_of_the_whole_and_tells_nobody() -> None:
    whole = Watch(10.0)
    task = whole.part()
    assert task.share(0.4).deadline <= 4000
    assert task.share(0.0).must_stop()
    assert whole.cause == "done"


def test_the_share_done_never_passes_one_and_attempts_are_kept() -> None:
    told: list[float] = []
    # 12 nodes of 275 in a band of 300-500: a zone is outside whatever is tried
    edges = [(k, k + 1) for k in range(11)]
    partition(
        [275] * 6 + [140] * 6, edges, [1] * 11, lower=300, upper=500, seed=7,
        report=lambda shot: told.append(shot.done_share),
    )  # fmt: skip
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] <= 1
