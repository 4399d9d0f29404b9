# Every target sets up .venv by itself; nothing but Python 3.11+ (with venv) and make is needed.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: demo run test page-tools check format messages golden endurance soak bench-extraction bench-archive bench-feeds bench-web clean

demo: .venv/.program  ## play the replica of the watched sites and serve what comes of it
	$(BIN)/zerowire demo $(ARGS)

run: .venv/.program  ## watch the live sites, publish and serve until stopped
	$(BIN)/zerowire run $(ARGS)

test: .venv/.tests page-tools  ## the whole suite but what is marked slow, on all cores
	$(BIN)/python -m pytest -m "not slow" --numprocesses logical --dist loadfile --no-loadscope-reorder $(ARGS)

endurance: .venv/.tests page-tools  ## what is marked slow
	$(BIN)/python -m pytest -m slow $(ARGS)

page-tools: tests/tools/node_modules  ## axe-core and the Nu HTML checker, for tests of pages

# Where they can't be had those tests are skipped, and say so.
tests/tools/node_modules: tests/tools/package.json | .venv/.tests
	-$(BIN)/npm install --prefix tests/tools --ignore-scripts --no-package-lock --no-audit --no-fund --fetch-retries 0 \
		--loglevel error && touch $@

soak: .venv/.tests  ## the scheduler beside sites that fail at random; ARGS="--minutes 30 --seed 7"
	$(BIN)/python -m tests.soak $(ARGS)

messages: .venv/.tests  ## gather the words of the pages into the catalogues; translate what is new
	$(BIN)/python -m tests.messages

golden: .venv/.tests  ## rewrite the golden files from the replica; review the diff
	$(BIN)/python -m pytest tests/test_sources.py --rewrite-golden $(ARGS)

check: .venv/.tests  ## format, lint, types, arrows, dependencies, dead code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/vulture

format: .venv/.tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.program: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

.venv/.tests: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test]"
	touch $@ .venv/.program

bench-extraction: .venv-bench/.done  ## extraction beside its peers; ARGS: directories of gold sets
	.venv-bench/bin/python -m bench.extraction $(ARGS)

.venv-bench/.done: pyproject.toml constraints.txt bench/peers.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement bench/peers.txt
	# Ours last: where a peer asks for an older version of a library that both use, it gets ours.
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

bench-archive: .venv/.program  ## the archive at 10,000, 100,000 and 1,000,000; ARGS=--keep DIR goes on where it stopped
	$(BIN)/python -m bench.archive $(ARGS)

bench-feeds: .venv/.program  ## feeds rendered, published and served, beside lxml, feedgen, bare ASGI and nginx
	$(BIN)/python -m bench.feeds $(ARGS)

bench-web: .venv/.program  ## pages made, handed out and read by a thousand at once, beside a bare Starlette; ARGS=--keep DIR
	$(BIN)/python -m bench.web $(ARGS)

clean:
	rm -rf .venv .venv-bench build *.egg-info tests/tools/node_modules
