# Two commands: `make demo` runs the main job, `make test` passes the tests; each does all its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test prove check bench lock system clean

setup: $(STAMP)

$(STAMP): requirements/uv.lock.txt requirements/project.lock.txt pyproject.toml packages/modicum-verify/pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock.txt
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip sync --quiet --require-hashes requirements/project.lock.txt
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable packages/modicum-verify --editable .
	@touch $@

demo: setup
	@rm -rf demo-out
	$(BIN)/modicum demo --home demo-out

# What CI runs: style, types, contracts, then every test. System programs that some tests talk to are installed
# on Debian as root; elsewhere those tests are skipped, counted and named at the end.
test: setup system check
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --max-worker-restart=0 --dist=loadfile --no-loadscope-reorder

# The long runs: kills, crashes, power cuts, races, hanging disks and attacks on statistics at full count; writes dated
# evidence. `make test` runs a sample of the same code. WITHIN: stop after so many minutes and say what was done.
# ONLY: durability (kills, steps and postgres are parts of it), or statistics.
prove: setup system
	$(BIN)/python tests/prove $(if $(ONLY),--only $(ONLY)) $(if $(WITHIN),--within $(WITHIN))

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

system:
	@sh tests/system-programs.sh

bench: setup
	$(BIN)/python bench/decide.py
	$(BIN)/python bench/check.py
	$(BIN)/python bench/release.py
	$(BIN)/python bench/ledger.py
	$(BIN)/python bench/suppression.py
	$(BIN)/python bench/statistics.py

lock: setup
	$(BIN)/uv pip compile requirements/uv.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/uv.lock.txt
	$(BIN)/uv pip compile requirements/project.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/project.lock.txt

clean:
	rm -rf $(VENV) demo-out
