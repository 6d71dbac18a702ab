# Every target does its own set-up; a machine with Python 3.11+ and make is enough.
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
CODE := events actors projections adapters
# Twice quiet: what an index has to say of itself is nobody's business here; errors are shown.
# Bytecode must be written even where the environment says not to: without it every start is slow.
PIP := env -u PYTHONDONTWRITEBYTECODE $(PY) -m pip --disable-pip-version-check --quiet --quiet
COMPILE := env -u PYTHONDONTWRITEBYTECODE $(PY) -m compileall -q -j 0
LOCK := $(VENV)/bin/uv pip compile --quiet --system-certs --universal --generate-hashes \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' --python-version

READY := $(VENV)/.ready
COMPILED := $(VENV)/.compiled
CLIENTS := $(VENV)/.clients
NPM := $(VENV)/npm
NPM_LISTS := tests/clients/npm/package.json tests/clients/npm/package-lock.json
SOURCES := $(shell find $(CODE) -name '*.py' 2>/dev/null)

LISTEN ?= ws://127.0.0.1:4500
MODEL ?= echo
HOME_DIR ?= $(CURDIR)/.threadhost
TEST ?= tests
WORKERS ?= auto
PART ?= 1/1
# Rewritten assertions are kept, too: reading the tests takes half as long the next time.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -q
FAST := not slow and not crash and not clients and not slices and not house
# What is not run is not imported either: the libraries of others take seconds.
UNREAD := --ignore=tests/clients --ignore-glob='*/test_pydantic_ai*'
CHECKS := check-types check-house check-lint check-format check-arrows

.DEFAULT_GOAL := help
.PHONY: docs help setup demo serve test test-slices test-slow test-clients test-crash check fmt bench bench-reference bench-growth bench-jobs bench-cold scoreboard scoreboard-long scoreboard-mutants data golden follow lock build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(COMPILED) ## make .venv with threadhost and its tools in it
	@echo "ready: $(VENV)/bin/threadhost"

demo: $(COMPILED) ## run, preview and delete a small tree of threads on a real server
	@$(VENV)/bin/threadhost demo

serve: $(COMPILED) ## serve on LISTEN=ws://127.0.0.1:4500 with MODEL=echo, data in HOME_DIR=.threadhost
	@$(VENV)/bin/threadhost serve --home "$(HOME_DIR)" --listen $(LISTEN) --model $(MODEL)

test: $(COMPILED) ## the fast tests, or some of them with TEST=tests/...
	@$(PYTEST) -n $(WORKERS) --dist worksteal -m "$(FAST)" $(UNREAD) $(TEST)

test-slices: $(COMPILED) ## whole programs, other transports, whole searches, a little of crashes and of the scoreboard; a sixth with PART=1/6
	@$(PYTEST) -n $(WORKERS) --dist worksteal -m "slices or hypothesis" --hypothesis-profile=thorough --ignore=tests/clients --part $(PART) $(TEST)

test-slow: $(COMPILED) ## the tests marked slow or crash
	@$(PYTEST) -m "slow or crash" $(TEST)

test-clients: $(COMPILED) $(CLIENTS) $(NPM)/.ready ## clients that others wrote, against a real server
	@$(PYTEST) -rs -n $(WORKERS) -m clients $(TEST:tests=tests/clients)

test-crash: $(COMPILED) ## kill a real server under load, forty times; kill a host at every write
	@$(PYTEST) -m crash $(TEST)

check: $(COMPILED) ## lint, format, types, import arrows, rules of the house; side by side
	@$(MAKE) --no-print-directory -j $(words $(CHECKS)) $(CHECKS)

.PHONY: $(CHECKS)
check-lint:
	@$(VENV)/bin/ruff check

check-format:
	@$(VENV)/bin/ruff format --check

# On a busy machine mypy's workers may not start in time, which it calls an internal error (2).
check-types:
	@$(VENV)/bin/mypy || { [ $$? -eq 2 ] && $(VENV)/bin/mypy -n 0; }

check-arrows:
	@PYTHONPATH=.typecheck $(VENV)/bin/lint-imports

check-house:
	@$(PYTEST) -m house tests/test_house.py tests/test_docstrings.py

fmt: $(COMPILED) ## format and mend what the linter can
	@$(VENV)/bin/ruff check --fix-only --quiet
	@$(VENV)/bin/ruff format

bench: $(COMPILED) ## measure, beside controls of the same run
	@$(PY) -m benchmarks

bench-reference: $(COMPILED) ## measure beside THREADHOST_REFERENCE=/path/to/codex, in turns
	@$(PY) -m benchmarks reference

bench-growth: $(COMPILED) ## measure how cost grows up to 100,000 threads; benchmarks/GROWTH.md
	@$(PY) -m benchmarks growth

bench-cold: $(COMPILED) ## measure a cold start, beside CONTROL=/path/to/another/checkout with its own .venv
	@$(PY) -m benchmarks cold_start $(CONTROL)

bench-jobs: $(COMPILED) ## measure what a row of a job costs, and what grows with ROWS="100 10000"; benchmarks/JOBS.md
	@$(PY) -m benchmarks jobs
	@$(PY) -m benchmarks job_growth $(ROWS)

docs: $(COMPILED) ## write the generated reference pages and the exported protocol anew
	@$(PY) -m tests.support.reference
	@$(PY) -m tests.support.architecture
	@$(PY) -m tests.protocol.compatibility
	@$(PY) -m threadhost.adapters.cli.reference docs/cli.md
	@$(VENV)/bin/threadhost schema --json tests/golden/schema --typescript tests/golden/schema >/dev/null

golden: $(COMPILED) ## write the home of the release to come anew that tests read for ever; never that of one that is out
	@$(PY) -m tests.support.golden_home

data: $(COMPILED) ## write tests/data anew from SHARED=DIR, with the protocol's schema and recorded sessions in it
	@$(PY) -m tests.following.data $(SHARED)

follow: $(COMPILED) ## list what the protocol in SCHEMA=DIR changed, and which files here have to do with it
	@$(PY) -m tests.following $(SCHEMA)

scoreboard: $(COMPILED) ## try to break what is promised; the table, also in docs/scoreboard.md
	@$(PY) -m tests.scoreboard

scoreboard-long: $(COMPILED) ## the same for hours
	@$(PY) -m tests.scoreboard --long

scoreboard-mutants: $(COMPILED) ## the same with deliberate faults, each of which has to be noticed
	@$(PY) -m tests.scoreboard --mutants

lock: $(COMPILED) ## resolve the dependencies again into the lock files
	@$(PIP) install 'uv>=0.13,<0.14'
	@$(LOCK) 3.11 --upgrade --output-file requirements.lock pyproject.toml
	@$(LOCK) 3.11 --upgrade --output-file requirements-dev.lock --group dev pyproject.toml
	@$(LOCK) 3.11 --upgrade --output-file requirements-postgresql.lock --group postgresql \
		--constraint requirements-dev.lock
	@$(LOCK) 3.12 --upgrade --output-file requirements-clients.lock --no-deps requirements-clients.in
	@cd tests/clients/npm && npm update --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error

build: $(COMPILED) ## wheel and sdist into dist/
	@rm -rf build dist
	@$(PY) -m build --no-isolation

clean: ## remove everything that make made, but no data
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find $(CODE) tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@. ./.ci/python.sh && make_venv $(VENV)

$(READY): $(PY) pyproject.toml requirements-dev.lock requirements-postgresql.lock
	@. ./.ci/python.sh && make_venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(PIP) install --no-compile --require-hashes -r requirements-dev.lock
	@$(PIP) install --require-hashes -r requirements-postgresql.lock 2>/dev/null || \
		echo "no PostgreSQL for tests can be installed here: tests of it are skipped"
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(COMPILE) $(VENV)/lib
	@touch $@

$(COMPILED): $(READY) $(SOURCES)
	@$(COMPILE) $(CODE)
	@touch $@

# One client asks for Python 3.12, but what it is made of runs on 3.11, too.
$(CLIENTS): $(READY) requirements-clients.lock
	@$(PIP) install --require-hashes --no-deps --ignore-requires-python -r requirements-clients.lock
	@touch $@

# Nothing here depends on node: without it or its registry, tests of what it runs are skipped, and say so.
$(NPM)/.ready: $(NPM_LISTS) | $(READY)
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		echo "installing into $(NPM) ..."; mkdir -p $(NPM) && cp $(NPM_LISTS) $(NPM) && \
		npm ci --prefix $(NPM) --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@ || \
		{ rm -rf $(NPM); echo "npm cannot install here: clients that need it are skipped"; }; \
	else \
		echo "no node or npm here: clients that need them are skipped"; \
	fi
