"""How long each layer takes: every layer has its time, and measuring changes nothing."""

from __future__ import annotations

import numpy as np

from engine.analysis.layer_times import layer_seconds, timing_replica
from tests.engine.networks import EVERYTHING, NORMED, make_net, random_batch


def test_the_passes_are_those_of_training_and_change_nothing_of_the_network() -> None:
    for layers in (f"{EVERYTHING}, {{type:'batchnorm'}}", NORMED):
        net = make_net(layers)
        before = net.params.copy(), net.grads.copy(), net.state.copy()
        replica, batch = timing_replica(net), random_batch(12)
        seconds = layer_seconds(replica, batch.x, batch.labels)
        assert len(seconds) == len(net.layers)
        assert min(seconds) > 0
        assert np.count_nonzero(replica.grads) > 0
        for was, now in zip(before, (net.params, net.grads, net.state), strict=True):
            assert np.array_equal(was, now)


def test_the_gradients_on_the_way_are_those_of_a_pass() -> None:
    net = make_net(NORMED)
    batch, oracle = random_batch(12), timing_replica(net)
    oracle.forward(batch.x, training=True)
    oracle.backward(batch.labels)
    replica = timing_replica(net)
    layer_seconds(replica, batch.x, batch.labels)
    np.testing.assert_array_equal(replica.grads, oracle.grads)
