"""Keeps the tests of data away from the user's own cache."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, whatever the user's holds."""
    place = tmp_path / "cache" / "convnet-live"
    monkeypatch.setattr(
        "engine.data.dataset.platformdirs.user_cache_path", lambda *args, **kwargs: place
    )
    monkeypatch.delenv("CONVNET_LIVE_DATA", raising=False)
    return place
