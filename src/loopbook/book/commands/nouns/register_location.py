"""A place inside a site."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import KnownSite, NewName
from loopbook.tables import near, unfit


@dataclass(frozen=True, kw_only=True)
class RegisterLocation(Command):
    """A place inside a site, where lots may be: a bay, a tank, a shelf."""

    location: Annotated[str, NewName("a new location", role="noun"), "its name, unique at its site"]
    site: Annotated[KnownSite, "which site"]

    example = {"location": "Bay 3", "site": "Works"}

    def plan(self, draft: Draft, *, location: str, site: str) -> None:
        """State the location."""
        names = [one.partition("/")[2] for one in draft.view.names("location") if _at(one, site)]
        same = [name for name in names if not unfit(location) and near(name) == near(location)]
        if same:
            draft.note(
                "duplicate" if location in same else "alike",
                "a name of its own",
                location,
                at="location",
                sentence=f"{site} has a location {same[0]} already",
            )
        draft.state("location", f"{site}/{location}", site=site, name=location)


def _at(location: str, site: str) -> bool:
    return location.partition("/")[0] == site
