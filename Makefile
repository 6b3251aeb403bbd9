# The two commands: `make demo` and `make test`. Everything they need is installed here, into .venv.

PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null \
	&& { command -v $$p; break; }; done)
RUN = .venv/bin/python

.PHONY: demo up test thorough bench soak screenshots doctor clean

demo: .venv/run.stamp
	@exec $(RUN) -m dashboard demo

up: .venv/run.stamp
	@exec $(RUN) -m dashboard up

test: .venv/dev.stamp
	@sh tests/run.sh

thorough: .venv/dev.stamp
	@sh tests/browser_setup.sh
	@$(RUN) -m pytest -m "thorough or not thorough"

bench: .venv/dev.stamp
	@$(RUN) -m benchmarks

soak: .venv/dev.stamp
	@$(RUN) -m pytest -m soak -p no:randomly -s tests/soak

screenshots: .venv/dev.stamp
	@sh tests/browser_setup.sh
	@$(RUN) -m tests.screenshots

doctor: .venv/run.stamp
	@$(RUN) -m dashboard doctor

.venv/run.stamp: requirements.txt
	@test -n "$(PYTHON)" || { echo "Hexwatch needs Python 3.11 or 3.12 (with venv); install one, then run make again."; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv .venv || { echo "python venv is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@echo "Installing the pinned requirements into .venv (once) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean:
	rm -rf .venv
