# make demo   sets up and shows hwan at work       make test    sets up and runs all tests
# make check  style, types, imports, documents     make bench   measures every claim
# make fuzz   hostile bytes for every parser       FUZZ_SECONDS=60 for each
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
LANGUAGE ?= en
.DEFAULT_GOAL := help
.PHONY: help demo test check bench fuzz docs lock system clean

help:
	@sed -n '1,3p' Makefile

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "hwan needs Python 3.11 or newer; '$(PYTHON)' is older. Next: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "'$(PYTHON)' has no ensurepip, so it cannot make an environment. Next: install it (on Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/made requirements/run.txt pyproject.toml
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/run requirements/dev.txt
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.samples/made: .venv/made requirements/samples.txt
	rm -rf .samples
	$(PIP) --no-deps --require-hashes --target .samples -r requirements/samples.txt
	@touch $@

demo: .venv/run .samples/made
	$(BIN)/hwan demo --lang $(LANGUAGE)

system:
	@bash tools/system.sh

test: .venv/dev .samples/made system
	$(BIN)/python -m pytest

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/python tools/house.py

bench: .venv/dev .samples/made
	$(BIN)/python bench/run.py

.venv/fuzz: .venv/dev requirements/fuzz.txt
	$(PIP) --require-hashes -r requirements/fuzz.txt
	@touch $@

fuzz: .venv/fuzz
	$(BIN)/python -m fuzz

docs: .venv/dev .samples/made
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/gallery.py

lock:
	$(PYTHON) tools/lock.py

clean:
	rm -rf .venv .samples demo
