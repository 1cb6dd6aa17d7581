"""Load a file with Beancount and say how long it took; started by ``book.py``.

Runs in an environment of its own (``make bench`` makes it): Beancount is under the GPL, and nothing
of Loopbook imports it or is imported here. Prints one JSON line.
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ["BEANCOUNT_DISABLE_LOAD_CACHE"] = "1"  # it is read at import; each load is a real one

import beancount
from beancount import loader


def main() -> None:
    """Load the file that is named on the command line."""
    start, busy = time.perf_counter(), time.process_time()
    entries, errors, _ = loader.load_file(sys.argv[1])
    told = {
        "version": beancount.__version__,
        "seconds": time.perf_counter() - start,
        "cpu_s": time.process_time() - busy,
        "entries": len(entries),
        "errors": [str(error) for error in errors[:3]],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
