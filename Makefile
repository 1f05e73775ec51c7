# Two commands matter: `make demo` and `make test`. Both set up everything they need; see `make help`.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup jars lock check format test bench demo clean

BIN := .venv/bin

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv hold what requirements.lock names (nothing to do the second time)
	@sh infra/bootstrap/setup.sh

jars: setup ## fetch Kafka, Cassandra and what Spark needs into the per-user cache
	@$(BIN)/marquee jars

lock: setup ## write requirements.lock anew from pyproject.toml, and jars.lock from infra/local/coordinates.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --extra dev --python-version 3.11 \
		--custom-compile-command "make lock" -o requirements.lock pyproject.toml
	$(BIN)/marquee jars --lock

check: setup ## ruff, mypy --strict (tests too), import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup ## let ruff put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: jars check ## everything that must hold: check, then all tests on a real Kafka and Cassandra
	$(BIN)/pytest

bench: jars ## measure: page latency, freshness, throughput, nightly time
	$(BIN)/pytest tests/benchmarks -m benchmark -s

demo: jars ## the whole story in a few minutes (KEEP=1 leaves it running, DATA=folder takes MovieLens)
	@$(BIN)/marquee demo $(if $(KEEP),--keep) $(if $(DATA),--data '$(DATA)')

clean: ## stop the local stack and remove what was made here: .venv, .marquee (data too), caches
	@if [ -x $(BIN)/marquee ]; then $(BIN)/marquee demo --stop; $(BIN)/marquee down; fi
	rm -rf .venv .marquee build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
