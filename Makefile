# Everything a fresh machine needs is Python and make.
#   make demo   set up, fetch models, recognise sample faces, write the annotated picture
#   make test   set up, run every test
# On Linux without an NVIDIA GPU both take PyTorch's CPU build where it can be had; see install.py.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Half of what tests do is to wait, for other processes and for the clock: two more run than there are processors.
# A file's tests stay together and in their order, as they share what takes long to make; tests/conftest.py says
# in which order files run.
AT_ONCE ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 2)')
PYTEST := $(BIN)/python -m pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder

.PHONY: demo quick test lint types imports check pages docs site lock audit release clean

demo: $(VENV)/.demo
	$(BIN)/facevec demo

test: $(VENV)/.dev
	$(PYTEST)

# Without a model, a service in a process of its own, PostgreSQL, a browser or patience.
quick: $(VENV)/.dev
	$(PYTEST) -q -m "not (weights or photos or browser or process or postgres or slow)"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

check: lint types imports test

# What is written from the code; tests fail when it is behind.
pages: $(VENV)/.dev
	$(BIN)/facevec config template > config/facevec.toml
	$(BIN)/python -m facevec.cli.reference docs
	$(BIN)/python -m facevec.web.openapi > docs/openapi.json
	$(BIN)/python -m docs.rooms
	$(BIN)/python -m docs.client

# The site, while you write it: http://127.0.0.1:8001
docs: $(VENV)/.dev
	$(BIN)/mkdocs serve --dev-addr 127.0.0.1:8001

# The site in build/site, which needs no other host; open its index.html.
site: $(VENV)/.dev
	$(BIN)/mkdocs build --strict

# What a release was tried with, by version and hash, and its bill of materials (CycloneDX).
# lean-*: without what an installation that is given converted networks does without. milvus-*, bench-*: what these
# extras add to it.
lock: $(VENV)/.supply
	$(BIN)/python -c 'from facevec.cli.doctor import CONVERTERS; print(*CONVERTERS, sep="\n")' > $(VENV)/converters.txt
	for python in 3.10 3.11 3.12 3.13; do \
		$(BIN)/uv pip compile --quiet --upgrade setup.cfg --extra postgres --extra report --generate-hashes \
			--python-version $$python --python-platform x86_64-manylinux_2_28 --no-annotate --no-emit-index-url \
			--custom-compile-command 'make lock' -o constraints/linux-py$$python.txt || exit 1; \
		$(BIN)/uv pip compile --quiet setup.cfg --extra postgres --excludes $(VENV)/converters.txt \
			-c constraints/linux-py$$python.txt --generate-hashes --python-version $$python \
			--python-platform x86_64-manylinux_2_28 --no-annotate --no-emit-index-url \
			--custom-compile-command 'make lock' -o constraints/lean-py$$python.txt || exit 1; \
		for extra in milvus bench; do \
			sed -n 's/==.*//p' constraints/lean-py$$python.txt | cat $(VENV)/converters.txt - > $(VENV)/pinned.txt; \
			$(BIN)/uv pip compile --quiet setup.cfg --extra $$extra --excludes $(VENV)/pinned.txt \
				-c constraints/linux-py$$python.txt --generate-hashes --python-version $$python \
				--python-platform x86_64-manylinux_2_28 --no-annotate --no-emit-index-url \
				--custom-compile-command 'make lock' -o constraints/$$extra-py$$python.txt || exit 1; \
		done; \
	done
	$(BIN)/cyclonedx-py requirements constraints/linux-py3.11.txt --output-reproducible -o constraints/sbom.json

# Known holes in what is locked; asks the advisories of PyPI.
audit: $(VENV)/.supply
	$(BIN)/pip-audit --require-hashes --disable-pip -r constraints/linux-py3.11.txt

# Both distributions, as the package index wants them, into dist/.
release: $(VENV)/.release
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m build --outdir dist clients/python
	$(BIN)/twine check --strict dist/*

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/.demo $(VENV)/.dev $(VENV)/.supply $(VENV)/.release: $(VENV)/.%: setup.cfg setup.py install.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "facevec needs Python 3.10 or newer; say which with make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PYTHON) install.py $(BIN)/python '.[$*]'
	touch $@
