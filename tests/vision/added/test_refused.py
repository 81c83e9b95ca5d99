"""Broken, hostile and wrong networks: a sentence each, and the folder of models as it was."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import FacevecError, FileEmpty, FileMissing, IsAFolder, ModelCorrupt, ModelRefused
from facevec.vision.weights.store import ModelStore
from tests.vision.added import networks
from tests.vision.added.networks import as_ir, chained, description, node, onnx, tensor, toy
from tests.vision.models.graphs import field, number_field, varint

Case = Callable[[Path], Path]
"""Makes what is brought in a folder, and gives its path."""


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def written(content: bytes, name: str = "net.onnx") -> Case:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net.onnx", bytes(1 << 24))
    return file.getvalue()


def hidden() -> bytes:
    """A list of functions whose key has bits that readers of 32 drop."""
    return varint((1 << 40) | (25 << 3 | 2)) + varint(2) + bytes(2)


def external(where: str) -> bytes:
    entry = field(1, b"location") + field(2, where.encode())
    kept = tensor("mixing", np.zeros((0, 128), np.float32), extra=field(13, entry) + number_field(14, 1))
    return onnx(networks.nodes(), [kept])


def in_a_subgraph(part: bytes, depth: int = 1) -> bytes:
    graph = part
    for _ in range(depth):
        branch = field(1, b"then_branch") + field(6, graph) + number_field(20, 5)
        graph = field(1, field(4, b"If") + field(5, branch))
    return onnx([field(4, b"If") + field(5, field(1, b"then_branch") + field(6, graph))])


def impossible(sides: tuple[int, ...]) -> bytes:
    dimensions = b"".join(number_field(1, side) for side in sides)
    return onnx(
        networks.nodes(), [dimensions + number_field(2, 1) + field(8, b"mixing") + field(9, bytes(4))]
    )


def ir(change: Callable[[Path], None]) -> Case:
    def make(folder: Path) -> Path:
        path = as_ir(toy(), folder)
        change(path)
        return path

    return make


def edited(old: str, new: str) -> Case:
    def change(path: Path) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return ir(change)


def linked(folder: Path) -> Path:
    (folder / "real.onnx").write_bytes(toy())
    (folder / "net.onnx").symlink_to("real.onnx")
    return folder / "net.onnx"


def bin_linked(path: Path) -> None:
    path.with_suffix(".bin").rename(path.with_suffix(".elsewhere"))
    path.with_suffix(".bin").symlink_to(path.with_suffix(".elsewhere"))


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "net.onnx")
    return folder / "net.onnx"


def folder_called_so(folder: Path) -> Path:
    (folder / "net.onnx").mkdir()
    return folder / "net.onnx"


LAUGHS = "".join(f'<!ENTITY a{n + 1} "&a{n};&a{n};">' for n in range(30))
BOMB = f'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY a0 "ha">{LAUGHS}]><net name="&a30;"/>'
XXE = '<?xml version="1.0"?><!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]><net name="&x;"/>'
ENTITIES = "declares a document type"
CHANCE = node("RandomNormalLike", ["before"], ["noise"])
NAN = (node("Mul", ["before", "nothing"], ["vectors"]), tensor("nothing", np.array([np.nan], np.float32)))
ZERO = (node("Mul", ["before", "nothing"], ["vectors"]), tensor("nothing", np.zeros(1, np.float32)))
CONSTANT = (
    node("Mul", ["before", "nothing"], ["zeros"]),
    node("Add", ["zeros", "one"], ["vectors"]),
    tensor("nothing", np.zeros(1, np.float32)),
    tensor("one", np.ones(1, np.float32)),
)

DETECTOR = onnx(
    [
        *networks.nodes(),
        node("Identity", ["vectors"], ["boxes"]),
        node("Identity", ["vectors"], ["scores"]),
    ],
    [tensor("mixing", networks.mixing(128))],
    outputs=(("boxes", ("n", 128)), ("scores", ("n", 128))),
)
SMALLER = onnx(networks.nodes(), [tensor("mixing", np.zeros((27, 128), np.float32))], taken=("n", 3, 32, 32))

UNRUN: dict[str, tuple[Case, type[FacevecError], str]] = {
    "missing": (lambda folder: folder / "net.onnx", FileMissing, "There is no file"),
    "empty": (written(b""), FileEmpty, "is empty"),
    "a folder": (folder_called_so, IsAFolder, "is a folder"),
    "a pipe": (pipe, FileMissing, "a pipe, not a file"),
    "a link": (linked, ModelRefused, "is a link"),
    "text": (written(b"just some words, and some more"), ModelCorrupt, "not an ONNX file"),
    "another kind of file": (written(b"x", "net.pt"), ModelRefused, "ends neither in .onnx nor in .xml"),
    "a field that others read as another": (written(toy() + hidden()), ModelCorrupt, "not an ONNX file"),
    "a zip bomb": (written(zipped()), ModelCorrupt, "not an ONNX file"),
    "cut short": (written(toy()[:5000]), ModelCorrupt, "cut short"),
    "without a graph": (written(number_field(1, 8)), ModelCorrupt, "not an ONNX file"),
    "numbers elsewhere": (written(external("weights.bin")), ModelRefused, "in other files"),
    "numbers above": (written(external("../../secrets")), ModelRefused, "in other files"),
    "numbers anywhere": (written(external("/etc/passwd")), ModelRefused, "in other files"),
    "numbers of a constant elsewhere": (
        written(in_a_subgraph(field(5, tensor("x", np.zeros(0, np.float32), extra=number_field(14, 1))))),
        ModelRefused,
        "in other files",
    ),
    "an operator of somebody's": (
        written(chained(node("Evil", ["before"], ["vectors"], domain="com.evil"))),
        ModelRefused,
        "operators of 'com.evil'",
    ),
    "operators of its own": (
        written(onnx(networks.nodes(), extra=field(25, field(1, b"Mine")))),
        ModelRefused,
        "operators of its own",
    ),
    "graphs in graphs": (written(in_a_subgraph(b"", 20)), ModelRefused, "too deep in each other"),
    "a huge tensor": (written(impossible((1 << 40, 1 << 20))), ModelCorrupt, "impossible shape"),
    "a tensor of another length": (written(impossible((147, 128))), ModelCorrupt, "more numbers than its"),
    "chance": (written(chained(CHANCE)), ModelRefused, "draws by chance"),
    "a loop": (written(chained(node("Loop", ["before"], ["vectors"]))), ModelRefused, "loops"),
    "xml without a bin": (ir(lambda path: path.with_suffix(".bin").unlink()), FileMissing, "no file"),
    "xml with another bin": (
        ir(lambda path: path.with_suffix(".bin").write_bytes(bytes(100))),
        ModelCorrupt,
        "has 100 bytes where the network has",
    ),
    "xml with a linked bin": (ir(bin_linked), ModelRefused, "is a link"),
    "xml cut short": (ir(lambda path: path.write_text(path.read_text()[:900])), ModelCorrupt, "cut short"),
    "a billion laughs": (ir(lambda path: path.write_text(BOMB)), ModelRefused, ENTITIES),
    "what else to read": (ir(lambda path: path.write_text(XXE)), ModelRefused, ENTITIES),
    "an extension of OpenVINO": (
        edited('version="opset1"', 'version="extension"'),
        ModelRefused,
        "not part of",
    ),
    "memory of faces": (edited('type="MatMul"', 'type="ReadValue"'), ModelRefused, "remembers faces"),
    "memory of faces in small letters": (
        edited('type="MatMul"', 'type="readvalue"'),
        ModelRefused,
        "remembers faces",
    ),
    "another xml": (ir(lambda path: path.write_text("<html/>")), ModelCorrupt, "has no net"),
}
"""Refused for what stands in them."""

RUN: dict[str, tuple[Case, type[FacevecError], str]] = {
    "an unknown operator": (
        written(chained(node("NoSuchOperator", ["before"], ["vectors"]))),
        ModelRefused,
        "OpenVINO cannot read the network",
    ),
    "a detector": (written(DETECTOR), ModelRefused, "has 2 outputs; say which: boxes, scores"),
    "emotions": (
        written(
            onnx(networks.nodes(), [tensor("mixing", networks.mixing(8))], outputs=(("vectors", ("n", 8)),))
        ),
        ModelRefused,
        r"gives \(\?, 8\) and not a vector of 128 numbers",
    ),
    "another size": (written(SMALLER), ModelRefused, r"takes \(\?, 3, 32, 32\)"),
    "no number": (written(chained(NAN[0], tensors=(NAN[1],))), ModelRefused, "not finite, or all 0"),
    "nothing": (written(chained(ZERO[0], tensors=(ZERO[1],))), ModelRefused, "not finite, or all 0"),
    "always the same": (
        written(chained(*CONSTANT[:2], tensors=CONSTANT[2:])),
        ModelRefused,
        "does not tell drawn people apart",
    ),
    "no face at all": (
        written(
            onnx(
                networks.nodes(),
                [tensor("mixing", np.random.default_rng(1).normal(size=(147, 128)).astype(np.float32))],
            )
        ),
        ModelRefused,
        "drawn|another",
    ),
    "the batch mixed": (
        written(
            chained(
                node("ReduceMean", ["before"], ["middle"], networks.integers("axes", (0,))),
                node("Sub", ["before", "middle"], ["apart"]),
                node("Add", ["apart", "before"], ["vectors"]),
            )
        ),
        ModelRefused,
        "mixes the faces of one batch",
    ),
}
"""Refused for what they compute."""

CASES = {**UNRUN, **RUN}


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    folder = tmp_path / "models"
    (folder / "added" / "other").mkdir(parents=True)
    (folder / "other.json").write_text("as it was")
    return ModelStore(folder)


@pytest.mark.parametrize("case", CASES)
def test_a_network_that_is_not_taken_is_a_sentence_and_leaves_nothing(
    case: str, store: ModelStore, tmp_path: Path
):
    make, kind, sentence = CASES[case]
    brought, scratch = tmp_path / "brought", tmp_path / "scratch"
    brought.mkdir()
    scratch.mkdir()
    path = make(brought)
    before = contents(store.folder)
    with pytest.raises(kind, match=sentence) as caught:
        store.add(path, "mine", description(), scratch)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 400
    assert contents(store.folder) == before
    assert contents(scratch) == {}


def test_there_are_thirty_of_them():
    assert len(CASES) >= 30
