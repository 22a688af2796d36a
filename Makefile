# make demo   install what the main job needs into .venv and run it on the sample catalogue
# make test   install everything CI checks, then lint, types, import contracts and tests
# make lint   only ruff, mypy and import-linter
# make bench  the benchmarks, each a table with its peer beside it
# make prove  the slow proofs: quality tables on real photos where KIRAKAT_TEST_DATA is set

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
# A smaller PyTorch without CUDA: make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
          $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c requirements.lock
DEPS   := pyproject.toml assets/pyproject.toml requirements.lock

## Each prints a table. Not among them: tune_policies (a night) and the scripts that take screenshots.
BENCHES := mask steps figures resolve engine events event_log bandit policies review generate

.PHONY: demo test lint bench prove lock clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@sed -n 's/^# //p' Makefile

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; $(PYTHON) is older"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(DEPS) | $(BIN)/python
	@echo "Installing Kirakat with its diffusion extra into $(VENV) (a few minutes, once) ..."
	$(PIP) -e '.[diffusion]' -e assets
	@touch $@

$(VENV)/.test: $(DEPS) | $(BIN)/python
	@echo "Installing Kirakat with every extra that the tests need into $(VENV) ..."
	$(PIP) -e '.[diffusion,train,serve,postgres,experiments,otel,ray,dev]' -e assets
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/kirakat demo --out out/demo

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(VENV)/.test
	@scripts/system-packages
	@$(MAKE) --no-print-directory lint
	$(BIN)/python scripts/run_tests.py

bench: $(VENV)/.test
	@for name in $(BENCHES); do \
	  echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

prove: $(VENV)/.test
	$(BIN)/python -m pytest --override-ini testpaths=tests/prove -s

# Pin what a fresh environment with every extra holds.
lock:
	scripts/lock $(PYTHON)

clean:
	rm -rf $(VENV) out
