"""A copy of a run's network, for answers that take longer than one step."""

from __future__ import annotations

import numpy as np

from engine.network.net import Net
from server.training_process.live_run import LiveRun


class FrozenNet:
    """The network of one moment.

    Attributes:
        net: what `take` last copied.
        step: how many steps the run had made then; -1 before the first time.
    """

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self.net = Net(run.training.net.spec)
        self.step = -1

    def take(self) -> Net:
        """Copy the run's weights as they are now."""
        now = self._run.training.net
        np.copyto(self.net.params, now.params)
        np.copyto(self.net.state, now.state)
        self.step = self._run.training.trainer.step_count
        return self.net
