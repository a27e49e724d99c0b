"""`stemset process`: separate what is new in a folder into the library."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from stemset.cli.console import AsJson, err, out
from stemset.config import ApiSettings, Config, WorkerSettings, load_config
from stemset.errors import Cancelled, ConfigError, StemsetError
from stemset.features.jobs.records import JobRecord, NodeState
from stemset.models import registry
from stemset.observability.logging import configure_logging

if TYPE_CHECKING:
    # These bring the whole service with them; `stemset --help` needs none of it.
    from stemset.batch.process_folder import FileResult, FolderProcessor, Library, Separator
    from stemset.server.services import Services

app = typer.Typer()

_STYLES = {"separated": "green", "failed": "red", "planned": "cyan", "present": "dim"}


def _complete_names(section: str) -> list[str]:
    try:
        config = load_config(ApiSettings().config)
    except StemsetError:
        return []
    return list(config.profiles if section == "profiles" else config.strategies)


def _complete_profiles() -> list[str]:
    return _complete_names("profiles")


def _complete_strategies() -> list[str]:
    return _complete_names("strategies")


@app.command("process")
def process_command(
    profile: Annotated[str, typer.Argument(help="A profile of config.yaml.", autocompletion=_complete_profiles)],
    source: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, readable=True, help="Default: the profile's `source`."),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option("--strategy", "-s", help="Default: the profile's.", autocompletion=_complete_strategies),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; store and run nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Separate what is new in PROFILE's source folder into the library.

    New is what the library doesn't hold with this strategy, whatever it is called; any file with sound in it counts.
    It works with `stemset serve` running or not. Exit code 1: at least one file failed.
    """
    settings = ApiSettings()
    # A failure has its own line here.
    configure_logging(settings.log_format, logging.ERROR)
    config = load_config(settings.config)
    if profile not in config.profiles:
        raise typer.BadParameter(f"unknown profile {profile!r}; choose one of: {', '.join(config.profiles)}")
    name = strategy or config.profiles[profile].strategy
    if name not in config.strategies:
        raise typer.BadParameter(f"unknown strategy {name!r}; choose one of: {', '.join(config.strategies)}")
    folder = source or _find_source_folder(config, profile)
    asyncio.run(_process_folder(settings, profile, name, folder, dry_run=dry_run, as_json=as_json))


def _find_source_folder(config: Config, profile: str) -> Path:
    folder = config.profiles[profile].source
    if folder is None:
        raise typer.BadParameter(f"profile {profile!r} has no `source` in config.yaml; name a folder with --source")
    if not folder.is_dir():
        raise ConfigError(f"profiles.{profile}.source", f"there is no folder {folder.resolve()}")
    return folder


async def _process_folder(
    settings: ApiSettings, profile: str, strategy: str, source: Path, *, dry_run: bool, as_json: bool
) -> None:
    """Process the folder and print the results. Raises Cancelled after a signal, and Exit(1) if a file failed."""
    # Seconds of imports, which a mistake in the arguments need not wait for.
    from stemset.batch.process_folder import (  # noqa: PLC0415
        FolderProcessor,
        Outcome,
        find_files,
        single_process_lock,
    )
    from stemset.database.engine import upgrade_database  # noqa: PLC0415
    from stemset.features.jobs.engines.dbos import DbosDispatcher  # noqa: PLC0415
    from stemset.models.networks import malloc  # noqa: PLC0415
    from stemset.server.services import build_services  # noqa: PLC0415

    malloc.share_heap_between_threads()
    separator = _make_separator(settings.data_dir)
    with single_process_lock(settings.data_dir):
        await asyncio.to_thread(upgrade_database, settings.database)
        services = build_services(settings, DbosDispatcher(settings.queue_database))
        try:
            files = find_files(source, without=settings.data_dir)
            plan = services.plans.plans[strategy]
            with _show_progress(len(files)) as bars:
                processor = FolderProcessor(_make_library(services), separator, profile, plan, bars, dry_run=dry_run)
                results = await _collect_results(processor, files, bars)
        finally:
            await services.engine.dispose()
        _print_results(results, strategy, source, profile, as_json=as_json)
        if processor.abandoned:
            err.print("Stopped.")
            sys.stdout.flush()
            os._exit(1)
    if processor.stopped:
        raise Cancelled
    if any(result.outcome is Outcome.FAILED for result in results):
        raise typer.Exit(1)


def _make_separator(data_dir: Path) -> Separator:
    """Make what runs the jobs, from the settings of a worker."""
    from stemset.batch.process_folder import Separator  # noqa: PLC0415
    from stemset.models.pool import ModelPool  # noqa: PLC0415
    from stemset.strategy.node_cache import FolderCache  # noqa: PLC0415

    worker = WorkerSettings()
    return Separator(
        pool=ModelPool(worker.runtime()),
        # Not the worker's folder, which it empties when it starts.
        work_dir=data_dir / "process",
        cache=FolderCache(worker.cache_dir, worker.cache_bytes) if worker.cache_bytes else None,
    )


def _make_library(services: Services) -> Library:
    from stemset.batch.process_folder import Library  # noqa: PLC0415

    return Library(
        services.recordings,
        services.jobs,
        services.ingest,
        services.probe,
        services.storage,
        services.config.limits,
    )


async def _collect_results(processor: FolderProcessor, files: Sequence[Path], bars: _Bars) -> list[FileResult]:
    """Process the files until all are done or a signal stops it. Returns the results so far, which `bars` show."""
    results: list[FileResult] = []
    with _stop_on_signals(processor):
        async for result in processor.run(files):
            results.append(result)
            bars.file_finished(result)
    return results


@contextmanager
def _stop_on_signals(processor: FolderProcessor) -> Generator[None]:
    """Let SIGINT and SIGTERM stop the processor, as long as the block lasts."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        err.print("stopping; what is done stays")
        processor.stop()

    # Not the loop's own handlers, which Windows lacks.
    before = {
        number: signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_results(results: list[FileResult], strategy: str, source: Path, profile: str, *, as_json: bool) -> None:
    counts = Counter(result.outcome.value for result in results)
    if as_json:
        files = [
            {
                "file": str(result.file),
                "outcome": result.outcome.value,
                "seconds": result.seconds,
                "recordingId": str(result.recording_id) if result.recording_id else None,
                "jobId": str(result.job_id) if result.job_id else None,
                "error": {"kind": result.kind, "message": result.message} if result.kind else None,
            }
            for result in results
        ]
        head = {"profile": profile, "source": str(source), "strategy": strategy}
        print(json.dumps({**head, "counts": counts, "files": files}))
        return
    table = Table("file", "", "seconds", "", box=None)
    for result in results:
        # Whatever else lies in a folder of songs is only counted.
        if result.outcome.value != "not_audio":
            word = Text(result.outcome.value, _STYLES.get(result.outcome.value, ""))
            name = Text(str(result.file.relative_to(source)))
            table.add_row(name, word, f"{result.seconds:.1f}", Text(result.message or ""))
    if table.row_count:
        out.print(table)
    said = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in counts.items())
    out.print(f"{profile}, {strategy}: {said or 'no files'}", highlight=False, soft_wrap=True)


class _Bars:
    """Shows the progress of a FolderProcessor: one bar for the files, one for the current job."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress = progress
        self._files = progress.add_task("files", total=files)
        self._job = progress.add_task("", total=1, visible=False)
        self._name = ""

    def file_started(self, file: Path) -> None:
        self._name = escape(file.name)
        self._progress.update(self._job, description=self._name, total=None, completed=0, visible=True)

    def job_changed(self, job: JobRecord) -> None:
        running = [node for node in job.status.nodes if node.state is NodeState.RUNNING]
        model = f": {escape(registry.card(running[0].model).title)}" if running else ""
        done = sum(node.fraction for node in job.status.nodes)
        self._progress.update(self._job, description=self._name + model, total=len(job.status.nodes), completed=done)

    def file_finished(self, result: FileResult) -> None:
        self._progress.advance(self._files)
        self._progress.update(self._job, visible=False)
        if result.outcome.value in {"separated", "failed", "elsewhere"}:
            note = f": {result.message}" if result.message else f" in {result.seconds:.1f} s"
            line = Text.assemble(f"{result.file.name} ", (result.outcome.value, _STYLES.get(result.outcome.value, "")))
            self._progress.console.print(line.append(note), highlight=False, soft_wrap=True)


@contextmanager
def _show_progress(files: int) -> Generator[_Bars]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        yield _Bars(progress, files)
