"""How much of a page's code keeps books: its reader came for the rest.

A line of code is one that is neither blank nor a comment nor in a docstring. It keeps books if
its statement

* prints, or puts together and shows a table of its own (``al.table``, ``al.claims_table``);
* asserts, or holds a result against the record (``verify``);
* handles published numbers (`RECORDED`), directly or through a function of the page;
* prepares only such statements: it sets names that they alone read, and calls nothing but what
  counts, sorts, joins and formats (`COUNTING`);
* or is a loop, a condition or a function with nothing else in it.

Everything else teaches or draws. What a reader would write without the page, such as to build,
train, convert, run or compare a model, is none of it.
"""

import ast
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("plot_*.py"))
FLAGSHIP = "plot_1_cifar10_vgg_mobilenet"
PRINTING = {"print", "verify"}
RECORDED = {"claim", "claims_table", "published_layers", "table", "verify_sample"}
COUNTING = (
    {"all", "any", "array_equal", "bool", "count_nonzero", "dict", "enumerate", "flatnonzero"}
    | {"float", "format", "get", "int", "items", "join", "len", "list", "loads", "map", "max"}
    | {"mean", "median", "min", "most_common", "range", "read_text", "round", "set", "sorted"}
    | {"split", "str", "sum", "tolist", "tuple", "unique", "update", "values", "zip", "append"}
)


def called(node):
    """Return the last names of all that a piece of code calls."""
    return {_last(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}


def _last(function):
    return getattr(function, "attr", None) or getattr(function, "id", "")


def read_in(nodes):
    """Return the names that code reads; filling an item of a name is not reading it."""
    walked = [each for node in nodes for each in ast.walk(node)]
    filled = {_filled(each) for each in walked if isinstance(each, ast.Subscript)}
    loads = (each for each in walked if isinstance(each, ast.Name) and each not in filled)
    return {name.id for name in loads if isinstance(name.ctx, ast.Load)}


def _filled(item):
    return item.value if isinstance(item.ctx, ast.Store) else None


def set_in(statement):
    """Return the names that a simple statement sets, or of whose contents it changes a part."""
    if isinstance(statement, ast.Expr):  # names.append(...), names.update(...)
        owner = getattr(getattr(statement.value, "func", None), "value", None)
        return {owner.id} if isinstance(owner, ast.Name) else set()
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    parts = [part for each in targets if each for part in ast.walk(each)]
    owners = [
        getattr(each, "value", each)
        for each in parts
        if isinstance(getattr(each, "ctx", None), ast.Store)
    ]
    return {owner.id for owner in owners if isinstance(owner, ast.Name)}


def inner_blocks(statement):
    """Return the blocks of statements inside a compound statement."""
    inner = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
    inner += [handler.body for handler in getattr(statement, "handlers", [])]
    return [block for block in inner if block]


def every_statement(body):
    """Yield the simple and the compound statements, in the order of the page."""
    for statement in body:
        yield statement
        for block in inner_blocks(statement):
            yield from every_statement(block)


def reports(statement, recorded, tables):
    """Tell whether a simple statement prints, asserts or handles a published number."""
    if isinstance(statement, ast.Assert) or called(statement) & recorded:
        return True
    value = getattr(statement, "value", None)
    function = _last(value.func) if isinstance(value, ast.Call) else ""
    return function in PRINTING or (function == "show" and read_in([value]) & tables)


def own_code(statement):
    """Return what a statement says itself, without the blocks inside."""
    if not inner_blocks(statement):
        return [statement]
    own = [getattr(statement, field, []) for field in ("iter", "test", "items")]
    return [node for each in own for node in (each if isinstance(each, list) else [each])]


def bookkeeping(tree):
    """Return all statements of a page that keep books."""
    statements = [each for each in every_statement(tree.body) if not is_docstring(each)]
    simple = [each for each in statements if not inner_blocks(each)]
    recorded, kept = set(RECORDED), set()
    while True:
        whole = {each for each in statements if keeps_only_books(each, kept)}
        recorded |= {each.name for each in whole if isinstance(each, ast.FunctionDef)}
        tables = {name for each in simple if called(each) & recorded for name in set_in(each)}
        read = read_in(
            part for each in statements if each not in whole for part in own_code(each)
        )
        used = read_in(part for each in whole for part in own_code(each))
        more = {each for each in simple if each not in kept} & {
            each
            for each in simple
            if reports(each, recorded, tables)
            or (called(each) <= COUNTING and set_in(each) and set_in(each) <= used - read)
        }
        if not more:
            return whole
        kept |= more


def keeps_only_books(statement, kept):
    """Tell whether a statement, and every one within, keeps books."""
    inner = [each for block in inner_blocks(statement) for each in block]
    inner = [each for each in inner if not is_docstring(each)]
    return all(keeps_only_books(each, kept) for each in inner) if inner else statement in kept


def is_docstring(statement):
    """Tell whether a statement is a bare string."""
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(value, ast.Constant)


def code_lines(statement):
    """Return the lines of a statement, decorators included, without blanks and docstrings."""
    return set(range(statement.lineno, statement.end_lineno + 1))


def count(source):
    """Return how many lines of code a page has, and how many of them keep books."""
    tree = ast.parse(source)
    lines = source.splitlines()
    strings = filter(is_docstring, ast.walk(tree))
    docstrings = {line for string in strings for line in code_lines(string)}
    code = {
        number
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.strip().startswith("#") and number not in docstrings
    }
    books = {line for statement in bookkeeping(tree) for line in code_lines(statement)}
    return len(code), len(books & code)


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda path: path.stem)
def test_at_most_a_quarter_of_a_page_keeps_books(page):
    lines, books = count(page.read_text("utf-8"))
    assert books <= lines / 4, f"{books} of {lines} lines keep books"


def test_the_flagship_keeps_books_on_at_most_25_lines():
    (page,) = (path for path in EXAMPLES if path.stem == FLAGSHIP)
    assert count(page.read_text("utf-8"))[1] <= 25


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = train()\nprint(x)", (2, 1)),
        ("x = run()\nn = int(sum(x))\nprint(n)", (3, 2)),
        ("x = run()\nn = int(sum(x))\nprint(n)\ndraw(n)", (4, 1)),
        ("x = run()\nfor n in x:\n    print(\n        n)", (4, 3)),
        ("for n in x:\n    train(n)\n    print(n)", (3, 1)),
        ("rows = {}\nfor n in x:\n    rows[n] = len(n)\nal.show(al.table(rows))", (4, 4)),
        ('"""Docstring."""\n\n# A comment.\nassert al.claim("a").verify(1, 2)', (1, 1)),
        ("def f():\n    '''Docstring.'''\n    return al.claim('a')\n\n\nf()", (3, 3)),
        ("x = al.table({})\nal.show(x)\ny = run()\nal.show(y)", (4, 2)),
        ("al.show(al.compare(a, b, c))", (1, 0)),
        ('ax.set_title(f"{x:,}")\nplt.show()', (2, 0)),
    ],
)
def test_lines_are_counted_as_the_definition_says(code, expected):
    assert count(code) == expected


if __name__ == "__main__":
    for path in EXAMPLES:
        print(path.stem, *count(path.read_text("utf-8")))
