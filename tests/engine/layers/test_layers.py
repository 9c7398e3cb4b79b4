"""What each layer computes, by hand, and how all of them treat the arrays they are given."""

from __future__ import annotations

import numpy as np
import pytest

from engine.layers import Array, Loss, Shape, ShapeError
from tests.engine.layer_cases import FEW, Case, make_layer

every_case = pytest.mark.parametrize("case", FEW, ids=str)


def column(*numbers: float) -> Array:
    """One example of so many channels of one pixel."""
    return np.array(numbers, np.float64).reshape(-1, 1, 1, 1)


def image(*rows: list[float]) -> Array:
    """One example of one channel."""
    return np.array(rows, np.float64)[None, :, :, None]


def test_conv_by_hand() -> None:
    options = {"sx": 2, "filters": 1, "stride": 1}
    conv = make_layer("conv", Shape(3, 2, 1), options)
    conv.params["weights"][...] = [[[[1, 10], [100, 1000]]]]
    conv.params["biases"][...] = 0.5
    y = conv.forward(image([1, 2, 3], [4, 5, 6]))
    # Not mirrored: the filter's top left meets the image's top left.
    assert y.ravel().tolist() == [1 + 20 + 400 + 5000 + 0.5, 2 + 30 + 500 + 6000 + 0.5]


def test_conv_pads_with_zeros() -> None:
    conv = make_layer("conv", Shape(2, 2, 1), {"sx": 3, "filters": 1, "pad": 1})
    conv.params["weights"][...] = 1
    assert conv.forward(image([1, 2], [3, 4])).ravel().tolist() == [10, 10, 10, 10]


def test_fc_sees_channels_rows_and_columns() -> None:
    fc = make_layer("fc", Shape(2, 1, 2), {"num_neurons": 1})
    fc.params["weights"][...] = [1, 10, 100, 1000]
    fc.params["biases"][...] = 7
    x = np.array([[[1, 2]], [[3, 4]]], np.float64)[..., None]
    assert fc.forward(x).item() == 1 + 20 + 300 + 4000 + 7


def test_max_pooling_never_sees_the_padding() -> None:
    pool = make_layer("pool", Shape(2, 2, 1), {"sx": 2, "stride": 2, "pad": 1})
    y = pool.forward(image([-5, -1e6], [-3, -200_000]))
    # ConvNetJS would show -99999 for the two large ones.
    assert y.ravel().tolist() == [-5, -1e6, -3, -200_000]


def test_max_pooling_gives_a_tie_to_one_number() -> None:
    pool = make_layer("pool", Shape(3, 3, 1), {"sx": 3})
    pool.forward(np.ones((1, 3, 3, 1)))
    dx = pool.backward(np.full((1, 1, 1, 1), 2.0))
    assert dx is not None
    assert dx.ravel().tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 0]


def test_average_pooling_does_not_count_the_padding() -> None:
    pool = make_layer("avgpool", Shape(2, 2, 1), {"sx": 2, "stride": 1, "pad": 1})
    y = pool.forward(image([1, 3], [5, 7]))
    assert y.ravel().tolist() == [1, 2, 3, 3, 4, 5, 5, 6, 7]


def test_activations_by_hand() -> None:
    x = column(-1, 0, 2)
    shape = Shape(1, 1, 3)
    assert make_layer("relu", shape, {}).forward(x).ravel().tolist() == [0, 0, 2]
    sigmoid = make_layer("sigmoid", shape, {}).forward(x).ravel()
    np.testing.assert_allclose(sigmoid, 1 / (1 + np.exp([1, 0, -2])), rtol=1e-15)
    tanh = make_layer("tanh", shape, {}).forward(x).ravel()
    np.testing.assert_allclose(tanh, np.tanh([-1, 0, 2]), rtol=1e-15)


def test_sigmoid_and_softmax_do_not_overflow() -> None:
    x = column(-1e6, 0, 1e6).astype(np.float32)
    assert make_layer("sigmoid", Shape(1, 1, 3), {}).forward(x).ravel().tolist() == [0, 0.5, 1]
    softmax = make_layer("softmax", Shape(1, 1, 3), {"num_classes": 3})
    assert softmax.forward(x).ravel().tolist() == [0, 0, 1]
    assert isinstance(softmax, Loss)
    assert np.isfinite(softmax.loss(np.array([0])))


def test_maxout_leaves_the_rest_out() -> None:
    maxout = make_layer("maxout", Shape(1, 1, 5), {"group_size": 2})
    assert maxout.forward(column(1, 2, 4, 3, 9)).ravel().tolist() == [2, 4]
    dx = maxout.backward(column(10, 20))
    assert dx is not None
    assert dx.ravel().tolist() == [0, 10, 20, 0, 0]


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    dropout = make_layer("dropout", Shape(100, 100, 1), {"drop_prob": 0.2})
    dropout.rng = np.random.default_rng(1)
    x = np.ones((1, 100, 100, 4))
    trained = dropout.forward(x, training=True).copy()
    assert set(np.unique(trained)) == {0, 1}
    assert trained.mean() == pytest.approx(0.8, abs=0.01)
    assert np.unique(dropout.forward(x)).tolist() == [0.8]


def test_dropout_without_a_generator_says_so() -> None:
    dropout = make_layer("dropout", Shape(1, 1, 2), {})
    with pytest.raises(ValueError, match="needs a random generator"):
        dropout.forward(column(1, 2), training=True)


def test_lrn_by_hand() -> None:
    lrn = make_layer("lrn", Shape(1, 1, 3), {"k": 1, "n": 3, "alpha": 3, "beta": 0.5})
    x = np.array([1.0, 2, 3])
    sums = np.array([1 + 4, 1 + 4 + 9, 4 + 9])
    np.testing.assert_allclose(lrn.forward(column(*x)).ravel(), x / np.sqrt(1 + sums), rtol=1e-15)


def test_losses_by_hand() -> None:
    x, target = column(1, 2, 0.5), np.array([1])
    for kind, loss, gradient in (
        ("svm", 0, [0, 0, 0]),
        ("svm", 1.5, [1, -2, 1]),
        ("regression", 0.5 * (1 + 1 + 0.25), [1, 1, 0.5]),
    ):
        option = "num_neurons" if kind == "regression" else "num_classes"
        layer = make_layer(kind, Shape(1, 1, 3), {option: 3})
        assert isinstance(layer, Loss)
        # Margins of svm: 1 - 2 + 1 = 0 and 0.5 - 2 + 1 < 0; then with the truth at 1.5.
        scores = column(1, 1.5, 1) if loss == 1.5 else x
        expected = 1.0 if loss == 1.5 else loss
        layer.forward(scores)
        assert layer.loss(target) == expected
        assert layer.backward(target).ravel().tolist() == gradient


def test_softmax_by_hand() -> None:
    softmax = make_layer("softmax", Shape(1, 1, 3), {"num_classes": 3})
    assert isinstance(softmax, Loss)
    shares = np.array([1, 2, 5]) / 8
    np.testing.assert_allclose(softmax.forward(column(*np.log([1, 2, 5]))).ravel(), shares)
    assert softmax.loss(np.array([2])) == pytest.approx(-np.log(5 / 8))
    gradient = softmax.backward(np.array([2])).ravel()
    np.testing.assert_allclose(gradient, shares - [0, 0, 1])


@pytest.mark.parametrize("kind", ["softmax", "svm", "regression"])
def test_probabilities_are_probabilities(kind: str) -> None:
    option = "num_neurons" if kind == "regression" else "num_classes"
    layer = make_layer(kind, Shape(1, 1, 4), {option: 4})
    assert isinstance(layer, Loss)
    x = np.random.default_rng(2).standard_normal((4, 1, 1, 6))
    shares = layer.probabilities(layer.forward(x))
    assert shares.shape == (4, 6)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert (shares.argmax(axis=0) == x[:, 0, 0].argmax(axis=0)).all()


def test_batchnorm_rescales_each_channel() -> None:
    layer = make_layer("batchnorm", Shape(4, 3, 2), {"eps": 1e-12, "memory": 0})
    layer.initialize(np.random.default_rng(0))
    x = np.random.default_rng(1).normal([[[[5]]], [[[-3]]]], 2, (2, 3, 4, 50))
    y = layer.forward(x, training=True).copy()
    np.testing.assert_allclose(y.mean(axis=(1, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=(1, 2, 3)), 1, atol=1e-12)
    # Without memory the running averages are those of the last batch.
    np.testing.assert_allclose(layer.forward(x), y, atol=1e-12)


def test_batchnorm_remembers_and_predicting_changes_nothing() -> None:
    layer = make_layer("batchnorm", Shape(1, 1, 1), {"memory": 0.75})
    layer.initialize(np.random.default_rng(0))
    x = np.array([2.0, 6.0]).reshape(1, 1, 1, 2)
    layer.forward(x, training=True)
    assert (layer.state["mean"].item(), layer.state["variance"].item()) == (1, 0.75 + 0.25 * 4)
    layer.forward(100 * x)
    assert layer.state["mean"].item() == 1


@pytest.mark.parametrize("kind", ["conv", "fc"])
@pytest.mark.parametrize(("init", "gain"), [("normal", 1), ("he", 2)])
def test_initial_weights(kind: str, init: str, gain: float) -> None:
    size = {"conv": {"sx": 5, "filters": 60}, "fc": {"num_neurons": 60}}[kind]
    shape = Shape(5, 5, 16)
    layer = make_layer(kind, shape, {**size, "init": init, "bias_pref": 0.1})
    layer.initialize(np.random.default_rng(1))
    weights = layer.params["weights"]
    assert weights[0].size == 400
    assert weights.mean() == pytest.approx(0, abs=0.002)
    assert weights.var() == pytest.approx(gain / 400, rel=0.05)
    assert (layer.params["biases"] == 0.1).all()


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("conv", {"sx": 6, "filters": 1}, "conv 6x6 does not fit its 5x4x3 input"),
        ("conv", {"sx": 8, "filters": 1, "pad": 1}, "conv 8x8 does not fit .* padded by 1"),
        ("pool", {"sx": 2, "pad": 2}, "pool 2x2 would see nothing but padding: pad is 2"),
        ("avgpool", {"sx": 3, "sy": 5}, "avgpool 3x5 does not fit its 5x4x3 input"),
        ("maxout", {"group_size": 4}, "maxout groups of 4 do not fit its 5x4x3 input"),
        ("softmax", {"num_classes": 3}, "softmax of 3 does not fit its 5x4x3 input"),
    ],
)
def test_layers_that_do_not_fit(kind: str, options: dict[str, int], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        make_layer(kind, Shape(5, 4, 3), options)


@every_case
def test_a_layer_leaves_its_arguments_alone(case: Case) -> None:
    layer, x, dy = case.build(), case.x(), case.dy()
    kept_x, kept_dy = x.copy(), dy.copy()
    case.forward(layer, x)
    layer.backward(dy)
    assert np.array_equal(x, kept_x)
    assert np.array_equal(dy, kept_dy)


@every_case
def test_a_layer_takes_views_of_larger_arrays(case: Case) -> None:
    plain, viewed = case.build(), case.build()
    x, dy = case.x(), case.dy()
    x_view = np.repeat(x, 2, axis=3)[..., ::2]
    dy_view = dy if case.is_loss else np.repeat(dy, 2, axis=3)[..., ::2]
    np.testing.assert_allclose(case.forward(viewed, x_view), case.forward(plain, x), rtol=1e-12)
    np.testing.assert_allclose(case.backward(viewed, dy_view), case.backward(plain, dy), rtol=1e-12)
    for name, gradient in plain.grads.items():
        np.testing.assert_allclose(viewed.grads[name], gradient, rtol=1e-9, atol=1e-12)


@every_case
def test_a_layer_forgets_the_batch_before(case: Case) -> None:
    """Kept buffers hold what other batches left in them; none of it may show."""
    used, fresh = case.build(), case.build()
    for batch in (case.batch + 3, case.batch, 1, case.batch):
        case.forward(used, 100 * case.x(batch=batch))
        used.backward(case.dy(batch=batch))
    for name, values in used.state.items():
        values[...] = fresh.state[name]
    x, dy = case.x(), case.dy()
    assert np.array_equal(case.forward(used, x), case.forward(fresh, x))
    assert np.array_equal(case.backward(used, dy), case.backward(fresh, dy))
    for name, gradient in fresh.grads.items():
        assert np.array_equal(used.grads[name], gradient)


@every_case
def test_gradients_of_weights_do_not_need_those_of_inputs(case: Case) -> None:
    first, second = case.build(), case.build()
    x, dy = case.x(), case.dy()
    case.forward(first, x)
    first.backward(dy)
    case.forward(second, x)
    second.backward(dy, need_dx=False)
    for name, gradient in first.grads.items():
        assert np.array_equal(second.grads[name], gradient)


UNMIXED = [case for case in FEW if not case.mixes_examples and case.kind != "dropout"]


@pytest.mark.parametrize("case", UNMIXED, ids=str)
def test_examples_of_a_batch_do_not_mix(case: Case) -> None:
    whole = case.build()
    x, dy = case.x(batch=4), case.dy(batch=4)
    y = case.forward(whole, x).copy()
    dx = case.backward(whole, dy)
    sums = {name: np.zeros_like(gradient) for name, gradient in whole.grads.items()}
    single = case.build()
    for index in range(4):
        one = slice(index, index + 1)
        np.testing.assert_allclose(case.forward(single, x[..., one]), y[..., one], rtol=1e-12)
        np.testing.assert_allclose(case.backward(single, dy[..., one]), dx[..., one], rtol=1e-9)
        for name, gradient in single.grads.items():
            sums[name] += gradient
    for name, gradient in whole.grads.items():
        np.testing.assert_allclose(gradient, sums[name], rtol=1e-9, atol=1e-12)


@every_case
def test_single_precision_stays_single_and_close(case: Case) -> None:
    exact, layer = case.build(), case.build(np.float32)
    x, dy = case.x(), case.dy()
    y = case.forward(layer, x.astype(np.float32))
    dx = case.backward(layer, dy if case.is_loss else dy.astype(np.float32))
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_allclose(y, case.forward(exact, x), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(dx, case.backward(exact, dy), rtol=1e-4, atol=1e-4)
