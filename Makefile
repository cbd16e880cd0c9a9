# Tenure. `make` alone lists the targets. Needs git, make, Python 3.11 or newer, a package registry.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
WORKERS := 2
# Tests start the command line some two hundred times: whatever the environment says, what Python
# has compiled is kept, or each start compiles Tenure anew for about a second.
unexport PYTHONDONTWRITEBYTECODE
# AGAIN=--last-failed runs what failed last.
AGAIN :=
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -q $(AGAIN)

.PHONY: help install demo test test-long check audit bench docs screenshots clean

help: ## Print this list
	@if [ -t 1 ]; then bold='\033[1;36m'; plain='\033[0m'; else bold=''; plain=''; fi; \
	printf 'Tenure: who protects which customer, since when, and by which rule.\n\n'; \
	awk -F ':.*## ' -v bold="$$bold" -v plain="$$plain" \
	  '/^[a-z-]+:.*## / { printf "  " bold "make %-10s" plain " %s\n", $$1, $$2 }' Makefile

install: $(VENV)/.installed ## Make .venv with the command .venv/bin/tenure in it

demo: install ## Serve demonstration data on an embedded PostgreSQL; prints address and tokens
	@$(BIN)/tenure serve --demo --data .tenure/demo

test: install ## Run every test that is quick enough (under ten minutes)
	@$(PYTEST)

test-long: install ## Run the tests that take longer: many kills, long races
	@$(PYTEST) --long

check: install ## Format, lint with security rules, types of domain and eventstore, architecture
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

# Asks a database on the net, so that it is a condition of nothing else here.
audit: install ## Look up known vulnerabilities of the pinned packages (needs the net)
	@$(BIN)/python -m tests.dependency_audit

bench: install ## Measure the figures, side by side with what others reach
	@$(BIN)/tenure bench

docs: install ## Write docs/events.md and docs/permissions.md from the code
	@$(BIN)/python -m tests.event_catalogue docs/events.md
	@$(BIN)/python -m tests.permission_page docs/permissions.md

screenshots: install ## Write docs/images/console-*.png: the pages on the demonstration's data
	@$(BIN)/python -m tests.console.screenshots docs/images

clean: ## Remove .venv, caches and build products; never data (.tenure)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made anew only when what is to be installed has changed, so that `make test` starts at once.
$(VENV)/.installed: pyproject.toml constraints.txt
	@python=''; \
	for name in $(PYTHONS); do \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Tenure needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || echo none)." >&2; \
	  echo "Tenure 需要 Python 3.11 或更新版本，请先安装。" >&2; \
	  exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python lacks the venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  echo "$$python 缺少 venv 模块。Debian 与 Ubuntu：apt-get install python3-venv" >&2; \
	  exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import pip' 2>/dev/null; then $$python -m venv --clear $(VENV); fi
	@echo 'installing into $(VENV) …'
	@$(PIP) -e '.[dev,bench]'
	@touch $@
