"""Random distortions of whole batches of faces, made for what a face detector gives.

Tilted heads, tight and loose boxes, odd light, tiny, soft and noisy pictures, a hand or hair
before the face. All work on float32 (N, 1, H, W) with grey levels of 0 to 1.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from training.emotion.settings import Augmentation


class Augment:
    """Draws a fresh distortion for every picture from its own seeded generator."""

    def __init__(self, settings: Augmentation, seed: int) -> None:
        self._settings = settings
        self._random = torch.Generator().manual_seed(seed)

    def __call__(self, pictures: torch.Tensor, size: int) -> torch.Tensor:
        """Distort uint8 (N, H, W) into float32 (N, 1, size, size)."""
        faces = pictures.unsqueeze(1).float() / 255
        faces = self._move(faces, size)
        faces = self._relight(faces)
        faces = self._coarsen(faces)
        faces = self._blur(faces)
        faces = self._add_noise(faces)
        return self._erase(faces)

    def mix(self, faces: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Blend some pictures and their targets with others (Zhang et al., "mixup", 2018)."""
        count, settings = len(faces), self._settings
        share = 1 - torch.rand(count, generator=self._random) * settings.mix
        share = torch.where(self._chosen(count, settings.mix_chance), share, torch.ones(count))
        other = torch.randperm(count, generator=self._random)
        return (
            torch.lerp(faces[other], faces, share.view(-1, 1, 1, 1)),
            torch.lerp(targets[other], targets, share.view(-1, 1)),
        )

    def _uniform(self, count: int, reach: float = 1.0) -> torch.Tensor:
        return (torch.rand(count, generator=self._random) * 2 - 1) * reach

    def _chosen(self, count: int, chance: float) -> torch.Tensor:
        return torch.rand(count, generator=self._random) < chance

    def _move(self, faces: torch.Tensor, size: int) -> torch.Tensor:
        count, settings = len(faces), self._settings
        # Most heads are nearly upright: large angles are drawn less often.
        angle = (
            self._uniform(count, math.radians(settings.rotation))
            * torch.rand(count, generator=self._random).sqrt()
        )
        shear = torch.tan(self._uniform(count, math.radians(settings.shear)))
        span = torch.exp(self._uniform(count, settings.zoom)) / settings.closer
        aspect = torch.exp(self._uniform(count, settings.zoom / 3))
        mirror = torch.where(self._chosen(count, 0.5), -1.0, 1.0)
        cos, sin = torch.cos(angle) * span, torch.sin(angle) * span
        first = torch.stack([cos * mirror * aspect, shear * cos - sin], 1)
        second = torch.stack([sin * mirror * aspect, cos + shear * sin], 1)
        shift = torch.stack([self._uniform(count, 2 * settings.shift) for _ in range(2)], 1)
        affine = torch.cat([torch.stack([first, second], 1), shift.unsqueeze(2)], 2)
        grid = functional.affine_grid(affine, [count, 1, size, size], align_corners=False)
        padding = ("border", "reflection", "zeros")[int(torch.randint(3, (), generator=self._random))]
        return functional.grid_sample(faces, grid, mode="bilinear", padding_mode=padding, align_corners=False)

    def _relight(self, faces: torch.Tensor) -> torch.Tensor:
        count, settings = len(faces), self._settings
        gamma = torch.exp(self._uniform(count, settings.gamma)).view(-1, 1, 1, 1)
        contrast = torch.exp(self._uniform(count, settings.contrast)).view(-1, 1, 1, 1)
        light = self._uniform(count, settings.light).view(-1, 1, 1, 1)
        faces = faces.clamp(0, 1).pow(gamma)
        return ((faces - 0.5) * contrast + 0.5 + light).clamp_(0, 1)

    def _coarsen(self, faces: torch.Tensor) -> torch.Tensor:
        chosen = self._chosen(len(faces), self._settings.coarse_chance)
        if not chosen.any():
            return faces
        size = faces.shape[-1]
        small = int(torch.randint(size // 2, size * 4 // 5, (), generator=self._random))
        tiny = functional.interpolate(faces[chosen], size=(small, small), mode="bilinear", antialias=True)
        faces[chosen] = functional.interpolate(tiny, size=(size, size), mode="bilinear")
        return faces

    def _blur(self, faces: torch.Tensor) -> torch.Tensor:
        chosen = self._chosen(len(faces), self._settings.blur_chance)
        if chosen.any():
            faces[chosen] = functional.avg_pool2d(
                faces[chosen], 3, stride=1, padding=1, count_include_pad=False
            )
        return faces

    def _add_noise(self, faces: torch.Tensor) -> torch.Tensor:
        chosen = self._chosen(len(faces), self._settings.noise_chance)
        level = torch.rand(len(faces), generator=self._random) * self._settings.noise * chosen
        noise = torch.randn(faces.shape, generator=self._random) * level.view(-1, 1, 1, 1)
        return faces.add_(noise).clamp_(0, 1)

    def _erase(self, faces: torch.Tensor) -> torch.Tensor:
        count, size = len(faces), faces.shape[-1]
        positions = torch.arange(size)
        inside = []
        for _ in range(2):
            length = (torch.rand(count, generator=self._random) * 0.75 + 0.25) * size
            length = length * self._settings.erase
            start = torch.rand(count, generator=self._random) * size - length / 2
            start, end = start.unsqueeze(1), (start + length).unsqueeze(1)
            inside.append((positions >= start) & (positions < end))
        box = inside[0].unsqueeze(2) & inside[1].unsqueeze(1)
        box &= self._chosen(count, self._settings.erase_chance).view(-1, 1, 1)
        grey = torch.rand(count, 1, 1, 1, generator=self._random)
        return torch.where(box.unsqueeze(1), grey, faces)
