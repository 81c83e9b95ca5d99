"""MTCNN's networks as layers that take pixels as they lie in memory, with facenet-pytorch's weights.

Three things are rearranged, and nothing that is computed: the first convolution takes levels of 0 to 255
instead of normalised ones, and a fourth number, which it passes over, so that a pixel is moved at once; it
takes the numbers of a row one after the other, in steps of a pixel, so that nothing has to be transposed;
and what a face is told by is one product instead of three.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import nn
from torch.nn import functional

Product: TypeAlias = nn.Conv2d | nn.Linear

_MEAN, _SCALE = 127.5, 0.0078125
"""Levels less the mean, times the scale, are what the weights were trained on."""

_NUMBERS = 4
"""Of a pixel."""


class OnPixels(nn.Module):
    """(n, height, width, 4) pixels to (n, 5 or 15, ...): how much more likely a face than none, as the
    logarithm of the odds; four shifts of the box's edges; from the last network five x and five y.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        numbers: torch.Tensor = self.body(pixels.flatten(2).unsqueeze(1))
        return numbers


class OnBytes(nn.Module):
    """As `OnPixels`, for products of 8-bit numbers, which take the four of a pixel at once."""

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


def on_pixels(published: nn.Module, heads: Sequence[str]) -> nn.Module:
    """A network of facenet-pytorch so rearranged. heads: its last layers by name, that of the odds first."""
    return OnPixels(_rearranged(published, heads, _on_rows)).eval()


def on_bytes(published: nn.Module, heads: Sequence[str]) -> nn.Module:
    """The same, to be computed in few bits."""
    return OnBytes(_rearranged(published, heads, _on_levels)).eval()


def _rearranged(
    published: nn.Module, heads: Sequence[str], first: Callable[[nn.Conv2d], nn.Conv2d]
) -> nn.Module:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for name, layer in published.named_children():
        if name in heads or isinstance(layer, nn.Softmax):
            continue
        if isinstance(layer, nn.Linear):
            layers.setdefault("flat", _Flat())
        layers[name] = first(layer) if isinstance(layer, nn.Conv2d) and not layers else layer
    layers["heads"] = _joined([_as_product(published.get_submodule(name)) for name in heads])
    return nn.Sequential(layers)


def _as_product(layer: nn.Module) -> Product:
    assert isinstance(layer, (nn.Conv2d, nn.Linear))
    return layer


def _set(layer: Product, weight: torch.Tensor, bias: torch.Tensor) -> None:
    layer.weight, layer.bias = (nn.Parameter(numbers, requires_grad=False) for numbers in (weight, bias))


@torch.no_grad()
def _on_levels(first: nn.Conv2d) -> nn.Conv2d:
    """The first convolution as one of four numbers of 0 to 255, the last of which is nothing."""
    count, _, height, width = first.weight.shape
    weight = functional.pad(first.weight * _SCALE, (0, 0, 0, 0, 0, 1))
    on_levels = nn.Conv2d(_NUMBERS, count, (height, width))
    _set(on_levels, weight, _bias(first) - _MEAN * _SCALE * first.weight.sum((1, 2, 3)))
    return on_levels


@torch.no_grad()
def _on_rows(first: nn.Conv2d) -> nn.Conv2d:
    """The same as one of rows of numbers."""
    on_levels = _on_levels(first)
    count, _, height, width = on_levels.weight.shape
    on_rows = nn.Conv2d(1, count, (height, width * _NUMBERS), stride=(1, _NUMBERS))
    weight = on_levels.weight.permute(0, 2, 3, 1).reshape(on_rows.weight.shape)
    _set(on_rows, weight, _bias(on_levels))
    return on_rows


@torch.no_grad()
def _joined(heads: Sequence[Product]) -> Product:
    """Several last layers as one; of the first, which tells "none" and "face", the difference."""
    (odds, *others), (bias, *biases) = ([head.weight for head in heads], [_bias(head) for head in heads])
    weight = torch.cat([odds[1:] - odds[:1], *others])
    _set(heads[0], weight, torch.cat([bias[1:] - bias[:1], *biases]))
    return heads[0]


def _bias(layer: Product) -> torch.Tensor:
    assert layer.bias is not None
    return layer.bias
