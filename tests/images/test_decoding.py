"""Every kind of picture becomes what a model reads, or is refused with the reason."""

import io

import numpy as np
import pytest
from PIL import Image

from akida_lite.errors import InputError
from akida_lite.images.decoding import Unreadable, fitted, pixels_of, require_fit

COLOUR, GREY = (8, 6, 3), (8, 6, 1)
RNG = np.random.default_rng(4)
RGB = RNG.integers(0, 256, COLOUR, np.uint8)


def encoded(picture, ending="PNG", **options):
    file = io.BytesIO()
    picture.save(file, ending, **options)
    return file.getvalue()


def pixels(picture, shape=COLOUR, ending="PNG", fit="crop", **options):
    data = picture if isinstance(picture, bytes) else encoded(picture, ending, **options)
    found, changed = pixels_of(data, shape, fit)
    assert (found.shape, found.dtype) == (shape, np.uint8)
    assert changed == (Image.open(io.BytesIO(data)).size != shape[1::-1])
    return found


@pytest.mark.parametrize("ending", ["PNG", "BMP", "TIFF", "PPM", "TGA"])
def test_a_picture_of_the_models_size_is_not_touched(ending, tmp_path):
    np.testing.assert_array_equal(pixels(Image.fromarray(RGB), ending=ending), RGB)
    path = tmp_path / f"x.{ending.lower()}"
    Image.fromarray(RGB).save(path)
    for of in (path, str(path)):
        np.testing.assert_array_equal(pixels_of(of, COLOUR, "squeeze")[0], RGB)


def test_grey_becomes_three_equal_channels_and_colour_one():
    grey = Image.fromarray(RGB[..., 0])
    np.testing.assert_array_equal(pixels(grey), np.repeat(RGB[..., :1], 3, axis=2))
    np.testing.assert_array_equal(pixels(grey, GREY), RGB[..., :1])
    expected = np.asarray(Image.fromarray(RGB).convert("L"))[..., np.newaxis]
    np.testing.assert_array_equal(pixels(Image.fromarray(RGB), GREY), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_says_how_a_picture_is_turned(orientation):
    turned = {
        1: RGB,
        2: RGB[:, ::-1],
        3: RGB[::-1, ::-1],
        4: RGB[::-1],
        5: RGB.transpose(1, 0, 2),
        6: RGB[::-1].transpose(1, 0, 2),
        7: RGB[::-1, ::-1].transpose(1, 0, 2),
        8: RGB[:, ::-1].transpose(1, 0, 2),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(RGB), exif=exif)
    found, changed = pixels_of(data, turned.shape, "crop")
    np.testing.assert_array_equal(found, turned)
    assert not changed


def test_what_is_transparent_shows_white():
    alpha = np.zeros((8, 6, 1), np.uint8)
    alpha[:, :3] = 255
    expected = np.where(alpha == 255, RGB, 255)
    picture = Image.fromarray(np.concatenate([RGB, alpha], axis=2))
    np.testing.assert_array_equal(pixels(picture), expected)
    grey = Image.fromarray(np.concatenate([RGB[..., :1], alpha], axis=2), "LA")
    np.testing.assert_array_equal(pixels(grey, GREY), np.where(alpha == 255, RGB[..., :1], 255))


def test_palettes_become_colours_and_may_be_transparent():
    picture = Image.fromarray(RGB).quantize(16)
    expected = np.asarray(picture.convert("RGB"))
    np.testing.assert_array_equal(pixels(picture), expected)
    index = np.asarray(picture)
    found = pixels(picture, transparency=int(index[0, 0]))
    np.testing.assert_array_equal(
        found, np.where((index == index[0, 0])[..., np.newaxis], 255, expected)
    )
    bits = Image.fromarray(RGB[..., 0] > 127)
    np.testing.assert_array_equal(pixels(bits, GREY)[..., 0], (RGB[..., 0] > 127) * 255)


@pytest.mark.parametrize("ending", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_upper_eight(ending):
    values = RNG.integers(0, 1 << 16, (8, 6)).astype(np.uint16)
    found = pixels(Image.fromarray(values), GREY, ending)
    np.testing.assert_array_equal(found[..., 0], values >> 8)


def test_cmyk_becomes_rgb():
    picture = Image.fromarray(RGB).convert("CMYK")
    expected = np.asarray(picture.convert("RGB"))
    np.testing.assert_array_equal(pixels(picture, ending="TIFF"), expected)
    data = encoded(picture, "JPEG", quality=95)
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.mode == "CMYK"
        expected = np.asarray(opened.convert("RGB"))
    np.testing.assert_array_equal(pixels(data), expected)


@pytest.mark.parametrize("ending", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_a_picture_that_moves_the_first_frame_counts(ending):
    first, second = (Image.fromarray(np.full(COLOUR, v, np.uint8)) for v in (0, 255))
    options = {"lossless": True} if ending == "WEBP" else {}
    data = encoded(first, ending, save_all=True, append_images=[second], **options)
    np.testing.assert_array_equal(pixels(data), np.zeros(COLOUR, np.uint8))


def test_crop_keeps_the_middle_and_squeeze_keeps_all():
    """A wide picture whose thirds are black, white and black."""
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, 8:16] = 255
    shape = (8, 8, 3)
    np.testing.assert_array_equal(pixels(Image.fromarray(wide), shape), np.full(shape, 255))
    squeezed = pixels(Image.fromarray(wide), shape, fit="squeeze")
    assert squeezed[:, 0].max() == 0
    assert squeezed[:, 4].min() == 255
    tall = pixels(Image.fromarray(wide.transpose(1, 0, 2)), shape)
    np.testing.assert_array_equal(tall, np.full(shape, 255))


def test_a_smaller_picture_is_enlarged_and_one_pixel_is_enough():
    one = Image.fromarray(np.uint8([[[7, 8, 9]]]))
    for fit in ("crop", "squeeze"):
        expected = np.broadcast_to(np.uint8([7, 8, 9]), COLOUR)
        np.testing.assert_array_equal(pixels(one, fit=fit), expected)


def test_an_unknown_fit_is_refused():
    with pytest.raises(InputError) as refused:
        require_fit("pad")
    assert str(refused.value) == (
        "option 'fit': 'pad' is none of 'crop', 'squeeze'. Fix: choose one of them."
    )


WHOLE = encoded(Image.fromarray(RNG.integers(0, 256, (64, 64, 3), np.uint8)), "JPEG")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is no picture that Pillow knows"),
        (b"text, not pixels", "it is no picture that Pillow knows"),
        (WHOLE[: len(WHOLE) // 2], "it cannot be read (image file is truncated"),
        (
            encoded(Image.fromarray(np.zeros((8, 6), np.float32)), "TIFF"),
            "its pixels are floats, which have no defined range",
        ),
        (
            encoded(Image.fromarray(np.full((8, 6), 1 << 20, np.int32)), "TIFF"),
            "its pixels are 32-bit integers, which have no defined range",
        ),
    ],
    ids=["empty", "text", "truncated", "floats", "integers"],
)
def test_what_has_no_pixels_is_refused(data, reason):
    with pytest.raises(Unreadable) as refused:
        pixels_of(data, COLOUR, "crop")
    assert str(refused.value).startswith(reason)


def test_a_picture_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    with pytest.raises(Unreadable, match=r"it cannot be read .*decompression bomb") as refused:
        pixels_of(encoded(Image.fromarray(RGB)), COLOUR, "crop")
    assert refused.value.remedy == "shrink it"


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    with pytest.raises(Unreadable, match=r"it cannot be read \(No such file or directory\)"):
        pixels_of(tmp_path / "none.png", COLOUR, "crop")
    with pytest.raises(Unreadable, match="it cannot be read"):
        pixels_of(tmp_path, COLOUR, "crop")


def test_a_model_of_four_channels_reads_no_pictures():
    with pytest.raises(Unreadable) as refused:
        pixels_of(encoded(Image.fromarray(RGB)), (8, 6, 4), "crop")
    assert str(refused.value) == "a picture has 1 or 3 channels, the model reads 4"


ENDLESS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 6\n%%EndComments\n{} loop\n%%EOF\n"


def record(number, kind, content):
    return bytes((0x1C, number, kind)) + len(content).to_bytes(2, "big") + content


IN_IPTC = b"".join(
    [
        record(3, 60, bytes((1, 0))),
        record(3, 20, bytes((0, 6))),
        record(3, 30, bytes((0, 8))),
        record(3, 120, bytes((0, 5))),
        record(8, 10, ENDLESS),
    ]
)


@pytest.mark.parametrize(("data", "kind"), [(ENDLESS, "EPS"), (IN_IPTC, "IPTC")])
def test_a_picture_that_another_program_would_run_is_refused(data, kind):
    assert Image.open(io.BytesIO(data)).format == kind
    for act in (
        lambda: pixels(data),
        lambda: fitted(Image.open(io.BytesIO(data)), COLOUR, "crop"),
    ):
        with pytest.raises(Unreadable) as refused:
            act()
        assert str(refused.value) == f"it is {kind}, which may hold a program"
        assert refused.value.remedy == "save it as PNG"
