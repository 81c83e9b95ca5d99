"""Settings in force: layers, origins, refusals, what is not set, and where things lie."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from facevec.config import load
from facevec.errors import RegistryError, SettingsError
from tests.config.conftest import Write

NOT_SET_BEFORE = (
    "match.threshold",
    "match.min_margin",
    "match.verify_threshold",
    "enrolment.same_person_threshold",
    "enrolment.other_person_threshold",
)


def test_each_layer_wins_over_the_one_before(tmp_path: Path, write: Write) -> None:
    file = write(tmp_path, "[match]\nthreshold = 0.5\nmin_margin = 0.2\n[vision]\nthreads = 3\n")
    environ = {"FACEVEC_MATCH__THRESHOLD": "0.6", "FACEVEC_MATCH__MIN_MARGIN": "0.3"}
    loaded = load(tmp_path, environ, {"match.threshold": "0.7", "vision.engine": None})
    assert loaded.settings.match.threshold == 0.7
    assert loaded.settings.match.min_margin == 0.3
    assert loaded.settings.vision.threads == 3
    assert loaded.origins["match.threshold"] == "flag"
    assert loaded.origins["match.min_margin"] == "FACEVEC_MATCH__MIN_MARGIN"
    assert loaded.origins["vision.threads"] == str(file)
    assert loaded.origins["vision.engine"] == "default"


@pytest.mark.parametrize(("text", "meant"), [("false", False), ("0", False), ("true", True), ("yes", True)])
def test_words_for_booleans_mean_what_they_say(tmp_path: Path, text: str, meant: bool) -> None:
    assert load(tmp_path, {"FACEVEC_EMOTION__ENABLED": text}).settings.emotion.enabled is meant


@pytest.mark.parametrize(
    ("file", "environ", "flags", "said"),
    [
        ("[match]\ntreshold = 1", {}, {}, "match.threshold"),
        ("[matching]\nthreshold = 1", {}, {}, "match"),
        ("", {"FACEVEC_MATCH__TRESHOLD": "1"}, {}, "FACEVEC_MATCH__THRESHOLD"),
        ("", {"FACEVEC_MATCHES__THRESHOLD": "1"}, {}, "FACEVEC_MATCH__THRESHOLD"),
        ("", {"FACEVEC_EMOTION_ENABLED": "false"}, {}, "FACEVEC_EMOTION__ENABLED"),
        ("", {}, {"emotion.enable": "1"}, "emotion.enabled"),
    ],
)
def test_unknown_names_are_refused_and_the_nearest_is_named(
    tmp_path: Path, write: Write, file: str, environ: dict[str, str], flags: dict[str, str], said: str
) -> None:
    write(tmp_path, file)
    with pytest.raises(SettingsError, match=re.escape(f"the nearest is {said}")):
        load(tmp_path, environ, flags)


@pytest.mark.parametrize(
    "setting",
    [
        {"FACEVEC_MATCH__THRESHOLD": "3"},
        {"FACEVEC_MATCH__THRESHOLD": "near"},
        {"FACEVEC_MATCH__THRESHOLD": " "},
        {"FACEVEC_MATCH__VERIFY_THRESHOLD": "2.1"},
        {"FACEVEC_MATCH__MIN_MARGIN": "-0.1"},
        {"FACEVEC_VISION__ENGINE": "abacus"},
        {"FACEVEC_EMOTION__ENABLED": "perhaps"},
        {"FACEVEC_SERVER__PUBLIC_URL": "hr.example.com/faces"},
        {"FACEVEC_SERVER__PUBLIC_URL": "ftp://hr.example.com/faces"},
        {"FACEVEC_SERVER__PUBLIC_URL": "https:///faces"},
        {"FACEVEC_SERVER__PUBLIC_URL": "https://me:secret@hr.example.com"},
        {"FACEVEC_SERVER__PUBLIC_URL": "https://hr.example.com/faces?from=here"},
        {"FACEVEC_SERVER__PUBLIC_URL": "https://hr.example.com/a//b"},
        {"FACEVEC_SERVER__PUBLIC_URL": "https://hr.example.com/a/../b"},
    ],
)
def test_values_out_of_range_are_refused_by_name_and_origin(tmp_path: Path, setting: dict[str, str]) -> None:
    (variable,) = setting
    key = variable.removeprefix("FACEVEC_").lower().replace("__", ".")
    with pytest.raises(SettingsError, match=rf"{re.escape(key)} .*\({variable}\)"):
        load(tmp_path, setting)


def test_variables_of_other_purposes_are_left_alone(tmp_path: Path) -> None:
    load(tmp_path, {"FACEVEC_HOME": "x", "FACEVEC_MODELS": "y", "FACEVEC_TEST_DATA": "z"})


@pytest.mark.parametrize("key", [*NOT_SET_BEFORE, "registry.url", "index.folder", "server.public_url"])
def test_what_is_not_set_is_absent(tmp_path: Path, write: Write, key: str) -> None:
    section, name = key.split(".")
    before = ("0.0", "0") if key in NOT_SET_BEFORE else ('""',)
    variable = f"FACEVEC_{section}__{name}".upper()
    for text in before:
        write(tmp_path, f"[{section}]\n{name} = {text}\n")
        said = (
            load(tmp_path, {}),
            load(tmp_path, {variable: text.strip('"')}),
            load(tmp_path, {variable: ""}),
            load(tmp_path, {}, {key: ""}),
        )
        for loaded in said:
            assert getattr(getattr(loaded.settings, section), name) is None
    (tmp_path / "config" / "facevec.toml").unlink()
    assert getattr(getattr(load(tmp_path, {}).settings, section), name) is None


@pytest.mark.parametrize(
    ("written", "url", "host", "path"),
    [
        ("https://hr.example.com", "https://hr.example.com", "hr.example.com", ""),
        ("https://hr.example.com/faces/", "https://hr.example.com/faces", "hr.example.com", "/faces"),
        ("http://HR.example.com:81/a/b", "http://HR.example.com:81/a/b", "hr.example.com", "/a/b"),
        ("http://[::1]:80/x", "http://[::1]:80/x", "[::1]", "/x"),
    ],
)
def test_a_public_address_has_a_host_and_a_path(
    tmp_path: Path, written: str, url: str, host: str, path: str
) -> None:
    server = load(tmp_path, {"FACEVEC_SERVER__PUBLIC_URL": written}).settings.server
    assert (server.public_url, server.public_host, server.public_path) == (url, host, path)


def test_a_zero_that_means_zero_stays(tmp_path: Path) -> None:
    environ = {"FACEVEC_SERVER__PORT": "0", "FACEVEC_SERVER__RATE": "0", "FACEVEC_PROBE__MIN_SIZE": "0"}
    settings = load(tmp_path, environ).settings
    assert (settings.server.port, settings.server.rate, settings.probe.min_size) == (0, 0.0, 0.0)


def test_registry_and_index_lie_in_home_unless_set(tmp_path: Path) -> None:
    loaded = load(tmp_path, {})
    assert loaded.registry_url.database == str(tmp_path / "facevec.db")
    assert loaded.index_folder == tmp_path / "index"
    moved = load(
        tmp_path, {"FACEVEC_REGISTRY__URL": "postgresql://me:s3@db/x", "FACEVEC_INDEX__FOLDER": "/srv/index"}
    )
    assert moved.registry_url.render_as_string(hide_password=False) == "postgresql://me:s3@db/x"
    assert moved.index_folder == Path("/srv/index")


@pytest.mark.parametrize("origin", ["file", "environment", "flag"])
def test_relative_paths_in_settings_begin_in_home_wherever_one_stands(
    tmp_path: Path, write: Write, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    values = {"registry.url": "sqlite:///data/reg.db", "index.folder": "nightly"}
    if origin == "file":
        write(home, '[registry]\nurl = "sqlite:///data/reg.db"\n[index]\nfolder = "nightly"\n')
    variables = {f"FACEVEC_{key.replace('.', '__').upper()}": value for key, value in values.items()}
    loaded = load(home, variables if origin == "environment" else {}, values if origin == "flag" else {})
    assert loaded.registry_url.database == str(home / "data" / "reg.db")
    assert loaded.index_folder == home / "nightly"


def test_certificates_of_postgres_are_paths_too(tmp_path: Path) -> None:
    url = "postgresql://db/x?sslrootcert=ca.pem&sslkey=%2Fetc%2Fkey.pem&sslmode=verify-full"
    query = load(tmp_path, {"FACEVEC_REGISTRY__URL": url}).registry_url.query
    assert query == {
        "sslrootcert": str(tmp_path / "ca.pem"),
        "sslkey": "/etc/key.pem",
        "sslmode": "verify-full",
    }
    trusted = load(tmp_path, {"FACEVEC_REGISTRY__URL": "postgresql://db/x?sslrootcert=system"})
    assert trusted.registry_url.query == {"sslrootcert": "system"}


def test_a_tilde_in_settings_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    loaded = load(
        tmp_path, {"FACEVEC_REGISTRY__URL": "sqlite:///~/reg.db", "FACEVEC_INDEX__FOLDER": "~/index"}
    )
    assert loaded.registry_url.database == str(tmp_path / "me" / "reg.db")
    assert loaded.index_folder == tmp_path / "me" / "index"


@pytest.mark.parametrize("path", ["~nobody-by-this-name/x", "a\0b"])
def test_a_path_that_can_be_nowhere_is_refused(tmp_path: Path, path: str) -> None:
    loaded = load(tmp_path, {}, {"registry.url": f"sqlite:///{path}", "index.folder": path})
    for lying in ("registry_url", "index_folder"):
        with pytest.raises(SettingsError, match=r"zero character|not known"):
            getattr(loaded, lying)


def test_a_database_url_that_cannot_be_read_is_the_registrys_error(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="cannot be read"):
        load(tmp_path, {"FACEVEC_REGISTRY__URL": "reg.db"}).registry_url  # noqa: B018  # it is made when asked for


@pytest.mark.parametrize(
    ("key", "written", "kept"),
    [
        ("ALLOWED_HOSTS", "faces.example.com, .example.org,10.0.0.7,[::1]", None),
        ("ALLOWED_HOSTS", "faces.example.com:8443", ""),
        ("ALLOWED_HOSTS", "https://faces.example.com", ""),
        ("ALLOWED_HOSTS", '["faces.example.com"]', ""),
        ("ALLOWED_HOSTS", "facevec_web", None),
        ("CORS_ORIGINS", "https://HR.example.com/,http://localhost:3000", "https://hr.example.com"),
        ("CORS_ORIGINS", "https://hr.example.com:443", "https://hr.example.com"),
        ("CORS_ORIGINS", "http://hr_portal.intra:8080", None),
        ("CORS_ORIGINS", "capacitor://localhost", None),
        ("CORS_ORIGINS", "hr.example.com", ""),
        ("CORS_ORIGINS", "https://hr.example.com/app", ""),
        ("CORS_ORIGINS", "*", ""),
    ],
)
def test_names_of_hosts_and_sites_are_what_a_browser_can_send(
    tmp_path: Path, key: str, written: str, kept: str | None
) -> None:
    """kept: the first, where it is written otherwise; "" where it is refused."""
    environ = {f"FACEVEC_SERVER__{key}": written}
    if kept == "":
        with pytest.raises(SettingsError, match=f"server.{key.lower()}"):
            load(tmp_path, environ)
        return
    first = written.split(",", maxsplit=1)[0] if kept is None else kept
    assert getattr(load(tmp_path, environ).settings.server, key.lower())[0] == first
