# `make demo` and `make test` do all the set-up themselves; Python ≥ 3.11 is all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow test-heavy lint bench clean

demo: $(VENV)/.core
	$(BIN)/medinjection-fr demo

test: $(VENV)/.dev lint
	$(BIN)/pytest -m "not slow" -n 2

test-slow: $(VENV)/.train
	$(BIN)/pytest -m "slow and not heavy" -n 2 --dist loadfile

test-heavy: $(VENV)/.train
	$(BIN)/pytest -m heavy

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: ROWS ?= 571436
bench: $(VENV)/.dev
	$(BIN)/python benchmarks/build.py --rows $(ROWS)
	$(BIN)/python benchmarks/validation.py --rows $(ROWS)
	$(BIN)/python benchmarks/verify.py --rows $(ROWS)
	$(BIN)/python benchmarks/loading.py --rows $(ROWS)
	$(BIN)/python benchmarks/diff.py --rows $(ROWS)
	$(BIN)/python benchmarks/push.py --rows $(ROWS)

$(VENV)/.core: setup.cfg
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.dev: $(VENV)/.core
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

# A build of torch for CPUs where the package index has one; with it, `make test` covers training too.
TORCH ?= torch==2.13.0
$(VENV)/.train: $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[dev,train,evaluate,review]"
	touch $@

clean:
	rm -rf $(VENV) .venv-datasets build *.egg-info medinjection-fr .medinjection-fr.build
