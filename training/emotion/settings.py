"""The settings of a training run, read from TOML."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facevec.config.sources import read_toml


@dataclass(frozen=True)
class Stage:
    """A number of epochs at one input size in pixels (a multiple of 8)."""

    epochs: int
    size: int


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random distortions; chances are per picture, 0 to 1.

    Rotation and shear in degrees, shift and zoom as fractions of the side, noise as the
    deviation in grey levels of 0 to 1.
    """

    rotation: float = 20.0
    shear: float = 6.0
    shift: float = 0.08
    zoom: float = 0.16
    closer: float = 1.06
    light: float = 0.15
    contrast: float = 0.3
    gamma: float = 0.35
    coarse_chance: float = 0.15
    blur_chance: float = 0.1
    noise_chance: float = 0.2
    noise: float = 0.07
    erase_chance: float = 0.25
    erase: float = 0.35
    mix_chance: float = 0.3
    mix: float = 0.5


@dataclass(frozen=True)
class Settings:
    """One training run. stop_after: epochs after which it ends before its schedule does."""

    name: str
    stop_after: int | None = None
    seed: int = 1
    stages: tuple[Stage, ...] = (Stage(20, 40), Stage(5, 48))
    batch: int = 128
    learning_rate: float = 0.1
    warm_up_epochs: float = 2.0
    momentum: float = 0.9
    weight_decay: float = 5e-4
    dropout: float = 0.3
    label_smoothing: float = 0.1
    balance: float = 0.25
    average_decay: float = 0.999
    teacher_share: float = 0.0
    teacher_temperature: float = 1.0
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def epochs(self) -> int:
        """The epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def size_at(self, epoch: int) -> int:
        """The input size of an epoch, counted from 0."""
        for stage in self.stages:
            if epoch < stage.epochs:
                return stage.size
            epoch -= stage.epochs
        raise IndexError("epoch beyond the last stage")

    def as_dict(self) -> dict[str, Any]:
        """The settings as plain values, for the log."""
        return dataclasses.asdict(self)


def read_settings(path: Path) -> Settings:
    """Read a TOML file; an unknown key is a `TypeError`."""
    values: Mapping[str, Any] = read_toml(path)
    stages = tuple(Stage(**stage) for stage in values["stages"])
    augmentation = Augmentation(**values.get("augmentation", {}))
    rest = {key: value for key, value in values.items() if key not in ("stages", "augmentation")}
    return Settings(stages=stages, augmentation=augmentation, **rest)
