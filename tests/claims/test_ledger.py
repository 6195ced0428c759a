"""The shipped ledger is sound and canonical; a broken one is refused as a whole."""

import tomllib

import pytest

from akida_lite.claims import all_claims, claim, dump_ledger, read_ledger
from akida_lite.claims.ledger import LEDGER
from akida_lite.errors import ClaimError

RECORD = """
[sources]
original = "A tutorial."

[net.akida.top1]
what = "Net"
quantity = "top1"
kind = "measured"
n_correct = 919
n_total = 1000
date = "2026-01-02"
command = "akida-lite evaluate net"
original = "seed.net.top1"
history = [{date = "2026-01-01", number = 918}]

[seed.net.top1]
what = "Net, original"
quantity = "top1"
kind = "quoted"
n_correct = 1
n_total = 3
source = "original"
"""


@pytest.fixture
def ledger(tmp_path):
    """Write a ledger of this text."""

    def write(text):
        path = tmp_path / "claims.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_the_shipped_ledger_is_canonical():
    assert dump_ledger(read_ledger()) == LEDGER.read_text("utf-8")


def test_a_dumped_ledger_reads_back_the_same(ledger):
    read = read_ledger(ledger(RECORD))
    assert read_ledger(ledger(dump_ledger(read))) == read


def test_every_quoted_number_of_the_original_page_is_there():
    tables = {
        "vgg_cifar10.float": (9315, 10000),
        "vgg_cifar10.quantized": (9130, 10000),
        "vgg_cifar10.akida": (9159, 10000),
        "mobilenet_cifar10.float": (9349, 10000),
        "mobilenet_cifar10.quantized": (9307, 10000),
        "mobilenet_cifar10.akida": (9322, 10000),
    }
    found = {name: claim(f"seed.{name}.top1") for name in tables}
    assert {name: (c.n_correct, c.n_total) for name, c in found.items()} == tables


def test_the_original_printed_eighteen_operation_counts():
    ops = [c for c in all_claims().values() if c.quantity == "ops" and c.kind == "quoted"]
    assert len(ops) == 8 + 10


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(ClaimError, match=r"for instance seed\.vgg_cifar10\.akida\.top1"):
        claim("seed.vgg_cifar10.akida.top")


def test_an_id_like_no_other_names_the_command():
    with pytest.raises(ClaimError) as caught:
        claim("?")
    assert str(caught.value) == (
        "claim '?': the ledger has no such number. Fix: use one of its "
        f"{len(all_claims())} ids; 'akida-lite claims' lists them."
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'source = "original"',
            'source = "paper"',
            "claim 'seed.net.top1': source='paper' is not listed. Fix: add it to [sources], "
            "or use one of original.",
        ),
        (
            '"seed.net.top1"',
            '"net.akida.top1"',
            "claim 'net.akida.top1': original='net.akida.top1' is no quoted claim. "
            "Fix: name a claim of kind 'quoted'.",
        ),
        (
            "n_correct = 919",
            "n_correct = 1919",
            "claim 'net.akida.top1': n_correct=1919 is not in 0..n_total=1000. "
            "Fix: give the counts of the run.",
        ),
    ],
)
def test_a_broken_ledger_is_refused(ledger, old, new, message):
    with pytest.raises(ClaimError) as caught:
        read_ledger(ledger(RECORD.replace(old, new)))
    assert str(caught.value) == message


def test_every_problem_of_a_ledger_is_reported(ledger):
    text = RECORD.replace("919", "1919").replace('source = "original"', 'source = "paper"')
    with pytest.raises(ClaimError) as caught:
        read_ledger(ledger(text))
    assert len(caught.value.problems) == 2


def test_a_value_outside_any_record_is_refused(ledger):
    with pytest.raises(ClaimError, match="claim 'title': unknown field"):
        read_ledger(ledger('title = "x"\n' + RECORD))


def test_drafts_are_read_only_on_request(ledger):
    path = ledger(RECORD.replace('date = "2026-01-02"\n', ""))
    with pytest.raises(ClaimError, match="a measured number without date"):
        read_ledger(path)
    assert read_ledger(path, drafts=True).claims["net.akida.top1"].date == ""


def test_the_ledger_is_plain_toml():
    assert "sources" in tomllib.loads(LEDGER.read_text("utf-8"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'quantity = "top1"\n',
            "",
            "claim 'net.akida.top1': field 'quantity' is missing. Fix: add it, then run "
            "'akida-lite claims --write'.",
        ),
        (
            "n_correct = 919",
            'n_correct = "919"',
            "claim 'net.akida.top1': n_correct='919' is of the wrong type. Fix: give it as "
            "int.",
        ),
        (
            'what = "Net"',
            "what = 3",
            "claim 'net.akida.top1': what=3 is of the wrong type. Fix: give it as str.",
        ),
        (
            ", number = 918",
            "",
            "claim 'net.akida.top1': history=[{'date': '2026-01-01'}] is of the wrong form. "
            "Fix: give each entry date and number.",
        ),
    ],
)
def test_a_malformed_record_is_refused_in_one_line(ledger, old, new, message):
    with pytest.raises(ClaimError) as caught:
        read_ledger(ledger(RECORD.replace(old, new, 1)))
    assert str(caught.value) == message


def test_what_is_no_toml_is_refused_with_the_line(ledger):
    with pytest.raises(ClaimError) as caught:
        read_ledger(ledger("[sources]\noriginal = A tutorial.\n"))
    assert str(caught.value) == (
        "file 'claims.toml': it is no TOML (Invalid value (at line 2, column 12)). Fix: mend "
        "the line, or take it back: git checkout -- akida_lite/zoo/claims.toml."
    )
