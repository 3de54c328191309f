# SPDX-License-Identifier: LGPL-2.1-or-later
# make run    the main job: a real guest by virtbus, in a private host
# make test   the whole test-suite
# make up, make enter [CMD='…'], make down   the private host for daily work
# make bench [WORKLOADS=…] [JSON=…]          virtbus and Debian's libvirtd side by side
# make twin [AREA=…] [SCENARIOS='…'] [JSON=…]  the recorded scenarios;
#             with FRESH=1 Debian's libvirtd is recorded on this machine first
# ONLY=network,storage,proxy starts these daemons of virtbus alone.
# HOST=name gives the host another name, so that several can be up at once.

PYTHON := /usr/bin/python3
override CMD := $(value CMD)
export CMD
export ONLY

.PHONY: run test up enter down status install bench twin

run: install
	@$(PYTHON) -m tests.host.run $(or $(HOST),run)

test: install
	@$(PYTHON) -m tests.host.suite $(ARGS)

install:
	@$(PYTHON) -m tests.host.install

up: install
	@$(PYTHON) -m tests.host.host start $(or $(HOST),dev)

enter:
	@$(PYTHON) -m tests.host.host enter $(or $(HOST),dev) $(if $(value CMD),-- /bin/bash -c "$$CMD")

down:
	@$(PYTHON) -m tests.host.host stop $(or $(HOST),dev)

status:
	@$(PYTHON) -m tests.host.host status $(or $(HOST),dev)

bench: install
	@$(PYTHON) -m tests.bench.run --host $(or $(HOST),bench) --workloads $(or $(WORKLOADS),quick) $(if $(JSON),--json $(JSON))

twin: install
	@$(PYTHON) -m tests.compat.run_twin --host $(or $(HOST),twin) $(if $(AREA),--area $(AREA)) $(if $(FRESH),--fresh) $(if $(JSON),--json $(JSON)) $(SCENARIOS)
