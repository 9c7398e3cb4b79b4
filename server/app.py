"""Wires everything together; nothing else does."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import Lifespan

from engine.cores import cores
from engine.data import download_mnist
from engine.version import program_version
from server.audience.outgoing_budget import OutgoingBudget
from server.counters import Tally
from server.dataset_in_use import DatasetManager, Download
from server.pictures.pool import ReaderPool
from server.service_threads import Health
from server.sessions.registry import Registry
from server.sessions.surroundings import Surroundings
from server.settings import Settings, page_files
from server.storage.database import Storage
from server.storage.disk_budget import DiskBudget
from server.storage.disk_keeper import DiskKeeper
from server.storage.keeper import Keeper, MemoryKeeper
from server.storage.server_secret import SECRET_BYTES, server_secret
from server.trainers.host import TrainerHost
from server.trainers.local_process import LocalProcess
from server.trainers.waiting_line import Line
from server.training_process.main import WorkerConfig
from server.uptime import Uptime
from server.web import error_table, live_stream
from server.web.api import (
    added_pictures,
    full_tests,
    operations,
    pictures,
    sessions,
    snapshots,
    test_images,
    test_pictures,
)
from server.web.api.metrics import Metrics
from server.web.guards.creation_rate import CreationLimiter
from server.web.guards.file_budget import FileBudget
from server.web.guards.origin import Guard, Policy
from server.web.guards.owner_cookie import OwnerCookies
from server.web.head_requests import HeadAsGet
from server.web.page import routes as pages
from server.web.page.assets import Assets
from server.web.page.render import Page
from server.web.site import Site

ROUTERS = (
    pages.router,
    sessions.router,
    snapshots.router,
    full_tests.router,
    test_images.router,
    test_pictures.router,
    pictures.router,
    added_pictures.router,
    live_stream.router,
    operations.router,
)


def create_app(settings: Settings, *, download: Download = download_mnist) -> FastAPI:
    """The application, for a server that listens where the settings say.

    Raises:
        DataError: the data set that the user named cannot be used.
        FileNotFoundError: the page's files are not there.
        StorageError: the folder for sessions cannot be used.
    """
    tally = Tally()
    health = Health(tally)
    data = DatasetManager(settings.data, offline=settings.offline, download=download, health=health)
    line = Line(settings.running)
    keeper = _keeper(settings, health)

    def new_host() -> TrainerHost:
        # Each of those that train gets its share of the cores, and at least one.
        processes = max(1, cores() // max(1, line.running))
        return LocalProcess(
            WorkerConfig(
                settings.limits.worker_bytes,
                processes,
                settings.checkpoint_seconds,
                settings.logs,
            ),
            data.folder_of,
        )

    shared = Surroundings(
        settings,
        new_host,
        line,
        keeper,
        lambda: data.current,
        lambda: data.event,
        OutgoingBudget(settings.limits.outgoing_bytes),
        tally,
        Uptime(keeper.uptime()),
    )
    registry = Registry(shared)
    if settings.state is None:
        # Of servers that keep nothing only one can run on a port: they share a cookie's name.
        secret, short_lived = secrets.token_bytes(SECRET_BYTES), f"ephemeral_{settings.port}"
    else:
        secret, short_lived = server_secret(settings.state), ""
    files = page_files()
    assets = Assets(files.static)
    site = Site(
        settings,
        registry,
        Page(files, assets, settings, lambda: data.current.shape),
        Metrics(registry, line, shared.tally),
        OwnerCookies(secret, registry.owns, name=short_lived),
        CreationLimiter(settings.limits),
        FileBudget(settings.limits),
        ReaderPool(settings.limits, settings.logs),
        data.find,
        health,
    )
    policy = Policy(settings.host, settings.port, settings.allowed_origins)
    app = FastAPI(
        title="ConvNet Live",
        version=program_version(),
        lifespan=_lifespan(site, data, keeper),
        # An address with a slash too many leads nowhere.
        redirect_slashes=False,
        middleware=[Middleware(Guard, policy=policy), Middleware(HeadAsGet)],
        # The pages that show an interface load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.site = site
    error_table.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", assets)
    return app


def _keeper(settings: Settings, health: Health) -> Keeper:
    if settings.state is None:
        return MemoryKeeper()
    limits = settings.limits
    budget = DiskBudget(limits.disk_bytes_per_owner, limits.disk_bytes)
    return DiskKeeper(Storage(settings.state, budget), health)


def _lifespan(site: Site, data: DatasetManager, keeper: Keeper) -> Lifespan[FastAPI]:
    """What goes on beside the requests, from the server's start to its end."""
    sessions = site.registry

    def data_changed(another_set: bool) -> None:
        for session in sessions:
            session.show_dataset()
            if another_set:
                session.change_dataset()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        data.start(data_changed)
        expiry = asyncio.create_task(sessions.expire_forever())
        site.ready = True
        try:
            yield
        finally:
            site.ready = False
            expiry.cancel()
            await asyncio.gather(data.stop(), sessions.close(), site.pictures.close())
            await keeper.close()

    return lifespan
