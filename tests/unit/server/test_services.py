"""How routes are given services."""

from __future__ import annotations

from dataclasses import fields

import pytest
from litestar import Litestar, get
from litestar.datastructures import State
from litestar.exceptions import ImproperlyConfiguredException

from stemset.config import ApiSettings
from stemset.features.jobs.service import JobService
from stemset.server.services import Services, build_services, service_dependencies
from stemset.testing import InMemoryDispatcher
from stemset.web.parameters import Injected
from tests.support.api import Service
from tests.support.asgi import call


def test_every_service_is_offered_under_its_own_name(service: Service) -> None:
    state = State({"services": service.services})
    offered = service_dependencies()
    assert set(offered) == {service.name for service in fields(Services)}
    for name, provide in offered.items():
        assert provide.dependency(state) is getattr(service.services, name), name


async def test_a_route_is_given_the_service_that_it_names(service: Service) -> None:
    given: list[object] = []

    @get("/")
    async def route(jobs: Injected[JobService]) -> None:
        given.append(jobs)

    app = Litestar([route], dependencies=service_dependencies(), state=State({"services": service.services}))
    await call(app, "GET", "/")
    assert given == [service.services.jobs]


def test_a_route_that_names_an_unknown_service_fails_at_the_start() -> None:
    @get("/")
    async def route(jobz: Injected[JobService]) -> None: ...

    with pytest.raises(ImproperlyConfiguredException, match="jobz"):
        Litestar([route], dependencies=service_dependencies())


def test_making_the_services_connects_to_nothing(settings: ApiSettings) -> None:
    services = build_services(
        settings.model_copy(update={"database_url": "postgresql+asyncpg://u:p@127.0.0.1:1/none"}), InMemoryDispatcher()
    )
    assert services.engine.url.port == 1


def test_the_text_of_the_services_holds_no_secret(service: Service) -> None:
    assert service.services.callback_secret not in repr(service.services)
