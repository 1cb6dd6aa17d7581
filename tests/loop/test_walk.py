"""The walk of a loop, against sums by hand."""

from __future__ import annotations

import numpy as np
from loop_folder import STARTER

from loopbook.loop import load, walk


def test_the_starter_is_walked() -> None:
    """Capacity 5000 t/yr, 90 % of the time, ramp 50, 80, 100, 100 %; of 3000 .. 4500 t of scrap.

    The shredder stores 500 t before it; the factory keeps what it has no room for, and delivers
    it in the next year.
    """
    walked = walk(load(STARTER))
    (scrap,) = walked.of("scrap")
    at_factory = at_shredder = 0.0
    taken, fed = [], []
    for made, can in ((3000, 2250), (3500, 3600), (4000, 4500), (4500, 4500)):
        taken.append(min(at_factory + made, can + 500 - at_shredder))
        at_factory += made - taken[-1]
        fed.append(min(at_shredder + taken[-1], can))
        at_shredder += taken[-1] - fed[-1]
    np.testing.assert_allclose(scrap.taken[:, 0], taken, rtol=1e-12)
    shredder, factory = walked.sites["shredder"], walked.sites["cell factory"]
    np.testing.assert_allclose(shredder.feed["reject cells"].sum((1, 2)), fed, rtol=1e-12)
    np.testing.assert_allclose(shredder.waiting["reject cells"].sum((1, 2))[-1], at_shredder)
    np.testing.assert_allclose(factory.waiting["reject cells"].sum((1, 2))[0], 250)
    assert [finding.where for finding in walked.findings] == ["sites.csv:2"]
