# `make demo` and `make test` set up .venv on first use, and again when what is to be installed changes.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CORE := .venv/.spatialmem-core
DEV := .venv/.spatialmem-dev

.PHONY: demo test faults lint setup

demo: $(CORE)   ## paint a garden from words, tour it and come back; leaves worlds/demo/
	$(BIN)/python examples/04_painted_world.py

test: $(DEV)    ## the whole test suite
	$(BIN)/python -m pytest -n 2

faults: $(DEV)  ## kills, injected errors, power cuts, flipped bits: half an hour; some need root and strace
	$(BIN)/python tests/faults/run.py --long --into docs/faults.md

lint: $(DEV)    ## style, and types by two checkers
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pyright

setup: $(DEV)   ## everything that developing needs

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "spatialmem needs Python 3.11 or newer, and $(PYTHON) is not; try: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@echo "== making a virtual environment in .venv"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(CORE): pyproject.toml constraints.txt | $(BIN)/python
	@echo "== installing PyTorch (the largest part: some 200 MB, more where it comes with CUDA)"
	$(PIP) install -q -c constraints.txt torch==2.13.0
	@echo "== installing spatialmem and what else it needs (some 500 MB)"
	$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(DEV): $(CORE)
	@echo "== installing the tools that tests and checks need"
	$(PIP) install -q -c constraints.txt -e '.[dev]'
	@touch $@
