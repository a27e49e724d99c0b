"""The application: its parts are made here, and live as long as the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware

from stemset.config import ApiSettings, load_config
from stemset.config.modal import ModalSettings
from stemset.database.engine import create_engine_for, upgrade_database
from stemset.database.sessions import Sessions
from stemset.features.accounts.gate import PUBLIC, AccessMiddleware, gate_of
from stemset.features.jobs.engines.dbos import DbosDispatcher
from stemset.features.jobs.engines.dispatcher import Dispatcher
from stemset.features.jobs.engines.modal import ModalDispatcher
from stemset.features.jobs.live_updates import Notifier
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.reconciler import Reconciler, ReconcileTimings
from stemset.features.jobs.repository import JobRepository
from stemset.features.jobs.service import JobService
from stemset.features.library.recordings import Library
from stemset.features.mixes.service import Mixes
from stemset.observability.logging import configure_logging
from stemset.server import docs_routes, page_routes
from stemset.server.maintenance import remove_unused_often, sweep_often, upkeep
from stemset.server.middleware import Edge
from stemset.server.openapi import api_router, dependencies, pydantic_plugin
from stemset.server.services import Parts, provide_context
from stemset.storage import open_storage
from stemset.web.problems import exception_handlers

_PROBES_AT_ONCE = 2
_ENCODES_AT_ONCE = 2

# Audio is compressed already and asked for by range; events must not wait in a compressor.
_UNCOMPRESSED = [r"^/api/(jobs|shares)/[^/]+/(stems|peaks|events|download|bundle)(/|$)"]


def create_app(settings: ApiSettings | None = None) -> Litestar:
    """The application as the environment and config.yaml describe it, unless other settings are told."""
    settings = settings or ApiSettings()
    configure_logging(settings.log_format)
    return build_app(settings, dispatcher_of(settings))


def dispatcher_of(settings: ApiSettings) -> Dispatcher:
    """The engine that the settings name."""
    if settings.engine == "modal":
        return ModalDispatcher(ModalSettings().app)
    return DbosDispatcher(settings.queue_database)


def timings_of(settings: ApiSettings) -> ReconcileTimings:
    """How long jobs may take, and be silent, on the engine that the settings name."""
    if settings.engine == "modal":
        return ReconcileTimings(silence_s=settings.silence_s, deadline_s=ModalSettings().job_deadline_s)
    return ReconcileTimings(silence_s=settings.silence_s)


def build_app(settings: ApiSettings, dispatcher: Dispatcher) -> Litestar:
    """The application on any engine. Its database is brought up to date when it starts."""
    parts = make_parts(settings, dispatcher)
    parts.gate.prepare()
    reconciler = reconciler_of(parts)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncGenerator[None]:
        await to_thread.run_sync(upgrade_database, settings.database)
        tasks = [asyncio.create_task(work) for work in (parts.outbox.run(), reconciler.run())]
        sweeping = [asyncio.create_task(work) for work in (sweep_often(parts), remove_unused_often(parts))]
        try:
            yield
        finally:
            for task in sweeping:
                task.cancel()
            parts.notifier.close()
            parts.outbox.stop()
            reconciler.stop()
            await asyncio.gather(*tasks)
            await dispatcher.close()
            await parts.engine.dispose()

    app = Litestar(
        route_handlers=[api_router(), docs_routes.router, page_routes.page],
        dependencies=dependencies(),
        lifespan=[lifespan],
        middleware=[DefineMiddleware(AccessMiddleware, exclude_from_auth_key=PUBLIC)],
        state=State({"context": parts}),
        openapi_config=None,
        plugins=[pydantic_plugin],
        exception_handlers=exception_handlers,
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=6, minimum_size=1000, exclude=_UNCOMPRESSED
        ),
        logging_config=None,
    )
    app.asgi_handler = Edge(
        app.asgi_handler, settings.r2.account().endpoint_url if settings.object_storage.uses_r2 else None
    )
    return app


def upkeep_once() -> None:
    """One pass of all that is done beside the API, for a schedule; the settings come from the environment."""
    settings = ApiSettings()
    configure_logging(settings.log_format)
    upgrade_database(settings.database)
    dispatcher = dispatcher_of(settings)
    parts = make_parts(settings, dispatcher)

    async def once() -> None:
        try:
            await upkeep(parts, reconciler_of(parts))
        finally:
            await dispatcher.close()
            await parts.engine.dispose()

    asyncio.run(once())


def reconciler_of(parts: Parts) -> Reconciler:
    """The reconciler of these parts."""
    timings = timings_of(parts.settings)
    return Reconciler(
        parts.jobs, parts.dispatcher, parts.outbox, parts.storage, parts.notifier.changed, timings=timings
    )


def parts_of(app: Litestar) -> Parts:
    """What the routes of this application work on."""
    return provide_context(app.state)


def make_parts(settings: ApiSettings, dispatcher: Dispatcher) -> Parts:
    """The parts that the routes work on. Nothing is connected yet."""
    engine = create_engine_for(settings.database)
    made = Sessions(engine)
    jobs = JobService(JobRepository(made))
    return Parts(
        settings=settings,
        config=load_config(settings.config),
        secret=settings.signing_secret(),
        gate=gate_of(settings, made),
        engine=engine,
        library=Library(made),
        jobs=jobs,
        mixes=Mixes(made),
        storage=open_storage(settings.object_storage),
        outbox=Outbox(jobs, dispatcher),
        dispatcher=dispatcher,
        notifier=Notifier(),
        probes=CapacityLimiter(_PROBES_AT_ONCE),
        encodes=CapacityLimiter(_ENCODES_AT_ONCE),
    )
