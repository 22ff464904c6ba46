# `make demo` and `make test` need only Python 3.11 or newer, git 2.38 or newer, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Python compiles what is imported; that is a small part of what is installed.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
# Whatever the environment says, Python keeps what it compiled: thousands of processes read it again.
unexport PYTHONDONTWRITEBYTECODE
CORES := $(shell getconf _NPROCESSORS_ONLN)
# One more than there are cores: tests of deployments and of slow servers mostly wait.
JOBS ?= $(shell expr $(CORES) + 1)
FRESH_SEEDS ?= $(shell date +%s)

# The quick tests, and the packages that they must cover to at least this part, branches included.
FAST := $(wildcard tests/core tests/engine tests/operation tests/ui)
COVERED := $(notdir $(wildcard tests/core tests/operation))
FLOOR := 95
ISSUES := .github/ISSUE_TEMPLATE

.PHONY: help demo test test-fast lint bench torture lock picture release clean

help: ## show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The environment grows in three steps: `make demo` needs the first two, all else the third, too.
$(VENV)/runtime: requirements/runtime.txt requirements/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "multigit needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@echo "Creating the virtual environment $(VENV) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the libraries that multigit needs …"
	@$(INSTALL) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@touch $@

$(BIN)/multigit: $(VENV)/runtime pyproject.toml
	@echo "Installing multigit …"
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/ready: $(BIN)/multigit requirements/dev.txt
	@echo "Installing the tools that test and check it …"
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(BIN)/multigit ## build five services in a sandbox and promote them for real
	@$(BIN)/multigit demo

test: $(VENV)/ready ## run the test suite
	$(BIN)/pytest -q -n $(JOBS) --dist worksteal

test-fast: $(VENV)/ready ## run the tests that need no process, and measure what they cover
	$(BIN)/pytest -q -n $(CORES) --dist worksteal $(FAST) --cov --cov-report=
	@for part in $(COVERED); do \
	  $(BIN)/coverage report --include="multigit/$$part/*" --precision=1 \
	    --fail-under=$(FLOOR) || exit; \
	done

lint: $(VENV)/ready ## check style, types, the direction of imports, and what CI and git hooks read
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-issue-config $(ISSUES)/config.yml
	$(BIN)/check-jsonschema -q --builtin-schema vendor.github-issue-forms \
	  $(filter-out $(ISSUES)/config.yml,$(wildcard $(ISSUES)/*.yml))
	$(BIN)/pre-commit validate-config
	$(BIN)/pytest -q tests/test_layers.py

bench: $(VENV)/ready ## measure against a plain-shell floor and against the old scripts' way
	$(BIN)/python bench/promote.py

torture: $(VENV)/ready ## kill, cut and stall operations at every point, and walk at random
	FRESH_SEEDS=$(FRESH_SEEDS) $(BIN)/pytest -q -n $(JOBS) tests/core \
	  tests/adapters/git/work_tree/test_random_work_trees.py tests/adapters/git/test_merge_histories.py \
	  tests/adapters/git/test_false_alarms.py tests/cli/test_any_file.py
	REAL_PROCESSES=1 $(BIN)/python -m tests.walk --walks 50 --steps 40
	REAL_PROCESSES=1 $(BIN)/python -m tests.torture
	$(BIN)/python -m tests.campaigns --campaigns 2000

picture: $(VENV)/ready ## draw docs/plan.svg from a real plan
	$(BIN)/python docs/picture.py

lock: ## update requirements/*.txt from requirements/*.in (needs uv)
	for name in runtime build dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	    -o requirements/$$name.txt requirements/$$name.in; \
	done

release: $(VENV)/ready ## commit, tag and build a version, VERSION=1.2.3; uploads nothing
	@$(BIN)/python tools/release.py "$(VERSION)"

clean: ## remove what make made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .coverage*
