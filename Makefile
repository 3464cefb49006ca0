# What people and CI run. Every target sets up what it needs: Python 3.11 or newer and make are enough.
#
#   make demo     both workflows against a simulated Amazon, then a page to look at; ARGS='--once --json'
#                 ARGS='--erp tryton' with a real Tryton beside it, which is installed and prepared first
#   make install  all that it needs, into .venv; the others do it by themselves
#   make test     the tests; ARGS='tests/core -k money' for some
#   make test-all all of them: also what starts and kills processes, and the main job on PostgreSQL too
#   make tryton   install a Tryton into .venv-tryton and prepare its database, kept until its set-up changes
#   make check    style, types, imports, and whether the generated pages are up to date
#   make fix      mend what can be mended by itself, and generate the pages
#   make translations  gather what the admin says into the German and Dutch catalogues, and compile them
#   make bench    what pages cost among a million orders (BENCH_ORDERS) and among a thousand; how fast
#                 8 processes of a consumer drain 100,000 orders that wait (BENCH_PICKUPS)
#   make docs     generate docs/hooks.md, docs/cli.md and docs/settings.md, and the screenshots if there is a Chromium

MAKEFLAGS += --no-print-directory
BIN := .venv/bin
INSTALLED := .venv/.installed
EXTRAS := amazon,erp,postgres,server,dev
ARGS :=
TRYTON := .venv-tryton
TRYTON_PREPARED := $(TRYTON)/.prepared
TRYTON_PACKAGES := $(foreach name,trytond trytond_sale trytond_stock trytond_sale_shipment_cost \
	trytond_stock_package_shipping,$(name)==8.2.*)

.PHONY: help install demo test test-all tryton check fix bench docs translations

help:
	@sed -n 's/^#   //p' Makefile

install: $(INSTALLED)

demo: $(INSTALLED) $(if $(findstring tryton,$(ARGS)),$(TRYTON_PREPARED))
	@$(BIN)/entrepot demo $(ARGS)

# Four processes for two processors, because many tests wait; who is done first takes over from the others.
test: $(INSTALLED)
	@$(BIN)/python -m pytest --numprocesses 4 --dist worksteal -m "not slow" $(ARGS)

# All of them: with what starts and kills whole processes, with the main job, pages and commands on
# PostgreSQL too, and with a real Tryton.
test-all: $(INSTALLED) $(TRYTON_PREPARED)
	@$(BIN)/python -m pytest --numprocesses 4 --dist worksteal $(ARGS)

tryton: $(TRYTON_PREPARED)

check: $(INSTALLED)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python docs/translate.py --check

fix: $(INSTALLED)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python docs/generate.py

# Shops are seeded once and kept in bench/.cache, or in ENTREPOT_BENCH_HOME.
bench: $(INSTALLED)
	@$(BIN)/python -m bench.pages
	@$(BIN)/python -m bench.pickups

docs: $(INSTALLED)
	@$(BIN)/python docs/generate.py
	@$(BIN)/python docs/screenshots.py

translations: $(INSTALLED)
	@$(BIN)/python docs/translate.py

# Standard output belongs to the command that was asked for, so all of this goes to standard error.
$(INSTALLED): setup.cfg pyproject.toml
	@{ set -e; python=; \
	if [ ! -x $(BIN)/python ]; then \
		for candidate in $(PYTHON) python3.11 python3 python; do \
			if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
				python=$$candidate; break; \
			fi; \
		done; \
		if [ -z "$$python" ]; then \
			echo "Entrepot needs Python 3.11 or newer: install it, or name it with PYTHON=/path/to/python"; \
			exit 1; \
		fi; \
		echo "making .venv with $$($$python --version)"; \
		$$python -m venv .venv; \
	fi; \
	echo "installing into .venv; this takes a minute the first time"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'; \
	touch $@; } >&2

# Tryton is GPL, runs in an environment of its own and is only ever spoken to over HTTP.
$(TRYTON)/.installed: | $(INSTALLED)
	@{ set -e; echo "installing Tryton into $(TRYTON); this takes a minute the first time"; \
	$(BIN)/python -m venv $(TRYTON); \
	$(TRYTON)/bin/python -m pip install --quiet --disable-pip-version-check \
		$(foreach package,$(TRYTON_PACKAGES),'$(package)'); \
	touch $@; } >&2

$(TRYTON_PREPARED): $(TRYTON)/.installed plugins/erp_bridge/demo/office.py plugins/erp_bridge/demo/server.py | $(INSTALLED)
	@{ set -e; echo "preparing Tryton's database; this takes a minute or two"; \
	$(BIN)/python -m plugins.erp_bridge.demo $(TRYTON); \
	touch $@; } >&2
