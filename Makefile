# The way in. The work is done by the programs in tools/; `make help` lists what there is.

STACK ?= dev
PYTHON ?= python3
# Where that one is too old, the newest python3.N beside it; the target `python` has seen to it that there is one.
NEW_PYTHON = $(shell $(PYTHON) tools/suitable_python.py)
VENV := .venv/bin
RUN := tools/run
E2E ?=
# One more than cores: a third of the time is waiting, for a process or a clock, and each has all tests to collect.
WORKERS := $(shell echo $$(($$(nproc) + 1)))

# Scripts by their first line or by shellcheck's own directive, so that files without an ending are found too.
SHELL_FILES = git grep -lIE -e '^\#!/(usr/)?bin/(env )?(ba|da)?sh' -e '^\# shellcheck shell=' -- ':!*.py' ':!*.md' ':!Makefile'
DOCKERFILES = git ls-files -- '*Dockerfile' '*Dockerfile.*'

# Modules are compiled once, not at each run: of a start of the tests that is more than half.
unexport PYTHONDONTWRITEBYTECODE

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

.DEFAULT_GOAL := help
.PHONY: commands-after-stacks help up down status preview rotate-key promote etcd-snapshot etcd-restore etcd-defrag test test-unit test-contract test-e2e test-galera test-services test-recovery test-members test-front test-commands test-stock bench faults lint fmt setup python venv

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  STACK=name chooses another stack than dev"

up: python ## from nothing to a verified database; repeat it at will
	@$(NEW_PYTHON) -m tools.up --stack $(STACK)

down: python ## take it all away again (FORCE=1: give up a stand-in's stack that cannot be destroyed in order)
	@$(NEW_PYTHON) -m tools.down --stack $(STACK) $(if $(FORCE),--force)

status: python ## servers, swarm, members, state, endpoints on one screen
	@STACK=$(STACK) $(RUN) python -m status --stack $(STACK)

preview: python ## what `make up` would change
	@$(NEW_PYTHON) -m tools.up --preview --stack $(STACK)

rotate-key: python ## another SSH key for the servers of a running stack; nothing restarts
	@$(NEW_PYTHON) -m tools.rotate_key --stack $(STACK)

promote: python ## after a lost quorum: make the most advanced member Primary (MEMBER=name, FORCE=name, YES=1)
	@STACK=$(STACK) $(RUN) python -m operations.galera promote --stack $(STACK) $(if $(MEMBER),--member $(MEMBER)) $(if $(FORCE),--force $(FORCE)) $(if $(YES),--yes)

etcd-snapshot: python ## the etcd cluster's database into a file (FILE=etcd.snapshot; STALE=1 without a quorum too)
	@STACK=$(STACK) $(RUN) python -m operations.etcd snapshot --stack $(STACK) $(if $(STALE),--stale) $(or $(FILE),etcd.snapshot)

etcd-restore: python ## all etcd members back to a snapshot (FILE=etcd.snapshot); they stop meanwhile
	@STACK=$(STACK) $(RUN) python -m operations.etcd restore --stack $(STACK) $(or $(FILE),etcd.snapshot)

etcd-defrag: python ## unused space of the etcd members given back, one after another
	@STACK=$(STACK) $(RUN) python -m operations.etcd defrag --stack $(STACK)

test: test-unit test-contract test-e2e ## every test

test-unit: venv ## no Docker, no engine
	@$(VENV)/python -m pytest -q -n $(WORKERS) --dist worksteal tests/unit

test-contract: venv ## the SoftLayer provider and stock client against the sandbox's API, without Docker
	@$(VENV)/python -m pytest -q -n $(WORKERS) tests/contract

test-e2e: ## real engine, real swarm, real SQL: two side by side, then what needs a quiet machine (E2E="-k name" chooses)
	@$(MAKE) --no-print-directory -j2 --keep-going test-galera test-services test-recovery test-members commands-after-stacks; \
	status=$$?; $(MAKE) --no-print-directory test-front && exit $$status

# The commands take the sandbox down at the end, so nobody else may be on it.
commands-after-stacks: test-galera test-services
	@$(MAKE) --no-print-directory test-commands

test-galera: setup ## stacks of the real program: Galera's changes, accidents, interrupted runs
	@$(call pytest-lines,galera,tests/e2e/galera_stack)

test-services: setup ## stacks with the services beside the database, each by itself and all at once
	@$(call pytest-lines,services,tests/e2e/services)

test-recovery: setup ## members as plain containers, killed and wiped in every order
	@$(call pytest-lines,recovery,tests/e2e/galera_service/test_recovery.py)

test-members: setup ## members as plain containers: cut off, drained, mute, of another flavor
	@$(call pytest-lines,members,tests/e2e/galera_service --ignore tests/e2e/galera_service/test_recovery.py)

test-front: setup ## load balancers and a site before a cluster, under clients that must not notice a change
	@tools/setup --only browser --quiet
	@$(call pytest-lines,front,tests/e2e/front)

test-commands: setup ## make up, status and down of the dev stack, as the README has them
	@$(call pytest-lines,commands,tests/e2e/test_make.py)

# Whole lines with a name before each, since the runs share the terminal; Ctrl-C is for pytest, which then tidies up.
# A choice may leave nothing of one of them: pytest's status 5.
define pytest-lines
{ GALERA_SWARM_BACKEND=file $(RUN) python -m pytest -v $(2) $(E2E) $(if $(E2E),|| test $$? -eq 5); } | (trap "" INT; exec sed -u 's/^/$(1): /')
endef

test-stock: setup ## Aerospike's and Percona XtraDB Cluster's tests on the images as published, where a registry gives them
	@export GALERA_SWARM_STOCK_IMAGES=1; $(call pytest-lines,stock,tests/e2e/services/test_aerospike.py tests/e2e/galera_service/test_percona.py)

faults: setup ## break the running cluster on purpose and measure its recovery
	@GALERA_SWARM_BACKEND=file $(RUN) python -m pytest tests -m faults $(E2E)

bench: setup ## measure; prints a table and writes bench/results
	@GALERA_SWARM_BACKEND=file $(RUN) python -m bench

lint: venv ## style, types, layers, shell, Dockerfiles
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@$(VENV)/lint-imports
	@$(SHELL_FILES) | xargs -r $(VENV)/shellcheck
	@$(DOCKERFILES) | xargs -r $(VENV)/hadolint

fmt: venv ## format, and repair what can be repaired mechanically
	@$(VENV)/ruff format .
	@$(VENV)/ruff check --fix .

setup: python ## engine, plugins, Python packages, Docker: everything `make up` needs
	@tools/setup --stack $(STACK) --quiet

venv: python
	@tools/setup --only venv --quiet

python:
	@command -v $(PYTHON) >/dev/null || { echo 'galera-swarm needs Python 3.11 or newer; put it right with:  apt-get install python3 python3-venv' >&2; exit 1; }
	@$(PYTHON) tools/suitable_python.py >/dev/null
