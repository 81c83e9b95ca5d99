"""MTCNN's networks as layers that take pixels as they lie in memory, with facenet-pytorch's weights.

Three things are rearranged, and nothing that is computed: the first convolution takes levels of 0 to 255
instead of normalised ones, and a fourth number a pixel, which it passes over, so that a pixel fills a register;
height and width come before the colours; and what a face is told by is one product instead of three.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

_MEAN, _SCALE = 127.5, 0.0078125
"""Levels less the mean, times the scale, are what the weights were trained on."""


class OnPixels(nn.Module):
    """(n, height, width, 4) pixels to (n, 5 or 15, ...): how much more likely a face than none, as the
    logarithm of the odds; four shifts of the box's edges; from the last network five x and five y.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        numbers: torch.Tensor = self.body(pixels.permute(0, 3, 1, 2))
        return numbers


class _Flat(nn.Module):
    """In the order in which the weights expect a picture's numbers: columns first."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return maps.permute(0, 3, 2, 1).flatten(1)


def on_pixels(published: nn.Module, heads: tuple[str, ...]) -> nn.Module:
    """A network of facenet-pytorch so rearranged. heads: its last layers by name, that of the odds first."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for name, layer in published.named_children():
        if name in heads or isinstance(layer, nn.Softmax):
            continue
        if isinstance(layer, nn.Linear) and "flat" not in layers:
            layers["flat"] = _Flat()
        layers[name] = _of_levels(layer) if isinstance(layer, nn.Conv2d) and not layers else layer
    layers["heads"] = _joined([published.get_submodule(name) for name in heads])
    return OnPixels(nn.Sequential(layers)).eval()


@torch.no_grad()
def _of_levels(first: nn.Conv2d) -> nn.Conv2d:
    """The first convolution, of pixels with four numbers from 0 to 255, the fourth of which does not count."""
    wider = nn.Conv2d(4, first.out_channels, first.kernel_size)  # type: ignore[arg-type]  # two sides
    assert first.bias is not None and wider.bias is not None
    wider.weight.zero_()
    wider.weight[:, :3] = first.weight * _SCALE
    wider.bias.copy_(first.bias - _MEAN * _SCALE * first.weight.sum((1, 2, 3)))
    return wider


@torch.no_grad()
def _joined(heads: list[nn.Module]) -> nn.Module:
    """Several last layers as one; of the first, which tells "none" and "face", the difference."""
    weights = [head.weight for head in heads]
    biases = [head.bias for head in heads]
    weights[0], biases[0] = weights[0][1:] - weights[0][:1], biases[0][1:] - biases[0][:1]
    weight, bias = torch.cat(weights), torch.cat(biases)
    inputs, outputs = weight.shape[1], weight.shape[0]
    joined: nn.Conv2d | nn.Linear = (
        nn.Conv2d(inputs, outputs, 1) if weight.dim() == 4 else nn.Linear(inputs, outputs)
    )
    joined.weight.copy_(weight)
    assert joined.bias is not None
    joined.bias.copy_(bias)
    return joined
