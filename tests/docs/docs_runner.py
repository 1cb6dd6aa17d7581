"""Run a document: write its files, execute its Python and its commands, compare what they print.

What a fenced block means, by its first line:

* ``python``: executed; all of a document's blocks share their names. With ``>>>`` it is a doctest;
  otherwise a ``text`` block that follows at once is what the block prints.
* ``console``: lines that begin with ``$ loopbook`` are run and the lines below are what they print.
  ``$ make NAME`` must be a target of the Makefile; if output is shown, the ``loopbook`` command of
  that target is run. ``$ git`` lines are not run. Other commands are refused.
  ``VERIFIER-KEY`` stands for the public key that a command printed before.
* any language with ``file=NAME``: written to that file, in the folder where the document runs.
* ``toml``, ``json`` without a file: must parse.
* ``no-run: REASON`` after the language: not run, and says why.

Everything else is an error, so that no example can be forgotten. ``...`` in what is printed stands
for anything.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FLAGS = doctest.ELLIPSIS
FENCE = re.compile(r"^(`{3,}|~{3,})\s*([\w+-]*)\s*(.*)$")


class DocError(AssertionError):
    """A document says what is not so; the message begins with ``file:line``."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `line` is the line number of its first line of content."""

    language: str
    info: str
    text: str
    line: int


def blocks_of(markdown: str) -> list[Block]:
    """Fenced blocks of a document, in order.

    >>> blocks_of("Text\\n```python\\nx = 1\\n```\\n")
    [Block(language='python', info='', text='x = 1\\n', line=3)]
    """
    found: list[Block] = []
    fence = ""
    for number, line in enumerate(markdown.splitlines(), 1):
        opened = FENCE.match(line)
        if not fence and opened:
            fence, language, info = opened.groups()
            begun, content = number + 1, list[str]()
        elif fence and line.strip() == fence:
            text = "".join(row + "\n" for row in content)
            found.append(Block(language, info.strip(), text, begun))
            fence = ""
        elif fence:
            content.append(line)
    if fence:
        raise DocError(f"line {begun - 1}: the block that begins here has no end")
    return found


def _same(expected: str, printed: str) -> bool:
    want, got = (
        "".join(line.rstrip() + "\n" for line in text.rstrip().splitlines())
        for text in (expected, printed)
    )
    return doctest.OutputChecker().check_output(want, got, FLAGS)


def _must_match(where: str, expected: str, printed: str) -> None:
    if not _same(expected, printed):
        raise DocError(f"{where}: prints\n{printed}\nand not\n{expected}")


def make_targets(makefile: str) -> dict[str, str]:
    """Targets of the Makefile, each with the `loopbook` command that it runs, if any.

    >>> make_targets("run: stamp  ## go\\n\\t@$(BIN)/loopbook run gmbi\\ntest:\\n\\tpytest\\n")
    {'run': 'loopbook run gmbi', 'test': ''}
    """
    targets: dict[str, str] = {}
    name = ""
    for line in makefile.splitlines():
        begun = re.match(r"([a-z][a-z-]*):(?!=)", line)
        if begun:
            name = begun[1]
            targets[name] = ""
        command = re.match(r"\t@?\$\(BIN\)/(loopbook .*)", line)
        if command and name:
            targets[name] = command[1]
    return targets


class Document:
    """One document while it runs; everything that it writes goes into a folder."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.name = path.name
        self.folder = folder
        self.key = ""  # the public key that a command printed last
        self.names: dict[str, Any] = {"__name__": "__docs__"}
        self.blocks = blocks_of(path.read_text(encoding="utf-8"))
        self.targets = make_targets((ROOT / "Makefile").read_text(encoding="utf-8"))

    def run(self) -> int:
        """Run all blocks in order, in the folder; return how many were run."""
        count = 0
        printed: str | None = None  # by the Python block just before, for a text block to compare
        for block in self.blocks:
            where = f"{self.name}:{block.line}"
            if block.info.startswith("no-run"):
                if not re.match(r"no-run: \w+ \w+", block.info):
                    raise DocError(f"{where}: write no-run: and the reason")
                printed = None
                continue
            count += 1
            if block.language == "text" and "file=" not in block.info:
                if printed is None:
                    raise DocError(f"{where}: text that no Python block before it prints")
                _must_match(where, block.text, printed)
                printed = None
            else:
                printed = self._run_block(block, where)
        return count

    def _run_block(self, block: Block, where: str) -> str | None:
        if block.info:
            named = re.fullmatch(r"file=([\w./-]+)", block.info)
            if not named or ".." in named[1] or named[1].startswith("/"):
                raise DocError(f"{where}: what does '{block.info}' mean?")
            path = self.folder / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            return None
        match block.language:
            case "python" if block.text.lstrip().startswith(">>>"):
                self._run_doctest(block, where)
            case "python":
                return self._run_python(block)
            case "console":
                self._run_console(block)
            case "toml":
                tomllib.loads(block.text)
            case "json":
                json.loads(block.text)
            case other:
                raise DocError(f"{where}: nothing is known to do with a block of '{other}'")
        return None

    def _run_python(self, block: Block) -> str:
        # Empty lines in front make a traceback show the document's own line numbers.
        code = compile("\n" * (block.line - 1) + block.text, self.name, "exec", dont_inherit=True)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, self.names)
        return out.getvalue()

    def _run_doctest(self, block: Block, where: str) -> None:
        test = doctest.DocTestParser().get_doctest(
            block.text, self.names, where, self.name, block.line - 1
        )
        test.globs = self.names  # the parser copies them; names must live on in the next block
        out = io.StringIO()
        runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
        if runner.run(test, out=out.write, clear_globs=False).failed:
            raise DocError(f"{where}: {out.getvalue()}")

    def _run_console(self, block: Block) -> None:
        command, line, shown = "", block.line, list[str]()
        for number, text in enumerate([*block.text.splitlines(), "$"], block.line):
            if not text.startswith("$"):
                shown.append(text)
                continue
            if command:
                self._run_command(command, "\n".join(shown), f"{self.name}:{line}")
            elif shown:
                raise DocError(f"{self.name}:{line}: output before a command")
            command, line, shown = text[1:].strip(), number, []

    def _run_command(self, command: str, shown: str, where: str) -> None:
        words = shlex.split(command, comments=True)
        if words[0] == "make":
            if len(words) != 2 or words[1] not in self.targets:
                raise DocError(f"{where}: no such target in the Makefile: {command}")
            words = shlex.split(self.targets[words[1]])
            if not shown.strip():
                return
            if not words:
                raise DocError(f"{where}: {command} is not run here, so show no output of it")
        if words[0] == "git":
            return
        if words[0] != "loopbook":
            raise DocError(
                f"{where}: only loopbook, make and git belong in console blocks: {command}"
            )
        words = [self.key if word == "VERIFIER-KEY" else word for word in words]
        env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
        done = subprocess.run(
            [str(Path(sys.executable).parent / "loopbook"), *words[1:]],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.key = "".join(re.findall(r"verifier key: (\S+)", done.stdout)[-1:]) or self.key
        if done.returncode not in (0, 1):  # 1 is findings, which a document may well show
            raise DocError(f"{where}: exit code {done.returncode}\n{done.stdout}")
        if done.returncode == 1 and (not shown.strip() or "Traceback" in done.stdout):
            raise DocError(f"{where}: findings that the document does not show\n{done.stdout}")
        if shown.strip():
            _must_match(where, shown, done.stdout)
