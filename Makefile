# `make demo` to see it, `make test` to test it, `make check` before a change goes in.
# Needs only Python 3.11 or later; uv is fetched where it is missing.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports bench clean

# The first Python that is new enough; PYTHON=/path/to/python3.12 chooses another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$name" && break; done)
# uv of the PATH if it runs, otherwise one of our own.
UV = $(shell uv --version >/dev/null 2>&1 && echo uv || echo .portal/uv/bin/uv)
BIN := .venv/bin
# Made when everything was installed from the lock: to run the product, and to work on it. A later start looks no further.
PRODUCT := .venv/.product
TOOLS := .venv/.tools
# An environment whose Python went away is no environment.
$(shell [ -x $(BIN)/python ] || rm -f $(PRODUCT) $(TOOLS))

help:
	@echo "make demo     start everything on this machine (PORT=8001 make demo for another port)"
	@echo "make test     all tests, the browser's too (ARGS='tests/api -x' is handed to pytest)"
	@echo "make check    lint, types, import rules, all tests: what CI runs"
	@echo "make bench    measurements, as a table and as JSON in bench/results"
	@echo "make clean    delete the build and all demo data"

# Compiled modules are wanted here even where the shell says otherwise: without them every start takes seconds longer.
demo: $(PRODUCT)
	@exec env -u PYTHONDONTWRITEBYTECODE $(BIN)/portal demo

test: $(TOOLS)
	@CHROMIUM_PATH="$$($(BIN)/python -m portal.commands.chromium)" && export CHROMIUM_PATH && exec $(BIN)/pytest -n auto $(ARGS)

check: lint types imports test

lint: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TOOLS)
	$(BIN)/mypy

imports: $(TOOLS)
	$(BIN)/lint-imports

bench: $(TOOLS)
	@exec $(BIN)/python -m bench $(ARGS)

clean:
	@$(NEED_PYTHON)
	@$(PYTHON) -m portal.commands.clean

define NEED_PYTHON
"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	echo "Python 3.11 or later is needed, and $(if $(PYTHON),$(PYTHON) is not that,there is $$(python3 --version || echo none)):" \
		"install one, or name it with PYTHON=/path/to/python." >&2; exit 1; }
endef

# --inexact: what is needed to work on it may stay.
$(PRODUCT): WHICH := --no-dev --inexact
$(PRODUCT) $(TOOLS): pyproject.toml uv.lock
	@$(NEED_PYTHON)
	@"$(PYTHON)" -m portal.runtime.disk .
	@[ "$(UV)" = uv ] || [ -x "$(UV)" ] || { echo "Fetching uv …"; "$(PYTHON)" -m portal.runtime.fetch_uv .portal/uv; }
	@echo "Installing the environment …"
	@$(UV) sync --frozen --quiet --compile-bytecode $(WHICH) $(if $(filter environment command,$(origin PYTHON)),--python "$(PYTHON)")
	@touch $@ $(if $(WHICH),,$(PRODUCT))
