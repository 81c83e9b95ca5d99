"""`constraints/`, which `make lock` writes: what a release was tried with, and its bill of materials."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from facevec.cli.doctor import CONVERTERS
from tests.conftest import ROOT

FOLDER = ROOT / "constraints"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+) \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(file: Path) -> dict[str, str]:
    """The version of each package; every line is a pin or a hash of it."""
    versions: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            versions[canonicalize_name(match[1])] = match[2]
        else:
            assert line.startswith("#") or HASH.match(line), line
    return versions


def required(python: str, *extras: str) -> list[Requirement]:
    """What facevec, or these extras alone, need on Linux."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    wanted = [setup["options.extras_require"][extra] for extra in extras] or [
        setup["options"]["install_requires"]
    ]
    lines = "\n".join(wanted).splitlines()
    asked = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    linux = {"python_version": python, "platform_system": "Linux"}
    return [one for one in asked if one.marker is None or one.marker.evaluate(linux)]


PYTHONS = ["3.10", "3.11", "3.12", "3.13"]


@pytest.mark.parametrize("python", PYTHONS)
def test_every_requirement_is_pinned_as_the_settings_of_the_package_want_it(python: str) -> None:
    versions = pins(FOLDER / f"linux-py{python}.txt")
    require_pinned([*required(python), *required(python, "postgres", "report")], versions)


def require_pinned(requirements: Iterable[Requirement], versions: Mapping[str, str]) -> None:
    for one in requirements:
        version = versions.get(canonicalize_name(one.name))
        assert version is not None, f"{one.name} is not pinned: run make lock"
        assert one.specifier.contains(version, prereleases=True), (
            f"{one} is pinned to {version}: run make lock"
        )


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("extra", ["milvus", "bench"])
def test_what_an_extra_adds_is_pinned_as_the_rest_is(python: str, extra: str) -> None:
    added, whole, lean = (pins(FOLDER / f"{name}-py{python}.txt") for name in (extra, "linux", "lean"))
    assert not added.keys() & lean.keys()
    assert {**added, **whole} == {**whole, **added}, "run make lock"
    require_pinned(required(python, extra), {**lean, **added})


@pytest.mark.parametrize("python", PYTHONS)
def test_what_converts_networks_and_all_it_needs_are_left_out_of_the_lean_pins(python: str) -> None:
    whole, lean = pins(FOLDER / f"linux-py{python}.txt"), pins(FOLDER / f"lean-py{python}.txt")
    assert lean.items() < whole.items(), "run make lock"
    assert not {name for name in lean if name in CONVERTERS or "nvidia" in name or name == "triton"}
    needed = [*required(python), *required(python, "postgres")]
    needed = {canonicalize_name(one.name) for one in needed} - {*CONVERTERS}
    assert needed <= lean.keys(), "run make lock"


def test_the_bill_of_materials_lists_what_is_pinned() -> None:
    bill = json.loads((FOLDER / "sbom.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    listed = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    assert listed == pins(FOLDER / "linux-py3.11.txt"), "run make lock"
    assert all(one["externalReferences"][0]["hashes"] for one in bill["components"])
