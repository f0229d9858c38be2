# The two commands: `make demo` and `make test`. Everything is installed into .venv.
PYTHON ?= python3
# For `make test-thorough`: on which lines of the platform (4.15, if none is named), and how long its open-ended searches
# may take in all.
LINES =
SECONDS = 60
unexport LINES SECONDS # shells and terminals give them another meaning
unexport PYTHONDONTWRITEBYTECODE # each worker of the tests would compile all of them, each time
VENV := .venv
BIN := $(VENV)/bin
# Neighbours share what they set up, and no test waits behind a long one.
WORKERS := -n auto --dist worksteal
RUN := $(BIN)/reconciler
INSTALLED := $(VENV)/.installed
SITE := .venv-site/.installed
EDITORS := tests/editors/node_modules/.installed
.DEFAULT_GOAL := help

.PHONY: help
help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

$(INSTALLED): pyproject.toml requirements/ci.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=python3.11 ...") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/ci.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The YAML language server that editors run, for the tests of the schemas. Without npm those tests say what is missing.
$(EDITORS): tests/editors/package-lock.json
	@if command -v npm >/dev/null; then cd tests/editors && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules/.installed; fi

.PHONY: setup
setup: $(INSTALLED) $(EDITORS) ## Create .venv and install everything into it
	@sh tests/tools.sh

.PHONY: demo
demo: $(INSTALLED) ## Validate, plan, apply and plan again against the embedded sandbox
	@RUN=$(RUN) sh docs/demo/demo.sh

.PHONY: test
test: $(INSTALLED) $(EDITORS) ## Run the tests: a little of everything
	$(BIN)/python -m pytest $(WORKERS)

.PHONY: test-thorough
test-thorough: $(INSTALLED) $(EDITORS) ## Run the long searches: LINES="4.15 2026" SECONDS=300
	TEST_TIER=thorough PLATFORM_LINES='$(LINES)' SEARCH_SECONDS='$(SECONDS)' \
	  $(BIN)/python -m pytest $(WORKERS) -m 'thorough or repeated or hypothesis'

.PHONY: lint
lint: $(INSTALLED) ## Style, types, the import contracts and the workflows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --quiet .github action.yml

.PHONY: coverage
coverage: $(INSTALLED) $(EDITORS) ## Run the tests and show the branches that none of them takes
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report --show-missing --skip-covered

.PHONY: bench
bench: $(INSTALLED) ## Measure whole processes: time, memory, requests
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.page

.PHONY: docs
docs: $(INSTALLED) ## Write into docs/ what the program prints, and into all places where the project lives
	$(BIN)/python -m tests.docs.addresses
	$(BIN)/python -m tests.docs.commands
	$(BIN)/python -m tests.docs.transcripts

# What makes the site is installed beside, so that nothing else gets in touch with it.
$(SITE): requirements/site.txt | $(INSTALLED)
	$(PYTHON) -m venv --clear --without-pip .venv-site
	$(BIN)/python -m pip --python .venv-site/bin/python install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements/site.txt
	@touch $@

.PHONY: site
site: $(INSTALLED) $(SITE) ## Make the documentation a site, and check it: open build/site/html/index.html
	$(BIN)/python -m tests.site.build build/site

.PHONY: test-site
test-site: site ## Try the site in a browser: search, dark colours, a narrow screen, versions
	$(BIN)/python -m pytest -q tests/site/in_browser.py

.PHONY: man
man: $(INSTALLED) ## Write the manual pages into build/man, made of --help
	$(BIN)/python -m tests.docs.man build/man

.PHONY: pictures
pictures: $(INSTALLED) ## Photograph the HTML pages anew for the documentation
	$(BIN)/python -m tests.browser.pictures

.PHONY: dist
dist: $(INSTALLED) ## Build the source distribution and the wheel: the same bytes from the same commit
	rm -rf dist
	$(BIN)/python -m hatchling build --directory dist

.PHONY: wheel
wheel: dist ## Install the wheel by its hash where nothing else is, and run what needs its data files
	rm -rf .venv-wheel
	$(PYTHON) -m venv .venv-wheel
	echo "./$$(ls dist/*.whl) --hash=sha256:$$(sha256sum dist/*.whl | cut -d ' ' -f 1)" > dist/wheel.txt
	.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/run.txt --requirement dist/wheel.txt
	rm dist/wheel.txt
	cd /tmp && $(CURDIR)/.venv-wheel/bin/reconciler schema auth-clients >/dev/null
	cd /tmp && $(CURDIR)/.venv-wheel/bin/reconciler version
	cd $$(mktemp -d) && $(CURDIR)/.venv-wheel/bin/reconciler init --url https://acme.processmaker.net --gitlab >/dev/null && rm -r "$$PWD"
	.venv-wheel/bin/python -I -c 'from reconciler.render.html.page import page; from reconciler.render.html.elements import tag; page("", tag("p"), [])'
	rm -rf .venv-wheel

.PHONY: version
version: $(INSTALLED) ## Set the version, in the changelog too: make version VERSION=1.2.3
	$(BIN)/python -m tests.release.version '$(VERSION)'
	$(MAKE) --no-print-directory docs

# Needs uv (https://docs.astral.sh/uv), 0.9 or later. UPGRADE=--upgrade takes the newest versions, for example.
UPGRADE =
UV := uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --custom-compile-command 'make lock' $(UPGRADE)

.PHONY: lock
lock: ## Lock the dependencies anew in requirements/, to fit pyproject.toml (needs uv)
	$(COMPILE) --all-extras pyproject.toml --output-file requirements/ci.txt
	$(COMPILE) --extra age pyproject.toml --constraint requirements/ci.txt --output-file requirements/run.txt
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	  | $(COMPILE) - --constraint requirements/ci.txt --output-file requirements/build.txt
	$(COMPILE) --group pyproject.toml:site --constraint requirements/ci.txt --output-file requirements/site.txt

.PHONY: clean
clean: ## Remove everything that make created
	rm -rf $(VENV) tests/editors/node_modules .venv-lowest .venv-site .venv-wheel .reconciler .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .bench .coverage dist build

.PHONY: test-lowest
test-lowest: $(EDITORS) ## Run the tests with the lowest versions that pyproject.toml allows
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	.venv-lowest/bin/python -m tests.lowest pyproject.toml > .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check --requirement .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pytest $(WORKERS)
