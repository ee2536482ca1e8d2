# The verbs of the house. Everything below needs only python3 (>= 3.11, with venv), make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= auto

# What speaks to the database rather directly; test_migrations, test_postgresql and cluster go there by themselves.
BASES := tests/test_lifecycle.py tests/test_claims.py tests/test_mandats.py tests/test_annuaire_snapshot.py \
    tests/test_journal_base.py tests/test_masse.py

.PHONY: help venv demo test bases check lint types docs docs-check images golden bench capacite conformance faults cluster differential falsify moteurs memoire histoire lock clean

help:
	@echo "make venv    the virtual environment in .venv, from requirements.lock"
	@echo "make demo    sample lots through the real pipeline, and their answers"
	@echo "make test    every test; those of the store on PostgreSQL too"
	@echo "make bases   every test that makes a workspace, on PostgreSQL"
	@echo "make check   lint, types, generated files, and every test"
	@echo "make golden  rewrite the expected results of tests/lots (review the diff)"
	@echo "make docs    regenerate docs/regles.md"
	@echo "make images  take the pictures of docs/console again (chromium)"
	@echo "make conformance  the sheets rewritten for Saxon against the official ones, all of them"
	@echo "make faults  crash points, kills, cuts, two servers, large transfers: the long forms"
	@echo "make cluster a scheduler and three machines, killed, cut and upgraded again and again: the long form"
	@echo "make differential  the compiled rules against the official sheets: RUNS=50000 SEED= SHEETS= WORKERS=2 RECORD="
	@echo "make falsify SHEETS=...  look for documents that break the rules which nothing breaks yet"
	@echo "make moteurs the lots and the conformance tests, judged by Saxon alone, then by the compiled rules alone"
	@echo "make bench   what we claim about speed, measured"
	@echo "make capacite the capacity model fitted, held against unseen lots; the simulated night; docs/capacite.md"
	@echo "make memoire  the memory that lots of 10 MB and 1 GB take; make histoire: ten million old invoices (PASSE=folder, 20 GB)"
	@echo "make lock    pin every package again from pyproject.toml"

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "navette needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

venv: $(READY)

demo: $(READY)
	$(BIN)/edi demo demo

test: $(READY)
	$(BIN)/python -m pytest -n $(JOBS) --base postgresql $(BASES)
	$(BIN)/python -m pytest -n $(JOBS)

bases: $(READY)
	$(BIN)/python -m pytest -n $(JOBS) --base postgresql tests/test_*.py tests/faults tests/cluster

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/edi rules doc > docs/regles.md

docs-check: $(READY)
	@$(BIN)/edi rules doc | diff -u docs/regles.md - || { echo "docs/regles.md is out of date: run 'make docs'"; exit 1; }

images: $(READY)
	PYTHONPATH=tests:tests/browser $(BIN)/python tests/browser/images.py docs/console

check: lint types docs-check test

golden: $(READY)
	$(BIN)/python -m pytest tests/test_lots.py --update

conformance: $(READY)
	$(BIN)/python -m pytest -n $(JOBS) tests/conformance -m "slow or not slow"

faults: $(READY)
	EDI_POINTS=all EDI_SECONDS=180 EDI_EXAMPLES=60 EDI_JOURS=30 $(BIN)/python -m pytest tests/faults tests/sftp \
	    tests/test_oubli.py tests/e2e/test_mois.py tests/browser/test_accessibilite.py \
	    -m "slow or not slow" --timeout 1800 -s

cluster: $(READY)
	$(BIN)/python -m pytest tests/cluster -m "slow or not slow" --timeout 1800

# What is drawn differs each time, unless SEED is told. RECORD=1 writes schemas/moteur.toml when nothing differs.
RUNS ?= 50000
WORKERS ?= 2
RIG = PYTHONPATH=tests:tests/conformance $(BIN)/python -m

differential: $(READY)
	$(RIG) differential --never --runs $(RUNS) --workers $(WORKERS) $(if $(SEED),--seed $(SEED)) \
	    $(if $(SHEETS),--sheets $(SHEETS)) $(if $(RECORD),--record)

falsify: $(READY)
	$(RIG) differential.falsify $(SHEETS)

memoire: $(READY)
	$(BIN)/python -m pytest tests/test_memoire.py -m "slow or not slow" --timeout 7200 -s

PASSE ?= passe
histoire: $(READY)
	$(BIN)/python benchmarks/histoire.py $(PASSE)

moteurs: $(READY)
	$(BIN)/python -m pytest -n $(JOBS) tests/test_lots.py tests/conformance --moteur officiel
	$(BIN)/python -m pytest -n $(JOBS) tests/test_lots.py tests/conformance --moteur etabli

bench: $(READY)
	$(BIN)/python benchmarks/bout_en_bout.py
	$(BIN)/python benchmarks/rules.py
	$(BIN)/python benchmarks/moteurs.py
	$(BIN)/python benchmarks/prise.py
	$(BIN)/python benchmarks/sftp.py
	$(BIN)/python benchmarks/annuaire.py
	$(BIN)/python benchmarks/pages.py

# Writes the tables of docs/capacite.md: on a machine that does nothing else.
capacite: $(READY)
	$(BIN)/python benchmarks/capacite.py --docs
	$(BIN)/python benchmarks/nuit.py --docs

# uv resolves for every platform and every Python we support; it is fetched only here.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev --upgrade \
	    --no-header --no-annotate --no-emit-find-links --no-emit-index-url pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
