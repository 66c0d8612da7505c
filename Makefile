# The project's commands. Each sets up what it needs in .venv and does so once: a stamp file remembers which lock is installed.
PYTHON ?= python3
BIN := .venv/bin
# Most tests wait for servers, so four at a time are right also for a machine of two cores. Tests of one xdist_group stay
# together.
PYTEST := --numprocesses 4 --dist loadgroup
# The locks are complete, so nothing is left to resolve; pip would else look at the newest release of what is asked for
# with an extra, and stop because the lock does not name that one.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes

# What does not depend on each other is made at the same time: apt beside pip, types beside the other rules.
MAKEFLAGS += --jobs=2

.PHONY: demo test test-fast check lint types coverage format lock clean texts system pictures bench bench-full

# A page with the real bot; DEMO=terminal walks through in the terminal. DEMO_LANGUAGE, DEMO_PORT, DEMO_MODE: --help.
demo: .venv/demo.stamp
	$(BIN)/python -m sandbox

test: .venv/dev.stamp system
	$(BIN)/python -m pytest $(PYTEST)

# What to run before each commit, in about a minute: rules, texts, settings, the docs, WHMCS's client, the store on SQLite,
# the main flows.
# None of them starts the bot as a process. They wait less than others, so three at a time are enough for two cores.
FLOWS := reset_email set_password access conversation search tickets shortcuts home proof
FAST := $(addprefix tests/,domain views listeners services whmcs store test_docs.py test_settings.py packaging/test_env_example.py) $(FLOWS:%=tests/flows/test_%.py)
test-fast: .venv/dev.stamp
	$(BIN)/python -m pytest --numprocesses 3 --dist loadgroup -k "not postgresql" $(FAST)

# Format, lint, types, import rules, tests. The test runner comes last, so that its closing line is the last thing printed.
check: lint types system
	$(BIN)/python -m pytest $(PYTEST)

lint: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/dev.stamp
	$(BIN)/mypy

# The tests, with the share of the product's branches that they take. Counting makes them take twice as long.
coverage: .venv/dev.stamp system
	$(BIN)/python -m pytest $(PYTEST) --cov --cov-report=term --cov-fail-under=90

# The bot compared with small baselines; exit code 1 names the rows that miss their target. See docs/performance.md. The
# short form takes less than three minutes; the full one also writes the page's table and plots.
bench: .venv/dev.stamp
	$(BIN)/python -m benchmarks

bench-full: .venv/dev.stamp
	$(BIN)/python -m benchmarks --full --write

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

# What the tests need of the system, and the demo does not: PHP for the companion module, a browser for the demo's page, and
# what checks the systemd unit and makes certificates. Root installs it, or sudo where it asks for nothing; else the one command to run is shown.
PACKAGES := chromium fonts-liberation openssl systemd php-cli phpunit php-sqlite3 php-illuminate-database php-mbstring php-xml php-parser
INSTALL := apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $(PACKAGES)
system:
	@dpkg --status $(PACKAGES) >/dev/null 2>&1 || if test "$$(id -u)" = 0; then $(INSTALL); \
	  elif sudo -n true 2>/dev/null; then sudo -n sh -c '$(INSTALL)'; \
	  else echo "The tests need more of the system. Run: sudo sh -c '$(INSTALL)'"; exit 1; fi

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/dev.stamp: requirements/dev.txt | .venv/bin/python
	$(PIP) -r requirements/dev.txt
	touch .venv/dev.stamp .venv/demo.stamp

.venv/demo.stamp: requirements/demo.txt | .venv/bin/python
	$(PIP) -r requirements/demo.txt
	touch $@

# The README's pictures, taken by clicking through the demo's page.
pictures: .venv/dev.stamp system
	$(BIN)/python -m tests.page.pictures

clean:
	rm -rf .venv .lock-venv

# Collect the texts of bot/views into the catalogues. New ones are empty and wait for their translation.
texts: .venv/dev.stamp
	$(BIN)/pybabel --quiet extract --no-default-keywords --keyword say --keyword mark --keyword count:1,2 --no-wrap --no-location \
	  --sort-by-file --omit-header --output bot/locales/bot.pot bot/views
	$(BIN)/pybabel --quiet update --no-wrap --ignore-obsolete --no-fuzzy-matching --omit-header --domain bot \
	  --input-file bot/locales/bot.pot --output-dir bot/locales
	rm bot/locales/bot.pot
