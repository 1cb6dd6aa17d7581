"""The reference of a loop's tables, made from their declarations."""

from collections.abc import Iterable, Iterator

from loopbook.loop.answers.functions import FUNCTIONS, GOODS, Function
from loopbook.loop.models.model import SiteModel
from loopbook.loop.models.ours import MODELS
from loopbook.loop.nouns.numbers import OTHERS, Numbers, parameters_in
from loopbook.loop.nouns.row import PROVENANCE, Row, column_of, columns_of
from loopbook.loop.nouns.trade import Term
from loopbook.loop.reading.rows import columns_read
from loopbook.loop.reading.written import NOUNS
from loopbook.loop.terms.ours import LAWS
from loopbook.tables import Field, MapOf, meaning_of

_HEAD = "|  | holds | meaning |\n|---|---|---|\n"
_WIDE = {
    "component": "then a column a component",
    "period": "then a column a period (`2028`, `2026-Q1`, `2027-03`) or a year of age (`age 0`)",
}


def reference_page() -> str:
    """Tables, site models, other parameters and laws of terms as Markdown."""
    last = ", ".join(f"`{field.name}`" for field in PROVENANCE)
    parts = [
        "# The tables of a loop\n\nMade by `python docs/make_loop_tables.py` from the declarations "
        f"that also read the tables. Every table may end with {last}. Columns in bold name a row: "
        "no two rows share them.\n",
        *(_noun(noun) for noun in NOUNS.values()),
        "## Site models\n\nThe column `model` of `sites`, and its parameters.\n",
        _numbers("every site", SiteModel, Numbers),
        *(_numbers(name, kind, SiteModel) for name, kind in MODELS.items()),
        "## Other parameters\n\nOf what is no site, in `parameters` too.\n",
        *(_numbers(kind.kind, kind, Numbers) for kind in OTHERS),
        "## Laws of terms\n\nThe column `term` of `terms`, and the columns that each law reads.\n",
        *map(_law, LAWS.values()),
        "## Functions of results\n\nIn the column `answer` of `results`; of an argument with `*` "
        "there may be none or several.\n\n|  | is | in |\n|---|---|---|\n",
    ]
    return "\n".join(parts) + "".join(map(_function, FUNCTIONS.items()))


def _row(name: str, field: Field, *, key: bool = False) -> str:
    kind = field.type.value if isinstance(field.type, MapOf) else field.type
    shown = f"**{name}**" if key else f"`{name}`"
    of = " of a material" if isinstance(field.type, MapOf) else ""
    left = "" if field.required else "; may be left out"
    return f"| {shown}{of} | {kind.words}{left} | {field.meaning} |\n"


def _noun(noun: type[Row]) -> str:
    fields = {column_of(x.name): x for x in columns_of(noun)}
    first = sorted(fields, key=lambda name: name not in noun.key)
    rows = "".join(_row(name, fields[name], key=name in noun.key) for name in first)
    rows += f"| ... |  | {_WIDE[noun.wide]} |\n" if noun.wide else ""
    return f"## {noun.table}\n\n{' '.join(meaning_of(noun)[:1])}\n\n{_HEAD}{rows}"


def _numbers(name: str, kind: type[Numbers], common: type[Numbers]) -> str:
    shared = parameters_in(common)
    own = {x: one for x, one in parameters_in(kind).items() if x not in shared}
    rows = "".join(_row(x, one) for x, one in own.items())
    table = f"{_HEAD}{rows}" if rows else "No parameters of its own.\n"
    return f"### {name}\n\n{_law_text(kind)}\n\n{table}"


def _law_text(kind: type) -> str:
    texts: Iterable[str] = meaning_of(kind)
    return "\n\n".join(_before_sections(texts))


def _before_sections(texts: Iterable[str]) -> Iterator[str]:
    """Paragraphs of a docstring before its lists of attributes and parameters."""
    for text in texts:
        if text.startswith(("Attributes ---", "Parameters ---")):
            return
        yield text


def _law(law: type[Term]) -> str:
    read = columns_read(law)
    rows = "".join(_row(x.name, x) for x in columns_of(law) if x.name in read)
    on = " or ".join(f"a {kind}" for kind in law.kinds)
    return f"### {law.law}\n\nOn {on}. {_law_text(law)}\n\n{_HEAD}{rows}"


def _function(named: tuple[str, Function]) -> str:
    name, function = named
    takes = ", ".join(x.replace(GOODS, "material").replace("|", " or ") for x in function.takes)
    unit = function.unit or "the unit of its value"
    return f"| `{name}({takes})` | {function.words} | {unit} |\n"
