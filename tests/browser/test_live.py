"""Models run in Chromium with the integers of the reference, and the panel shows them."""

import base64
import json
from contextlib import nullcontext

import numpy as np
import pytest
from browsing import HTML, PHONE, QuietHandler, served
from hypothesis import HealthCheck, given, settings
from live import ELEMENT, Live, model_of_values, recoded, small_model, small_samples
from PIL import Image
from strategies import runs

import akida_lite as al
from akida_lite.engine import trace
from akida_lite.images.decoding import pixels_of
from akida_lite.web.page import png
from akida_lite.web.payload import inline, payload_of

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='broken'\">"
BARE = {"name": "", "labels": None, "input_scaling": (1.0, 0)}
NETWORKS = ("vgg_cifar10", "mobilenet_cifar10")
SHOWN = 12  # of the 1,000 shipped images, whose layers are compared one by one


@pytest.fixture(params=["http", "file"])
def opened(request, chromium, tmp_path):
    """Return a function that exports a model and opens the page, in both ways."""
    with served(tmp_path) if request.param == "http" else nullcontext("file://") as root:

        def opened(model, samples=None):
            model.to_web(tmp_path / "page", samples=samples)
            address = root if request.param == "http" else f"file://{tmp_path}/"
            return page_of(chromium, address, "page/index.html")

        yield opened


@pytest.fixture
def live(chromium, tmp_path):
    """Return a function that exports a model and opens the page over http."""
    with served(tmp_path) as address:

        def opened(model, samples=None, width=1280, dark=False):
            model.to_web(tmp_path / "page", samples=samples)
            return page_of(chromium, address, "page/index.html", width, dark)

        yield opened


def page_of(chromium, address, page, width=1280, dark=False):
    live = Live(chromium, address)
    live.resize(width)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    live.complaints()
    live.open(page)
    return live


def test_a_page_runs_and_says_that_its_bits_are_the_same(opened):
    samples = small_samples()
    model = small_model(labels=["north", "south", "east", "west"])
    live = opened(model, samples)
    live.start()
    assert live.badge().startswith("✓ Same bits as this page")
    assert live.said().startswith(model.labels[model.predict(samples[:1])[0]])
    assert live.complaints() == []


@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_networks_give_the_references_integers(opened, name):
    images, _ = al.datasets.load_cifar10_sample()
    images = images[:SHOWN]
    model = al.pretrained(name)
    live = opened(model, images[:2])
    results = live.later(
        "{ window.model = await akidaLite.load('./'); const results = [];"
        " for (const image of arguments[0]) {"
        "   const result = await window.model.run(Uint8Array.from(image));"
        "   results.push({ ...result, potentials: Array.from(result.potentials) }); }"
        " return results; }",
        images.reshape(SHOWN, -1).tolist(),
    )
    expected = model.forward(images).reshape(SHOWN, -1)
    assert [result["potentials"] for result in results] == expected.tolist()
    classes = model.predict(images)
    assert [result["index"] for result in results] == classes.tolist()
    assert [result["label"] for result in results] == [model.labels[c] for c in classes]
    for image, result in zip(images, results, strict=True):
        model.forward(image[np.newaxis])
        statistics = model.get_statistics()
        assert [layer["name"] for layer in result["layers"]] == list(statistics)
        for layer in result["layers"]:
            counted = statistics[layer["name"]]
            assert layer["events"] == counted.output_events
            assert layer["inputEvents"] == counted.input_events
            assert layer["operations"] == counted.ops
    test = live.later("{ return window.model.selfTest(); }")
    assert (test["same"], test["differences"]) == (True, [])


@pytest.mark.parametrize("name", NETWORKS)
def test_all_shipped_images_give_the_references_potentials(live, name):
    images, _ = al.datasets.load_cifar10_sample()
    model = al.pretrained(name)
    page = live(model)
    page.later("{ window.model = await akidaLite.load('./'); }")
    found = []
    for part in np.split(images, 10):
        found += page.later(
            "{ const all = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));"
            " const found = []; for (let at = 0; at < all.length; at += 3072)"
            "   found.push(await window.model.run(all.slice(at, at + 3072)));"
            " return found.map(({ potentials }) => Array.from(potentials)); }",
            base64.b64encode(part.tobytes()).decode(),
        )
    assert found == model.forward(images).reshape(len(images), -1).tolist()


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        ("new Uint8Array(39)", "it is Uint8Array of 39 values. Fix: give a Uint8Array of"),
        (
            "new Float32Array(40)",
            "it is Float32Array. Fix: give a Uint8Array of 5 x 4 x 2 = 40",
        ),
        ("Array(40).fill(1)", "it is Array. Fix: give a Uint8Array of 5 x 4 x 2 = 40 values."),
        ("undefined", "it is Undefined. Fix: give a Uint8Array of 5 x 4 x 2 = 40 values."),
        (
            "new Uint8Array(40).fill(16)",
            "it has values above 15, the highest of 4-bit events. Fix: give 0 to 15.",
        ),
    ],
)
def test_what_is_no_image_is_refused(live, image, problem):
    page = live(model_of_values((5, 4, 2)))
    answer = page.later(f"{{ return (await akidaLite.load('./')).run({image}); }}")
    assert f"failed: image: {problem}" in answer


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(run=runs())
def test_drawn_models_give_the_references_integers(browser, run):
    layers, images = run
    if not browser.run("return !!globalThis.akidaLite"):
        browser.open("run_it_here.html")
    payload = inline(payload_of(layers, BARE, images[:0], images))
    answer = Live(browser.driver, browser.site).later(
        "{ const model = await akidaLite.open(arguments[0]); const maps = [];"
        " for (const image of arguments[1]) {"
        "   const result = await model.run(Uint8Array.from(image), { maps: true });"
        "   maps.push(result.maps.map((map) => Array.from(map))); }"
        " return { maps, test: await model.selfTest() }; }",
        payload,
        images.reshape(len(images), -1).tolist(),
    )
    expected = [maps for _, maps in trace(layers, images, backend="reference")]
    for number, maps in enumerate(answer["maps"]):
        assert maps == [outputs[number].ravel().tolist() for outputs in expected]
    assert answer["test"]["same"] is True


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_flipped_byte_of_the_weights_turns_the_badge(opened, tmp_path, share):
    live = opened(small_model(), small_samples())
    file = tmp_path / "page" / "model.js"
    damaged = bytearray(file.read_bytes())
    damaged[int(share * len(damaged))] ^= 0x10
    file.write_bytes(damaged)
    live.start()
    assert live.badge().startswith("The bits differ from this page")
    assert live.part(".badge").is_displayed()


def test_another_weight_turns_the_badge_though_nothing_is_damaged(opened, tmp_path):
    live = opened(small_model(), small_samples())
    file = tmp_path / "page" / "model.js"

    def change(content):
        length = int.from_bytes(content[:4], "little")
        start = json.loads(content[4 : 4 + length])["layers"][0]["weights"]["start"]
        for at in range(4 + length + start, 4 + length + start + 8):
            content[at] ^= 0b01010101

    file.write_bytes(recoded(file.read_bytes(), change))
    live.start()
    assert live.badge().startswith("The bits differ from this page")
    assert "first in layer first" in live.badge()


def test_names_stay_text_in_the_panel(live):
    page = live(small_model(labels=[HOSTILE] * 4, name=HOSTILE), small_samples())
    page.start()
    assert page.said().startswith(HOSTILE)
    assert page.inside("return root.querySelectorAll('img').length") == 0
    assert page.run("return document.title") == HOSTILE


def test_a_server_that_promises_another_encoding_does_no_harm(chromium, tmp_path):
    class Utf8(QuietHandler):
        def guess_type(self, path):
            return f"{super().guess_type(path)}; charset=utf-8"

    small_model().to_web(tmp_path / "page")
    with served(tmp_path, Utf8) as address:
        page = page_of(chromium, address, "page/index.html")
        page.start()
        assert page.badge().startswith("✓ Same bits")


def test_what_is_no_model_is_refused(live):
    page = live(small_model())
    answer = page.later("{ return akidaLite.load('akida-lite.js'); }")
    assert "it is no model that akida_lite has written, or damaged" in answer
    for address in ("nowhere.js", "http://127.0.0.1:1/model.js"):
        answer = page.later("{ return akidaLite.load(arguments[0]); }", address)
        assert "it cannot be loaded. Fix: check its address" in answer
    answer = page.later("{ return akidaLite.load('index.html'); }")
    assert "or damaged. Fix: give the address of a model.js" in answer
    answer = page.later("{ return akidaLite.load('http://'); }")
    assert "model 'http://': it is no address. Fix: give one, such as 'page/model.js'" in answer
    page.complaints()


def test_the_picture_can_be_changed(live):
    page = live(small_model(), small_samples())
    page.start()
    seen = "return root.querySelector('.seen:not(.pad)').toDataURL()"
    before = page.inside(seen)
    for slider, value in (("brightness", 0.3), ("noise", 0.4), ("cover", 0.5), ("coverX", 0)):
        last = page.inside(seen)
        page.set(slider, value)
        assert page.inside(seen) != last, slider
    page.inside(
        "[...root.querySelectorAll('button')].find(b => b.textContent == 'As it was').click()"
    )
    page.settle()
    assert page.inside(seen) == before


def test_a_cover_is_dragged_with_the_pointer(live):
    from selenium.webdriver import ActionChains

    page = live(small_model(channels=3), small_samples(3))
    page.start()
    page.set("cover", 0.3)
    canvas = page.part(".seen")
    ActionChains(page.driver).move_to_element_with_offset(canvas, -60, -60).click().perform()
    page.settle()
    places = page.inside(
        "return ['coverX', 'coverY'].map(id => Number(root.getElementById(id).value))"
    )
    assert max(places) < 0.4


def test_layers_are_stepped_through_with_the_keyboard(live):
    page = live(small_model(), small_samples())
    page.start()
    chosen = "return root.querySelector('[role=tab][aria-selected=true]').title"
    assert page.inside(chosen) == "second"
    for key, layer in (("\ue014", "scores"), ("\ue014", "first"), ("\ue012", "scores")):
        page.part("[role=tab][aria-selected=true]").send_keys(key)
        assert page.inside(chosen) == layer
        assert page.inside("return root.activeElement.title") == layer
        assert (
            page.inside("return root.querySelector('[role=tabpanel] h4').textContent") == layer
        )


def test_the_keyboard_goes_on_where_the_button_was(live):
    page = live(small_model(name="here"), small_samples())
    page._until(20, f"return {ELEMENT}?.shadowRoot?.querySelector('button.primary')")
    page.part("button.primary").send_keys("\ue007")
    page._until(20, f"return {ELEMENT}.shadowRoot.activeElement?.textContent === 'here'")


def test_a_channel_is_chosen(live):
    page = live(small_model(), small_samples())
    page.start()
    shown = "return root.querySelector('.pick output').textContent"
    assert page.inside(shown) == "busiest 64 of 70"
    page.part("input[aria-label=Channel]").send_keys("\ue014" * 3)
    assert page.inside(shown) == "2"


def test_a_drawing_becomes_the_picture(live):
    from selenium.webdriver import ActionChains

    page = live(small_model(), small_samples())
    page.start()
    seen = "return root.querySelector('.seen:not(.pad)').toDataURL()"
    before = page.inside(seen)
    pad = page.part(".pad")
    draw = ActionChains(page.driver).move_to_element(pad).click_and_hold()
    draw.move_by_offset(0, 40).move_by_offset(30, 10).release().perform()
    page.settle()
    drawn = page.inside(seen)
    assert drawn != before
    pad.send_keys("\ue014\ue014\ue015")
    page.settle()
    assert page.inside(seen) != drawn


def test_a_drawing_is_centred_wherever_it_is_drawn(live):
    from selenium.webdriver import ActionChains

    page = live(small_model())
    page.start()
    pad = page.part(".pad")
    draw = ActionChains(page.driver).move_to_element_with_offset(pad, -50, -50)
    draw.click_and_hold().move_by_offset(0, 60).release().perform()
    page.settle()
    found = page.run("return Array.from(document.querySelector('akida-lite-live').pixels)")
    ink = np.array(found).reshape(8, 8)
    rows, columns = ink.nonzero()
    assert (columns.min() + columns.max(), rows.min() + rows.max()) == (7, 7)
    assert abs(ink - ink[::-1, ::-1]).max() <= 1 < ink.max()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_becomes_the_picture_that_predict_reads(live, tmp_path, channels):
    page = live(small_model(channels=channels), small_samples(channels))
    page.start()
    for file in pictures(tmp_path):
        expected = pixels_of(file, (8, 8, channels), "crop")[0].ravel().tolist()
        page.choose(file)
        page._until(10, f"return '' + {ELEMENT}.pixels === '' + arguments[0]", expected)


def pictures(folder):
    """Write files of several sizes and kinds, whose pixels browsers and Pillow read alike."""
    rng = np.random.default_rng(0)
    for number, size in enumerate([(8, 8), (5, 3), (120, 91), (64, 200)]):
        pixels = rng.integers(0, 256, (*size, 4), np.uint8)
        # What is half transparent has colours that browsers round.
        pixels[..., 3] = 255 * rng.integers(0, 2, size)
        turned = Image.Exif()
        turned[0x0112] = 6
        for mode in ("RGB", "L", "P", "RGBA"):
            file = folder / f"{number}_{mode}.png"
            Image.fromarray(pixels).convert(mode).save(file, exif=turned)
            yield file


def test_a_drawing_in_vectors_becomes_the_picture(live, tmp_path):
    page = live(small_model(channels=3), small_samples(3))
    page.start()
    drawing = tmp_path / "drawing.svg"
    size = 'xmlns="http://www.w3.org/2000/svg" width="40" height="40"'
    drawing.write_text(f'<svg {size}><rect width="40" height="40" fill="#306090"/></svg>')
    page.choose(drawing)
    page._until(10, f"return '' + {ELEMENT}.pixels === '' + arguments[0]", [48, 96, 144] * 64)


@pytest.mark.parametrize(
    "content", [b"no picture", b"", b"\x00\x00\x00\x18ftypheic" + bytes(99)]
)
def test_what_is_no_picture_is_refused(live, tmp_path, content):
    page = live(small_model(channels=3), small_samples(3))
    page.start()
    (tmp_path / "text.png").write_bytes(content)
    page.choose(tmp_path / "text.png")
    said = page.complaint()
    assert said == (
        "'text.png' is no picture that this browser reads. Choose a JPEG or PNG file."
    )
    page.inside("root.querySelector('.samples button').click()")
    assert not page.part("[role=alert]").is_displayed()


def test_what_is_dropped_and_no_file_is_refused(live):
    page = live(small_model(channels=3), small_samples(3))
    page.start()
    page.inside(
        "root.querySelector('.card').dispatchEvent("
        "  new DragEvent('drop', { dataTransfer: new DataTransfer() }))"
    )
    assert page.complaint().startswith("What was dropped is no file. Save the picture first")


@pytest.mark.parametrize("shape", [(1, 1, 40), (1, 1, 3), (1, 20, 1), (20, 1, 3), (5, 4, 2)])
def test_values_do_not_pretend_to_be_pictures(live, shape):
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 16, (2, *shape), np.uint8)
    model = model_of_values(shape)
    page = live(model, samples)
    assert "give it values" in page.find("akida-lite-live p").text
    page.start()
    words = page.inside("return root.querySelector('.input').textContent")
    assert not [word for word in ("icture", "Camera", "Draw", "Bright") if word in words]
    field = page.part("textarea")
    assert field.get_property("value") == " ".join(map(str, samples[0].ravel()))
    typed = ", ".join(map(str, samples[1].ravel()))
    page.type_values(typed)
    assert page.said().startswith(model.labels[model.predict(samples[1:])[0]])
    page.type_values(f"{typed} 1")
    size = int(np.prod(shape))
    asked = f"Give {size} whole numbers from 0 to 15, separated by blanks or commas."
    assert page.complaint() == f"These are {size + 1} values. {asked}"
    for wrong in ("16", "-1", "1.5", "one"):
        page.type_values(typed.replace(",", f", {wrong},", 1))
        assert page.complaint() == f"'{wrong}' is no value that the network reads. {asked}"


def test_networks_that_read_other_shapes_do_not_share_a_picture(live, tmp_path):
    page = live(small_model(), small_samples())
    small_model(channels=3).to_web(tmp_path / "page" / "coloured")
    page.run("document.querySelector('akida-lite-live').setAttribute('src', './ coloured/')")
    page.start()
    assert page.complaint() == (
        "image: it is Uint8Array of 64 values. "
        "Fix: give a Uint8Array of 8 x 8 x 3 = 192 values."
    )


def test_a_network_that_is_not_there_is_no_differing_one(live, tmp_path):
    page = live(small_model(), small_samples())
    (tmp_path / "page" / "model.js").unlink()
    page.start()
    assert page.badge() == (
        "The network is not there model 'model.js': it cannot be loaded. Fix: check its address"
    )
    page.complaints()


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_is_pasted_or_dropped(live, way):
    page = live(small_model(channels=3), small_samples(3))
    page.start()
    pixels = base64.b64encode(png(np.full((8, 8, 3), 90, np.uint8), [0, 255])).decode()
    page.inside(
        "const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));"
        "const carried = new DataTransfer();"
        "carried.items.add(new File([bytes], 'grey.png', { type: 'image/png' }));"
        "if (arguments[1] === 'paste') document.dispatchEvent("
        "  new ClipboardEvent('paste', { clipboardData: carried }));"
        "else root.querySelector('.card').dispatchEvent("
        "  new DragEvent('drop', { dataTransfer: carried }));",
        pixels,
        way,
    )
    page._until(10, "return document.querySelector('akida-lite-live').pixels[100] === 90")
    found = page.run("return Array.from(document.querySelector('akida-lite-live').pixels)")
    assert set(found) == {90}


def test_a_paste_is_for_the_panel_that_was_used_last(live):
    page = live(small_model(channels=3), small_samples(3))
    page.run(
        "const second = document.querySelector('akida-lite-live').cloneNode(true);"
        "document.querySelector('main').append(second);"
    )
    page.start()
    page.later(
        "{ const second = document.querySelectorAll('akida-lite-live')[1];"
        " await second.start(); await second.running; }"
    )
    panels = "[...document.querySelectorAll('akida-lite-live')]"
    taken = f"return {panels}.map((panel) => panel.pixels[100] === 90)"
    pixels = base64.b64encode(png(np.full((8, 8, 3), 90, np.uint8), [0, 255])).decode()
    for used in (0, 1):
        page.run(
            "for (const panel of document.querySelectorAll('akida-lite-live'))"
            "  panel.shadowRoot.querySelector('.samples button').click();"
            "const used = document.querySelectorAll('akida-lite-live')[arguments[0]];"
            "used.shadowRoot.querySelector('.samples button').focus();"
            "const bytes = Uint8Array.from(atob(arguments[1]), (c) => c.charCodeAt(0));"
            "const carried = new DataTransfer();"
            "carried.items.add(new File([bytes], 'grey.png', { type: 'image/png' }));"
            "document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carried }));",
            used,
            pixels,
        )
        page._until(10, f"{taken}.includes(true)")
        assert page.run(taken) == [used == 0, used == 1]


def test_the_camera_shows_and_stops(live):
    page = live(small_model(channels=3), small_samples(3))
    page.start()
    before = page.run("return Array.from(document.querySelector('akida-lite-live').pixels)")
    button = page.part("button[aria-pressed]:not(.samples button)")
    button.click()
    page._until(20, "return document.querySelector('akida-lite-live').sources.stream !== null")
    page._until(
        20,
        "return String(Array.from(document.querySelector('akida-lite-live').pixels))"
        " !== String(arguments[0])",
        before,
    )
    # Numbers that change with each picture would never let a screen reader finish.
    class_alone = f"return /^class .$/.test({ELEMENT}.verdict.textContent)"
    page._until(20, class_alone)
    button.click()
    assert page.run("return document.querySelector('akida-lite-live').sources.stream") is None


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, PHONE])
@pytest.mark.parametrize("started", [False, True])
def test_axe_finds_nothing_serious_in_a_panel(live, dark, width, started):
    from axe_selenium_python import Axe

    page = live(small_model(), small_samples(), width, dark)
    if started:
        page.start()
    axe = Axe(page.driver)
    axe.inject()
    serious = [
        f"{violation['id']}: {node['html'][:160]} "
        + (node["any"][0]["message"] if node["any"] else "")
        for violation in axe.run()["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert serious == []
    assert page.run("return document.documentElement.scrollWidth") <= width


def test_without_scripts_a_picture_and_a_sentence_stand_there(chromium, tmp_path):
    small_model().to_web(tmp_path / "page", small_samples())
    command = "Emulation.setScriptExecutionDisabled"
    chromium.execute_cdp_cmd(command, {"value": True})
    try:
        chromium.get(f"file://{tmp_path}/page/index.html")
        assert chromium.find_element("css selector", "akida-lite-live img").is_displayed()
        text = chromium.find_element("css selector", "akida-lite-live p").text
        assert "It needs JavaScript and WebAssembly" in text
    finally:
        chromium.execute_cdp_cmd(command, {"value": False})


def test_without_webassembly_there_is_no_button(chromium, tmp_path):
    small_model().to_web(tmp_path / "page", small_samples())
    added = chromium.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete globalThis.WebAssembly"}
    )
    try:
        live = page_of(chromium, f"file://{tmp_path}/", "page/index.html")
        assert live.inside("return root.querySelectorAll('button').length") == 0
        assert live.find("akida-lite-live img").is_displayed()
    finally:
        chromium.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


@pytest.mark.parametrize("width", [1280, PHONE])
def test_both_networks_run_on_their_page(browser, width):
    page = Live(browser.driver, browser.site)
    page.resize(width)
    page.open("run_it_here.html")
    before = page.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert not [name for name in before if name.endswith("_cifar10.js")]
    page.start()
    assert page.badge().startswith("✓ Same bits as this page")
    assert page.inside("return root.querySelectorAll('.verdict').length") == 2
    assert page.run("return document.documentElement.scrollWidth") <= width
    assert page.complaints() == []


def test_the_page_is_one_click_from_the_first(browser):
    browser.open("index.html")
    browser.run("document.querySelector(`.bd-article a[href='run_it_here.html']`).click()")
    browser.wait("akida-lite-live")
    assert browser.driver.current_url.endswith("run_it_here.html")


def test_pages_share_one_copy_of_the_weights():
    copies = [path.relative_to(HTML).as_posix() for path in HTML.rglob("vgg_cifar10*.js")]
    assert copies == ["_static/live/vgg_cifar10.js"]
