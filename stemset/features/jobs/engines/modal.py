"""`ModalDispatcher`: each job is one spawned call of the deployed app's `Worker.run`.

Modal delivers a call at least once: a container that is preempted or crashes is followed by another that is given the
same call. Spawning the same payload twice makes two calls; the payload's nonce tells which of them counts.
`modal` is imported on first use: it takes longer to import than the rest of the service takes to start.
"""

# What is generic in Modal's types stays open where a name is looked up.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import asyncio
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from pydantic import ValidationError

from stemset.config.modal import WORKER
from stemset.errors import StemsetError, Unavailable, UnknownPayload
from stemset.features.jobs.engines.dispatcher import RunRecord, RunState
from stemset.features.jobs.messages import JobPayload
from stemset.manifest import Manifest

log = structlog.stdlib.get_logger()

_MAX_LOOKUPS = 20


class ModalDispatcher:
    """Spawns jobs on a deployed app. app: its name."""

    repeatable = False

    def __init__(self, app: str) -> None:
        self._app = app
        self._worker: Any = None
        self._lookups = asyncio.Semaphore(_MAX_LOOKUPS)

    async def dispatch(self, payload: JobPayload) -> str:
        import modal  # noqa: PLC0415

        with self._translate_errors():
            if self._worker is None:
                self._worker = modal.Cls.from_name(self._app, WORKER)()
            call = await self._worker.run.spawn.aio(payload.model_dump_json())
            return call.object_id

    async def cancel(self, ref: str) -> None:
        import modal  # noqa: PLC0415

        with self._translate_errors():
            # The container is ended as well: code that computes for long doesn't hear of a cancel.
            await modal.FunctionCall.from_id(ref).cancel.aio(terminate_containers=True)

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        records = await asyncio.gather(*(self._look_up(ref) for ref in refs))
        return dict(zip(refs, records, strict=True))

    async def close(self) -> None:
        self._worker = None

    async def _look_up(self, ref: str) -> RunRecord:
        import modal  # noqa: PLC0415
        from modal import exception  # noqa: PLC0415

        async with self._lookups:
            try:
                result = await modal.FunctionCall.from_id(ref).get.aio(timeout=0)
            except TimeoutError:
                return RunRecord(RunState.PENDING)
            except (exception.OutputExpiredError, exception.NotFoundError):
                return RunRecord(RunState.UNKNOWN)
            except exception.FunctionTimeoutError:
                return RunRecord(RunState.TIMED_OUT)
            except UnknownPayload as error:
                return RunRecord(RunState.REFUSED, str(error))
            except exception.RemoteError as error:
                # An operator ended it in Modal's dashboard, or we did.
                return RunRecord(RunState.WITHDRAWN, str(error))
            except (exception.InternalFailure, exception.ExecutionError) as error:
                return RunRecord(RunState.ENDED, str(error))
            except exception.Error as error:
                raise _unavailable(error) from error
            except Exception as error:  # noqa: BLE001 - whatever the worker raised comes out here
                return RunRecord(RunState.RAISED, _describe(error), kind=_kind_of(error))
        return RunRecord(RunState.ENDED, manifest=_parse_manifest(ref, result))

    @contextmanager
    def _translate_errors(self) -> Generator[None]:
        """Raise Unavailable in place of the errors that Modal, or an app on it, can't be reached."""
        from modal import exception  # noqa: PLC0415

        try:
            yield
        except exception.NotFoundError as error:
            # After another deployment under the same name the old handle leads nowhere.
            self._worker = None
            raise Unavailable(
                f"The app {self._app!r} is not on Modal ({error}); run `modal deploy modal_app.py`."
            ) from error
        except (exception.Error, OSError) as error:
            raise _unavailable(error) from error


def _unavailable(error: BaseException) -> Unavailable:
    return Unavailable(f"Modal can't be reached: {error}")


def _describe(error: Exception) -> str:
    return str(error) if isinstance(error, StemsetError) else f"{type(error).__name__}: {error}"


def _kind_of(error: Exception) -> str:
    return error.kind if isinstance(error, StemsetError) else "internal"


def _parse_manifest(ref: str, result: object) -> Manifest | None:
    """The manifest that a run returned as JSON; None of a run that had lost its job, and of one that can't be read."""
    if result is None:
        return None
    try:
        return Manifest.model_validate_json(str(result))
    except ValidationError as error:
        log.warning("result_unreadable", run=ref, reason=str(error))
        return None
