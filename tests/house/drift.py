"""What may only become less: `Any` in public signatures, SQL above storage, worn words and names.

Each measure takes the text of a file and counts. `drift.toml` holds how many there are where; a
number there may shrink and never grow.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping

WORDS = {
    "anew": r"\banew\b",
    "apart": r"\b(?:tell\w*|told|know\w*|held|kept|keep\w*) \w*( )?apart\b",
    "as it should be": r"\bas (?:it|they) should be\b",
    "by itself": r"\bby (?:itself|themselves)\b",
    "hang on": r"\b(?:hangs?|hanging|hung) on\b",
    "hear": r"\b(?:hears?|heard|hearing)\b",
    "lie": r"\b(?:lies?|lying|lain)\b(?! on each other)",
    "say": r"\b(?:says?|said|saying)\b",
    "speak of": r"\b(?:speaks?|spoke|spoken|speaking) of\b",
    "stand": r"\b(?:stands?|standing|stood)\b(?! for\b|-alone\b)",
    "take back": r"\b(?:take[sn]?|taking|took)(?: \w+)? back\b",
    "tell": r"\b(?:tells?|telling|told)\b",
    "unto": r"\bup to and without\b",
    "what it held": r"\bwhat (?:it|they|a lot|the lot) h(?:eld|olds?)\b",
    "what is wrong": r"\bwhat is wrong\b",
    "whoever": r"\bwho(?:so)?ever\b",
}
"""Words that the house does not use, and how they are found; CONTRIBUTING.md gives the others."""

NAMES = frozenset({"found", "told", "said", "wanted", "here", "given"})
"""Names of variables that fit everything and so say nothing."""

_SQL = re.compile(
    r"\bSELECT\b|\bINSERT (?:OR \w+ )?INTO\b|\bUPDATE \S+ SET\b|\bDELETE FROM\b|\bPRAGMA\b"
    r"|\b(?:CREATE|ALTER|DROP) (?:UNIQUE |TEMP )?(?:TABLE|INDEX|TRIGGER|VIEW|FUNCTION|SCHEMA)\b"
    r"|\b(?:ORDER|GROUP) BY \w|\bJOIN \w|\bWHERE \w|\bIN \(|\bLIKE '|[<>=] \?|\bIS (?:NOT )?NULL\b"
)
"""Statements of SQL and pieces of one, in capitals, as the project writes them."""

_ARTICLES = re.compile(
    r"\b(?:a (?!(?:one|once|uni[oqt]|us[aeiu]|eu))[aeiou]\w*"
    r"|an (?!(?:hour|honest|heir)\w*)[b-df-hj-np-tv-z][a-z]+)"
)
_TWICE = re.compile(r"\b([a-z]{2,}) \1\b")
_TWICE_RIGHT = frozenset({"that", "had", "lot"})  # a lot may be called "lot 7"

Function = ast.FunctionDef | ast.AsyncFunctionDef


# --- types and SQL -----------------------------------------------------------------------------


def any_in_public(text: str) -> int:
    """How often `Any` is in the annotations and aliases that a module shows.

    >>> any_in_public("def f(x: Any) -> list[Any]: ...\\ndef _g(x: Any): ...\\nA = dict[str, Any]")
    3
    """
    return sum(_anys(node) for node in _shown(ast.parse(text))) if "Any" in text else 0


def _shown(node: ast.Module | ast.ClassDef) -> Iterator[ast.expr | None]:
    for child in node.body:
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from child.bases
            yield from _shown(child)
        elif isinstance(child, Function):
            if not child.name.startswith("_") or child.name.endswith("__"):
                a = child.args
                every = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
                yield from (x.annotation for x in every if x)
                yield child.returns
        elif isinstance(child, ast.AnnAssign) and not _hidden(child.target):
            yield child.annotation
            yield child.value if _is_alias(child.annotation) else None
        elif isinstance(child, ast.Assign) and not any(map(_hidden, child.targets)):
            yield child.value if isinstance(child.value, (ast.Name, ast.Subscript)) else None


def _hidden(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id.startswith("_")


def _is_alias(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "TypeAlias"


def _anys(node: ast.expr | None) -> int:
    count = 0
    for inner in ast.walk(node) if node else ():
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            count += len(re.findall(r"\bAny\b", inner.value))
        count += isinstance(inner, ast.Name) and inner.id == "Any"
    return count


def sql_texts(text: str) -> int:
    """How many texts of a module are SQL; its docstrings are not asked.

    >>> sql_texts("def f():\\n    '''SELECT'''\\n    return g(f'SELECT {x} FROM t')")
    1
    """
    tree = ast.parse(text)
    bare = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    return sum(
        isinstance(n, ast.Constant)
        and isinstance(n.value, str)
        and id(n) not in bare
        and _SQL.search(n.value) is not None
        for n in ast.walk(tree)
    )


# --- words -------------------------------------------------------------------------------------


def prose(text: str, suffix: str) -> str:
    """What a person reads of a file: strings and comments of Python, Markdown without its code."""
    if suffix == ".md":
        return re.sub(r"^(`{3,}).*?^\1|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    kinds = (tokenize.STRING, tokenize.COMMENT)
    lines = "\n".join(token.string for token in tokens if token.type in kinds)
    return re.sub(r"``[^`]*``|`[^`]*`|^ *(?:>>>|\.\.\.) .*$", "", lines, flags=re.MULTILINE)


def worn_words(text: str, suffix: str) -> Counter[str]:
    """How often each word of `WORDS` is in what a person reads.

    >>> worn_words("It tells what was told; `tell` is code.", ".md")
    Counter({'tell': 2})
    """
    read = prose(text, suffix)
    counts = {word: len(re.findall(p, read, re.IGNORECASE)) for word, p in WORDS.items()}
    return +Counter(counts)


def worn_names(text: str) -> int:
    """How often a variable or an argument is called by one of `NAMES`."""
    if NAMES.isdisjoint(re.findall(r"\w+", text)):
        return 0
    return sum(
        (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in NAMES)
        or (isinstance(node, ast.arg) and node.arg in NAMES)
        for node in ast.walk(ast.parse(text))
    )


def slips(sentence: str) -> list[str]:
    """Slips of grammar that a machine sees: the wrong article, a word twice, a stop after a space.

    What stands in quotes is somebody else's text and is not judged.

    >>> slips("expected a actor and an site site , not 'a actor'")
    ['a actor', 'an site', 'site site', ' ,']
    """
    own = re.sub(r"'[^']*'|\"[^\"]*\"", "''", sentence)
    twice = [m[0] for m in _TWICE.finditer(own) if m[1] not in _TWICE_RIGHT]
    return [*_ARTICLES.findall(own), *twice, *re.findall(r" [,;.](?=\s|$)", own)]


# --- the ratchet -------------------------------------------------------------------------------


def grown(now: Mapping[str, int], allowed: Mapping[str, int]) -> list[str]:
    """Places where there is more than is allowed; nothing is allowed where no number stands.

    >>> grown({"a": 2, "b": 1, "c": 1}, {"a": 1, "b": 1})
    ['a: 2, at most 1', 'c: 1, at most 0']
    """
    return [
        f"{where}: {count}, at most {allowed.get(where, 0)}"
        for where, count in sorted(now.items())
        if count > allowed.get(where, 0)
    ]


def as_toml(measures: Mapping[str, Mapping[str, int]]) -> str:
    """The measures as the text of `drift.toml`; what is zero is left out."""
    lines = [
        "# What the house has too much of, by measure and room; written by",
        "# `python tests/house/test_drift.py`. A number here may shrink and never grow.",
    ]
    for measure, counts in measures.items():
        lines += ["", f"[{measure}]"]
        lines += [f'"{where}" = {count}' for where, count in sorted(counts.items()) if count]
    return "\n".join(lines) + "\n"
