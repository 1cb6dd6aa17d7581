"""Every example of README.md and docs/ runs and prints what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs_runner import ROOT, DocError, Document, blocks_of

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_a_document_is_true(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cases").symlink_to(ROOT / "cases")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Document(path, tmp_path).run()


def test_no_code_hides_in_an_indented_fence() -> None:
    for path in DOCUMENTS:
        lines = path.read_text(encoding="utf-8").splitlines()
        hidden = [i for i, x in enumerate(lines, 1) if x.startswith(" ") and "```" in x]
        assert hidden == [], f"{path.name}: begin fences in the first column"


def run(text: str, folder: Path) -> int:
    """Run a document that is given as text; tildes stand for backticks."""
    path = folder / "a.md"
    path.write_text(text.replace("~~~", "```"))
    return Document(path, folder).run()


def test_true_documents_pass(tmp_path: Path) -> None:
    assert run("no blocks", tmp_path) == 0
    assert run("~~~python\nx = 2\n~~~\n~~~python\n>>> x\n2\n>>> y = x\n~~~\n", tmp_path) == 2
    assert (
        run("~~~python\n>>> y = 1\n~~~\n~~~python\nprint(y)\n~~~\n~~~text\n1\n~~~", tmp_path) == 3
    )
    assert run("~~~python\nprint('a b c')\n~~~\n~~~text\na ... c\n~~~", tmp_path) == 2
    assert run("~~~toml file=sub/loop.toml\na = 1\n~~~", tmp_path) == 1
    assert (tmp_path / "sub" / "loop.toml").read_text() == "a = 1\n"
    assert run("~~~console\n$ make test\n$ git clone somewhere\n~~~", tmp_path) == 1
    assert run("~~~text no-run: a drawing only\nA -> B\n~~~", tmp_path) == 0


def test_a_console_block_compares_what_is_printed(tmp_path: Path) -> None:
    assert run("~~~console\n$ loopbook --version\nloopbook...0...\n~~~", tmp_path) == 1
    with pytest.raises(DocError, match=r"a\.md:2: prints"):
        run("~~~console\n$ loopbook --version\nexcelbook\n~~~", tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("~~~python\nprint(1)\n~~~\n~~~text\n2\n~~~", r"a\.md:5: prints"),
        ("~~~python\n>>> 1\n2\n~~~", "a.md:2.*Expected"),
        ("~~~text\n2\n~~~", "no Python block"),
        ("~~~console\n$ make coffee\n~~~", "no such target"),
        ("~~~console\n$ make test\n5 passed\n~~~", "show no output"),
        ("~~~console\n$ curl x\n~~~", "only loopbook"),
        ("~~~console\nhello\n$ make test\n~~~", "before a command"),
        ("~~~console\n$ loopbook no-such-verb\n~~~", "exit code 2"),
        ("~~~bash\nls\n~~~", "nothing is known"),
        ("~~~\nls\n~~~", "nothing is known"),
        ("~~~python no-run\nls\n~~~", "and the reason"),
        ("~~~toml file=../a.toml\n~~~", "mean"),
        ("~~~python\nx = 1\n", "no end"),
    ],
)
def test_an_untrue_document_is_seen(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(DocError, match="(?s)" + complaint):
        run(text, tmp_path)


def test_an_error_shows_the_documents_own_line(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run("Text.\n\n~~~python\nx = 1\nx / 0\n~~~", tmp_path)
    assert caught.traceback[-1].lineno + 1 == 5
    assert [b.line for b in blocks_of("a\n```python\n1\n```\n```text\n2\n```\n")] == [3, 6]
