"""The loop as data: sites, lanes, contracts with their terms, owners; what a folder of tables says.

Lives here: the nouns of a loop (`nouns`), what their cells hold (`values`), its calendar (`time`),
site models with their parameters (`models`) and columns of terms (`terms`, one file a law), the
reader of a folder, what moves (`goods`), the walk (`walking`), its money and carbon (`money`), and
scenarios (`draws`) with what formulas are worth in them (`doubts`).
May import ``matter``, ``flowsheet`` and the ground floor.

A loop is read once, and then asked::

    loop = load("cases/starter")            # a Loop; or an InputError with every finding
    for step in loop.calendar.steps:        # Step: first month, months, period
        site = loop.sites["plant"]          # nouns by name; a field a column
        loop.months_open(site, step)        # so also of a contract or a term
        model = loop.models["plant"]        # its site model, with the parameters of its rows
        rate = model.capacity[""]           # a Quantity; or by material, where there are several
        rate.over(step, "t/month")          # its mean over the step, shape (1,) or (draws,)
        for contract in loop.contracts:     # opened: one material or group, one site a row
            contract.amount                 # Amount: all, share of made or left, rate, needed
            loop.lane(contract.from_, contract.to, "scrap")
            loop.terms_on(contract.contract, "payable")     # each of the class of its law

And it is walked, step by step; arrays are tonnes, by step, component and draw::

    walked = walk(loop)                     # a Walk, of which every element closes to 1e-9
    for flow in walked.of("scrap"):         # a Flow for each row of a contract
        flow.asked, flow.taken              # (step, draw); what is short, by seller and by buyer
        flow.materials["formed cells"]      # (step, component, draw) as it leaves; flow.arrived
    plant = walked.sites["plant"]           # an Operation: feed, made, disposal, waiting, needs
    plant.quantity("feed", walked.basis)    # what `of` of a cost names, (step, draw)
    walked.content(plant.made["black mass"], "Ni")

And priced, month by month; money is in the loop's currency, by step and draw::

    money = accounts(walked)                # Accounts: payments and burdens, each with its row
    money.cash("Maker"), money.account("plant"), money.burden("plant")
    money.findings                          # what no row states, and grades that no payable fits
    footprint(money).flows                  # t CO2e that each contract row carries
    mass_tables(money), account_tables(money)       # tables for people, of any loop
    result_tables(walked, money)            # those that `results` declares, by name
    answer(walked, money, "sum(made(plant))", unit="kt")     # a formula, by period and draw

And drawn, where its numbers have a low and a high; a measure is a function of walk and accounts::

    drawn = sample(loop, 256, seed=1).loop  # a Loop whose walk has 256 draws
    kept = indicators(loop, measure, draws=10_000, seed=1, processes=2)
    kept.values["cash"], kept.failed        # by name, the draw last; draws that cannot be computed
    margin = {"margin": Asked("sum(account(plant))", "USD")}
    doubt(loop, margin, draws=1000, seed=1).of["margin"]    # its points, and the inputs that matter

A site model answers `needs` and `run` for a site in a step (`Now`) with `Needs` and an `Outcome`;
see `SiteModel`.

A `Quantity` knows its address (for ``--set``), its row (``file:line``), its range and its source.
Numbers of series are read with ``in_month``; where there is none an error is raised, never zero.

>>> calendar = Calendar.of(["2026-Q1..2026-Q4", "2027"])
>>> price = Quantity(number=12, unit="USD/kg")
>>> [float(price.over(step, "USD/t")[0]) for step in calendar.steps][-1]
12000.0
"""

from loopbook.loop.answers.curves import Drawn, curve, curve_tables, curves_of
from loopbook.loop.answers.mass import mass_tables
from loopbook.loop.answers.tables import answer, result_tables, tables_with_zeros
from loopbook.loop.answers.texts import Answers, Number, Written, with_answer
from loopbook.loop.doubts.doubt import Asked, Doubt, Doubts, doubt
from loopbook.loop.draws.indicators import Indicators, indicators
from loopbook.loop.draws.sample import Sample, sample
from loopbook.loop.draws.sweep import sweep
from loopbook.loop.goods.basis import Basis
from loopbook.loop.goods.exchange import Facts, Goods, Needs, Now, Outcome
from loopbook.loop.inputs import input_rows, works_of
from loopbook.loop.loop import Loop
from loopbook.loop.models.model import SiteModel
from loopbook.loop.money.accounts import Accounts, accounts
from loopbook.loop.money.footprint import Footprint, footprint
from loopbook.loop.money.ledger import Carried, Entry
from loopbook.loop.money.tables import account_tables, footprint_table
from loopbook.loop.nouns.facts import Curve, Law, Parameter, Result, Work
from loopbook.loop.nouns.matter import CLASSES, Material, Split
from loopbook.loop.nouns.numbers import Each, EachOrAll
from loopbook.loop.nouns.page import KeyFigure, Message, Reading, Statement, Station
from loopbook.loop.nouns.people import Ownership, Party
from loopbook.loop.nouns.places import Lane, Site
from loopbook.loop.nouns.row import Provenance, Row
from loopbook.loop.nouns.settings import (
    NOMINAL,
    Carbon,
    Money,
    PresentValue,
    Recycled,
    Settings,
    Switch,
)
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.reading.load import Read, load, read_loop
from loopbook.loop.reading.workbook import copy_loop
from loopbook.loop.reference import reference_page
from loopbook.loop.time.calendar import (
    Calendar,
    Span,
    Step,
    month_in_force,
    month_name,
    month_number,
    months_in_force,
    span_of,
)
from loopbook.loop.time.series import Line
from loopbook.loop.values.cells import NEVER, OUTSIDE
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import (
    CURRENCIES,
    Amount,
    Comparison,
    Lag,
    Quantity,
    Series,
    When,
)
from loopbook.loop.walking.result import Flow, Operation, Walk
from loopbook.loop.walking.walk import walk

__all__ = [
    "CLASSES",
    "CURRENCIES",
    "NEVER",
    "NOMINAL",
    "OUTSIDE",
    "Accounts",
    "Amount",
    "Answers",
    "Asked",
    "Basis",
    "Calendar",
    "Carbon",
    "Carried",
    "Comparison",
    "Contract",
    "Curve",
    "Doubt",
    "Doubts",
    "Drawn",
    "Each",
    "EachOrAll",
    "Entry",
    "Facts",
    "Flow",
    "Footprint",
    "Goods",
    "Indicators",
    "KeyFigure",
    "Lag",
    "Lane",
    "Law",
    "Line",
    "Loop",
    "Material",
    "Measure",
    "Message",
    "Money",
    "Needs",
    "Now",
    "Number",
    "Operation",
    "Outcome",
    "Ownership",
    "Parameter",
    "Party",
    "PresentValue",
    "Provenance",
    "Quantity",
    "Read",
    "Reading",
    "Recycled",
    "Result",
    "Row",
    "Sample",
    "Series",
    "Settings",
    "Site",
    "SiteModel",
    "Span",
    "Split",
    "Statement",
    "Station",
    "Step",
    "Switch",
    "Term",
    "Walk",
    "When",
    "Work",
    "Written",
    "account_tables",
    "accounts",
    "answer",
    "copy_loop",
    "curve",
    "curve_tables",
    "curves_of",
    "doubt",
    "footprint",
    "footprint_table",
    "indicators",
    "input_rows",
    "load",
    "mass_tables",
    "month_in_force",
    "month_name",
    "month_number",
    "months_in_force",
    "read_loop",
    "reference_page",
    "result_tables",
    "sample",
    "span_of",
    "sweep",
    "tables_with_zeros",
    "walk",
    "with_answer",
    "works_of",
]
