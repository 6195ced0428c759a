"""Write pickles as Python 2 and its numpy did, opcode by opcode."""

import struct


def text(data):
    """Return the opcode of a Python 2 str."""
    return b"T" + struct.pack("<I", len(data)) + data


def number(value):
    """Return the opcode of an int."""
    return b"J" + struct.pack("<i", value)


def batch(pixels, labels):
    """Return the pickle of ``{"data": uint8 array, "labels": list}``.

    Parameters
    ----------
    pixels : bytes
        10,000 rows of 3,072.
    labels : iterable of int
    """
    dtype = (
        b"cnumpy\ndtype\n" + text(b"u1") + number(0) + number(1) + b"\x87R"
        b"(" + number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
    )
    state = (
        b"("
        + number(1)
        + number(10000)
        + number(3072)
        + b"\x86"
        + dtype
        + b"\x89"
        + text(pixels)
        + b"t"
    )
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
        + number(0)
        + b"\x85"
        + text(b"b")
        + b"\x87R"
        + state
        + b"b"
    )
    listed = b"](" + b"".join(map(number, labels)) + b"e"
    return (
        b"\x80\x02}(" + text(b"data") + array + text(b"labels") + listed
        + text(b"batch_label") + text(b"testing batch 1 of 1") + b"u."
    )  # fmt: skip
