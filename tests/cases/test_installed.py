"""Loopbook installed from its wheel, in an environment of its own and outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import loopbook

ROOT = Path(__file__).resolve().parents[2]
CASES = {path.parent.name for path in (ROOT / "cases").glob("*/case.toml")}


def run(*command: object, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command without the checkout's paths; its exit code must be as given."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_", "COV"))}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet")
    offline = ("--no-build-isolation", "--no-deps", "--no-index")
    run(*pip, *offline, "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `loopbook` of a fresh environment, which finds the other packages in the tests' own."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    bin_folder = folder / ("Scripts" if os.name == "nt" else "bin")
    paths = {"base": str(folder), "platbase": str(folder)}
    own = Path(sysconfig.get_path("purelib", scheme="venv", vars=paths))
    others = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    (own / "others.pth").write_text("\n".join(sorted(others)))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    into = ("--python", bin_folder / "python", "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, *into, wheel, cwd=folder)
    return bin_folder / "loopbook"


def test_the_wheel_holds_the_cases_the_types_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    shipped = {n.split("/")[3] for n in names if n.startswith("loopbook/cases/shipped/")}
    assert shipped == CASES
    assert "loopbook/py.typed" in names
    tops = {n.split("/")[0] for n in names}
    assert tops == {"loopbook", f"loopbook-{loopbook.__version__}.dist-info"}


@pytest.mark.slow
def test_it_runs_from_its_own_files(command: Path, tmp_path: Path) -> None:
    where = "import loopbook, sys; print(loopbook.__file__, sys.prefix)"
    file, prefix = run(command.with_name("python"), "-c", where, cwd=tmp_path).stdout.split()
    assert file.startswith(prefix)
    assert loopbook.__version__ in run(command, "--version", cwd=tmp_path).stdout


@pytest.mark.slow
def test_a_shipped_case_becomes_the_users_own(command: Path, tmp_path: Path) -> None:
    done = run(command, "new", "mine", "--from", "gmbi", cwd=tmp_path)
    assert "loopbook run mine" in done.stdout
    copied = {p.name: p.read_bytes() for p in (tmp_path / "mine").iterdir()}
    assert copied == {p.name: p.read_bytes() for p in (ROOT / "cases" / "gmbi").iterdir()}
    again = run(command, "new", "mine", "--from", "gmbi", cwd=tmp_path, code=1)
    assert "it exists" in again.stderr
    assert "gmbi" in run(command, "run", "gmby", cwd=tmp_path, code=1).stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine"]


@pytest.mark.slow
def test_a_shipped_case_and_its_copy_give_the_same_tables(command: Path, tmp_path: Path) -> None:
    done = run(command, "run", "gmbi", cwd=tmp_path)
    assert f"Report  {Path('out', 'gmbi', 'report.html')}" in done.stderr
    run(command, "new", "mine", "--from", "gmbi", cwd=tmp_path)
    run(command, "run", "mine", cwd=tmp_path)
    assert (
        "no result differs" in run(command, "compare", "out/gmbi", "out/mine", cwd=tmp_path).stdout
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine", "out"]
