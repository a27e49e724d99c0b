"""The speed bench, on a short noise."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from stemset.bench.speed import RunSpeed, SpeedReport, measure
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.strategy import parse

SHARES = {"_": "test_share", "part": "a", "rest": {"_": "test_share", "part": "b", "rest": "c"}}


def test_a_first_run_and_as_many_warm_ones_as_asked_for_are_measured(noise: Path, tmp_path: Path) -> None:
    told: list[RunSpeed] = []
    report = measure(noise, parse("shares", SHARES), ModelPool(Runtime(tmp_path)), 2, told.append)
    assert told == [report.cold, *report.warm]
    assert len(report.warm) == 2
    for run in told:
        assert [node.path for node in run.nodes] == ["root", "root/rest"]
        assert sum(node.seconds for node in run.nodes) < run.seconds
        assert 0 < run.first_stem_s < run.seconds
        assert run.cpu_s > 0
    assert report.device == "cpu"
    assert report.peak_mb is None or report.peak_mb > 10


def test_the_report_is_a_table_and_json(noise: Path, tmp_path: Path) -> None:
    report = measure(noise, parse("shares", SHARES), ModelPool(Runtime(tmp_path)), 1)
    assert SpeedReport.model_validate_json(report.model_dump_json()) == report
    screen = Console(file=StringIO(), width=120)
    screen.print(report.table())
    assert isinstance(screen.file, StringIO)
    for word in ("× real time", "first stem after", "root/rest, s: test_share", "CPU seconds"):
        assert word in screen.file.getvalue()
