.PHONY: demo test lint bench docs clean
PYTHON ?= python3
BIN := .venv/bin

demo: .venv/installed
	@echo "Scoring sample_data/brain, a classical segmentation against the MNI tissue maps, 3 cases × 3 tissues"
	$(BIN)/segeval score sample_data/brain/pred sample_data/brain/gt --regions fluid=1,grey=2,white=3 \
		-m dice,iou,precision,recall,volume_similarity,hd95,assd,nsd@1 -o demo-results
	@echo "Tables and plots are in demo-results/: cases.csv, summary.csv, plots/"

test: .venv/installed-dev lint
	$(BIN)/python -m pytest -n 2 -q

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-dev
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev,bench]'
	$(BIN)/python benchmarks/run.py

docs: .venv/installed-dev
	$(BIN)/python docs/make.py

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache demo-results

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit("segeval needs Python 3.10 or newer, this is " + sys.version) if sys.version_info < (3, 10) else 0'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade pip
	touch $@

SOURCES := $(shell find segeval cli -name '*.py')

.venv/installed: .venv/python pyproject.toml constraints.txt $(SOURCES)
	$(BIN)/python -m pip install -q -c constraints.txt .
	touch $@

.venv/installed-dev: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $@
