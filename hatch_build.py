"""Puts the page into wheels and sdists: the bundle is built first, and goes inside `server`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# A build runs this file without the checkout on its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from scripts import build_page


class PageBuildHook(BuildHookInterface[BuilderConfig]):
    """Builds the page if it is out of date, so that `pip install .` gives a working command."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for PyPI's Node only if the bundle must be built and there is no Node on PATH."""
        if build_page.is_current() or build_page.find_node() is not None:
            return []
        return [build_page.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        try:
            build_page.build()
        except build_page.BuildError as error:
            self.app.abort(f"ConvNet Live cannot be built: {error}")
        # An editable install and an sdist take the page from its place in the checkout.
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"]["templates"] = "server/page/templates"
            build_data["force_include"]["static"] = "server/page/static"
