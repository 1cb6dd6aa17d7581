"""A place that can hold matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import Mass, NewNoun


@dataclass(frozen=True, kw_only=True)
class RegisterSite(Command):
    """A place that can hold matter, with the most that it may hold of each hazard class."""

    site: Annotated[str, NewNoun("a new site", noun="site"), "its short name"]
    name: Annotated[str, "its name in full; the short name if empty"] = ""
    limits_kg: Annotated[Mapping[str, Mass], "the most of each hazard class"] = field(
        default_factory=dict
    )

    example = {"site": "Works", "limits_kg": {"black mass": 60_000}}

    def plan(self, draft: Draft, *, limits_kg: Mapping[str, int]) -> None:
        """State the site; limits in mg, as text."""
        limits = {hazard: str(mg) for hazard, mg in limits_kg.items()}
        draft.state("site", self.site, name=self.name or self.site, limits=limits)
