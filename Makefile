PYTHON ?= python3
BIN := .venv/bin
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard helpdesk/translations/*/LC_MESSAGES/messages.po))
.PHONY: install dev run test check bench soak screens lock messages

install: .venv/installed $(CATALOGUES)  ## the locked environment, in .venv

.venv/installed: requirements.lock setup.cfg
	@echo "Installing into .venv ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --progress-bar on --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(CATALOGUES): %.mo: %.po | .venv/installed
	$(BIN)/pybabel --quiet compile -i $< -o $@

dev: .venv/dev $(CATALOGUES)

.venv/dev: .venv/installed requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --progress-bar on --require-hashes -r requirements-dev.lock
	@touch $@

run: install                        ## everything a newcomer needs, with demo data
	$(BIN)/helpdesk up --demo

test: dev                           ## the whole suite, on SQLite and on PostgreSQL
	bash tests/needs
	$(BIN)/python -m tests.both

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

soak: dev                           ## 10,000 mails through 200 killed workers, and through 200 kills of anything, on both databases; five minutes of many writers on SQLite, half an hour of broken mails: not for every change
	bash tests/needs
	$(BIN)/python -m tests.both -s tests/soak/killed_workers.py tests/soak/killed_mailboxes.py
	$(BIN)/python -m pytest -q -s tests/soak/many_writers.py tests/soak/fuzzing_mail.py

bench: dev
	bash tests/needs
	$(BIN)/python -m bench

screens: dev                        ## the pictures of docs/screens.md, beside a running desk with demo data
	$(BIN)/python docs/take_screens.py

lock:                               ## after a change of dependencies in setup.cfg
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile setup.cfg --universal --generate-hashes --python-version 3.11 --no-header -q -o requirements.lock
	$(BIN)/uv pip compile setup.cfg --extra dev --universal --generate-hashes --python-version 3.11 --no-header -q -c requirements.lock -o requirements-dev.lock

messages:                           ## collect interface strings into the catalogues
	$(BIN)/pybabel extract -F babel.cfg -k lazy_gettext -k _l -k Conflict -k NotFound -k NotAllowed -k HelpdeskError -k Throttled -o helpdesk/translations/messages.pot .
	$(BIN)/pybabel update --no-wrap -i helpdesk/translations/messages.pot -d helpdesk/translations
