# The project's commands. Each sets up what it needs in .venv and does so once: a stamp file remembers which lock is installed.
PYTHON ?= python3
BIN := .venv/bin
# Most tests wait for servers, so two at a time take half as long, also on a small machine. Tests of one xdist_group stay
# together.
PYTEST := --numprocesses 2 --dist loadgroup
# The locks are complete, so nothing is left to resolve; pip would else look at the newest release of what is asked for
# with an extra, and stop because the lock does not name that one.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes

.PHONY: demo test check format lock clean texts

demo: .venv/demo.stamp
	$(BIN)/python -m sandbox

test: .venv/dev.stamp .venv/packages.stamp
	$(BIN)/python -m pytest $(PYTEST)

# Format, lint, types, import rules, tests. The test runner comes last, so that its closing line is the last thing printed.
check: .venv/dev.stamp .venv/packages.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(PYTEST) --cov --cov-report=term --cov-fail-under=90

format: .venv/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# New versions of everything, within the ranges of pyproject.toml. The locks name no index and hold a hash for each file.
LOCK = .lock-venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
lock:
	test -x .lock-venv/bin/uv || ($(PYTHON) -m venv .lock-venv && .lock-venv/bin/python -m pip install --quiet uv)
	$(LOCK) pyproject.toml --upgrade --group dev -o requirements/dev.txt
	$(LOCK) pyproject.toml --group demo -c requirements/dev.txt -o requirements/demo.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt
	$(LOCK) --group build -c requirements/dev.txt -o requirements/build.txt

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/dev.stamp: requirements/dev.txt | .venv/bin/python
	$(PIP) -r requirements/dev.txt
	touch .venv/dev.stamp .venv/demo.stamp

.venv/demo.stamp: requirements/demo.txt | .venv/bin/python
	$(PIP) -r requirements/demo.txt
	touch $@

# What the tests need of the system: systemd-analyze checks the unit, while nothing of systemd runs. Root installs it, or
# sudo where it asks for nothing; else the one command to run is shown.
INSTALL := apt-get install --yes --quiet --no-install-recommends systemd
.venv/packages.stamp: | .venv/bin/python
	@command -v systemd-analyze >/dev/null \
	  || { test "$$(id -u)" -eq 0 && apt-get update --quiet && $(INSTALL); } \
	  || { sudo -n true 2>/dev/null && sudo -n apt-get update --quiet && sudo -n $(INSTALL); } \
	  || { echo "The tests need one more thing of the system: sudo $(INSTALL)"; exit 1; }
	touch $@

clean:
	rm -rf .venv .lock-venv

# Collect the texts of bot/views/text into the catalogues; what is new there is empty and waits for its translation.
texts: .venv/dev.stamp
	$(BIN)/pybabel --quiet extract --no-default-keywords --keyword say --keyword count:1,2 --no-wrap --no-location \
	  --sort-by-file --omit-header --output bot/locales/bot.pot bot/views/text
	$(BIN)/pybabel --quiet update --no-wrap --ignore-obsolete --no-fuzzy-matching --omit-header --domain bot \
	  --input-file bot/locales/bot.pot --output-dir bot/locales
	rm bot/locales/bot.pot
