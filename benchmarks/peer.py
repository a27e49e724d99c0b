"""The peer of status_polling.py: the same job status by the book of FastAPI and SQLAlchemy, knowing nothing of Stemset.

It keeps jobs in a SQLite database of its own, filled from the JSON list that PEER_JOBS names.
"""

# FastAPI is installed in an environment of its own, see requirements.txt.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUntypedFunctionDecorator=false
from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import JSON, DateTime, String, Uuid, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['PEER_DATABASE']}")
sessions = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def _prepare(connection: Any, _entry: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


class Base(DeclarativeBase):
    """The peer's tables."""


class JobRow(Base):
    """Columns as our service has them: what never changes, what is searched by, and a status as JSON."""

    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    recording_id: Mapped[UUID] = mapped_column(Uuid)
    profile: Mapped[str] = mapped_column(String(40))
    strategy: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))
    expected_stems: Mapped[list[str]] = mapped_column(JSON)
    status: Mapped[dict[str, Any]] = mapped_column(JSON)
    last_event: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Wire(BaseModel):
    """camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Node(Wire):
    """One model run."""

    path: str
    parent: str | None
    model: str
    title: str
    state: str
    fraction: float
    seconds: float | None
    cached: bool


class Failure(Wire):
    """Why a job failed."""

    kind: str
    message: str
    node: str | None
    fallback: str | None


class Job(Wire):
    """What is answered."""

    id: UUID
    recording_id: UUID
    profile: str
    strategy: str
    state: str
    nodes: list[Node]
    stems: list[str]
    expected_stems: list[str]
    failure: Failure | None
    sum_to_mixture_db: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    last_event: int
    attempt: int | None = None
    eta_s: float | None = None
    queue_position: int | None = None


_COLUMNS = {"id", "recordingId", "profile", "strategy", "state", "expectedStems", "lastEvent", "createdAt"}


def _row(told: dict[str, Any]) -> JobRow:
    return JobRow(
        id=UUID(told["id"]),
        recording_id=UUID(told["recordingId"]),
        profile=told["profile"],
        strategy=told["strategy"],
        state=told["state"],
        expected_stems=told["expectedStems"],
        status={name: value for name, value in told.items() if name not in _COLUMNS},
        last_event=told["lastEvent"],
        created_at=datetime.fromisoformat(told["createdAt"]),
    )


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions.begin() as session:
        session.add_all(_row(told) for told in json.loads(Path(os.environ["PEER_JOBS"]).read_text()))  # noqa: ASYNC240
    yield
    await engine.dispose()


async def _session() -> AsyncGenerator[AsyncSession]:
    async with sessions() as session:
        yield session


app = FastAPI(lifespan=_lifespan)


@app.get("/api/jobs/{job_id}")
async def get_job(
    job_id: UUID,
    response: Response,
    session: Annotated[AsyncSession, Depends(_session)],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Job:
    """The job with an ETag; 304 where that is known already."""
    row = await session.get(JobRow, job_id)
    if row is None:
        raise HTTPException(404)
    headers = {"ETag": f'W/"{row.last_event}"', "Cache-Control": "no-cache"}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)  # type: ignore[return-value]
    response.headers.update(headers)
    return Job(
        id=row.id,
        recording_id=row.recording_id,
        profile=row.profile,
        strategy=row.strategy,
        state=row.state,
        expected_stems=row.expected_stems,
        last_event=row.last_event,
        created_at=row.created_at.replace(tzinfo=UTC),
        **row.status,
    )
