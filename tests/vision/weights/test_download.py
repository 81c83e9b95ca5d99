from __future__ import annotations

import functools
import hashlib
import socket
import time
import urllib.request

import numpy as np
import pytest

from facevec.errors import DownloadFailed
from facevec.vision.weights.download import _Redirects
from facevec.vision.weights.download import download as download_patiently
from tests.vision.weights.server import Site, serving

CONTENT = np.random.default_rng(1).bytes(1_000_000)
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site():
    with serving(Site(CONTENT)) as site:
        yield site


@pytest.fixture
def partial(tmp_path):
    return tmp_path / "model.part"


download = functools.partial(download_patiently, pauses=(0.0, 0.01, 0.01))


def fetch(site, partial, sha256=SHA256, limit=SIZE, progress=None):
    return download(site.url(), partial, limit, sha256, progress)


def test_a_file_arrives_whole_and_alone(site, partial, tmp_path):
    assert fetch(site, partial).read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [partial]


def test_progress_grows_to_the_end(site, partial):
    seen = []
    fetch(site, partial, progress=lambda received, total: seen.append((received, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_cut_connection_is_resumed_where_it_ended(site, partial):
    site.cut_after, site.cuts = 600_000, 1
    assert fetch(site, partial).read_bytes() == CONTENT
    assert site.ranges == [None, "bytes=600000-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(site, partial):
    site.cut_after, site.cuts = 200_000, 3
    with pytest.raises(DownloadFailed, match="run the command again to go on"):
        fetch(site, partial)
    assert fetch(site, partial).read_bytes() == CONTENT
    assert site.ranges == [None, "bytes=200000-", "bytes=400000-", "bytes=600000-"]


def test_a_server_without_ranges_starts_over(site, partial):
    site.takes_ranges = False
    site.cut_after, site.cuts = 600_000, 1
    assert fetch(site, partial).read_bytes() == CONTENT


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_validator_nothing_is_resumed(site, partial, etag):
    site.etag = etag
    site.cut_after, site.cuts = 600_000, 1
    assert fetch(site, partial).read_bytes() == CONTENT
    assert site.ranges == [None, None]


@pytest.mark.parametrize("ignores_if_range", [False, True])
def test_a_file_that_changed_in_between_is_never_mixed(site, partial, ignores_if_range):
    site.cut_after, site.cuts = 200_000, 3
    with pytest.raises(DownloadFailed):
        download(site.url(), partial, 2 * len(CONTENT), None, None)
    site.content, site.etag = bytes(len(CONTENT) + 5), '"two"'
    assert partial.stat().st_size == 600_000
    site.ignores_if_range = ignores_if_range
    assert download(site.url(), partial, 2 * len(CONTENT), None, None).read_bytes() == site.content


def test_another_url_does_not_continue_this_file(site, partial):
    site.cut_after, site.cuts = 200_000, 3
    with pytest.raises(DownloadFailed):
        fetch(site, partial)
    site.ranges.clear()
    download(site.url("other"), partial, len(CONTENT), SHA256, None)
    assert site.ranges == [None]


def test_a_wrong_hash_is_thrown_away(site, partial, tmp_path):
    with pytest.raises(DownloadFailed, match="not the expected file"):
        fetch(site, partial, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_file_over_the_limit_is_not_taken(site, partial):
    with pytest.raises(DownloadFailed, match="larger than"):
        fetch(site, partial, limit=len(CONTENT) - 1)
    assert not partial.exists() or partial.stat().st_size == 0


def test_a_shorter_file_than_promised_is_not_taken(site, partial):
    site.cut_after, site.cuts, site.etag = len(CONTENT) - 1, 9, None
    with pytest.raises(DownloadFailed, match=f"ended after {len(CONTENT) - 1} of {len(CONTENT)} bytes"):
        fetch(site, partial, sha256=None)


def test_a_missing_file_is_not_asked_for_twice(site, partial):
    site.statuses = [404, 404]
    with pytest.raises(DownloadFailed, match="404"):
        fetch(site, partial)
    assert len(site.ranges) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(site, partial, status):
    site.statuses = [status]
    assert fetch(site, partial).read_bytes() == CONTENT


def test_a_part_that_is_already_all_is_fetched_anew(site, partial):
    site.cut_after, site.cuts = 200_000, 3
    with pytest.raises(DownloadFailed):
        fetch(site, partial)
    site.statuses = [416]
    assert fetch(site, partial).read_bytes() == CONTENT


def test_a_redirect_is_followed(site, partial):
    site.statuses, site.location = [302], site.url("elsewhere")
    assert fetch(site, partial).read_bytes() == CONTENT


def test_an_encrypted_connection_is_never_left():
    redirects = _Redirects()
    request = urllib.request.Request("https://example.org/file")
    with pytest.raises(DownloadFailed, match="not encrypted"):
        redirects.redirect_request(request, None, 302, "Found", {}, "http://example.org/file")


def test_nobody_there_is_told_at_once(partial):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/file"
        start = time.monotonic()
        with pytest.raises(
            DownloadFailed, match=r"127\.0\.0\.1:\d+ cannot be reached \(Connection refused\)"
        ):
            download(url, partial, 10, None, None)
    assert time.monotonic() - start < 5


def test_a_silent_server_is_given_up(partial):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/file"
        with pytest.raises(DownloadFailed, match="timed out"):
            download(url, partial, 10, None, None, timeout=0.1)


def test_local_files_are_no_source(partial, tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(DownloadFailed):
        download((tmp_path / "secret").as_uri(), partial, 10, None, None)
