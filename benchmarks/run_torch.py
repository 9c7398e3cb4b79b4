"""Contender: PyTorch on the CPU, eager or compiled: the same network, initialization and rule."""

from __future__ import annotations

import itertools
from typing import Any

import torch
from torch import nn

from benchmarks.running import Step, load_examples, serve


def build(layers: list[dict[str, Any]]) -> nn.Sequential:
    """The network from the case's layer definitions; logits out."""
    modules: list[nn.Module] = []
    side, depth = layers[0]["out_sx"], layers[0]["out_depth"]
    for layer in layers[1:]:
        if layer["type"] == "conv":
            conv = nn.Conv2d(depth, layer["filters"], layer["sx"], padding=layer["pad"])
            nn.init.normal_(conv.weight, std=(layer["sx"] ** 2 * depth) ** -0.5)
            assert conv.bias is not None
            nn.init.constant_(conv.bias, 0.1)
            modules += [conv, nn.ReLU()]
            side, depth = side + 2 * layer["pad"] - layer["sx"] + 1, layer["filters"]
        elif layer["type"] == "pool":
            modules.append(nn.MaxPool2d(layer["sx"], layer["stride"]))
            side = (side - layer["sx"]) // layer["stride"] + 1
        else:
            dense = nn.Linear(side * side * depth, layer["num_classes"])
            nn.init.normal_(dense.weight, std=(side * side * depth) ** -0.5)
            nn.init.zeros_(dense.bias)
            modules += [nn.Flatten(), dense]
    return nn.Sequential(*modules)


def _optimizer(net: nn.Module, trainer: dict[str, Any], batch: int) -> torch.optim.Optimizer:
    """ConvNetJS divides the decay, like the gradients' sum, by the batch; biases have none."""
    weights = [p for name, p in net.named_parameters() if name.endswith("weight")]
    biases = [p for name, p in net.named_parameters() if name.endswith("bias")]
    return torch.optim.Adadelta(
        [
            {"params": weights, "weight_decay": trainer["l2_decay"] / batch},
            {"params": biases, "weight_decay": 0.0},
        ],
        lr=1.0,
        rho=trainer["ro"],
        eps=trainer["eps"],
        foreach=True,  # the faster of its two loops on so few and small tensors
    )


def prepare(config: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
    torch.set_num_threads(config["threads"])
    torch.manual_seed(0)
    images, labels = load_examples(config)
    size = config["batch"]
    net = build(config["layers"])
    optimizer = _optimizer(net, config["trainer"], size)
    # It is compiled at the first step, in the turn that warms all contenders up.
    forward = torch.compile(net) if config["compiled"] else net
    loss_of = nn.CrossEntropyLoss()
    x, y = torch.from_numpy(images)[:, None], torch.from_numpy(labels)
    starts = range(0, len(y) - size + 1, size)
    batches = [(x[i : i + size].contiguous(), y[i : i + size].contiguous()) for i in starts]
    turns = itertools.cycle(batches)

    def step() -> tuple[int, float]:
        inputs, targets = next(turns)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(forward(inputs), targets)
        loss.backward()
        optimizer.step()
        return size, loss.item()

    parameters = sum(p.numel() for p in net.parameters())
    return step, {"torch": torch.__version__, "parameters": parameters}


if __name__ == "__main__":
    serve(prepare)
