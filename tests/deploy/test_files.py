"""What is deployed as files, for compose, Kubernetes and nginx, names what there is."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from facevec.config import load
from facevec.errors import SettingsError
from tests.conftest import ROOT
from tests.entries import posix
from tests.web.nginx import program

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose"
KUBERNETES = DEPLOY / "kubernetes"
WHOLE = [*sorted((KUBERNETES / "base").glob("[!k]*.yaml")), KUBERNETES / "sqlite" / "volume.yaml",
         KUBERNETES / "first-key.yaml"]  # fmt: skip
"""Documents that are not patches."""

Document = Mapping[str, Any]


def documents(file: Path) -> list[Document]:
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


def compose() -> Document:
    (document,) = documents(COMPOSE / "compose.yaml")
    return document


def accepted(variables: Mapping[str, str], folder: Path) -> None:
    """Hold variables to the settings that there are; what they name as a file holds something here."""
    secret = folder / "secret"
    secret.write_text("postgresql://facevec@postgres/facevec", encoding="utf-8")
    named = {name: str(secret) if name.endswith("URL_FILE") else value for name, value in variables.items()}
    load(folder, {name: re.sub(r"\$\{.*?\}", "facevec.example.com", value) for name, value in named.items()})


def test_compose_sets_what_there_is_to_set(tmp_path: Path) -> None:
    accepted(compose()["services"]["facevec"]["environment"], tmp_path)
    with pytest.raises(SettingsError):
        accepted({"FACEVEC_SERVER__PUBLICURL": "x"}, tmp_path)


def test_every_file_that_compose_mounts_is_there_or_made_by_its_script() -> None:
    services = compose()["services"]
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    files = [name for name in mounted if name.startswith(".")]
    assert len(files) == 6
    assert not [name for name in files if not (COMPOSE / name).is_file()]
    assert {name for name in mounted if not name.startswith(".")} == set(compose()["volumes"])
    made = (COMPOSE / "setup.sh").read_text(encoding="utf-8")
    assert not [name for name in compose()["secrets"] if name not in made]


def test_every_service_of_compose_but_the_database_is_hardened_and_of_a_fixed_version() -> None:
    for name, service in compose()["services"].items():
        image = service["image"]
        assert image.startswith("${FACEVEC_IMAGE") or re.search(r":(v?\d+[\d.]*|pg\d+)$", image), name
        if name != "postgres":
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name


def test_addresses_that_compose_fixes_are_given_to_nobody_else_and_are_those_of_the_settings() -> None:
    (ipam,) = compose()["networks"]["inside"]["ipam"]["config"]
    networks = {name: service["networks"] for name, service in compose()["services"].items()}
    fixed = {name: of["inside"]["ipv4_address"] for name, of in networks.items() if isinstance(of, dict)}
    assert set(fixed) == {"facevec", "proxy"}
    addresses = {ip_address(address) for address in (*fixed.values(), ipam["gateway"])}
    assert len(addresses) == 3
    assert all(address in ip_network(ipam["subnet"]) for address in addresses)
    assert not [address for address in addresses if address in ip_network(ipam["ip_range"])]
    settings = compose()["services"]["facevec"]["environment"]
    assert settings["FACEVEC_SERVER__TRUSTED_PROXIES"] == fixed["proxy"]


@posix
def test_its_script_makes_secrets_once_and_for_their_owner(tmp_path: Path) -> None:
    script = tmp_path / "setup.sh"
    script.write_bytes((COMPOSE / "setup.sh").read_bytes())
    environ = {**os.environ, "FACEVEC_NAME": "facevec.example.com"}
    command = ["sh", str(script), "--secrets-only"]
    subprocess.run(command, env=environ, check=True, capture_output=True)
    first = {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}
    assert set(first) == set(compose()["secrets"]) - {"metrics_key"}
    assert len(first["integrity_key"].strip()) >= 32
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    subprocess.run(command, env=environ, check=True, capture_output=True)
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}


@posix
def test_its_script_stops_where_there_is_no_key_for_metrics_and_makes_one_the_next_time(
    tmp_path: Path,
) -> None:
    (tmp_path / "setup.sh").write_bytes((COMPOSE / "setup.sh").read_bytes())
    (tmp_path / "docker").write_text('#!/bin/sh\n[ "$2" = build ] || ${KEY-false}\n', encoding="utf-8")
    (tmp_path / "docker").chmod(0o755)
    environ = {**os.environ, "FACEVEC_NAME": "x.example", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["sh", str(tmp_path / "setup.sh")]
    stopped = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
    assert stopped.returncode != 0
    assert "Now:" not in stopped.stderr
    assert not (tmp_path / "secrets/metrics_key").exists()
    subprocess.run(command, env={**environ, "KEY": "echo fv_1"}, check=True, capture_output=True)
    assert (tmp_path / "secrets/metrics_key").read_text() == "fv_1\n"


def test_nothing_is_run_beside_a_service_whose_address_is_fixed() -> None:
    page = (COMPOSE / "../../docs/deploy/compose.md").read_text(encoding="utf-8")
    fixed = [name for name, of in compose()["services"].items() if isinstance(of["networks"], dict)]
    run = re.findall(r"docker compose run --rm (\w+)", page + (COMPOSE / "setup.sh").read_text())
    assert run
    assert not set(run) & set(fixed)


@pytest.mark.parametrize("file", WHOLE, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_kubernetes_takes_them(file: Path) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    newest = kubernetes_validate.latest_version()
    for document in documents(file):
        kubernetes_validate.validate(document, newest, strict=True)


def pods() -> Iterator[tuple[str, Document]]:
    """Every pod's specification, by its file."""
    for file in WHOLE:
        for document in documents(file):
            spec = document.get("spec", {})
            spec = spec.get("jobTemplate", {}).get("spec", spec)
            if "template" in spec:
                yield file.stem, spec["template"]["spec"]


def test_every_pod_is_restricted_as_its_namespace_wants() -> None:
    seen = list(pods())
    assert len(seen) == 3
    for name, pod in seen:
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", name
        assert pod["automountServiceAccountToken"] is False, name
        assert {next(iter(set(volume) - {"name"})) for volume in pod["volumes"]} <= {"emptyDir", "secret"}
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"], name
            assert context["capabilities"] == {"drop": ["ALL"]}, name


@pytest.mark.parametrize("folder", ["base", "sqlite"])
def test_kustomize_names_files_and_settings_that_there_are(folder: str, tmp_path: Path) -> None:
    (kustomization,) = documents(KUBERNETES / folder / "kustomization.yaml")
    patches = [patch["path"] for patch in kustomization.get("patches", [])]
    for name in (*kustomization["resources"], *patches):
        assert (KUBERNETES / folder / name).exists(), name
    (settings,) = kustomization["configMapGenerator"]
    accepted(dict(line.split("=", 1) for line in settings["literals"]), tmp_path)


def test_a_pod_is_given_the_time_that_its_settings_allow(tmp_path: Path) -> None:
    (kustomization,) = documents(KUBERNETES / "base" / "kustomization.yaml")
    (generated,) = kustomization["configMapGenerator"]
    variables = dict(line.split("=", 1) for line in generated["literals"] if "_FILE=" not in line)
    server = load(tmp_path, variables).settings.server
    (pod,) = (pod for name, pod in pods() if name == "deployment")
    assert pod["terminationGracePeriodSeconds"] > server.drain_seconds + server.shutdown_seconds
    probe = pod["containers"][0]["readinessProbe"]
    assert server.drain_seconds > probe["periodSeconds"] * probe["failureThreshold"]


@pytest.mark.parametrize("folder", ["base", "sqlite"])
def test_a_pod_that_reads_faces_has_the_master_key_from_where_it_lasts(folder: str) -> None:
    (kustomization,) = documents(KUBERNETES / folder / "kustomization.yaml")
    (generated,) = kustomization["configMapGenerator"]
    source = dict(line.split("=", 1) for line in generated["literals"])["FACEVEC_KEYS__MASTER"]
    reading = [container for _, pod in pods() for container in pod["containers"] if "envFrom" in container]
    assert len(reading) == 2
    for container in reading:
        secret = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"]}
        assert secret[source.removeprefix("env:")] == {"name": "facevec", "key": "master-key"}


def test_patches_name_what_they_patch() -> None:
    named = {(each["kind"], each["metadata"]["name"]) for file in WHOLE for each in documents(file)}
    (kustomization,) = documents(KUBERNETES / "sqlite" / "kustomization.yaml")
    for patch in kustomization["patches"]:
        for document in documents(KUBERNETES / "sqlite" / patch["path"]):
            assert (document["kind"], document["metadata"]["name"]) in named


def test_nginx_takes_the_site(tmp_path: Path) -> None:
    site = tls_site(tmp_path, instance="127.0.0.1:9")
    whole = f"pid {tmp_path / 'pid'}; events {{}} http {{ access_log off; {site} }}"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    checked = subprocess.run(
        [program(), "-t", "-q", "-p", str(tmp_path), "-e", str(tmp_path / "errors"), "-c",
         str(tmp_path / "nginx.conf")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr


def tls_site(folder: Path, *, instance: str, port: int = 0) -> str:
    """The site as it is deployed, with a certificate of its own in `folder`, over one instance.

    port: what it listens on with TLS, 0 for 443.
    """
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "1", "-subj", "/CN=facevec.example.com", "-addext",
         "subjectAltName=DNS:facevec.example.com", "-keyout", str(folder / "tls_key"), "-out",
         str(folder / "tls_certificate")],
        check=True, capture_output=True,
    )  # fmt: skip
    site = (DEPLOY / "nginx" / "facevec.conf").read_text(encoding="utf-8")
    for written, here in {
        # First: an instance may well listen to a port with these digits in it.
        **({"443": str(port), "listen 80;": "", "listen [::]:80;": ""} if port else {}),
        "facevec:8000": instance,
        "/run/secrets": str(folder),
        "/etc/nginx/facevec": str(DEPLOY / "nginx"),
    }.items():
        assert written in site
        site = site.replace(written, here)
    return site
