# slm: `make demo` and `make test` do all the set-up that they need, in .venv.
# PYTHON chooses the interpreter (3.11 or newer).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ON_CORES := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder   # whole files; tests/conftest.py orders them

.PHONY: demo test test-all lint docs bench clean

demo: $(VENV)/.installed        ## the whole pipeline on built-in data, in a few minutes
	$(BIN)/slm run quick

test: $(VENV)/.installed-dev    ## the test suite
	$(BIN)/python -m pytest -q $(ON_CORES)

test-all: $(VENV)/.installed-dev    ## the slow tests too
	$(BIN)/python -m pytest -q $(ON_CORES) -m "slow or not slow"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .

docs: $(VENV)/.installed-dev    ## write docs/commands.md and the figures of docs/scale.md anew
	$(BIN)/python docs/write_commands.py
	$(BIN)/python docs/write_scale.py

bench: $(VENV)/.installed-dev    ## documents to tokens beside nanoGPT's way; the other benches: bench/README.md
	$(BIN)/python bench/prepare.py

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "slm needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version`. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.python pyproject.toml constraints.txt
	@$(BIN)/python scripts/download_size.py '.[hub,serve,rag]'
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[hub,serve,rag]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.python pyproject.toml constraints.txt
	@$(BIN)/python scripts/download_size.py '.[hub,serve,rag,export,tensorboard,dev]'
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[hub,serve,rag,export,tensorboard,dev]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build *.egg-info
