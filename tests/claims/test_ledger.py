"""A ledger's tables mean what its docstring says; a broken one is refused as a whole."""

import os

import pytest

from akida_lite.claims import Measured, Quantity, Quoted, Share, ledger, read_ledger
from akida_lite.errors import ClaimError

TEXT = """
pages = ["*.rst"]
measures.visitors = "counting:visitors"
sources.paper = "A paper."

[files]
"shop.csv" = "{sha}"

[columns]
visitors = {{what = "visitors", measure = "visitors", slack = 2}}
rate.day = {{what = "those of a day", measure = "visitors", total = 10}}

[shop]
what = "The shop"
file = "shop.csv"
visitors = 1234
rate.day = {{number = 7, original = "paper.rate"}}
area = {{what = "area", number = 80.5, unit = "m²", decimals = 1, measure = "visitors"}}

[paper]
source = "paper"
rate = {{what = "Rate", number = 1, total = 3}}
columns = {{visitors = {{what = "visitors in print"}}}}
other = {{what = "Other shop", visitors = 9}}
""".format(sha="0" * 64)


@pytest.fixture
def read(tmp_path):
    """Read a ledger of this text."""

    def write(text):
        path = tmp_path / "claims.toml"
        path.write_text(text, "utf-8")
        return read_ledger(path)

    return write


def test_tables_say_what_holds_for_their_numbers_and_columns_what_a_number_means(read):
    found = read(TEXT)
    told = {id: (c.what, c.amount, c.origin) for id, c in found.claims.items()}
    given = {"measure": "visitors", "file": "shop.csv"}
    assert told == {
        "shop.visitors": (
            "The shop, visitors",
            Quantity(1234),
            Measured(**given, slack=2),
        ),
        "shop.rate.day": (
            "The shop, those of a day",
            Share(7, 10),
            Measured(**given, original="paper.rate"),
        ),
        "shop.area": ("The shop, area", Quantity(80.5, "m²", 1), Measured(**given)),
        "paper.rate": ("Rate", Share(1, 3), Quoted(source="paper")),
        # Columns hold for the tables below them only: the shop's are measured.
        "paper.other.visitors": (
            "Other shop, visitors in print",
            Quantity(9),
            Quoted(source="paper"),
        ),
    }
    assert found.pages == ("*.rst",)
    assert found.files == {"shop.csv": "0" * 64}


def test_the_docstring_is_a_ledger(read):
    text = ledger.__doc__.split("::\n", 1)[1].replace("\n    ", "\n")
    assert [(c.what, str(c)) for c in read(text).claims.values()] == [
        ("The shop, visitors", "1,234"),
        ("The shop, area", "80 m²"),
    ]


def test_an_empty_ledger_has_no_claims(read):
    assert read("").claims == {}


def test_an_unknown_id_names_the_nearest_and_the_command(read):
    found = read(TEXT)
    assert found.claim("shop.area") is found.claims["shop.area"]
    with pytest.raises(ClaimError) as caught:
        found.claim("shop.visitor")
    assert "Fix: use one of its 5 ids, for instance shop.visitors" in str(caught.value)
    with pytest.raises(ClaimError) as caught:
        found.claim("?")
    assert str(caught.value) == (
        "claim '?': the ledger has no such number. Fix: use one of its 5 ids; "
        "'akida-lite claims' lists them."
    )


BROKEN = [
    (
        'source = "paper"',
        'source = "book"',
        "claim 'paper.rate': source='book' is not listed. Fix: add it to [sources], or use "
        "one of paper.",
    ),
    (
        'visitors", total',
        'guests", total',
        "claim 'shop.rate.day': measure='guests' is not listed. Fix: add it to [measures], or "
        "use one of visitors.",
    ),
    (
        'file = "shop.csv"',
        'file = "other.csv"',
        "claim 'shop.visitors': file='other.csv' is not listed. Fix: add it to [files], or use "
        "one of shop.csv.",
    ),
    (
        '"paper.rate"',
        '"shop.area"',
        "claim 'shop.rate.day': original='shop.area' is no quoted claim. Fix: name a claim "
        "that has a source.",
    ),
    (
        "visitors = 1234",
        '"shop visitors" = 1234',
        "claim 'shop.shop visitors': its id is not dotted lower case. Fix: name it with "
        "letters, digits, _ and dots, such as 'shop.visitors'.",
    ),
    (
        "visitors = 1234",
        "visitors = nan",
        "claim 'shop.visitors': number is nan beyond 2**53. Fix: give it in a larger unit.",
    ),
    (
        "visitors = 1234",
        'visitors = "1234"',
        "claim 'shop.visitors': '1234' is neither a number nor a table. Fix: give a number, or "
        "one of the fields what, unit, measure, file, original, source, total, decimals, "
        "number, slack, given.",
    ),
    (
        "visitors = 1234",
        "visitors = true",
        "claim 'shop.visitors': number=True is of the wrong type. Fix: give it as int or "
        "float.",
    ),
    (
        'unit = "m²", dec',
        'unti = "m²", dec',
        "claim 'shop.area': beside its number it has 'unti'. Fix: use the fields what, unit, "
        "measure, file, original, source, total, decimals, number, slack, given.",
    ),
    (
        "number = 80.5, ",
        "",
        "claim 'shop.area': it holds no number. Fix: add its number.",
    ),
    (
        "\n[shop]\n",
        '\n["shop.area"]\nnumber = 1\nwhat = "x"\nmeasure = "visitors"\n[shop]\n',
        "claim 'shop.area': it stands twice. Fix: remove one.",
    ),
    (
        '"counting:visitors"',
        '"counting"',
        "claim 'measures.visitors': 'counting' is not in its form. Fix: give it as "
        "'module:function'.",
    ),
    (
        '"A paper."',
        '"A\\u001bpaper."',
        "claim 'sources.paper': 'A\\x1bpaper.' is not in its form. Fix: give a full reference "
        "in one line.",
    ),
    (
        '"A paper."',
        '"A \u202epaper."',
        "claim 'sources.paper': 'A \\u202epaper.' is not in its form. Fix: give a full "
        "reference in one line.",
    ),
    (
        "0" * 64,
        "0" * 63,
        f"claim 'files.shop.csv': '{'0' * 63}' is not in its form. Fix: give its SHA-256 as 64 "
        "hexadecimal digits.",
    ),
    (
        'measures.visitors = "counting:visitors"',
        "measures = 3",
        "claim 'measures': 3 is no table. Fix: write [measures].",
    ),
    (
        '["*.rst"]',
        '"*.rst"',
        "claim 'pages': '*.rst' is no list of patterns. Fix: give patterns of files from the "
        "ledger's folder, such as 'docs/*.rst'.",
    ),
    (
        'columns = {visitors = {what = "visitors in print"}}',
        "columns = {visitors = 3}",
        "claim 'paper.columns.visitors': 3 is no table of fields. Fix: give {what = ...}.",
    ),
    (
        "pages = ",
        "pages : ",
        "file 'claims.toml': it is no TOML (Expected '=' after a key in a key/value pair (at "
        "line 2, column 7)). Fix: mend the line.",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN, ids=[b[2][:60] for b in BROKEN])
def test_a_broken_ledger_is_refused(read, old, new, message):
    assert TEXT.count(old) == 1
    with pytest.raises(ClaimError) as caught:
        read(TEXT.replace(old, new))
    assert str(caught.value).splitlines()[0] == message


@pytest.mark.parametrize("pattern", ["", ".", "/etc/*", "a**", "a\\n", "a\\u0000"])
def test_a_pattern_that_names_no_files_is_refused(read, pattern):
    with pytest.raises(ClaimError, match="is no list of patterns"):
        read(f'pages = ["{pattern}"]')


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "9" * 5000,
        "a = " + "[" * 5000,
        ".".join("a" * 3000) + " = 1",
        "a = {b = " * 300 + "1" + "}" * 300,
        "a = 1979-05-27",
        "a = []",
        "a = \ufffe",
    ],
    ids=["digits", "arrays", "dots", "tables", "date", "list", "character"],
)
def test_hostile_toml_is_refused(read, text):
    with pytest.raises(ClaimError):
        read(text + "\n")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "claims.toml").write_bytes(b"a = '\xff'\n")
    with pytest.raises(ClaimError, match=r"file 'claims\.toml': it is no TOML \("):
        read_ledger(tmp_path / "claims.toml")


def test_every_problem_of_a_ledger_is_reported(read):
    with pytest.raises(ClaimError) as caught:
        read(TEXT.replace("number = 7", "number = 11").replace("80.5", "nan"))
    assert len(caught.value.problems) == 2


def test_reading_runs_nothing_that_the_ledger_names(read, tmp_path):
    (tmp_path / "counting.py").write_text("raise SystemExit('imported')\n", "utf-8")
    assert "shop.visitors" in read(TEXT).claims


def test_a_pipe_is_not_waited_for_and_a_huge_file_is_not_read(read, tmp_path):
    with pytest.raises(ClaimError) as refused:
        read("#" * (1 << 20) + "\n")
    assert str(refused.value) == (
        "file 'claims.toml': it has more than 1048576 bytes. Fix: keep several ledgers."
    )
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="Not a regular file"):
            read_ledger(tmp_path / "pipe")
