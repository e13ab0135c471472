"""The page in a real browser: one visitor's way from the upload to the download, and what can go wrong."""

import io
import re
import time
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import expect

import compare.scoring
from conftest import free_port
from core.images import read_text
from engine.inline import InlineEngine
from fake_methods import Failing, FixedYardstick, Masked, Quick, Silent, Stepped, YardstickAlone
from methods import ALL
from methods.gatys_presets import BALANCED
from methods.johnson import Johnson
from ui.page import build
from ui.theme import LAUNCH
from weights import load, user
from weights.catalog import entry


def serve(*methods):
    page = build(InlineEngine(methods, "cpu"))
    port = free_port()
    page.launch(server_port=port, prevent_thread_lock=True, quiet=True, **LAUNCH)
    yield f"http://127.0.0.1:{port}"
    page.close()


def serve_measured_at_once():
    """A page whose comparisons are measured at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare.scoring, "Yardstick", FixedYardstick)
        patch.setattr(compare.scoring, "Measurer", YardstickAlone)
        yield from serve(Quick(), Stepped())


@pytest.fixture(scope="module")
def fake():
    """Address of a page with three methods that need no weights, of which one fails."""
    yield from serve(Quick(), Failing(), Stepped())


@pytest.fixture(scope="module")
def masked():
    """Address of a page whose only method shows its mask."""
    yield from serve(Masked())


silent_method = Silent()


@pytest.fixture(scope="module")
def silent():
    """Address of a page whose only method works for a minute without giving a picture."""
    yield from serve(silent_method)


def picture_file(name, width=96, height=64, **options):
    stream = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(stream, **options)
    return {"name": name, "mimeType": f"image/{name.rsplit('.')[-1]}", "buffer": stream.getvalue()}


PHOTO = picture_file("photo.png", format="PNG")
PAINTING = picture_file("painting.jpeg", 80, 80, format="JPEG")


class Visitor:
    """What a person does on the page."""

    def __init__(self, page, address):
        self.page = page
        self.requests = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(address)
        self.content_line, self.style_line = (page.locator("#inputs .status").nth(place) for place in (0, 1))
        self.status, self.compare, self.stop = (
            page.locator(f"#{name}") for name in ("status", "compare", "stop")
        )
        self.pairs = page.get_by_role("toolbar", name="Or compare a pair at once")
        expect(self.compare).to_be_enabled()

    def upload(self, place, file):
        self.page.locator("#inputs input[type=file]").nth(place).set_input_files(file)

    def clear(self, place):
        self.page.locator(".picture-input").nth(place).get_by_label("Remove Image").click()

    def choose_both(self):
        self.upload(0, PHOTO)
        expect(self.content_line).to_have_text("96 × 64 px")
        self.upload(1, PAINTING)
        expect(self.style_line).to_have_text("80 × 80 px")

    def set_number(self, name, value):
        field = self.page.get_by_label(f"number input for {name}", exact=True)
        field.fill(str(value))
        field.press("Tab")

    def open_panel(self):
        """Gatys' on the real page, where it is ticked as well; on others the last method's."""
        panels = self.page.locator(".panel", has_text=": settings")
        gatys = panels.filter(has_text="Gatys et al.")
        if gatys.count():
            self.page.get_by_role("checkbox", name="Gatys et al.").check()
        (gatys if gatys.count() else panels).last.get_by_role("button").first.click()

    def start(self, **numbers):
        """Compare at 64 px with the sliders of that panel set."""
        self.open_panel()  # first, because Gradio sets its controls once more shortly after it opens
        self.choose_both()
        self.set_number("Size", 64)
        for name, value in numbers.items():
            self.set_number(name, value)
        self.compare.click()
        self.begun()

    def begun(self):
        """The tiles are no longer those of the comparison that the page opened with."""
        expect(self.page.locator(".pair-head")).to_contain_text(" px")

    def tile(self, method):
        return self.page.locator(f'.tile[data-method="{method}"]')

    def wait_for(self, method, state, seconds=30):
        expect(self.tile(method)).to_have_attribute("data-state", state, timeout=seconds * 1000)


WATCH = """() => {
  window.seen = {begun: false, pictures: new Set(), steps: [], heights: new Set()};
  const look = () => {
    const tile = document.querySelector('.tile[data-method=gatys]');
    const result = tile.querySelector('.result');
    if (tile.dataset.state === 'running' && result) seen.pictures.add(result.src);
    const step = tile.querySelector('.state').innerText.match(/^Step (\\d+) of/);
    if (step && step[1] != seen.steps.at(-1)) seen.steps.push(Number(step[1]));
    seen.begun ||= tile.dataset.state === 'loading';
    if (seen.begun) seen.heights.add(document.getElementById('grid').offsetHeight);
  };
  new MutationObserver(look).observe(document.getElementById('grid'),
    {subtree: true, childList: true, attributes: true, characterData: true});
}"""


def test_from_upload_to_download(page, real, tmp_path):
    visitor = Visitor(page, real)
    page.locator("#grid").wait_for()
    page.evaluate(WATCH)
    visitor.start(Steps=60)
    visitor.wait_for("gatys", "done", 60)
    seen = page.evaluate(
        "({pictures: [...seen.pictures].length, steps: seen.steps, heights: [...seen.heights]})"
    )
    assert seen["pictures"] >= 2
    assert len(seen["steps"]) >= 2
    assert seen["steps"] == sorted(seen["steps"])
    assert len(seen["heights"]) == 1, "the grid jumped while the tile filled"
    tile = visitor.tile("gatys").inner_text()
    assert "VGG-19, original weights" in tile
    assert "c34748d2" in tile
    numbers = visitor.tile("gatys").locator(".numbers dd:not(.anchor)").all_inner_texts()
    assert [number.split("\u202f")[-1] for number in numbers[:3]] == ["s", "s", "–"]
    assert all(float(number) > 0 for number in numbers[3:5])
    assert numbers[5].endswith("MB")
    assert visitor.tile("gatys").locator(".chart path.line-1").count() == 2  # the curve and its legend
    with page.expect_download() as download:
        page.get_by_label("Download the picture by Gatys et al. as PNG").click()
    assert download.value.suggested_filename == "stylegrid-gatys.png"
    file = tmp_path / "result.png"
    download.value.save_as(file)
    text = read_text(file)
    assert text["stylegrid.method"] == "gatys"
    assert '"steps": 60' in text["stylegrid.settings"]
    with Image.open(file) as image:
        assert image.size == (64, 43)
    expect(visitor.compare).to_be_enabled()
    away = [url for url in visitor.requests if not url.startswith((real, "data:", "blob:"))]
    assert away == []


def test_stop_ends_the_work_and_keeps_the_picture(page, real):
    visitor = Visitor(page, real)
    visitor.start(Steps=5000)
    expect(visitor.tile("gatys").locator(".result")).to_be_visible(timeout=30_000)
    expect(visitor.compare).to_be_disabled()
    clicked = time.monotonic()
    visitor.stop.click()
    visitor.wait_for("gatys", "stopped", 2)
    expect(visitor.compare).to_be_enabled(timeout=2000)
    assert time.monotonic() - clicked < 2
    result = visitor.tile("gatys").locator(".result")
    assert result.get_attribute("src").endswith("stylegrid-gatys.png")
    expect(visitor.tile("gatys")).to_contain_text("of 5,000")
    page.wait_for_function("document.querySelector('[data-method=gatys] .result').naturalWidth === 64")


def test_the_icon_for_a_file_opens_the_dialog_and_what_is_no_picture_is_told(page, fake):
    visitor = Visitor(page, fake)
    box, told = page.locator(".picture-input").first, page.locator("#inputs .not-picture")

    def choose(file):
        with page.expect_file_chooser() as chooser:
            box.get_by_label("Upload file").click()
        chooser.value.set_files(file)

    choose(PHOTO)
    expect(visitor.content_line).to_have_text("96 × 64 px")
    choose({"name": "list.txt", "mimeType": "text/plain", "buffer": b"bread"})
    expect(told).to_have_text("list.txt is not a picture. Choose a file such as a JPEG, PNG or WebP.")
    expect(box.locator("img")).to_be_visible()
    assert page.locator(".toast-wrap .toast-body").count() == 0
    choose(PAINTING)
    expect(visitor.content_line).to_have_text("80 × 80 px")
    expect(told).to_have_count(0)
    visitor.compare.click()
    expect(visitor.status).to_have_text("Add a painting first.")
    page.get_by_role("toolbar", name="Our paintings").get_by_role("button").first.click()
    expect(visitor.status).to_have_text("")


def test_a_preset_fills_the_controls(page, real):
    visitor = Visitor(page, real)
    visitor.open_panel()
    expect(page.get_by_label("number input for Steps")).to_have_value(str(BALANCED.steps))
    page.get_by_label("Recipe").click()
    page.get_by_role("option", name="d2l").click()
    expect(page.get_by_label("number input for Steps")).to_have_value("500")
    expect(page.get_by_label("number input for Size")).to_have_value("450")
    expect(page.get_by_label("Content weight")).to_have_value("1")
    assert visitor.compare.is_enabled()


def test_a_setting_out_of_range_is_told(page, real):
    visitor = Visitor(page, real)
    visitor.open_panel()
    visitor.choose_both()
    page.get_by_label("Content weight").fill("-5")
    visitor.compare.click()
    expect(visitor.status).to_contain_text("Content weight is -5; it must be a number from 0 to 1000000.")
    expect(visitor.compare).to_be_enabled()


def test_a_failing_method_stands_beside_working_ones(page, fake):
    visitor = Visitor(page, fake)
    visitor.start()
    visitor.wait_for("quick", "done")
    visitor.wait_for("failing", "failed")
    visitor.wait_for("stepped", "done")
    expect(visitor.tile("failing").get_by_role("alert")).to_have_text("The weights <file> is damaged.")
    expect(visitor.tile("quick").locator(".note")).to_have_text("A <b>negative</b>.")
    expect(visitor.status).to_contain_text("2 of 3 finished; 1 failed.")
    assert page.locator(".toast-wrap .toast-body").count() == 0


def test_the_result_slides_over_the_photo_by_keyboard(page, fake):
    visitor = Visitor(page, fake)
    visitor.start()
    visitor.wait_for("quick", "done")
    split = visitor.tile("quick").get_by_role("slider", name="Uncover the photo")
    split.focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    clip = visitor.tile("quick").locator(".result").evaluate("image => getComputedStyle(image).clipPath")
    assert clip == "inset(0px 0px 0px 7%)"
    assert visitor.tile("quick").locator(".photo").get_attribute("alt") == "Photo"


def test_fair_timing_shows_the_warm_median(page, fake):
    visitor = Visitor(page, fake)
    page.get_by_label("Fair").check()
    visitor.start()
    expect(visitor.tile("quick")).to_contain_text("median of 3", timeout=30_000)
    expect(visitor.tile("stepped")).to_contain_text("median of 3", timeout=30_000)
    visitor.wait_for("stepped", "done")
    expect(visitor.tile("failing")).not_to_contain_text("median of 3")
    expect(visitor.compare).to_be_enabled()


def test_the_summary_is_drawn_and_sorted(page, fake):
    visitor = Visitor(page, fake)
    expect(page.locator(".summary:not(.sweep)")).to_be_hidden()
    visitor.start()
    visitor.wait_for("stepped", "done")
    summary = page.locator(".summary:not(.sweep)")
    expect(summary.locator("> table tbody tr")).to_have_count(2)
    expect(summary.locator(".broad svg").first.locator("a")).to_have_count(2)
    expect(summary.locator("li")).to_contain_text("Quick")
    heading = summary.get_by_role("button", name="Style distance")
    for direction in ("ascending", "descending"):
        heading.click()
        expect(summary.locator(f"th[aria-sort={direction}]")).to_have_text("Style distance")
        shown = [float(text) for text in summary.locator("> table tbody td:last-child").all_inner_texts()]
        assert shown == sorted(shown, reverse=direction == "descending")


def test_a_sweep_is_drawn_over_sizes(page, fake):
    visitor = Visitor(page, fake)
    page.get_by_role("button", name="Several sizes").click()
    for size in ("512", "1,024"):
        page.get_by_role("checkbox", name=size).uncheck()
    page.get_by_role("checkbox", name="384").check()
    visitor.choose_both()
    page.get_by_role("button", name="Compare at these sizes").click()
    sweep = page.locator(".summary.sweep")
    expect(visitor.status).to_contain_text("384 px, 2 of 2: 2 of 3 finished; 1 failed.", timeout=30_000)
    expect(sweep.locator("thead th")).to_have_text(
        ["Method", "256\u202fpx", "384\u202fpx", "Seconds at x MP", "Memory at x MP"]
    )
    expect(sweep.locator("tbody tr")).to_have_count(3)
    expect(sweep.locator("tbody tr", has_text="Failing")).to_contain_text("The weights <file>")
    assert sweep.locator("figure").first.locator("circle").count() == 4  # two methods at two sizes
    expect(page.get_by_role("button", name="Compare at these sizes")).to_be_enabled()


def test_what_a_run_will_take_is_told_before_it(page, fake):
    visitor = Visitor(page, fake)
    estimate = page.locator("#estimate")
    visitor.choose_both()
    expect(estimate).to_contain_text(re.compile(r"Predicted: Quick \d.*; [\d.,]+\u202fs in all"))
    page.get_by_role("checkbox", name="Quick").uncheck()
    expect(estimate).not_to_contain_text("Quick")
    visitor.set_number("Size", 64)
    page.get_by_role("checkbox", name="Failing").uncheck()
    visitor.open_panel()
    visitor.compare.click()
    visitor.wait_for("stepped", "done")
    visitor.set_number("Steps", 3000)  # 50 ms each, as its run has taught the page
    expect(estimate).to_contain_text("That is more than a minute")


def test_a_shared_setting_reaches_every_method(page, fake):
    Visitor(page, fake)
    page.get_by_role("button", name="Settings of all methods").click()
    shared = page.locator(".panel", has_text="Settings of all methods")
    shared.get_by_label("number input for Strength").fill("0.3")
    shared.get_by_label("number input for Strength").press("Tab")
    for method in ("Quick", "Stepped"):
        page.get_by_role("button", name=f"{method}: settings").click()
        panel = page.locator(".panel", has_text=f"{method}: settings")
        expect(panel.get_by_label("number input for Strength")).to_have_value("0.3")


def test_the_keyboard_alone_is_enough(page, fake, tmp_path):
    visitor = Visitor(page, fake)

    def tab_to(selector, key="Tab"):
        for _ in range(120):
            page.keyboard.press(key)
            if page.evaluate(f"document.activeElement.matches({selector!r})"):
                return
        pytest.fail(f"Tab never reaches {selector}")

    tab_to("[aria-label='Example photos'] button")
    page.keyboard.press("Enter")
    expect(visitor.content_line).to_contain_text(" px")
    tab_to("[aria-label='Our paintings'] button")
    page.keyboard.press("Enter")
    expect(visitor.style_line).to_contain_text(" px")
    tab_to("[aria-label='number input for Size']")
    page.keyboard.press("Control+A")
    page.keyboard.type("64")
    tab_to("#compare", "Shift+Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus must be seen"
    page.keyboard.press("Enter")
    visitor.wait_for("stepped", "done")
    expect(visitor.compare).to_be_enabled()
    tab_to("[data-method=quick] .split")
    page.keyboard.press("ArrowRight")
    tab_to("[data-method=quick] a.download")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "stylegrid-quick.png"
    tab_to("th button")
    page.keyboard.press("Enter")
    expect(page.locator(".summary:not(.sweep) th[aria-sort=ascending]")).to_have_text("Method")


def test_all_methods_compare_on_one_pair(page, real):
    """The real networks on an example pair, from the click to the summary; those that take minutes are left
    out, as they are at first."""
    visitor, chosen = Visitor(page, real), [method for method in ALL if not method.slow]
    visitor.set_number("Size", 128)
    visitor.open_panel()
    visitor.set_number("Steps", 20)
    visitor.pairs.get_by_role("button").first.click()
    visitor.begun()
    for method in chosen:
        visitor.wait_for(method.name, "done", 120)
    rows = page.locator(".summary:not(.sweep) > table tbody tr")
    expect(rows).to_have_count(len(chosen))
    for method in chosen:
        tile = visitor.tile(method.name)
        expect(tile.locator("abbr").first).to_have_text(re.compile("^[0-9a-f]{8}$"))
        page.wait_for_function(
            "name => document.querySelector(`[data-method=${name}] .result`).naturalWidth === 128",
            arg=method.name,
        )
    sentences = page.locator(".summary:not(.sweep) li").all_inner_texts()
    assert len(sentences) == len(chosen) - 1
    assert all(sentence.startswith("Gatys et al.") for sentence in sentences)
    expect(visitor.compare).to_be_enabled()


def test_everything_can_be_downloaded_as_one_file(page, fake, tmp_path):
    visitor = Visitor(page, fake)
    visitor.start()
    visitor.wait_for("stepped", "done")
    expect(visitor.compare).to_be_enabled()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").click()
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as parcel:
        assert {"quick.png", "stepped.png", "report.html", "results.json"} <= set(parcel.namelist())
        parcel.extract("report.html", tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator(".tile .result").count() == 2
    page.wait_for_function("document.querySelector('.tile .result').naturalWidth === 64")
    expect(page.locator(".summary > table tbody tr")).to_have_count(2)


def test_a_dropped_png_restores_its_settings(page, fake, tmp_path):
    visitor = Visitor(page, fake)
    visitor.start(Steps=7)
    visitor.wait_for("stepped", "done")
    with page.expect_download() as download:
        page.get_by_label("Download the picture by Stepped as PNG").click()
    download.value.save_as(tmp_path / "stepped.png")
    visitor = Visitor(page, fake)
    visitor.open_panel()
    expect(page.get_by_label("number input for Steps")).to_have_value("3")
    page.locator("#restore input[type=file]").set_input_files(tmp_path / "stepped.png")
    expect(visitor.status).to_contain_text("The settings of Stepped are restored.")
    expect(page.get_by_label("number input for Steps")).to_have_value("7")
    expect(page.get_by_label("number input for Size")).to_have_value("64")
    visitor = Visitor(page, fake)
    page.locator("#restore input[type=file]").set_input_files({**PHOTO, "name": "other.png"})
    expect(visitor.status).to_contain_text("carries no settings that StyleGrid knows")


def test_an_own_network_is_offered_after_a_reload(page, tmp_path, monkeypatch):
    monkeypatch.setattr(user, "FOLDER", tmp_path)
    for address in serve(Johnson()):
        visitor = Visitor(page, address)
        network = load.locate(entry("johnson/swirls-slim"))
        (tmp_path / "my-painting.safetensors").write_bytes(network.read_bytes())
        visitor = Visitor(page, address)
        visitor.open_panel()
        page.get_by_label("Network", exact=True).click()
        page.get_by_role("option", name="my-painting").click()
        visitor.choose_both()
        visitor.set_number("Size", 64)
        visitor.compare.click()
        visitor.begun()
        visitor.wait_for("johnson", "done")
        expect(visitor.tile("johnson").locator(".note")).to_have_text(
            "Your own network my-painting.safetensors."
        )


def test_a_mask_is_painted_on_the_photo(page, masked, tmp_path):
    visitor = Visitor(page, masked)
    visitor.open_panel()
    visitor.choose_both()
    visitor.set_number("Size", 64)
    with page.expect_response(lambda response: "/file=" in response.url):
        page.get_by_role("button", name="Paint the mask").click()
    canvas = page.locator(".panel canvas").first
    canvas.scroll_into_view_if_needed()
    listed = page.locator(".panel .filename")
    for attempt in range(10):  # the editor tells nobody when the photo has reached its canvas
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.7 * box["height"], steps=8)
        page.mouse.up()
        page.get_by_role("button", name="Use as mask").click()
        try:
            expect(listed).to_be_visible(timeout=2000)
            break
        except AssertionError:
            assert attempt < 9, "no stroke became a mask"
    visitor.compare.click()
    visitor.wait_for("masked", "done")
    with page.expect_download() as download:
        page.get_by_label("Download the picture by Masked as PNG").click()
    download.value.save_as(tmp_path / "mask.png")
    with Image.open(tmp_path / "mask.png") as mask:
        assert mask.size == (64, 43)
        levels = mask.convert("L").resize((4, 1), Image.Resampling.BOX)
        assert levels.getpixel((1, 0)) > 60 > levels.getpixel((3, 0)) + 40


def test_a_closed_tab_ends_the_work(browser, silent):
    context = browser.new_context()
    visitor = Visitor(context.new_page(), silent)
    visitor.start()
    assert silent_method.working.wait(10)
    context.close()
    assert silent_method.stopped.wait(2)


def test_a_waiting_visitor_sees_the_queue_and_can_leave_it(browser, page, silent):
    first = browser.new_context()
    busy = Visitor(first.new_page(), silent)
    busy.start()
    assert silent_method.working.wait(10)
    visitor = Visitor(page, silent)
    visitor.start()
    expect(visitor.status).to_contain_text("Waiting, 1 before you")
    visitor.wait_for("silent", "waiting")
    visitor.stop.click()
    expect(visitor.status).to_contain_text("Stopped before it began.", timeout=2000)
    visitor.wait_for("silent", "stopped", 2)
    expect(visitor.compare).to_be_enabled()
    assert silent_method.working.is_set()  # the other visitor's run goes on
    busy.stop.click()
    assert silent_method.stopped.wait(2)
    busy.wait_for("silent", "stopped", 2)
    visitor.compare.click()
    assert silent_method.working.wait(10)
    first.close()


def test_bad_pictures_are_told_and_the_page_goes_on(page, fake):
    visitor = Visitor(page, fake)
    visitor.compare.click()
    expect(visitor.content_line).to_contain_text("No photo was chosen")
    expect(visitor.style_line).to_contain_text("No painting was chosen")
    cut = {**PAINTING, "name": "cut.jpg", "buffer": PAINTING["buffer"][:1500]}
    bad = (
        ({"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}, "only these formats"),
        (cut, "damaged, cut short"),
        ({"name": "empty.png", "mimeType": "image/png", "buffer": b""}, "only these formats"),
    )
    for file, words in bad:
        visitor.upload(0, file)
        expect(visitor.content_line).to_contain_text(words)
    visitor.start()
    visitor.wait_for("quick", "done")
    visitor.clear(0)
    expect(visitor.content_line).to_have_text("\u00a0")
    visitor.compare.click()
    expect(visitor.content_line).to_contain_text("No photo was chosen")
    visitor.wait_for("quick", "done")  # what was there stays


def test_a_tiff_is_previewed(page, fake):
    visitor = Visitor(page, fake)
    visitor.upload(1, picture_file("scan.tiff", 70, 50, format="TIFF"))
    expect(visitor.style_line).to_have_text("70 × 50 px")
    page.wait_for_function("document.querySelector('.picture-input img')?.naturalWidth === 70")


def test_an_example_is_one_click_away(page, fake):
    visitor = Visitor(page, fake)
    page.get_by_role("toolbar", name="Example photos").get_by_role("button").first.click()
    expect(visitor.content_line).to_contain_text(" px")
    page.wait_for_function("document.querySelector('.picture-input img')?.naturalWidth > 16")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(browser, fake, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    visitor = Visitor(context.new_page(), fake)
    width = "document.documentElement.scrollWidth"
    assert visitor.page.evaluate(width) == 390
    visitor.start()
    visitor.wait_for("quick", "done")
    assert visitor.page.evaluate(width) == 390
    background = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in background.strip("rgb()").split(",")) / 3
    assert (brightness < 64) == (scheme == "dark")
    visitor.page.wait_for_function(
        "document.getElementById('results').getBoundingClientRect().top < innerHeight / 2"
    )
    context.close()
