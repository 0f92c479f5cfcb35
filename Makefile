.PHONY: demo test lint pytest fuzz lowest newest bench docs check-docs wheel check-wheel sdist lock clean
PYTHON ?= python3
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := .venv/$(SCRIPTS)
LOCK := requirements-dev.lock
LOWEST := requirements-lowest.lock
INSTALL := $(BIN)/python -m pip install -q -c $(LOCK)

# An editable install, which `make test` makes, serves the demonstration as well: no second install is put over it.
demo: $(or $(wildcard .venv/installed-dev),.venv/installed)
	@echo "Scoring sample_data/brain, a classical segmentation against the MNI tissue maps, 3 cases × 3 tissues"
	$(BIN)/segeval score sample_data/brain/pred sample_data/brain/gt --regions fluid=1,grey=2,white=3 \
		-m dice,iou,precision,recall,volume_similarity,hd95,assd,nsd@1 -o demo-results
	@echo "Tables and plots are in demo-results/: cases.csv, summary.csv, plots/"

test: lint pytest

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

pytest: .venv/installed-dev
	$(BIN)/segeval warm-up
	$(BIN)/python -m pytest -n 2 -q --cov

# Odd input for all that reads what users hand over; what is found goes to tests/fuzz/corpus. FUZZ="--seed 1 png" repeats.
FUZZ_SECONDS ?= 3600
fuzz: .venv/installed-dev
	PYTHONPATH=tests $(BIN)/python -m fuzz --seconds $(FUZZ_SECONDS) $(FUZZ)

# Tests of what leans on other packages, with the lowest versions that pyproject.toml admits and with the newest: each
# in an environment of its own, without the peers that other tests compare with. What these deprecate of each other is theirs.
CORE := tests/cli tests/faults tests/io tests/protocols tests/results tests/run tests/test_api.py
lowest: REQUIREMENTS := -r $(LOWEST)
newest: REQUIREMENTS := --upgrade --upgrade-strategy eager .[test]
lowest newest:
	$(PYTHON) -m venv .venv/$@
	.venv/$@/$(SCRIPTS)/python -m pip install -q $(REQUIREMENTS)
	.venv/$@/$(SCRIPTS)/python -m pip install -q --no-deps -e .
	.venv/$@/$(SCRIPTS)/python -m pytest -q -W ignore::DeprecationWarning $(CORE)

bench: .venv/installed-dev
	$(INSTALL) -e '.[dev,bench]'
	$(BIN)/python benchmarks/run.py

docs: .venv/installed-dev
	$(BIN)/python docs/make.py

check-docs: .venv/installed-dev
	$(BIN)/python docs/make.py --check
	$(BIN)/python -m pytest -q tests/docs

wheel: dist/built

check-wheel:
	bash .ci/wheel

sdist: .venv/python
	$(BIN)/python -m pip install -q -c $(LOCK) build
	$(BIN)/python -m build -s

# All versions anew, for every Python and system; what is decided by hand stands in constraints.txt. The lowest are those of
# macOS, where torch wants no CUDA: whoever installs it elsewhere gets what it wants there.
lock: .venv/python
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.10 --all-extras -c constraints.txt \
		--no-annotate --custom-compile-command "make lock" -o $(LOCK) pyproject.toml
	$(BIN)/uv pip compile -q --upgrade --resolution lowest-direct --python-version 3.10 --python-platform macos \
		--extra test --no-annotate --custom-compile-command "make lock" -o $(LOWEST) pyproject.toml

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache demo-results

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit("segeval needs Python 3.10 or newer, this is " + sys.version) if sys.version_info < (3, 10) else 0'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade pip
	touch $@

SOURCES := $(shell find segeval cli packaging -name '*.py' -o -name '*.toml')

# Kernels serve under the Numba that compiled them: the build takes the one that is installed later.
dist/built: .venv/python pyproject.toml $(LOCK) $(SOURCES)
	@echo "Building the wheel and compiling its kernels, a minute or two"
	rm -rf dist
	$(BIN)/python -m pip wheel -q --no-deps --build-constraint $(LOCK) -w dist .
	touch $@

.venv/installed: dist/built $(LOCK)
	$(INSTALL) dist/*.whl
	touch $@

.venv/installed-dev: .venv/python pyproject.toml $(LOCK)
	$(INSTALL) -e '.[dev]'
	touch $@
