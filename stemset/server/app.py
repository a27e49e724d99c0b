"""The Litestar application: it makes its services and keeps them as long as the process lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from anyio import to_thread
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware

from stemset.config import ApiSettings
from stemset.config.modal import ModalSettings
from stemset.database.engine import upgrade_database
from stemset.features.accounts.gate import AccessMiddleware
from stemset.features.jobs.engines.dbos import DbosDispatcher
from stemset.features.jobs.engines.dispatcher import Dispatcher
from stemset.features.jobs.engines.modal import ModalDispatcher
from stemset.observability.logging import configure_logging
from stemset.server import docs_routes, page_routes
from stemset.server.maintenance import Maintenance, maintenance_tasks, run_maintenance_once
from stemset.server.middleware import SecurityHeadersAndAccessLog
from stemset.server.openapi import api_router, pydantic_plugin
from stemset.server.services import build_services, service_dependencies
from stemset.web.problems import exception_handlers

# Audio is compressed already and asked for by range; events must not wait in a compressor.
_UNCOMPRESSED = [r"^/api/(jobs|shares)/[^/]+/(stems|peaks|events|download|bundle)(/|$)"]


def create_app(settings: ApiSettings | None = None) -> Litestar:
    """Make the application from these settings, or from the environment. Raises ConfigError."""
    settings = settings or ApiSettings()
    configure_logging(settings.log_format)
    return build_app(settings, make_dispatcher(settings))


def make_dispatcher(settings: ApiSettings) -> Dispatcher:
    """Make the dispatcher of the engine that the settings name."""
    if settings.engine == "modal":
        return ModalDispatcher(ModalSettings().app)
    return DbosDispatcher(settings.queue_database)


def build_app(settings: ApiSettings, dispatcher: Dispatcher) -> Litestar:
    """Make the application on any engine. It migrates its database when it starts. Raises ConfigError."""
    services = build_services(settings, dispatcher)
    services.gate.prepare()

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncGenerator[None]:
        await to_thread.run_sync(upgrade_database, settings.database)
        maintenance = Maintenance(maintenance_tasks(services))
        maintenance.start()
        try:
            yield
        finally:
            services.notifier.close()
            await maintenance.stop()
            await dispatcher.close()
            await services.engine.dispose()

    app = Litestar(
        route_handlers=[api_router(), docs_routes.router, page_routes.send_page_file],
        dependencies=service_dependencies(),
        lifespan=[lifespan],
        middleware=[DefineMiddleware(AccessMiddleware, gate=services.gate)],
        state=State({"services": services}),
        openapi_config=None,
        plugins=[pydantic_plugin],
        exception_handlers=exception_handlers,
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=6, minimum_size=1000, exclude=_UNCOMPRESSED
        ),
        logging_config=None,
    )
    storage = settings.object_storage
    app.asgi_handler = SecurityHeadersAndAccessLog(
        app.asgi_handler, storage.r2.account().endpoint_url if storage.uses_r2 else None
    )
    return app


def maintain_once() -> None:
    """Run every maintenance task once, for a schedule; the settings come from the environment."""
    settings = ApiSettings()
    configure_logging(settings.log_format)
    upgrade_database(settings.database)
    dispatcher = make_dispatcher(settings)
    services = build_services(settings, dispatcher)

    async def run() -> None:
        try:
            await run_maintenance_once(maintenance_tasks(services))
        finally:
            await dispatcher.close()
            await services.engine.dispose()

    asyncio.run(run())
