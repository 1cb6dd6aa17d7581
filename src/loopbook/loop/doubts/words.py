"""Inputs in words for people, from their addresses."""

import re

_YEAR = re.compile(r"@[-\d]*$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def title_of(address: str) -> str:
    """An input in a few words; a word that moves several inputs is its own title.

    >>> [title_of(x) for x in ("parameters/plant/capacity/value", "terms/scrap/payable/Ni/value")]
    ['capacity of plant', 'payable Ni of scrap']
    >>> title_of("contracts/cells/works/cells/amount"), title_of("series/Ni")
    ('amount of cells from works', 'Ni')
    >>> title_of("library/prices/Ni/price@2023"), title_of("terms/plant/invest///2027-01-01/value")
    ('price of Ni', 'invest of plant')
    >>> title_of("metal prices")
    'metal prices'
    """
    table, *parts = _YEAR.sub("", address).split("/")
    if not parts:
        return address
    *key, column = filter(None, parts)
    key = [part for part in key if not _DAY.fullmatch(part)]
    match table, *key:
        case "parameters" | "terms", on, what, *of:
            title = f"{' '.join((what, *of))} of {on}"
        case "contracts", contract, site, *_:
            title = f"{column} of {contract} from {site}"
        case "lanes", start, end, *_:
            title = f"{column} from {start} to {end}"
        case "owners", company, owner, *_:
            title = f"{column} of {owner} in {company}"
        case "library", _, *subject:
            title = f"{column} of {'/'.join(subject)}"
        case _:
            title = f"{column} of {' '.join(key)}" if key else column
    return title
