"""What a process logs, and where."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta

import pytest
import structlog

from stemset.observability.logging import configure_logging


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    printed = capsys.readouterr()
    assert printed.out == ""
    return [json.loads(line) for line in printed.err.splitlines()]


def test_an_event_is_one_json_object_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    structlog.get_logger().info("node_done", node="root", seconds=1.5)
    (event,) = logged(capsys)
    at = datetime.fromisoformat(str(event.pop("timestamp")))
    assert at.utcoffset() == timedelta(0)
    assert event == {"event": "node_done", "node": "root", "seconds": 1.5, "level": "info"}


def test_a_line_to_read_has_the_event_and_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("console")
    structlog.get_logger().warning("worker_died", code=9)
    line = capsys.readouterr().err
    assert "worker_died" in line
    assert "code=9" in line
    assert "\x1b[" not in line


def test_libraries_are_heard_from_warnings_on_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("disk %s is full", "a")
    assert [(event["event"], event["level"]) for event in logged(capsys)] == [("disk a is full", "warning")]


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", logging.ERROR)
    structlog.get_logger().warning("node_done")
    logging.getLogger("some.library").warning("chatter")
    structlog.get_logger().error("job_failed")
    assert [event["event"] for event in logged(capsys)] == ["job_failed"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_local_variables(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json" if log_format == "json" else "console")

    def fail(key: str) -> None:
        raise ValueError(len(key))

    try:
        fail("-".join(["correct", "horse"]))
    except ValueError:
        structlog.get_logger().exception("unexpected_error")
    printed = capsys.readouterr().err
    assert "ValueError" in printed
    assert "correct-horse" not in printed


def test_configuring_twice_logs_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    configure_logging("json")
    logging.getLogger("some.library").warning("once")
    assert len(logged(capsys)) == 1
