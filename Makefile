# The one front door. Needs make and a Python of 3.11 or later with venv; brings everything else itself.
#
#   make PYTHON=python3.12 test      another Python (an existing .venv of another version is made anew)
#   make ARGS="-k outbox" test       more words for the command behind a target
#   make JOBS=8 test                 more processes

VENV ?= .venv
JOBS ?= 4
ARGS ?=
IMAGE ?= watchdog-bot
CONFIG ?= $(wildcard config.toml)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/sh

python := $(VENV)/bin/python
stamps := $(VENV)/.base $(VENV)/.dev $(VENV)/.bench
candidates := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
pip_install := $(python) -m pip install -qq --disable-pip-version-check --no-input --require-hashes

# An environment that does not run, or of another Python than asked for, is as good as none.
version := import sys; print("%d.%d" % sys.version_info[:2])
have := $(shell $(python) -c '$(version)' 2>/dev/null)
want := $(if $(PYTHON),$(shell $(PYTHON) -c '$(version)' 2>/dev/null),$(have))
ifneq ($(have),$(or $(want),none))
$(shell rm -f $(stamps))
endif
ifeq ($(have),)
$(shell rm -f $(stamps))
endif

.PHONY: help demo run test check format bench bench-accuracy image lock clean

help: ## say what there is
	@echo "Watchdog Bot: alerts of human-rights news in Telegram. Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.base ## watch the whole product work, with no token and no network
	@$(python) bot.py demo $(ARGS)

run: $(VENV)/.base ## run the bot with config.toml
	@$(python) bot.py run $(if $(CONFIG),--config $(CONFIG)) $(ARGS)

test: $(VENV)/.dev ## run the tests; the whole suite must cover what pyproject.toml says
	@echo "==> tests, $(JOBS) at a time"
	@$(python) -m pytest -n $(JOBS) $(if $(ARGS),$(ARGS),--cov)

check: $(VENV)/.dev ## look for faults without running: format, lint, types, layers
	@status=0; step() { echo "==> $$1"; shift; "$$@" || status=1; }; \
	step format $(python) -m ruff format --check --quiet .; \
	step lint $(python) -m ruff check --quiet .; \
	step types $(python) -m mypy; \
	step layers $(VENV)/bin/lint-imports --no-logo; \
	exit $$status

format: $(VENV)/.dev ## put the code into its form
	@$(python) -m ruff format .
	@$(python) -m ruff check --fix .

bench: $(VENV)/.bench ## measure, and print the tables
	@set -e; for script in $(sort $(wildcard benchmarks/bench_*.py)); do \
	  echo "==> $$script"; PYTHONPATH=. $(python) "$$script" $(ARGS); \
	done

bench-accuracy: $(VENV)/.bench ## how well countries are read, beside published libraries
	@PYTHONPATH=. $(python) benchmarks/bench_accuracy.py $(ARGS)

image: ## build the container image with docker, podman or buildah
	@set -e; \
	if docker info >/dev/null 2>&1; then build='docker build'; \
	elif command -v podman >/dev/null 2>&1; then build='podman build --format docker'; \
	elif command -v buildah >/dev/null 2>&1; then build='buildah build --format docker'; \
	else echo "make image needs docker (running), podman or buildah: none of them is here." >&2; exit 1; fi; \
	echo "==> $$build -t $(IMAGE) $(ARGS) ."; \
	$$build -t $(IMAGE) $(ARGS) .

lock: $(VENV)/.base ## compile requirements/*.lock anew from pyproject.toml (ARGS=--upgrade: newest versions)
	@$(python) -m pip install -qq --disable-pip-version-check --no-input 'uv>=0.9'
	@set -e; compile() { out=requirements/$$1.lock; shift; echo "==> $$out"; \
	  $(python) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	    "$$@" $(ARGS) pyproject.toml -o $$out; }; \
	compile base; \
	compile dev --extra dev --constraint requirements/base.lock; \
	compile bench --extra bench --constraint requirements/base.lock
	@if grep -nE '://' requirements/*.lock; then echo "a lock names a host: see above" >&2; exit 1; fi

clean: ## remove what the other targets made, the environment too
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* build
	find . -name __pycache__ -type d -not -path './.*' -prune -exec rm -rf {} +

# --------------------------------------------------------------------------- the environment
# One .venv, a stamp for each lock that was installed into it. The development lock holds the base one too.

$(VENV)/.base: requirements/base.lock
	@$(call environment)
	@echo "==> installing what the bot needs (once)"
	@$(pip_install) -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.lock
	@$(call environment)
	@echo "==> installing what the tests and checks need (once)"
	@$(pip_install) -r $<
	@touch $@ $(VENV)/.base

$(VENV)/.bench: requirements/bench.lock
	@$(call environment)
	@echo "==> installing what the benchmarks need (once)"
	@$(pip_install) -r $<
	@touch $@ $(VENV)/.base

# Make the environment unless a right one is there. A command's presence says little (a shim may lead
# nowhere, Debian's python3 may lack venv), so each candidate is asked.
define environment
set -e; \
have=$$($(python) -c '$(version)' 2>/dev/null || true); \
if [ -n "$$have" ] && { [ -z "$(PYTHON)" ] || [ "$$have" = "$(want)" ]; }; then exit 0; fi; \
for candidate in $(candidates); do \
  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
    echo "==> making $(VENV) with $$candidate ($$("$$candidate" --version 2>&1))"; \
    "$$candidate" -m venv --clear $(VENV); \
    exit 0; \
  fi; \
done; \
echo "No Python of 3.11 or later that can make environments was found (asked: $(candidates))." >&2; \
echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; \
exit 1
endef
