"""The peer of cloud.py: submitting and polling jobs by the book of FastAPI and SQLAlchemy on PostgreSQL.

It knows nothing of Stemset. PEER_DATABASE names the database.
"""

# FastAPI is installed in an environment of its own, see requirements.txt.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUntypedFunctionDecorator=false
from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import JSON, DateTime, ForeignKey, String, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["PEER_DATABASE"], pool_pre_ping=True)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The peer's tables."""


class RecordingRow(Base):
    """A song."""

    __tablename__ = "peer_recordings"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    profile: Mapped[str] = mapped_column(String(40))


class JobRow(Base):
    """A job."""

    __tablename__ = "peer_jobs"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("peer_recordings.id"), index=True)
    strategy: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16), index=True)
    status: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class EventRow(Base):
    """A numbered change of a job."""

    __tablename__ = "peer_events"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("peer_jobs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(40))


class JobRequest(BaseModel):
    """What is asked for."""

    recordingId: UUID  # noqa: N815 - as it is on the wire


class Job(BaseModel):
    """What is answered."""

    id: UUID
    state: str
    status: dict[str, Any]
    queuePosition: int | None  # noqa: N815 - as it is on the wire


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


async def _session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


app = FastAPI(lifespan=_lifespan)
Session = Annotated[AsyncSession, Depends(_session)]


@app.post("/api/recordings", status_code=201)
async def create_recording(session: Session) -> dict[str, Any]:
    """A recording without sound."""
    row = RecordingRow(profile="songs")
    session.add(row)
    await session.commit()
    return {"recording": {"id": row.id}}


@app.post("/api/jobs", status_code=201)
async def create_job(asked: JobRequest, session: Session) -> Job:
    """The job of this strategy on this recording: a new one, or the one there is."""
    if await session.get(RecordingRow, asked.recordingId) is None:
        raise HTTPException(404)
    there = select(JobRow).where(JobRow.recording_id == asked.recordingId, JobRow.strategy == "instant")
    row = await session.scalar(there)
    if row is None:
        row = JobRow(
            recording_id=asked.recordingId, strategy="instant", state="queued", created_at=datetime.now(UTC),
            status={"nodes": [{"path": "root", "state": "waiting", "fraction": 0.0}] * 3},
        )  # fmt: skip
        session.add(row)
        await session.flush()
        session.add(EventRow(job_id=row.id, number=1, type="created"))
        await session.commit()
    return await _answer(row, session)


@app.get("/api/jobs/{job_id}")
async def get_job(job_id: UUID, session: Session) -> Job:
    """How far it is."""
    row = await session.get(JobRow, job_id)
    if row is None:
        raise HTTPException(404)
    return await _answer(row, session)


async def _answer(row: JobRow, session: AsyncSession) -> Job:
    before = select(func.count()).where(JobRow.state == "queued", JobRow.created_at <= row.created_at)
    return Job(id=row.id, state=row.state, status=row.status, queuePosition=await session.scalar(before))
