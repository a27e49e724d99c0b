"""The services of the process: each is made once, and given to routes under its own name.

Nothing else knows all of them: a route names as its parameters the one or two that it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncEngine

from stemset.config import ApiSettings, Config, load_config
from stemset.config.file import find_fallback_strategy
from stemset.config.modal import ModalSettings
from stemset.database.engine import create_engine_for
from stemset.database.sessions import Sessions
from stemset.features.accounts.gate import Gate, build_gate
from stemset.features.catalogue.service import Catalogue
from stemset.features.downloads.encoder import StemEncoder
from stemset.features.downloads.service import DownloadService
from stemset.features.jobs.engines.dispatcher import Dispatcher, WeightsFetcher
from stemset.features.jobs.kinds import JobKinds
from stemset.features.jobs.live_updates import JobResponseCache, LiveUpdates
from stemset.features.jobs.notifier import Notifier
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.reconciler import Reconciler, ReconcileTimings
from stemset.features.jobs.repository import JobRepository
from stemset.features.jobs.service import JobService
from stemset.features.library.deletion import RecordingDeletion
from stemset.features.library.demo_song import DemoSong
from stemset.features.library.ingest import Ingest
from stemset.features.library.probe import SandboxedProbe
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.uploads import UploadRepository, UploadService
from stemset.features.mixes.repository import MixRepository
from stemset.features.mixes.service import MixService
from stemset.features.player.tracks import TrackService
from stemset.features.separations.kind import SeparationKind
from stemset.features.separations.plans import SeparationPlans
from stemset.features.separations.repository import TrackRepository
from stemset.features.separations.service import SeparationService
from stemset.server.health import HealthCheck
from stemset.storage import Storage, open_storage


@dataclass(frozen=True)
class Services:
    """The services of a process. Each is given to the routes that have a parameter of its name.

    callback_secret: signs the worker's reports.
    """

    settings: ApiSettings
    config: Config
    callback_secret: str = field(repr=False)
    gate: Gate
    engine: AsyncEngine
    storage: Storage
    job_kinds: JobKinds
    jobs: JobService
    job_responses: JobResponseCache
    live_updates: LiveUpdates
    notifier: Notifier
    outbox: Outbox
    dispatcher: Dispatcher
    reconciler: Reconciler
    plans: SeparationPlans
    separations: SeparationService
    recordings: RecordingRepository
    uploads: UploadService
    probe: SandboxedProbe
    ingest: Ingest
    deletion: RecordingDeletion
    demo_song: DemoSong
    tracks: TrackService
    mixes: MixRepository
    mix_service: MixService
    downloads: DownloadService
    encoder: StemEncoder
    catalogue: Catalogue
    health: HealthCheck


def build_services(settings: ApiSettings, dispatcher: Dispatcher) -> Services:
    """Make every service. Nothing is connected yet. Raises ConfigError."""
    config = load_config(settings.config)
    engine = create_engine_for(settings.database)
    sessions = Sessions(engine)
    storage = open_storage(settings.object_storage)
    fetcher = dispatcher if isinstance(dispatcher, WeightsFetcher) else None
    kinds, plans, notifier = job_kinds(config), SeparationPlans.of(config), Notifier()
    repository = JobRepository(sessions)
    outbox = Outbox(repository, dispatcher)
    jobs = JobService(repository, kinds, outbox, notifier)
    separations = SeparationService(jobs, TrackRepository(sessions), plans)
    recordings = RecordingRepository(sessions)
    probe = SandboxedProbe(config.limits)
    ingest = Ingest(recordings, separations, storage, probe, kinds)
    tracks = TrackService(separations, storage)
    mixes = MixRepository(sessions)
    return Services(
        settings=settings,
        config=config,
        callback_secret=settings.signing_secret(),
        gate=build_gate(settings, sessions),
        engine=engine,
        storage=storage,
        job_kinds=kinds,
        jobs=jobs,
        job_responses=JobResponseCache(),
        live_updates=LiveUpdates(jobs, notifier, kinds, settings.stream_limit_s),
        notifier=notifier,
        outbox=outbox,
        dispatcher=dispatcher,
        reconciler=Reconciler(
            jobs, kinds, dispatcher, outbox, storage, notifier.notify, timings=_reconcile_timings(settings)
        ),
        plans=plans,
        separations=separations,
        recordings=recordings,
        uploads=UploadService(UploadRepository(sessions), storage, settings.temporary_dir),
        probe=probe,
        ingest=ingest,
        deletion=RecordingDeletion(recordings, jobs, storage, settings.cache_dir),
        demo_song=DemoSong(recordings, jobs, separations, ingest, notifier, config),
        tracks=tracks,
        mixes=mixes,
        mix_service=MixService(mixes, recordings, tracks),
        downloads=DownloadService(separations, recordings, storage),
        encoder=StemEncoder(storage, settings.temporary_dir),
        catalogue=Catalogue(config.strategies, settings.weights_dir, fetcher, on_modal=settings.engine == "modal"),
        health=HealthCheck(engine, storage, jobs, settings.data_dir),
    )


def job_kinds(config: Config) -> JobKinds:
    """Every kind of job that there is; `worker.runners` says what runs each."""
    return JobKinds([SeparationKind(find_fallback_strategy(config))])


def service_dependencies() -> dict[str, Provide]:
    """Make the dependencies of routes: one for each service, of its name, which reads it from the app's state."""
    return {service.name: Provide(_make_provider(service.name), sync_to_thread=False) for service in fields(Services)}


def get_services(app: Litestar) -> Services:
    """Return the services of an application."""
    services: Services = app.state.services
    return services


def _make_provider(name: str) -> Callable[[State], object]:
    def provide(state: State) -> object:
        return getattr(state.services, name)

    return provide


def _reconcile_timings(settings: ApiSettings) -> ReconcileTimings:
    """Return how long jobs may take, and may be silent, on the engine that the settings name."""
    if settings.engine == "modal":
        return ReconcileTimings(silence_s=settings.silence_s, deadline_s=ModalSettings().job_deadline_s)
    return ReconcileTimings(silence_s=settings.silence_s)
