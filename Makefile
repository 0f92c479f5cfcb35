.PHONY: demo test lint bench docs wheel clean
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -q -c constraints.txt

# An editable install, which `make test` makes, serves the demonstration as well: no second install is put over it.
demo: $(or $(wildcard .venv/installed-dev),.venv/installed)
	@echo "Scoring sample_data/brain, a classical segmentation against the MNI tissue maps, 3 cases × 3 tissues"
	$(BIN)/segeval score sample_data/brain/pred sample_data/brain/gt --regions fluid=1,grey=2,white=3 \
		-m dice,iou,precision,recall,volume_similarity,hd95,assd,nsd@1 -o demo-results
	@echo "Tables and plots are in demo-results/: cases.csv, summary.csv, plots/"

test: .venv/installed-dev lint
	$(BIN)/segeval warm-up
	$(BIN)/python -m pytest -n 2 -q

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-dev
	$(INSTALL) -e '.[dev,bench]'
	$(BIN)/python benchmarks/run.py

docs: .venv/installed-dev
	$(BIN)/python docs/make.py

wheel: dist/built

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache demo-results

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit("segeval needs Python 3.10 or newer, this is " + sys.version) if sys.version_info < (3, 10) else 0'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade pip
	touch $@

SOURCES := $(shell find segeval cli packaging -name '*.py' -o -name '*.toml')

dist/built: .venv/python pyproject.toml $(SOURCES)
	@echo "Building the wheel and compiling its kernels, a minute or two"
	rm -rf dist
	$(BIN)/python -m pip wheel -q --no-deps -w dist .
	touch $@

.venv/installed: dist/built constraints.txt
	$(INSTALL) dist/*.whl
	touch $@

.venv/installed-dev: .venv/python pyproject.toml constraints.txt
	$(INSTALL) -e '.[dev]'
	touch $@
