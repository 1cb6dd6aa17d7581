"""The reference of ``month.toml``, made from its declaration."""

from collections.abc import Iterator

from loopbook.plant.settings import MONTH_FILE, SETTINGS
from loopbook.tables import Field, TableOf

_TEXT = f"""# A month of a loop

Made by `python docs/make_month.py` from the declarations that also read the file.

A case may have a file `{MONTH_FILE}`. Then `loopbook run` draws a month of operations and posts it
to a book, `book.sqlite`, beside the report: loads come in, are weighed, assayed and run; black
mass goes to a refiner, its salts become active material and cells, and the lines' scrap comes
back. The report shows the metal statement, the lots of cells, and where their metal came from.

The month illustrates the periods, and they do not depend on it. Masses and compositions are those
of the step that holds it, each day alike. Everything else is drawn from `seed`: the same file and
the same loop give the same book.

It is the chain of a plant, a hydrometallurgical refiner, a maker of active material and cell lines.
The table `[loop]` names the sites and materials of the loop that play these parts; `owner`, `plant`
and `refiner` are parties of the loop. The other names are the book's own. Another shape, a month
outside of the periods, or an error in the file is shown as "No month drawn" with the reasons, and
the periods are written all the same.

A number is a table with `value`, `source_id`, `page`, `grade` and `note`. One without a source has
the grade `assumption` and a note that gives the reason.

| setting | holds | meaning |
|---|---|---|
"""


def month_page() -> str:
    """Settings of ``month.toml`` as Markdown, in the order in which they are declared."""
    return _TEXT + "".join(_rows(SETTINGS))


def _rows(fields: tuple[Field, ...], head: str = "") -> Iterator[str]:
    for field in fields:
        name, kind = head + field.name, field.type
        if isinstance(kind, TableOf):
            yield from _rows(kind.fields, f"{name}.")
        else:
            yield f"| `{name}` | {kind.words} | {field.meaning} |\n"
