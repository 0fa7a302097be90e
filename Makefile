# Each target sets up .venv by itself; nothing else need be installed but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SBOM := build/sbom.cdx.json
# Tests wait for brokers most of the time: one more at a time than there are cores.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN || echo 1) + 1)

.DEFAULT_GOAL := help
.PHONY: help demo test check sbom bench evaluate calibrate deliveries season tournament faults fuzz endurance clean

help: ## Show this help
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(READY) ## Watch a simulated match day on embedded parts; ARGS=--serve keeps the board up
	$(BIN)/sogawatch demo $(ARGS)

test: $(READY) ## Run all tests, some at a time
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --dist worksteal $(ARGS)

check: $(READY) ## Lint, types, who may import whom, known vulnerabilities, bill of materials
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python deploy/audit.py
	@$(MAKE) --no-print-directory sbom

sbom: $(SBOM) ## List all that is installed, pinned and licensed, as CycloneDX

$(SBOM): $(READY)
	@mkdir -p $(@D)
	$(BIN)/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-file $@

bench: $(READY) .venv-peers/.ready ## Measure cost per record, ours and others', into docs/performance.md
	$(BIN)/python -m benchmarks $(ARGS)

evaluate: $(READY) ## Measure how often the watch is right, on simulated match days
	$(BIN)/sogawatch evaluate

season: $(READY) ## Measure what questions cost on a stored season (4 GB, 3 minutes)
	$(BIN)/python -m benchmarks.season

endurance: $(READY) ## Watch a simulated week and see that memory stays flat (10 minutes); DAYS=7
	$(BIN)/python -m benchmarks.endurance --archive $(or $(DAYS),7) $(ARGS)

calibrate: $(READY) ## Fit the shipped priors anew: what is usual in clean matches (half an hour)
	$(BIN)/python -m streams.calibrate

deliveries: $(READY) ## Try to lose a delivery: 10,000 alerts, 50 subscribers (10 minutes)
	SOGAWATCH_DELIVERIES=10000x50 SOGAWATCH_DELIVERIES_WITHIN_S=5400 \
		$(BIN)/pytest -s tests/streams/test_notify_flood.py

tournament: $(READY) ## Derive each of a hundred alerts again from the store (5 minutes)
	SOGAWATCH_TOURNAMENT=120 $(BIN)/pytest -s tests/streams/test_rederive_tournament.py

faults: $(READY) ## Take workers, broker and store away; SEED="1 2 3" BROKER=embedded|apache
	$(BIN)/python -m tests.faults --seed $(or $(SEED),1) --broker $(or $(BROKER),embedded) $(ARGS)

fuzz: $(READY) ## Feed nonsense to whatever reads, by coverage; MINUTES=10 of CPU each, TARGET="http"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),1) $(TARGET) $(ARGS)

clean: ## Remove the environment; stores are left alone
	rm -rf $(VENV) .venv-peers .faust

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "sogawatch needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Quix Streams wants an older pydantic than we do, so peers have an environment of their own.
.venv-peers/.ready: benchmarks/peers-requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
