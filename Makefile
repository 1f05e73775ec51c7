# `make demo` and `make test` set up everything they need; `make help` lists all targets.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup jars lock check format test faults quality bench demo clean

BIN := .venv/bin

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install requirements.lock into .venv; does nothing if it is installed
	@sh infra/bootstrap/setup.sh

jars: setup ## download Kafka, Cassandra and Iceberg into the cache of the user
	@$(BIN)/marquee jars

lock: setup ## resolve requirements.lock and jars.lock from the files that declare them
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --extra dev \
		--python-version 3.11 --custom-compile-command "make lock" -o requirements.lock pyproject.toml
	$(BIN)/marquee jars --lock

check: setup ## ruff, mypy --strict (tests too), import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup ## fix and format the code with ruff
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: jars check ## check, then all tests except long ones; CI runs the same
	$(BIN)/pytest

faults: jars ## prove that a kill -9 loses nothing; skips tests that passed at this commit
	$(BIN)/python -m pytest -p tests.proofs -m faults

quality: setup ## compare models with published figures; skips tests that passed at this commit
	$(BIN)/python -m pytest -p tests.proofs -m quality

bench: jars ## measure page latency, freshness, throughput and nightly time
	$(BIN)/pytest tests/benchmarks -m benchmark -s

demo: jars ## run the whole platform in minutes (KEEP=1 leaves it running, DATA=… takes MovieLens)
	@$(BIN)/marquee demo $(if $(KEEP),--keep) $(if $(DATA),--data '$(DATA)')

clean: ## stop the local stack and remove .venv, .marquee (with its data) and caches
	@if [ -x $(BIN)/marquee ]; then $(BIN)/marquee demo --stop; $(BIN)/marquee down; fi
	rm -rf .venv .marquee build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
