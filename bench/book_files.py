"""How long a file takes into a book on SQLite: `book import` of tickets, `book post` of commands.

The same tickets are imported from a CSV file and posted from a JSON Lines file; each of them brings
a lot and weighs it, so that a ticket is two events. CPU seconds of the command alone, each time in
a new process with a new book, medians of the rounds. With several sources, such as the ``src``
folders of two checkouts, they take turns, and the ratio to the first one is printed::

    python bench/book_files.py --source ../base/src --source src

The exit code is 1 if a book has not all events, never because of time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOUNS = [{"kind": "register-party", "party": "LGES"}, {"kind": "register-site", "site": "GMBI"}]
NOUNS.append({"kind": "register-material", "material": "cathode foil"})

MAP = """\
[file]
time_zone = "America/New_York"
date_format = "%m/%d/%Y %H:%M"

[columns]
ticket = "Ticket"
lot = "Lot"
occurred_at = ["Day", "Time"]
gross = { column = "Gross", unit = "t" }
tare = { column = "Tare", unit_column = "Unit" }
net = { column = "Net", unit = "t" }
material = "Material"
supplier = "From"
shares.Ni = { column = "Ni", unit = "%" }
shares.Co = { column = "Co", unit = "%" }

[constants]
actor = "gate"
owner = "LGES"
site = "GMBI"
scale = "A"
uncertainty = "20 kg"

[words.material]
"NMC foil" = "cathode foil"
"""

CHILD = """\
import sys, time
from loopbook.cli import main

main(["book", "new", "--book", "b.sqlite"], standalone_mode=False)
main(["book", "post", "nouns.jsonl", "--book", "b.sqlite"], standalone_mode=False)
start = time.process_time()
main(sys.argv[1:], standalone_mode=False)
print(f"\\n{time.process_time() - start:.4f}")
"""
COMMANDS = {
    "import": ["book", "import", "tickets", "tickets.csv", "--map", "map.toml"],
    "post": ["book", "post", "tickets.jsonl"],
}


def write_files(folder: Path, count: int) -> None:
    """The same tickets as CSV with its mapping and as commands, and the nouns that they need."""
    envelope = {"actor": "gate", "occurred_at": "2026-01-01T08:00:00Z"}
    nouns = [json.dumps({**noun, "key": str(k), **envelope}) for k, noun in enumerate(NOUNS)]
    (folder / "nouns.jsonl").write_text("\n".join(nouns) + "\n")
    (folder / "map.toml").write_text(MAP)
    rows, lines = ["Ticket,Lot,Day,Time,Gross,Tare,Unit,Net,Material,From,Ni,Co"], []
    for k in range(count):
        net, day, hour = 20_000 + k % 977, 1 + k % 28, 8 + k % 9
        cells = (f"T-{k}", f"L-{k}", f"02/{day:02}/2026", f"{hour:02}:15", (10_000 + net) / 1000)
        more = (10_000, "kg", net / 1000, "NMC foil", "LGES", 31.5, 4)
        rows.append(",".join(map(str, (*cells, *more))))
        at = {"actor": "gate", "occurred_at": f"2026-02-{day:02}T{hour:02}:15:00-05:00"}
        receive = {"lot": f"L-{k}", "material": "cathode foil", "supplier": "LGES", "owner": "LGES"}
        receive |= {"site": "GMBI", "mass_kg": net, "shares": {"Ni": "0.315", "Co": "0.04"}}
        weigh = {"lot": f"L-{k}", "ticket": f"T-{k}", "gross_kg": 10_000 + net, "tare_kg": 10_000}
        weigh |= {"uncertainty_kg": 20, "scale": "A"}
        lines.append(json.dumps({"kind": "receive", "key": f"r{k}", **receive, **at}))
        lines.append(json.dumps({"kind": "weigh", "key": f"w{k}", **weigh, **at}))
    (folder / "tickets.csv").write_text("\n".join(rows) + "\n")
    (folder / "tickets.jsonl").write_text("\n".join(lines) + "\n")


def cpu_s(source: Path, command: list[str], folder: Path, events: int) -> float:
    """CPU seconds of one command on a new book."""
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    book = folder / "b.sqlite"
    for file in folder.glob("b.sqlite*"):
        file.unlink()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *command, "--book", str(book)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    if f": {events} events posted" not in done.stdout.replace(",", ""):
        raise SystemExit(f"{source}: {command[1]} did not post {events} events:\n{done.stdout}")
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print a line a command and source: median CPU seconds, events a second, ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, action="append", help="folder with the package")
    parser.add_argument("--tickets", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sources = [source.resolve() for source in options.source or [ROOT / "src"]]
    with tempfile.TemporaryDirectory() as name:
        folder, events = Path(name), 2 * options.tickets
        write_files(folder, options.tickets)
        for verb, command in COMMANDS.items():
            times: dict[Path, list[float]] = {source: [] for source in sources}
            for _ in range(options.rounds):
                for source in sources:
                    times[source].append(cpu_s(source, command, folder, events))
            first = statistics.median(times[sources[0]])
            for source in sources:
                median = statistics.median(times[source])
                rate = f"{events / median:,.0f} events/s"
                print(f"{verb:<6} {median:6.3f} s CPU  {rate:>15}  x{median / first:.2f}  {source}")


if __name__ == "__main__":
    main()
