"""Wrong flowsheets and wrong numbers: each raises its named error with place and hint."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from loopbook.errors import (
    BalanceError,
    ConvergenceError,
    DuplicateError,
    FileTruncatedError,
    FormulaError,
    InputError,
    NegativeError,
    NotFiniteError,
    ShareError,
    UnitError,
    UnknownNameError,
    WiringError,
)
from loopbook.flowsheet import (
    Dose,
    Flowsheet,
    Leach,
    Mixer,
    Sieve,
    Solution,
    Splitter,
    Uniform,
    from_toml,
    interval,
    read_flowsheet,
    sample,
    to_toml,
)
from loopbook.matter import components


def sound(share: object = 0.1, fine: object = None, unit: str | None = "kg/h") -> Flowsheet:
    """A sieve with a recycle, or one that is wrong in the given way."""
    fs = Flowsheet("sound", components("copper", "graphite"))
    fs.feed("scrap", {"copper": 10.0, "graphite": 20.0}, unit=unit)
    to_undersize = {"copper": 0.1, "graphite": 0.9} if fine is None else fine
    fs.add(
        Sieve("sieve", to_undersize=to_undersize),
        feed=["scrap", "back"],
        undersize="fines",
        oversize="coarse",
    )
    fs.add(Splitter("bleed", share=share), feed="coarse", first="foil", rest="back")
    return fs


def feed(flow: dict[str, object], unit: str | None = "kg/h") -> Callable[[], object]:
    def build() -> object:
        fs = Flowsheet("f", components("copper", "graphite"))
        fs.feed("scrap", flow, unit=unit)
        return fs

    return build


def react(
    reaction: str, conversion: object = 1.0, dose: Dose | None = None
) -> Callable[[], object]:
    def build() -> object:
        basis = components("NiSO4(aq)", "NaOH", "Ni(OH)2", "Na2SO4(aq)", "steel")
        fs = Flowsheet("f", basis)
        fs.feed("in", {"NiSO4(aq)": 100.0, "steel": 1.0}, unit="kg/h")
        doses = () if dose is None else (dose,)
        leach = Leach("leach", reactions=(reaction,), conversion=conversion, doses=doses)
        fs.add(leach, feed="in", out="out")
        return fs.solve()

    return build


def wired(change: Callable[[Flowsheet], object]) -> Callable[[], object]:
    def build() -> object:
        fs = sound()
        change(fs)
        return fs.solve()

    return build


SPLIT = Splitter("other", share=0.5)
NI = "NiSO4(aq) + 2 NaOH -> Ni(OH)2 + Na2SO4(aq)"
SODA = Dose("NaOH", excess=1.0)

WRONG: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    ("NaN feed", feed({"copper": math.nan}), NotFiniteError, "feed scrap, copper"),
    ("infinite feed", feed({"copper": math.inf}), NotFiniteError, "feed scrap, copper"),
    ("negative feed", feed({"copper": -1.0}), NegativeError, "feed scrap, copper"),
    ("text as flow", feed({"copper": "ten"}), InputError, "feed scrap, copper"),
    ("unknown component", feed({"coper": 1.0}), UnknownNameError, "did you mean copper"),
    ("no unit", feed({"copper": 1.0}, None), UnitError, 'unit="kg/h"'),
    ("empty unit", feed({"copper": 1.0}, ""), UnitError, "a unit of mass per time"),
    ("ton", feed({"copper": 1.0}, "ton/yr"), UnitError, "short_ton"),
    ("wrong dimension", feed({"copper": 1.0}, "kWh"), UnitError, "feed scrap"),
    ("unknown unit", feed({"copper": 1.0}, "kgg/h"), UnitError, "feed scrap"),
    ("share above one", lambda: sound(share=1.2).solve(), ShareError, "unit bleed, share"),
    ("share in percent", lambda: sound(share=25).solve(), ShareError, "not percent"),
    ("share below zero", lambda: sound(share=-0.1).solve(), ShareError, "unit bleed, share"),
    ("share NaN", lambda: sound(share=math.nan).solve(), NotFiniteError, "unit bleed, share"),
    ("share as text", lambda: sound(share="10 %").solve(), InputError, "without its unit"),
    (
        "share of a stranger",
        lambda: sound(fine={"copper": 0.1, "graphit": 0.9}).solve(),
        InputError,
        "did you mean graphite",
    ),
    ("share missing", lambda: sound(fine={"copper": 0.1}).solve(), InputError, "graphite"),
    (
        "table of tables",
        lambda: sound(fine={"copper": 0.1, "graphite": {"a": 1}}).solve(),
        InputError,
        "to_undersize.graphite",
    ),
    (
        "same unit twice",
        wired(
            lambda fs: fs.add(
                SPLIT.__class__("bleed", share=0.5), feed="fines", first="a", rest="b"
            )
        ),
        DuplicateError,
        "unit bleed",
    ),
    (
        "same feed twice",
        wired(lambda fs: fs.feed("scrap", {}, unit="kg/h")),
        DuplicateError,
        "feed scrap",
    ),
    (
        "dot in a name",
        wired(lambda fs: fs.feed("a.b", {}, unit="kg/h")),
        InputError,
        "without a dot",
    ),
    (
        "unknown port",
        wired(lambda fs: fs.add(SPLIT, feed="fines", frist="a", rest="b")),
        UnknownNameError,
        "its ports: feed, first, rest",
    ),
    (
        "two streams at an outlet",
        wired(lambda fs: fs.add(SPLIT, feed="fines", first=["a", "c"], rest="b")),
        WiringError,
        "one stream",
    ),
    (
        "port left open",
        wired(lambda fs: fs.add(SPLIT, feed="fines", first="a")),
        WiringError,
        "unit other, rest",
    ),
    (
        "stream from nowhere",
        wired(lambda fs: fs.add(SPLIT, feed="fine", first="a", rest="b")),
        WiringError,
        "did you mean fines",
    ),
    (
        "stream taken twice",
        wired(lambda fs: fs.add(SPLIT, feed="coarse", first="a", rest="b")),
        WiringError,
        "put a splitter between",
    ),
    (
        "stream made twice",
        wired(lambda fs: fs.add(SPLIT, feed="fines", first="foil", rest="b")),
        WiringError,
        "stream foil",
    ),
    (
        "feed that nothing takes",
        wired(lambda fs: fs.feed("idle", {}, unit="kg/h")),
        WiringError,
        "feed idle",
    ),
    (
        "feed named as a unit",
        wired(
            lambda fs: (
                fs.feed("sieve", {}, unit="kg/h"),
                fs.add(Mixer("m"), feed="sieve", out="o"),
            )
        ),
        DuplicateError,
        "feed sieve",
    ),
    (
        "copper cannot leave",
        lambda: sound(share=0.0, fine={"copper": 0.0, "graphite": 0.9}).solve(),
        InputError,
        "copper can accumulate",
    ),
    ("reaction without arrow", react("NiSO4(aq) + NaOH"), FormulaError, "reactants -> products"),
    (
        "reaction that makes sodium",
        react("NiSO4(aq) + NaOH -> Ni(OH)2 + Na2SO4(aq)"),
        InputError,
        "changes by",
    ),
    (
        "reaction of a stranger",
        react("NiSO4(aq) + 2 KOH -> Ni(OH)2 + Na2SO4(aq)"),
        UnknownNameError,
        "KOH",
    ),
    ("reaction of an alloy", react("steel + 2 NaOH -> Ni(OH)2"), FormulaError, "steel"),
    ("conversion above one", react(NI, 1.5, SODA), ShareError, "conversion.NiSO4(aq)"),
    (
        "conversion of a stranger",
        react(NI, {"NaOH": 1.0, "NiSO4(aq)": 1.0}, SODA),
        UnknownNameError,
        "conversion.NaOH",
    ),
    ("conversion missing", react(NI, {}, SODA), InputError, "conversion.NiSO4(aq)"),
    (
        "dose by two rules",
        react(NI, 1.0, Dose("NaOH", excess=1.0, per_kg=2.0)),
        InputError,
        "exactly one of",
    ),
    ("dose by no rule", react(NI, 1.0, Dose("NaOH")), InputError, "exactly one of"),
    (
        "dose that nothing wants",
        react(NI, 1.0, Dose("Na2SO4(aq)", excess=1.0)),
        InputError,
        "consumes it",
    ),
    ("dose of a stranger", react(NI, 1.0, Dose("KOH", per_kg=1.0)), UnknownNameError, "KOH"),
    (
        "dose by a stranger element",
        react(NI, 1.0, Dose("NaOH", per_element={"Xx": 1.0})),
        UnknownNameError,
        "Xx",
    ),
    ("dose NaN", react(NI, 1.0, Dose("NaOH", excess=math.nan)), NotFiniteError, "doses.NaOH"),
    ("reagent runs out", react(NI, 1.0, Dose("NaOH", excess=0.5)), NegativeError, "raise its dose"),
    (
        "scenario of a stranger",
        lambda: sound().solve({"sive.share": 1.0}),
        UnknownNameError,
        "did you mean sieve",
    ),
    (
        "scenario of a stranger parameter",
        lambda: sound().solve({"bleed.shar": 0.5}),
        UnknownNameError,
        "did you mean share",
    ),
    (
        "scenario above one",
        lambda: sound().solve({"bleed.share": [0.5, 1.5]}),
        ShareError,
        "unit bleed, share",
    ),
    (
        "scenario NaN",
        lambda: sound().solve({"bleed.share": [0.5, math.nan]}),
        NotFiniteError,
        "bleed.share",
    ),
    (
        "scenario counts differ",
        lambda: sound().solve({"bleed.share": [0.5, 0.6], "scrap.copper": [1, 2, 3]}),
        InputError,
        "1 or 3 scenarios",
    ),
    (
        "scenario feed negative",
        lambda: sound().solve({"scrap.copper": [1.0, -2.0]}),
        NegativeError,
        "scenario scrap.copper",
    ),
    (
        "scenario of text",
        lambda: sound().solve({"bleed.share": "half"}),
        InputError,
        "scenario bleed.share",
    ),
    (
        "keep a stranger",
        lambda: sound().solve(keep=["fine"]),
        UnknownNameError,
        "did you mean fines",
    ),
    (
        "ask for a stranger",
        lambda: sound().solve().flow("fine"),
        UnknownNameError,
        "did you mean fines",
    ),
    (
        "ask for absent element",
        lambda: sound().solve().element("fines", "Ni"),
        UnknownNameError,
        "Ni",
    ),
    (
        "too few passes",
        lambda: sound(share=0.001).solve(max_passes=1),
        ConvergenceError,
        "scenario 0",
    ),
    ("no draws", lambda: sample({"a.b": Uniform(0, 1)}, 0, seed=1), InputError, "count >= 1"),
    ("range upside down", lambda: Uniform(2.0, 1.0), InputError, "low <= mode <= high"),
    ("interval of NaN", lambda: interval([1.0, math.nan]), NotFiniteError, "interval"),
]


@pytest.mark.parametrize(
    ("build", "error", "says"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_a_mistake_raises_its_named_error(
    build: Callable[[], object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as caught:
        build()
    assert says in str(caught.value)
    if isinstance(caught.value, InputError):
        assert all(f.where and f.expected and f.found for f in caught.value.findings)


def test_the_sound_flowsheet_is_sound() -> None:
    assert isinstance(sound().solve(), Solution)
    assert sound().diagnose() == []


def test_all_mistakes_come_at_once() -> None:
    fs = sound(share=2.0, fine={"copper": 0.1, "graphit": 0.9})
    codes = {f.code for f in fs.diagnose()}
    assert codes == {"share", "unknown-name", "missing"}


TEXT = to_toml(sound())
WRONG_TEXT = [
    ("cut short", TEXT[: TEXT.index("to_undersize") + 20], FileTruncatedError, "flowsheet.toml:"),
    ("cut in a string", TEXT[: TEXT.index('"sound"') + 3], FileTruncatedError, "Unterminated"),
    ("bad syntax", TEXT.replace("share = 0.1", "share = = 0.1"), InputError, "syntax"),
    (
        "unknown kind",
        TEXT.replace('kind = "sieve"', 'kind = "siev"'),
        UnknownNameError,
        "mean sieve",
    ),
    ("unknown key", TEXT.replace("share =", "shares ="), InputError, "did you mean share"),
    ("unknown section", "[unit]\n" + TEXT, InputError, "did you mean units"),
    ("unknown component", TEXT.replace('"graphite"', '"graphit"'), UnknownNameError, "graphite"),
    ("share above one", TEXT.replace("share = 0.1", "share = 1.1"), ShareError, "flowsheet.toml:"),
    ("NaN", TEXT.replace("share = 0.1", "share = nan"), NotFiniteError, "flowsheet.toml:"),
    ("negative feed", TEXT.replace("copper = 10.0", "copper = -10.0"), NegativeError, "toml:"),
    ("unit missing", TEXT.replace('unit = "kg/h"\n', ""), UnitError, "flowsheet.toml:"),
    (
        "not a table",
        'units = 3\n[flowsheet]\nname = "a"\ncomponents = ["copper"]\n',
        InputError,
        "a table",
    ),
    ("no components", '[flowsheet]\nname = "a"\n', InputError, "flowsheet, components"),
    (
        "empty list of components",
        '[flowsheet]\nname = "a"\ncomponents = []\n',
        InputError,
        "list of components is missing",
    ),
    (
        "component without formula",
        '[components.mud]\n\n[flowsheet]\ncomponents = ["mud"]\n',
        InputError,
        "toml:1: component mud",
    ),
    (
        "a name of the library for other matter",
        '[components.water]\nformula = "H2SO4"\nphase = "liquid"\n\n[flowsheet]\n'
        'components = ["water"]\n',
        InputError,
        "toml:1: component water: name: expected H2O, as in the library, found H2SO4",
    ),
    (
        "text as formula share",
        '[components.mud]\nshares = { Fe = "0.3" }\n\n[flowsheet]\ncomponents = ["mud"]\n',
        InputError,
        "toml:2: component mud, shares.Fe",
    ),
    (
        "weight of a stranger",
        TEXT.replace("[feeds.scrap]", "[flowsheet.atomic_weights]\nXx = 3.0\n[feeds.scrap]", 1),
        InputError,
        "Xx",
    ),
    ("kind missing", TEXT.replace('kind = "sieve"\n', ""), InputError, "unit sieve, kind"),
    (
        "name in the table",
        TEXT.replace('kind = "sieve"', 'kind = "sieve"\nname = "other"'),
        InputError,
        "name of the table",
    ),
    (
        "stream is a number",
        TEXT.replace('first = "foil"', "first = 3"),
        InputError,
        "unit bleed, streams",
    ),
    (
        "unknown port",
        TEXT.replace('first = "foil"', 'frist = "foil"'),
        UnknownNameError,
        "its ports",
    ),
    (
        "feed is no table",
        'feeds.scrap = 3\n[flowsheet]\nname = "a"\ncomponents = ["copper"]\n',
        InputError,
        "a table",
    ),
    (
        "absent plugin",
        TEXT.replace('name = "sound"', 'name = "sound"\nplugins = ["none.py"]'),
        InputError,
        "none.py",
    ),
]


@pytest.mark.parametrize(
    ("text", "error", "says"), [w[1:] for w in WRONG_TEXT], ids=[w[0] for w in WRONG_TEXT]
)
def test_a_mistake_in_a_file_names_its_line(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as caught:
        from_toml(text).solve()
    assert says in str(caught.value)
    assert "flowsheet.toml:" in str(caught.value)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "old.toml"
    path.write_bytes("# caf\xe9\n".encode("latin-1") + TEXT.encode())
    with pytest.raises(InputError, match=r"old.toml:1: encoding: expected UTF-8, found byte 0xe9"):
        read_flowsheet(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a readable file"):
        read_flowsheet(tmp_path / "none.toml")


def test_a_balance_error_names_element_unit_and_scenario() -> None:
    from test_unit_operations import Leak

    fs = Flowsheet("leaky", components("copper", "graphite"))
    fs.feed("in", {"copper": [0.0, 100.0]}, unit="kg/h")
    fs.add(Leak("worn pipe"), feed="in", out="out")
    with pytest.raises(BalanceError, match=r"Cu does not close over .* in scenario 1"):
        fs.solve()
