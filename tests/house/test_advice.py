"""Every hint of the sources is followed by a test.

A hint is what stands where a finding has its remedy, and any sentence that advises.
A test that follows one calls `support.advice.follows` with its words; the texts of these test
modules are compared with the hints, whose changing parts stand for any text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "loopbook").rglob("*.py"))
PLACES = {"Finding": 4, "CommandFinding": 4, "CellError": 3, "_fail": 3, "fail": 1}
"""Which argument is the remedy."""
NAMES = re.compile(r"hint|remed|refused|problems|not_sure|utf16|cut_off|notes", re.IGNORECASE)
"""What holds remedies: constants, tables and loops of such names, and functions."""
GAP = "\0"  # stands for what changes
VERBS = (
    "add ask call change choose close connect convert copy correct date define delete do drop end "
    "export feed format give import install leave let lower make mark migrate mix name open put "
    "raise read rebuild rename report reverse run save separate set sort split start state take "
    "try use wait widen write"
)
ADVICE = re.compile(
    rf"(?:^|[;:,(.] |\bthen |\bor |\band |\band, )(?:{'|'.join(VERBS.split())})\b(?!\()"
    r"|chmod |loopbook |pip install|\?",
    re.IGNORECASE,
)


SENTENCE = re.compile(
    rf"[;:] (?:now: |then: )?(?:{'|'.join(VERBS.split())}|edit|is it)\b(?!\(| of )|: loopbook \w"
    r"|\. (?:Change|Delete|Give|Use)\b"
)
"""Advice behind a colon, a semicolon or a full stop, wherever a text stands."""


def texts(node: ast.expr, constants: dict[str, ast.expr]) -> list[str]:
    """Each text that an expression can give, with gaps for what is not known here."""
    match node:
        case ast.Constant(value=str() as text):
            return [text.replace("{}", GAP)]
        case ast.FormattedValue(value=ast.Name() as value):
            return texts(value, constants)
        case ast.JoinedStr(values=values):
            parts = [texts(value, constants) for value in values]
            return ["".join(chosen) for chosen in product(*parts)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            pairs = product(texts(left, constants), texts(right, constants))
            return ["".join(pair) for pair in pairs]
        case ast.BinOp(left=left, op=ast.Mult()):
            return ["", *texts(left, constants)]
        case ast.IfExp(body=body, orelse=other):
            return [*texts(body, constants), *texts(other, constants)]
        case ast.Name(id=name) if name in constants:
            return texts(constants[name], {k: v for k, v in constants.items() if k != name})
        case ast.Call(func=ast.Attribute(attr="format", value=value)):
            return texts(value, constants)
        case ast.Lambda(body=body):
            return texts(body, constants)
    return [GAP]


def inside(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """The texts of a table of remedies."""
    match node:
        case ast.Dict(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
            for value in values:
                if value is not None:
                    yield from inside(value, constants)
        case ast.Call(func=ast.Attribute(attr="fromkeys"), args=[_, value]):
            yield from texts(value, constants)
        case _:
            yield from texts(node, constants)


def silent(tree: ast.Module) -> set[int]:
    """Nodes of texts that are no messages: docstrings, meanings of fields, options, SQL."""
    nodes: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Subscript(value=ast.Name(id="Annotated")):
                nodes |= {id(x) for x in ast.walk(node)}
            case ast.Call(func=ast.Attribute(attr="option" | "argument")):
                nodes |= {id(x) for x in ast.walk(node)}
            case ast.JoinedStr():
                nodes |= {id(x) for x in ast.walk(node) if x is not node}
    return nodes


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every message that advises behind a colon, a semicolon or a full stop."""
    constants, others = module_constants(tree), silent(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in others:
            for text in texts(node, constants):
                if SENTENCE.search(text):
                    yield node.lineno, text


def module_constants(tree: ast.Module) -> dict[str, ast.expr]:
    """What the names of a module stand for."""
    return {
        one.targets[0].id: one.value
        for one in tree.body
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
    }


def hints(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of each hint of a module."""
    assigned = [x for x in ast.walk(tree) if isinstance(x, (ast.Assign, ast.AnnAssign))]
    constants = module_constants(tree)
    for one in assigned:
        targets = one.targets if isinstance(one, ast.Assign) else [one.target]
        if one.value is not None and any(NAMES.search(ast.unparse(x)) for x in targets):
            yield from ((one.lineno, text) for text in inside(one.value, constants))
    for node in ast.walk(tree):
        match node:
            case ast.For(target=target, iter=values) if NAMES.search(ast.unparse(target)):
                yield from ((node.lineno, text) for text in inside(values, constants))
            case ast.FunctionDef(name=name) if NAMES.search(name):
                for part in ast.walk(node):
                    if isinstance(part, ast.Return) and part.value is not None:
                        yield from ((part.lineno, text) for text in texts(part.value, constants))
            case ast.Raise(exc=ast.Call(args=[*_, ast.expr() as last])):
                yield from ((node.lineno, text) for text in texts(last, constants))
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                given = [x.value for x in node.keywords if x.arg == "hint"]
                given += node.args[PLACES[name] : PLACES[name] + 1] if name in PLACES else []
                for value in given:
                    yield from ((node.lineno, text) for text in texts(value, constants))


def followed() -> set[str]:
    """The texts of the test modules that follow advice."""
    found: set[str] = set()
    for path in sorted((ROOT / "tests").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "import follows" in text:
            tree = ast.parse(text)
            constants = module_constants(tree)
            found |= {
                shown.replace(GAP, "...")
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant | ast.JoinedStr)
                for shown in texts(node, constants)
            }
    return found


def is_followed(hint: str, known: set[str]) -> bool:
    """Whether a text is the hint, or advice out of one of its parts that do not change."""
    pattern = re.compile(".+".join(map(re.escape, hint.split(GAP))), re.DOTALL)
    parts = [part for part in hint.split(GAP) if ADVICE.search(part)]
    return any(
        pattern.fullmatch(text)
        or (len(text) > 12 and ADVICE.search(text) and any(text in part for part in parts))
        for text in known
    )


def test_every_hint_is_followed_by_a_test() -> None:
    known = followed()
    alone = [
        f"{path.relative_to(ROOT)}:{line}: {hint.replace(GAP, '...')}"
        for path in SOURCES
        for tree in [ast.parse(path.read_text(encoding="utf-8"))]
        for line, hint in sorted({*hints(tree), *sentences(tree)})
        if ADVICE.search(hint) and not is_followed(hint, known)
    ]
    assert alone == [], "a test that does what a hint says calls follows(finding, HINT)"


def test_a_hint_without_a_test_is_found() -> None:
    source = """
HINT = "write it so"
def f(x):
    note("type", hint=f"write decimal = {x} in the mapping")
    Finding("a", "b", "c", "d", HINT)
    raise StorageError(f"{x} is gone: make it again")
"""
    lines = {line: hint for line, hint in hints(ast.parse(source)) if ADVICE.search(hint)}
    assert sorted(lines) == [2, 4, 5, 6]
    known = {"write decimal = 5 in the mapping", "make it again"}
    assert [line for line, hint in lines.items() if not is_followed(hint, known)] == [2, 5]
