"""What the owners of a lot have after it is assayed, in whole milligrams.

An assay states what the lot contains, and nothing about who brought it. Each owner keeps the mass
that it has. A substance that falls falls for each owner in proportion to what it holds of it; what
rises, rises for each owner in proportion to what it gave up of all that falls: with h what owner i
holds of a substance s, T the lot's total before and T' the one after,

    gave up(i) = sum over falling s of h(i, s) * (1 - T'(s) / T(s))
    gain(i, s) = (T'(s) - T(s)) * gave up(i) / sum of gave up        of each s that rises

So an assay that says what the book has changes nothing for anybody, and a lot of one owner becomes
what was found. Milligrams are cut by largest remainders: first each fall between the owners, then
the rises owner by owner, so that the masses of owners and the totals of substances are both exact.
"""

from collections.abc import Mapping

from loopbook.book.nouns import Account, Content, add, apportion, negate, part


def changes_by_owner(held: Mapping[Account, Content], total: Content) -> dict[Account, Content]:
    """What an assay changes on each account of a lot; each change has no mass.

    Parameters
    ----------
    held : the content of the lot's accounts, mg.
    total : what the lot contains by the assay, mg, of the same mass as all of `held`.

    >>> a, b = Account("lot", "A"), Account("lot", "B")
    >>> changes_by_owner({a: (40, 60), b: (20, 80)}, (66, 134)) == {a: (3, -3), b: (3, -3)}
    True
    """
    if len(held) == 1:
        return {account: add(total, negate(content)) for account, content in held.items()}
    accounts = sorted(held)
    before = [held[account] for account in accounts]
    given = [[0] * len(total) for _ in accounts]
    for k, (new, *old) in enumerate(zip(total, *before, strict=True)):
        if new < sum(old):
            for row, fall in zip(given, apportion(sum(old) - new, old), strict=True):
                row[k] = fall
    rises = tuple(max(new - sum(old), 0) for new, *old in zip(total, *before, strict=True))
    changes = {}
    for account, row in zip(accounts, given, strict=True):
        gain = part(rises, sum(row))
        rises = add(rises, negate(gain))
        changes[account] = add(gain, negate(tuple(row)))
    return changes
