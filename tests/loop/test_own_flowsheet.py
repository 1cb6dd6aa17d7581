"""A process that is a flowsheet beside the tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from loop_folder import walk_of

from loopbook.errors import InputError

FLOWSHEET = """\
[flowsheet]
name = "screen"
components = ["graphite", "copper"]

[feeds.feed]
unit = "t/h"
flow = { graphite = 0.6, copper = 0.4 }

[units.screen]
kind = "sieve"
streams = { feed = "feed", undersize = "black mass", oversize = "foil" }
to_undersize = { graphite = 0.95, copper = 0.05 }
"""


FILES = {
    "case.toml": 'title = "a screen"\nperiods = ["2026..2028"]\n',
    "parties.csv": "party\nMaker\nShredder\n",
    "sites.csv": (
        "site,party,model,process\nfactory,Maker,supply,\nplant,Shredder,process,screen.toml\n"
    ),
    "materials.csv": (
        "material,basis,graphite,copper,steel\nelectrodes,%,60,40,0\nlabelled,%,50,30,20\n"
        "black mass,,,,\n"
    ),
    "parameters.csv": (
        "on,parameter,of,value\nfactory,makes,electrodes,fed\nfactory,makes,labelled,10 t/yr\n"
    ),
    "series.csv": "series,unit,2026,2027,2028\nfed,t/yr,0,900,1000\n",
    "contracts.csv": (
        "contract,from,material,to,amount\n"
        "scrap,factory,electrodes; labelled,plant,all\n"
        "sale,plant,black mass,outside,all\n"
    ),
    "screen.toml": FLOWSHEET,
}


def test_it_takes_what_arrives_and_makes_what_is_named_like_a_material(tmp_path: Path) -> None:
    walked = walk_of(tmp_path, FILES)
    (sale,) = walked.of("sale")
    fed = np.array([0.0, 900.0, 1000.0])
    graphite, copper = 0.6 * fed + 5.0, 0.4 * fed + 3.0
    black_mass = 0.95 * graphite + 0.05 * copper
    np.testing.assert_allclose(sale.taken[:, 0], black_mass, rtol=1e-12)
    gone = walked.sites["plant"].disposal
    expected = 0.05 * graphite + 0.95 * copper + 2.0  # and the steel, which it does not know
    np.testing.assert_allclose(gone.sum(axis=(1, 2)), expected, rtol=1e-12)


def test_it_must_be_clear_which_feed_takes_what_arrives(tmp_path: Path) -> None:
    feed = '[feeds.a]\nunit = "kg/h"\nflow = { copper = 1.0 }\n\n[feeds.b]'
    two = FLOWSHEET.replace("[feeds.feed]", feed).replace('feed = "feed"', 'feed = ["a", "b"]')
    with pytest.raises(InputError, match="one feed, or one of the name feed, found a, b"):
        walk_of(tmp_path, {**FILES, "screen.toml": two})
