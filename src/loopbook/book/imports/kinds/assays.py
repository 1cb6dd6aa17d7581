"""Results of laboratories."""

from loopbook.book.commands.measuring.assay import Assay
from loopbook.book.imports.columns import columns_of
from loopbook.book.imports.posting import Entry
from loopbook.book.imports.rows import ImportKind, ImportRow


class Assays(ImportKind):
    """Results of laboratories: a row a sample of a lot; an empty cell is not analysed."""

    columns = columns_of(Assay)

    def entry(self, row: ImportRow) -> Entry:
        """An assay; an uncertainty needs a content."""
        shares, sigmas, sample = row["shares"], row["uncertainty"], row["sample"]
        for name in sorted(sigmas.keys() - shares.keys()):
            if f"shares.{name}" not in row.bad:
                at, expected = f"uncertainty.{name}", f"a content of {name}"
                row.note(at, "missing", expected, "its uncertainty alone")
        lot, stage, laboratory = row["lot"], row["stage"], row["laboratory"]
        uncertainty = {name: sigma for name, sigma in sigmas.items() if name in shares}
        key = (lot, stage, laboratory, sample, "assay")
        command = row.command(Assay, *key, uncertainty=uncertainty)
        group = laboratory and f"laboratory {laboratory}"
        return row.entry(command, paper=("assay", sample, group, stage, lot) if sample else ())
