# SPDX-License-Identifier: Apache-2.0
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help venv demo drill drill-long test test-fast test-full test-2026.1 soak simulate install-check test-horizon fuzz lint messages openapi policies screenshots bench bench-http bench-drawing docs packages clean

help:  ## Show what can be made
	@grep -E '^[a-z0-9.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / - /'

venv: $(READY)  ## Set up the virtual environment with the locked versions

$(READY): setup.cfg constraints.txt
	@tools/venv $(PYTHON) $(VENV)
	@touch $@

demo: $(READY)  ## Run the embedded cloud with the dashboard until Ctrl-C
	@$(BIN)/python tools/messages.py compile
	@exec $(BIN)/ensemble-cloud up

drill: $(READY)  ## Let a rack of the embedded cloud fail, and report who outlives it (SEED=1, FAIL=rack:rack2)
	@mkdir -p build
	@tools/drill

drill-long: $(READY)  ## Let every rack fail for five seeds, and compare 200 random drills with what happens; two hours
	$(BIN)/python -m tests.soak.drills --results build/drills.jsonl --page build/drills.md
	$(BIN)/python -m tests.soak.predictions --results build/predictions.jsonl --page build/predictions.md

test: $(READY)  ## Run everything: lint, types, import rules, unit, functional, cloud and browser tests
	@tools/test all

test-fast: $(READY)  ## Run lint, types and unit tests (the inner loop)
	@tools/test fast

test-full: $(READY)  ## Run the tests that kill services, on the embedded cloud's full profile
	@tools/full-profile
	$(BIN)/pytest -q tests/full

install-check: $(READY)  ## Install the built packages as the documentation says, upgrade, remove; a quarter of an hour
	tools/install-check

test-2026.1:  ## Run the tests of the API with the libraries of OpenStack 2026.1, in an environment of its own
	@tools/databases
	@tools/venv $(PYTHON) .venv-2026.1 constraints-2026.1.txt functional
	PATH=$$PWD/.venv-2026.1/bin:$$PATH PYTHONWARNINGS=ignore ENSEMBLE_EXAMPLES=15 pytest -q -n 2 \
		tests/unit/ensemble_api tests/unit/planning tests/unit/solver tests/functional

soak: $(READY)  ## Kill services of Nova, race for capacity, move members, let hosts fail, drain racks; takes hours
	@tools/full-profile
	$(BIN)/python -m tests.soak.kill --results build/kill.jsonl --page build/kill.md
	$(BIN)/python -m tests.soak.race --results build/race.jsonl --page build/race.md
	$(BIN)/python -m tests.soak.exclusive
	$(BIN)/python -m tests.soak.moves --results build/moves.jsonl --page build/moves.md
	$(BIN)/python -m tests.soak.noticed
	$(BIN)/python -m tests.soak.failures --results build/failures.jsonl --page build/failures.md
	$(BIN)/python -m tests.soak.drains --results build/drains.jsonl --page build/drains.md

simulate: $(READY)  ## Run 100,000 schedules of the simulation; goes on where it was interrupted
	$(BIN)/python -W ignore -m tests.simulation --many 100000

test-horizon: $(READY)  ## Run Horizon's own browser tests with the plugin on
	@tools/browser
	@tools/horizon-tests

fuzz: $(READY)  ## Send 2,000 requests made from the OpenAPI document to our routes, and to a real nova-api
	ENSEMBLES_FUZZ_REQUESTS=2000 ENSEMBLES_FUZZ_SEED=$${SEED:-1} $(BIN)/pytest -q -s tests/functional/test_fuzz.py tests/cloud/test_fuzz_of_nova.py

lint: $(READY)  ## Run the linters, the type checker and the import rules
	@tools/test lint

messages: $(READY)  ## Bring the message catalogs up to date with the dashboard's sources
	@$(BIN)/python tools/messages.py update

openapi: $(READY)  ## Write the OpenAPI document, after changing a request or an answer
	$(BIN)/python tools/openapi.py

policies: $(READY)  ## Write the rules by default for operators and for the dashboard, after changing one
	$(BIN)/oslopolicy-sample-generator --namespace ensembles --output-file etc/policy.yaml.sample
	$(BIN)/python tools/policies.py

bench: $(READY)  ## Measure plans, previews, creates and the host map in a large cloud, and draw the plots of its documentation
	$(BIN)/python tests/bench/bench_planner.py
	$(BIN)/python tests/bench/plot_planner.py doc/architecture/planning-time.svg
	$(BIN)/python tests/bench/bench_trace.py
	$(BIN)/python -m tests.bench.bench_previews --demands 3
	$(BIN)/python -m tests.bench.bench_previews --demands 6
	$(BIN)/python -m tests.bench.bench_creates_at_once
	$(BIN)/python -m tests.bench.bench_host_impact 10000 2000

bench-http: $(READY)  ## Measure dry runs and creates over HTTP, on an embedded cloud of its own
	$(BIN)/python -m tests.bench.bench_http

bench-drawing: $(READY)  ## Measure the drawing page in the browser; the demo must run
	$(BIN)/python tests/bench/bench_drawing.py

screenshots: $(READY)  ## Make the pictures of all pages and states, and those of the documentation
	$(BIN)/python -m tests.ui.screenshots

docs: $(READY)  ## Build the documentation into build/docs; a warning is an error
	@tools/docs

packages: $(READY)  ## Build the source distributions and the wheels of all packages into build/dist
	@rm -rf build/dist
	@$(BIN)/python tools/packages.py

clean:  ## Remove the virtual environment, the demo cloud and everything built
	rm -rf $(VENV) build *.egg-info node_modules
