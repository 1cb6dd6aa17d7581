"""The command line as ``python -m loopbook``."""

from loopbook.cli import main

if __name__ == "__main__":
    main()
