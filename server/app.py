"""Wires everything together; nothing else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from engine.data import download_mnist
from server.dataset_in_use import DatasetManager, Download
from server.pictures.pool import ReaderPool
from server.sessions.registry import Registry
from server.sessions.surroundings import Surroundings
from server.settings import Settings, cores, page_files, program_version
from server.storage.database import Storage
from server.storage.disk_keeper import DiskKeeper
from server.storage.keeper import MemoryKeeper
from server.trainers.host import TrainerHost
from server.trainers.local_process import LocalProcess
from server.trainers.waiting_line import Line
from server.training_process.main import WorkerConfig
from server.web import error_table
from server.web.api.metrics import Metrics
from server.web.api.operations import Health, make_operations_router
from server.web.api.sessions import make_router
from server.web.guards.origin import Guard, Policy
from server.web.page.assets import Assets
from server.web.page.render import Page


def create_app(settings: Settings, *, download: Download = download_mnist) -> FastAPI:
    """The application, for a server that listens where the settings say.

    Raises:
        DataError: the data set that the user named cannot be used.
        FileNotFoundError: the page's files are not there.
        StorageError: the folder for sessions cannot be used.
    """
    data = DatasetManager(settings.data, offline=settings.offline, download=download)
    line = Line(settings.running)
    keeper = MemoryKeeper() if settings.state is None else DiskKeeper(Storage(settings.state))

    def new_host(directory: str | None) -> TrainerHost:
        # Each of those that train gets its share of the cores, and at least one.
        processes = max(1, cores() // max(1, line.running))
        return LocalProcess(
            WorkerConfig(
                directory,
                settings.limits.worker_bytes,
                processes,
                settings.checkpoint_seconds,
                settings.logs,
            )
        )

    shared = Surroundings(
        settings, new_host, line, keeper, lambda: data.current, lambda: data.event
    )
    registry = Registry(shared)
    pictures = ReaderPool(settings.limits, settings.logs)
    health = Health()

    def data_changed(another_set: bool) -> None:
        for session in registry:
            session.show_dataset()
            if another_set:
                session.change_dataset()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        data.start(data_changed)
        expiry = asyncio.create_task(registry.expire_forever())
        health.ready = True
        try:
            yield
        finally:
            health.ready = False
            expiry.cancel()
            await asyncio.gather(data.stop(), registry.close(), pictures.close())
            await keeper.close()

    files = page_files()
    assets = Assets(files.static)
    policy = Policy(settings.host, settings.port, settings.allowed_origins)
    app = FastAPI(
        title="ConvNet Live",
        version=program_version(),
        lifespan=lifespan,
        # An address with a slash too many is no address of ours.
        redirect_slashes=False,
        middleware=[Middleware(Guard, policy=policy)],
        # The pages that show an interface load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.registry = registry
    app.state.pictures = pictures
    error_table.install(app)
    page = Page(files, assets, settings.limits)
    app.include_router(make_router(registry, page, pictures, settings))
    metrics = Metrics(registry, line, shared.tally)
    app.include_router(
        make_operations_router(health, metrics, public_metrics=settings.public_metrics)
    )
    app.mount("/static", assets)
    return app
