"""Where inside a site a lot is."""

from collections.abc import Mapping
from typing import Annotated

from loopbook.book.commands.draft import Draft
from loopbook.tables import Name

LocationName = Annotated[str, Name("a location")]


def locate(draft: Draft, lot: str, place: tuple[str, str | None], *, at: str) -> None:
    """State that a lot is at a location of a site; one that the site does not have is a finding.

    Parameters
    ----------
    place : the site, and the location or None.
    at : field of the command.
    """
    site, location = place
    if not location:
        return
    if draft.view.location(f"{site}/{location}") is None:
        names = [name.split("/", 1) for name in draft.view.names("location")]
        known = [name for of_site, name in names if of_site == site]
        draft.unknown(f"a location of {site}", repr(location), known, at=at)
    else:
        draft.state("located", lot, location=location, site=site)


def check_location(
    command: object, draft: Draft, *, lot: str, site: str, location: str | None
) -> None:
    """The location is one of the site; the lot is there. A check of commands of one lot."""
    locate(draft, lot, (site, location), at="location")


def locate_parts(
    draft: Draft, parts: Mapping[str, object], site: str, locations: Mapping[str, str] | None
) -> None:
    """State where new lots are, for a field ``locations``."""
    for lot, location in (locations or {}).items():
        if lot in parts:
            locate(draft, lot, (site, location), at=f"locations.{lot}")
        else:
            draft.unknown("a new lot of the command", lot, parts, at=f"locations.{lot}")
