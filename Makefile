# bgsite. `make run` and `make test` need Python 3.11 or newer and nothing else.
# PORT, HOST, DATA_DIR, MODELS_DIR, WORKERS and the rest: by environment, or as in `make run PORT=8080`.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint audit fuzz fuzz-api bench screenshots cluster faults install dev system clean

help: ## Shows this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: install ## Serves the site and works on jobs until Ctrl-C (PORT=8000, DATA_DIR=var)
	@$(BIN)/python manage.py prepare
	@exec $(BIN)/python manage.py up

test: dev system lint audit ## Runs linters, types and all tests, on both configurations
	$(BIN)/python -m tests.run

lint: dev ## Runs ruff, mypy, djlint and Django's checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/djlint --check --quiet templates
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

audit: dev ## Asks the list of known holes about every locked requirement
	$(BIN)/python scripts/audit.py

fuzz: dev ## Searches for input that breaks a reader, led by coverage (SECONDS=60 for each; Linux)
	@$(BIN)/python -m uv pip install -q --python $(BIN)/python "atheris>=3,<4"
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

fuzz-api: dev ## Asks every operation of the API for twenty times as much nonsense as `make test` does (an hour)
	FUZZ_EXAMPLES=500 $(BIN)/python -m pytest -q --timeout 0 tests/api/test_schema.py

bench: dev ## Compares speed and memory with rembg's, and draws it (var/bench)
	@$(BIN)/python manage.py prepare
	$(BIN)/python -m bench.speed --out var/bench

cluster: dev system ## Serves from PostgreSQL, Redis, S3, nginx, 2 web processes and 3 workers on this machine
	@exec $(BIN)/python -m tests.cluster

faults: dev system ## Kills, cuts and fills what the site runs on, and 2,000 jobs in a storm of it (JOBS=2000)
	$(BIN)/python -m tests.faults

screenshots: dev system ## Takes a picture of every page, light and dark, phone and desktop (var/screenshots)
	$(BIN)/python scripts/screenshots.py

install: ## Makes .venv and installs what the product needs
	@$(PYTHON) scripts/bootstrap.py

dev: ## The same, with what the tests need
	@$(PYTHON) scripts/bootstrap.py --dev

system:
	@bash scripts/system-packages
	@bash scripts/node-packages

clean: ## Removes .venv and the caches; the data folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
