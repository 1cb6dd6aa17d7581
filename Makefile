# Every target does its own set-up: a machine with python3 (3.11 or newer, with pip and venv),
# make and a C compiler is enough. Packages are installed again only when pyproject.toml changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
PEERS := $(VENV)/.installed-peers
BIOSTEAM := build/biosteam
BEANCOUNT := build/beancount
IGRAPH := build/igraph
TESTS := $(BIN)/python -m pytest -n 2 --dist worksteal
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

MAKEFLAGS += --no-builtin-rules
unexport PYTHONDONTWRITEBYTECODE  # what is compiled is kept: the tests start many processes
.DELETE_ON_ERROR:
.PHONY: help run test test-all nightly check bench bench-biosteam docs lock

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## */make \1\t/' | expand -t 20

run: $(RUNTIME)  ## compute the founding case; prints a summary and where the report is
	@$(BIN)/loopbook run gmbi
	@echo 'The command is $(BIN)/loopbook; after "source $(BIN)/activate" it is loopbook.'

test: $(DEV)  ## fast tests, doctests and the documentation's examples; under five minutes
	$(TESTS) -m 'not slow and not browser and not server'

test-all: $(DEV)  ## every test, slow ones, the browser's and the server's too; or ONLY='slow or server'
	$(TESTS) $(if $(ONLY),-m '$(ONLY)')

nightly: $(DEV)  ## every test, with generated cases that no run had before; prints their seed
	$(TESTS) --seed fresh

check: $(DEV)  ## what a commit needs: format, lint, types, arrows, house rules; under a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -m 'not slow' tests/house

bench: $(PEERS) $(BEANCOUNT)/.installed $(IGRAPH)/.installed  ## measure speed and print it beside peers and limits
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/r20.py
	$(BIN)/python bench/draws.py
	$(BIN)/python bench/fleet.py
	$(BIN)/python bench/book.py
	$(BIN)/python bench/book_files.py
	$(BIN)/python bench/book_scale.py
	$(BIN)/python bench/book_postgres.py
	$(BIN)/python bench/trace_scale.py
	$(BIN)/python bench/serials.py

bench-biosteam: $(BIOSTEAM)/.installed  ## the same with BioSTEAM among the peers (wants Python 3.11)
	$(MAKE) bench

docs: $(DEV)  ## run every example of README.md and docs/
	$(BIN)/python -m pytest tests/docs

# Resolved in a scratch copy, so that uv.lock (it records addresses) never lies in the project.
LOCK := build/lock
lock: | $(BIN)/pip  ## write requirements.lock anew: runtime and tools, with hashes, no addresses
	rm -rf $(LOCK)
	mkdir -p $(LOCK)/src/loopbook
	cp pyproject.toml README.md LICENSE $(LOCK)
	cp src/loopbook/__init__.py $(LOCK)/src/loopbook
	$(BIN)/python -m venv $(LOCK)/venv
	$(LOCK)/venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	cd $(LOCK) && venv/bin/uv export --quiet --format requirements-txt --no-header \
		--no-emit-project --extra dev --output-file requirements.lock
	! grep -nE '://|^-' $(LOCK)/requirements.lock
	mv $(LOCK)/requirements.lock requirements.lock
	rm -rf $(LOCK)

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Loopbook needs Python 3.11 or newer; $(PYTHON) is {v[0]}.{v[1]}. Name another one: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): pyproject.toml | $(BIN)/pip
	@echo 'Installing Loopbook into $(VENV) (the first time only)'
	@$(PIP_INSTALL) -e .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/pip
	@echo 'Installing Loopbook and its tools into $(VENV) (the first time only)'
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $@ $(RUNTIME)

$(PEERS): pyproject.toml | $(BIN)/pip
	@echo 'Installing Loopbook, its tools and the peers it is measured against into $(VENV)'
	@$(PIP_INSTALL) -e '.[dev,peers]'
	@touch $@ $(DEV) $(RUNTIME)

# Its pins conflict with Loopbook's tools, so it lives apart; newer pairs do not install together.
$(BIOSTEAM)/.installed:
	@echo 'Installing BioSTEAM into $(BIOSTEAM) (the first time only)'
	@$(PYTHON) -m venv $(BIOSTEAM)
	@$(BIOSTEAM)/bin/python -m pip install --quiet --disable-pip-version-check \
		biosteam==2.52.11 thermosteam==0.52.8
	@touch $@

# Under the GPL, as igraph: run as programs of their own and never imported.
$(BEANCOUNT)/.installed:
	@echo 'Installing Beancount into $(BEANCOUNT) (the first time only)'
	@$(PYTHON) -m venv $(BEANCOUNT)
	@$(BEANCOUNT)/bin/python -m pip install --quiet --disable-pip-version-check beancount==3.1.0
	@touch $@

$(IGRAPH)/.installed:
	@echo 'Installing igraph into $(IGRAPH) (the first time only)'
	@$(PYTHON) -m venv $(IGRAPH)
	@$(IGRAPH)/bin/python -m pip install --quiet --disable-pip-version-check igraph numpy
	@touch $@
