"""How the network does on the example that the cards show."""

from __future__ import annotations

import numpy as np

from server.protocol.inquiries import ExampleInquiry
from server.training_process.inspectors.base import Answer
from server.training_process.live_run import LiveRun


class ExampleInspector:
    """Answers with the scores of all classes and, where the true class is known, the loss."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run

    def answer(self, inquiry: ExampleInquiry) -> Answer:
        """The answer for the example shown at this moment."""
        net = self._run.inspected
        x, label = self._run.shown_example()
        scores = net.probabilities(x)
        loss = None if label is None else net.loss_layer.loss(np.array([label]))
        return {
            "source": self._run.source,
            "label": label,
            "probabilities": scores[:, 0].tolist(),
            "loss": loss,
        }
