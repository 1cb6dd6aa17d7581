"""Which charts the report shows, section by section, and which columns each of them draws."""

from __future__ import annotations

from loopbook.report.charts import Plot

NOT_A_TYPE = "contract|clients|offered|capacity|taken|other"

SECTIONS: tuple[tuple[str, str, str, tuple[Plot, ...]], ...] = (
    (
        "decade",
        "The decade",
        "What the contract asks for, what falls off the lines, what the plant takes and makes of "
        "it, and how much of the cells' metal comes back.",
        (
            Plot(
                "production",
                "Cells made",
                "Accepted cells of a year, and what the contract asks for.",
                "production",
                ("made_gwh", "contract_gwh"),
                lines=("contract_gwh",),
            ),
            Plot(
                "offered",
                "Scrap offered and taken",
                "A bar is what is offered: taken by the plant, and left to other recyclers.",
                "scrap",
                ("taken_t", "other_t", "capacity_t"),
                lines=("capacity_t",),
                stacked=True,
            ),
            Plot(
                "scrap-types",
                "Scrap by type",
                "What falls off the contract's lines, by the state that it is in, and what "
                "clients offer.",
                "scrap",
                (rf"(?!({NOT_A_TYPE})_t$).*_t", "clients_t"),
                stacked=True,
            ),
            Plot(
                "plant",
                "What the plant makes of it",
                "Black mass, metal fractions, and the rest: burnt, residues, waste.",
                "black_mass",
                ("mass_t", ".*_fraction_t", "burnt_and_waste_t"),
                stacked=True,
            ),
            Plot(
                "metals",
                "Metal recovered",
                "Metal in the products of the refiner and the plant.",
                "metals",
                ("recovered_t",),
                by="metal",
                stacked=True,
            ),
            Plot(
                "covered",
                "Share of the cells' metal covered",
                "Metal recovered in a year over the metal in the cells accepted in it.",
                "metals",
                ("covered_share",),
                by="metal",
                lines=("covered_share",),
            ),
        ),
    ),
    (
        "money",
        "Money",
        "Cost, revenue and margin of the plant, and what the margin gives each owner.",
        (
            Plot(
                "margin",
                "Cost, revenue, margin",
                "Margin is revenue less cost, capital included.",
                "money",
                ("revenue_usd", "cost_usd", "margin_usd"),
                lines=("margin_usd",),
            ),
            Plot(
                "owners",
                "Margin by owner",
                "The margin split by the owners' shares.",
                "money",
                (".*_share_usd",),
                stacked=True,
            ),
            Plot(
                "costs",
                "What the cost is made of",
                "Scrap bought, freight in, and running the plant.",
                "money",
                ("(?!revenue|cost|.*margin|.*_share_).*_usd",),
                stacked=True,
            ),
            Plot(
                "refiner",
                "The refiner's cost, revenue, margin",
                "Not part of the joint venture: the refiner buys the black mass.",
                "refining",
                ("revenue_usd", "cost_usd", "margin_usd"),
                lines=("margin_usd",),
            ),
        ),
    ),
    (
        "carbon",
        "Carbon",
        "Making the same metal from the loop and from mines.",
        (
            Plot(
                "carbon-bars",
                "The loop against virgin metal",
                "Emissions of plant, refiner and freight; those of making the same metal new.",
                "carbon",
                ("loop_tco2e", "virgin_equivalent_tco2e"),
            ),
            Plot(
                "carbon-loop",
                "Where the loop's emissions come from",
                "Plant, refiner and freight together.",
                "carbon",
                ("process_tco2e", "energy_tco2e", "reagents_tco2e", "freight_tco2e"),
                stacked=True,
            ),
            Plot(
                "carbon-virgin",
                "What virgin metal would have emitted",
                "The recovered metals, each made new.",
                "carbon",
                ("virgin_(?!equivalent).*_tco2e",),
                stacked=True,
            ),
        ),
    ),
    (
        "copper",
        "Copper",
        "Copper in the anode foil of the scrap beside the foil that new cells need.",
        (
            Plot(
                "copper-bars",
                "Copper from scrap against the contract's foil",
                "Bars: copper of the copper fraction by the scrap that it came in. Line: foil of "
                "the contract's cells.",
                "copper",
                ("from_.*_t", "contract_foil_t"),
                lines=("contract_foil_t",),
                stacked=True,
            ),
            Plot(
                "copper-world",
                "The same beside capacity and demand",
                "On a logarithmic axis: each line of the grid is ten times the one below.",
                "copper",
                ("copper_t", "contract_foil_t", ".*_capacity_t", ".*_demand_t"),
                lines=(".*",),
                log=True,
            ),
        ),
    ),
)
"""Sections of the page in order: identifier, title, lead and plots."""
