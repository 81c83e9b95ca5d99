"""The networks that an installation sees with, as its settings want them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from facevec import config
from facevec.machine import planned_threads, processors
from facevec.ports import Networks

if TYPE_CHECKING:
    from facevec.vision.build import InstalledNetworks


AT_ONCE = 4
"""Most pictures that are looked at at the same time: only inferences really run side by side."""

NetworksOf = Callable[[config.Loaded], Networks]
"""What sees, for these settings."""


def installed_networks(loaded: config.Loaded, *, at_once: int = 1) -> InstalledNetworks:
    """The models of the models folder, as the settings want them. at_once: as in `ports.Vision`."""
    from facevec.integrity import key_at
    from facevec.vision.build import InstalledNetworks

    vision, emotion = loaded.settings.vision, loaded.settings.emotion
    return InstalledNetworks(
        folder=loaded.models,
        key=key_at(loaded.integrity_key_file),
        prepared=loaded.within_home(vision.graphs) if vision.graphs else None,
        engine=vision.engine,
        device=vision.device,
        threads=vision.threads or planned_threads(),
        at_once=at_once,
        precision=vision.precision,
        detection_threshold=vision.detection_threshold,
        min_face=vision.min_face,
        max_side=vision.max_side,
        max_bytes=vision.max_file_bytes,
        max_pixels=vision.max_pixels,
        turns=vision.turns,
        emotion_model=emotion.model if emotion.enabled else None,
        emotion_consent_only=loaded.settings.emotion_consented_only,
        confidence_floor=emotion.confidence_floor,
        any_weights=vision.any_weights,
    )


def networks_for_many(loaded: config.Loaded) -> InstalledNetworks:
    """As `installed_networks`, for whoever goes through many pictures: several are looked at at once.

    So each inference has fewer threads, which then wait less for each other.
    """
    cores, threads = processors(), loaded.settings.vision.threads
    at_once = max(1, min(AT_ONCE, cores // max(1, threads)))
    return replace(installed_networks(loaded, at_once=at_once), threads=threads or max(1, cores // at_once))
