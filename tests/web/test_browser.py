"""The page in a real Chromium, against a real server: one administrator's day, and accessibility."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from PIL import Image

from facevec.bootstrap import App
from facevec.types import Finding, NightReport, StepReport, Unconfirmed
from facevec.usecases.approvals import removal
from tests.toy import toy_networks, turned
from tests.web.browsing import ANA, Page, add_crowd
from tests.web.chromium import SIZE
from tests.web.conftest import load
from tests.web.pictures import group, nobody, portrait
from tests.web.server import Running

BRUNO, STRANGER, CARLA, DORA = 1, 3, 5, 52
HOSTILE = "<img src=x onerror=alert(1)>"


def test_a_day_of_an_administrator(page: Page) -> None:
    gives_the_key(page)
    enrols_two(page)
    recognizes(page)
    saves_the_picture(page)
    tries_other_files(page)
    reads_spanish(page)
    renames_and_removes(page)
    looks_at_the_status(page)


def gives_the_key(page: Page) -> None:
    """A dialog opens; a wrong key is told so; the right one is kept for the tab."""
    page.open("/workers")
    page.seen("#key-dialog")
    page.one("#key-field").send_keys("wrong\n")
    page.seen("#key-refused")
    page.one("#key-field").send_keys(page.key + "\n")
    page.gone("#key-dialog")
    page.says("#count", "Nobody is enrolled yet.")
    page.calm(401)


def enrols_two(page: Page) -> None:
    """Photos that will not do say why; a name that looks like HTML is none."""
    page.press(".list-head a")
    page.press("form.stack button[type=submit]")
    page.says("#enrol-name-fault", "Enter a name.")
    photos = [page.file("ana0.png", portrait(ANA, 0)), page.file("ana1.png", turned(portrait(ANA, 1), 90))]
    page.enrol("Ana Beltrán", *photos, page.file("tree.png", nobody()), page.file("text.png", b"no picture"))
    fates = {entry.find_element("css selector", ".file").text: entry for entry in page.all(".thumbs li")}
    assert "Enrolled" in fates["ana0.png"].text
    assert "turned upright" not in fates["ana0.png"].text
    assert "turned upright" in fates["ana1.png"].text
    assert "No face in this photo" in fates["tree.png"].text
    assert "Not a JPEG, PNG or WebP picture" in fates["text.png"].text
    page.says("#count", "1 worker")

    page.press("form .notice.good button")
    page.enrol(HOSTILE, page.file("bruno.png", portrait(BRUNO)))
    page.says("#count", "2 workers")
    assert page.all("#workers img") == []
    page.calm()


def recognizes(page: Page) -> None:
    """Both are named, the stranger is not; a row highlights its face."""
    page.open("/")
    page.sign_in()
    faces = page.recognize(group(ANA, BRUNO, STRANGER))
    assert sorted(status for _, status in faces) == ["Identified", "Identified", "Unknown"]
    assert page.all("#picture bdi img") == []
    assert len(page.all("#picture .frame.identified")) == 2
    page.all("#table button")[1].click()
    selected = [frame.get_attribute("class") for frame in page.all("#picture .frame")]
    assert ["selected" in str(names) for names in selected] == [False, True, False]
    assert not page.one("#note").is_displayed()
    assert [status for _, status in page.recognize(turned(portrait(ANA, 2), 270))] == ["Identified"]
    page.says("#note", "after turning it")
    page.calm()


def saves_the_picture(page: Page) -> None:
    """As a JPEG."""
    page.press("#save")
    saved = Path(str(page.chrome.capabilities["chrome"]["userDataDir"])) / "downloads" / "probe-facevec.jpg"
    page.until(saved.is_file)
    assert Image.open(saved).format == "JPEG"


def tries_other_files(page: Page) -> None:
    """A picture without a face, and a file that is no picture, are said so."""
    assert page.recognize(nobody()) == []
    page.says("#result-title", "No face found")
    page.one("#file").send_keys(page.file("letter.png", b"Dear sirs"))
    page.says("#fault", "Not a JPEG, PNG or WebP picture")
    page.calm(415)
    page.one("#file").send_keys(page.file("film.png", bytes(41_000_000)))
    page.says("#fault", "The file is too large")


def reads_spanish(page: Page) -> None:
    """Errors already shown included; kept for the next page."""
    page.press("[data-language=es]")
    page.says("h1", "¿Quién está en la foto?")
    page.says("#fault", "El archivo es demasiado grande")
    page.open("/workers")
    page.sign_in()
    assert page.one("html").get_attribute("lang") == "es"
    page.press("[data-language=en]")


def renames_and_removes(page: Page) -> None:
    """Found without the accent; removed after a question; from here on nothing names her."""
    page.says("#count", "2 workers")
    page.one("#search").send_keys("beltran")
    page.says("#count", "1 of 2 workers")
    page.press("#workers a")
    page.says("#panel-title", "Ana Beltrán")
    assert len(page.all(".photo-list li")) == 2
    page.press("summary")
    more = [page.file("other.png", portrait(STRANGER)), page.file("ana2.png", portrait(ANA, 2))]
    page.one("details .photos input").send_keys("\n".join(more))
    page.press("details > .primary")
    page.until(lambda: len(page.all(".photo-list li")) == 3)
    assert "Not the person of the other photos" in page.one(".thumbs .refused").text
    rename = page.seen("#rename")
    rename.clear()
    rename.send_keys("Ana Duarte\n")
    page.says("#panel-title", "Ana Duarte")
    page.seen(".notice.good")
    page.press(".actions.end .danger")
    page.press("#confirm [data-close]")
    page.says("#panel-title", "Ana Duarte")
    page.press(".actions.end .danger")
    page.press("#confirm-yes")
    page.gone("#panel")
    page.one("#search").clear()
    page.calm()

    page.open("/")
    page.sign_in()
    assert sorted(status for _, status in page.recognize(group(ANA, BRUNO))) == ["Identified", "Unknown"]


def looks_at_the_status(page: Page) -> None:
    """It knows the count, and where the threshold comes from."""
    page.open("/status")
    page.says("#index", "up to date")
    page.says("#thresholds", "the settings")
    assert "1" in page.one("#index div dd").text
    page.says("#models", "casia-webface")
    page.open("/night")
    page.says("#none", "There was no night yet")
    page.open("/decisions")
    page.says("#reviews", "Nothing waits")
    page.says("#approvals", "Nothing waits")
    page.calm()


def test_what_waits_is_decided(page: Page, server: tuple[Running, str, Path]) -> None:
    ana = page.enrol_by_api("Ana <b>Alone</b>", portrait(ANA, 7))
    with App(load(server[2]), networks=toy_networks) as app:
        (review,) = app.reviews.add(
            [Unconfirmed(ana, 0, "", 0.5, "", 1, {"match_threshold": 0.6}, "key:door")]
        )
        approval = app.approvals.ask("remove", removal(ana), "user:anna")
        page.open("/decisions")
        page.sign_in()
        page.chrome.refresh()
        page.says("#reviews", "Ana <b>Alone</b>")
        page.says("#approvals", "remove")
        page.press("#reviews [data-decision=confirm]")
        page.says("#reviews", "Nothing waits")
        page.press("#approvals [data-decision=refuse]")
        page.says("#approvals", "refused")
        assert app.reviews.review(review.id).state == "confirmed"
        app.approvals.withdraw(approval.id, "user:anna")


def test_the_night_is_shown_with_the_names_of_those_whom_it_is_about(
    page: Page, server: tuple[Running, str, Path]
) -> None:
    ana = page.enrol_by_api("Ana <b>Alone</b>", portrait(ANA, 7))
    began = datetime(2026, 1, 1, tzinfo=timezone.utc)
    at_fault = StepReport("index", 1.0, code="rebuild_running", reason="Another process is rebuilding it.")
    ended = StepReport("consents_ended", 0.1, findings=(Finding((ana,), at=began),), count=3)
    with App(load(server[2]), networks=toy_networks) as app:
        app.night_reports.keep(NightReport("here, process 1", began, began, (at_fault, ended)))
    page.open("/night")
    page.sign_in()
    page.chrome.refresh()
    page.says("#night-consents_ended", "Consents that ended")
    page.says(".findings .who", "Ana <b>Alone</b>")
    page.says("#steps", "And 2 more.")
    page.says("#steps", "Another process is rebuilding it.")
    page.press("[data-language=es]")
    page.says("#night-consents_ended", "Consentimientos que terminaron")
    page.press("[data-language=en]")
    page.press(".findings .who")
    page.says("#panel-title", "Ana <b>Alone</b>")
    page.calm(401)


def test_a_look_alike_is_enrolled_after_a_deliberate_choice(page: Page) -> None:
    dora = page.enrol_by_api("Dora", portrait(DORA))
    page.open("/workers#new")
    page.sign_in()
    page.chrome.refresh()
    page.seen("#enrol-name").send_keys("Doris")
    page.one(".photos input").send_keys(page.file("doris.png", portrait(DORA, 1)))
    page.press("form.stack button[type=submit]")
    page.says("form .look-alikes", "This face is like that of Dora.")
    assert "another worker's, or very like it" in page.one(".thumbs .refused").text
    assert page.one(f"form .look-alikes a[href='#w{dora}']").text == "The same: go to Dora"
    page.press("form .look-alikes button")
    page.says("#confirm-title", "Not Dora?")
    page.press("#confirm [data-close]")
    page.press("form .look-alikes button")
    page.press("#confirm-yes")
    page.says("form .notice.good", "Doris is enrolled with 1 photo.")
    page.gone("form .look-alikes")

    page.press("form .notice.good a")
    page.says(".facts", "Somebody else than")
    page.press("summary")
    page.one("details .photos input").send_keys(page.file("doris2.png", portrait(DORA, 2)))
    page.press("details > .primary")
    page.says(".notice.good", "The photos are enrolled.")
    page.press(".facts a")
    page.says("#panel-title", "Dora")
    page.says(".facts", "Doris")
    page.calm(401, 422)


def test_the_choice_lasts_only_for_the_person_it_was_made_for(page: Page) -> None:
    page.enrol_by_api("Dora", portrait(DORA))
    page.open("/workers#new")
    page.sign_in()
    page.chrome.refresh()
    page.seen("#enrol-name").send_keys("Dorothy")
    page.one(".photos input").send_keys(page.file("dorothy.png", portrait(DORA, 3)))
    page.press("form.stack button[type=submit]")
    page.seen("form .look-alikes")
    page.one("#enrol-name").send_keys(" II")
    page.gone("form .look-alikes")
    page.calm(401, 422)


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    from selenium.webdriver import ActionChains, Keys

    page.open("/")
    page.sign_in()
    page.recognize(group(ANA, STRANGER))
    focused = page.chrome.switch_to.active_element
    assert focused.get_attribute("id") == "result-title"
    ActionChains(page.chrome).send_keys(Keys.TAB, Keys.TAB).perform()
    assert "selected" in str(page.all("#picture .frame")[0].get_attribute("class"))
    ActionChains(page.chrome).send_keys(Keys.TAB).perform()
    assert "selected" in str(page.all("#picture .frame")[1].get_attribute("class"))
    ActionChains(page.chrome).send_keys(Keys.ESCAPE).perform()
    assert page.all("#picture .frame.selected") == []

    page.open("/status")
    ActionChains(page.chrome).send_keys(Keys.TAB).perform()
    skip = page.chrome.switch_to.active_element
    assert skip.text == "Skip to the content"
    assert skip.rect["y"] >= 0


def test_a_long_list_comes_in_parts(page: Page, server: tuple[Running, str, Path]) -> None:
    page.enrol_by_api("Carla", portrait(CARLA))
    with App(load(server[2])) as app:
        add_crowd(app.registry, 60)

    page.open("/workers")
    page.sign_in()
    page.chrome.refresh()
    page.says("#count", "50 of the 50 loaded; there are more")
    page.press("#more")
    page.gone("#more")
    assert len(page.all("#workers li")) > 60
    page.one("#search").send_keys("nobody 59")
    page.until(lambda: len(page.all("#workers li")) == 1)


def test_a_picture_chosen_before_the_page_is_ready_is_looked_at(page: Page) -> None:
    words_wait = """const fetched = window.fetch;
        window.fetch = async (...asked) => {
            if (String(asked[0]).includes("/i18n/")) await new Promise((go) => { window.ready = go; });
            return fetched(...asked);
        };"""
    command = "Page.addScriptToEvaluateOnNewDocument"
    script = page.chrome.execute_cdp_cmd(command, {"source": words_wait})
    try:
        page.open("/")
        page.sign_in()
        page.chrome.refresh()
        page.until(lambda: page.chrome.execute_script("return Boolean(window.ready)"))
        page.one("#file").send_keys(page.file("early.jpg", group(ANA, BRUNO)))
        assert not page.one("#result").is_displayed()
        page.chrome.execute_script("window.ready()")
        page.seen("#result")
        assert len(page.rows()) == 2
    finally:
        page.chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [SIZE, (360, 740)], ids=["laptop", "phone"])
def test_pages_are_accessible_and_fit(page: Page, colours: str, size: tuple[int, int]) -> None:
    axe = pytest.importorskip("axe_core_python", reason="no axe-core-python: pip install 'facevec[dev]'")
    source = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    someone = page.enrol_by_api("Carla", portrait(CARLA))
    wish = {"name": "prefers-color-scheme", "value": colours}
    page.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [wish]})
    page.show_on(size, mobile=size != SIZE)
    try:
        for path in ("/", "/workers", "/workers#new", f"/workers#w{someone}", "/status"):
            page.open(path)
            page.sign_in()
            page.chrome.refresh()
            if path == "/":
                page.recognize(group(ANA, BRUNO, STRANGER))
            elif path.startswith("/workers"):
                page.seen("#workers a" if path == "/workers" else "#panel h2")
            else:
                page.seen("#models li")
            assert violations(page, source) == [], path
            assert page.chrome.execute_script("return document.documentElement.scrollWidth") <= size[0]
            assert small_targets(page) == [], path
    finally:
        page.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        page.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


FADED = """return document.getAnimations().every((one) => one.playState !== "running"
    || one.effect.getComputedTiming().iterations === Infinity);"""


def violations(page: Page, source: str) -> list[str]:
    """Rules of axe-core that the page breaks, with where."""
    time.sleep(0.3)  # colours of hover and focus fade in
    page.until(lambda: page.chrome.execute_script(FADED))
    page.chrome.execute_script(source)
    result = page.chrome.execute_async_script("axe.run(document).then(arguments[arguments.length - 1]);")
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in result["violations"]]


def small_targets(page: Page) -> list[str]:
    """Buttons, fields and links (but those in sentences) that a thumb could miss."""
    targets: list[str] = page.chrome.execute_script(
        """return [...document.querySelectorAll("button, input, summary, nav a, .button, .workers a")]
        .filter((one) => one.checkVisibility() && !one.classList.contains("unseen"))
        .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.outerHTML);"""
    )
    return targets
