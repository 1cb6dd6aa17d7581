"""What all doors share: findings and exit codes, and the one way in which answers are shown."""

from __future__ import annotations

import functools
import importlib
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from loopbook.report import Answer

MOST = 2**63 - 1
"""The largest number of an event that a database holds."""


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float], None]]:
    """A bar at a terminal, and a function that shows which share is done, 0..1."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1000, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield lambda share: bar.update(int(1000 * share) - bar.pos)


class Door(click.Group):
    """Command group whose commands end with exit code 1 and every finding on bad input.

    Attributes
    ----------
    lazy : by name, commands that are imported when they are called, as ``module:name``.
    """

    lazy: Mapping[str, str] = MappingProxyType({})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        return sorted([*super().list_commands(ctx), *self.lazy])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name; its module is imported now."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.lazy[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with the first sentence of its help, whole."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(x, c.get_short_help_str(limit=1_000)) for x, c in commands if c])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what is no text: no file, lot or key that Loopbook writes has such a name."""
        from loopbook.errors import visible

        for text in args:
            if re.search("[\ud800-\udfff]", text):
                raise click.UsageError(f"an argument is no text in UTF-8: {visible(text)}", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; print findings instead of a traceback."""
        from loopbook.errors import Finding, InputError, LoopbookError, visible

        try:
            return super().invoke(ctx)
        except InputError as error:
            for finding in error.findings:
                click.echo(str(finding), err=True)
            count = len(error.findings)
            click.echo(f"{count} finding{'s' if count != 1 else ''}", err=True)
            ctx.exit(1)
        except LoopbookError as error:
            click.echo(visible(f"{type(error).__name__}: {error}"), err=True)
            ctx.exit(1)
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = error.strerror or str(error)
            finding = Finding("file", str(error.filename or ""), "a file that is usable", reason)
            click.echo(visible(f"{finding}\n1 finding"), err=True)
            ctx.exit(1)


def shows_answer(command: Callable[..., Answer]) -> Callable[..., None]:
    """Make a command of a function that gives an answer: it is printed, as text or JSON."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    @click.option(
        "--save",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the tables to a file instead: .csv, .xlsx, .parquet, .arrow or .jsonl.",
    )
    @functools.wraps(command)
    def print_answer(*, as_json: bool, save: Path | None, **options: Any) -> None:
        from loopbook.errors import visible
        from loopbook.report import MODELLED, record_text, save_record

        answer = command(**options)
        record = answer.as_record()
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        text = visible(answer.screen(width))
        text = text or record_text(record, width=width, only=options.get("only", ()))
        if save is not None:
            text = "\n".join(f"{path}: written" for path in save_record(record, save))
        elif as_json:
            text = json.dumps(record.as_json(), indent=2, ensure_ascii=False, allow_nan=False)
            text = visible(text)
        click.echo(text)
        remark = f"{options['out']}: written" if options.get("out") else answer.remark()
        if answer.modelled and answer.verbatim:
            remark = f"{MODELLED.format(answer.modelled)}\n{remark}"
        if remark and not as_json:
            click.echo(remark, err=True)
        if not answer.good():
            raise click.exceptions.Exit(1)

    return print_answer
