# Each target does its own set-up: Python 3.11 or newer, make and the package registries are all it takes.
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint format bench screenshots clean run-env dev-env

PORT ?= 8000
BIN := .venv/bin
# One process for each core, but no more than helps.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 8

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: run-env ## a server on 127.0.0.1:8000 (PORT=…) with three loaded accounts on simulated exchanges
	@exec $(BIN)/coinassay demo --port $(PORT)

test: dev-env ## every check and every test
	@tools/provision
	@$(MAKE) --no-print-directory lint
	$(PYTEST)

test-fast: dev-env ## the tests without those that run real processes: under two minutes
	$(PYTEST) -m "not slow"

lint: dev-env ## formatting, style, types, and which package may import which
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: dev-env ## lay out the code as `make lint` wants it
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: dev-env ## the speed and memory table, as ratios
	$(BIN)/python -m bench

screenshots: dev-env ## pictures of the overview and an account for the documentation, in docs/images
	$(BIN)/python tools/screenshots.py docs/images

clean: ## remove what the targets made
	rm -rf .venv .tools .demo build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

run-env:
	@tools/python run

dev-env:
	@tools/python dev
