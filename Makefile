# make demo    see it work          make test    what CI runs         make shell   try it by hand
# make soak    the slow tests       make bench   measure it           make clean   start afresh
# make differential SEEDS=1000      random sessions beside the installed Lmod, which must do the same
#
# Everything happens in .venv; nothing else on this machine is changed. PYTHON=/path/to/python3.12 chooses the
# interpreter, otherwise the newest one that PATH has. Run again, it does only what sources or pyproject.toml ask for.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
SOURCES := $(shell find lmodpy bin init -type f ! -name '*.pyc') pyproject.toml README.md LICENSE
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation

SEEDS := 1000

.PHONY: demo test shell soak differential bench clean

demo: $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" examples/demo

test: $(VENV)/.installed $(VENV)/.tools $(VENV)/.clients $(VENV)/.nushell
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto -m "not soak"

soak: $(VENV)/.installed $(VENV)/.tools
	$(BIN)/python -m pytest -m soak

differential: $(VENV)/.installed $(VENV)/.tools
	SEEDS=$(SEEDS) $(BIN)/python -m pytest -m differential tests/differential

bench: $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" benchmarks/run

# Your own start-up file is read first, so that it feels like home; what another `module` has loaded stays outside.
shell: $(VENV)/.installed
	@printf '%s\n' \
	    '[ ! -r ~/.bashrc ] || . ~/.bashrc' \
	    'clearMT 2>/dev/null; unset LMOD_CMD __LMODPY_STATE LOADEDMODULES _LMFILES_' \
	    '. "$(CURDIR)/$(VENV)/share/lmodpy/init/bash"' \
	    'export MODULEPATH="$(CURDIR)/examples/modulefiles/Core"' \
	    'PS1="(lmodpy) $$PS1"' \
	    'echo "Try: module avail, ml gcc, module list. Leave with exit."' >$(VENV)/.shellrc
	@bash --rcfile $(VENV)/.shellrc -i || :

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: $(SOURCES) $(VENV)/.made
	$(INSTALL) .
	@touch $@

$(VENV)/.tools: pyproject.toml $(VENV)/.made
	$(INSTALL) '.[test]'
	@touch $@

# The programs that call lmodpy in tests have an environment of their own, out of the way of ours.
$(VENV)/.clients: pyproject.toml $(VENV)/.made
	$(BIN)/python -m venv --clear --without-pip $(VENV)/clients
	$(BIN)/python -c 'import tomllib; file = open("pyproject.toml", "rb"); \
	    print(*tomllib.load(file)["project"]["optional-dependencies"]["clients"], sep="\n")' >$(VENV)/clients/list
	$(BIN)/python -m pip --python $(VENV)/clients/bin/python --disable-pip-version-check \
	    install --quiet -r $(VENV)/clients/list
	@touch $@

# No Debian package has nushell. Where npm is absent, its tests are skipped.
$(VENV)/.nushell: $(VENV)/.made
	! command -v npm >/dev/null || npm install --silent --no-audit --no-fund --prefix $(VENV)/nushell nushell
	@touch $@

# hatchling is installed once, here, so that a rebuild needs no network.
$(VENV)/.made:
	@for python in $(CANDIDATES); do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	    python=; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "lmodpy needs Python 3.11 or newer; tried: $(CANDIDATES)." >&2; \
	    echo "Name one with  make PYTHON=/path/to/python3.12  or install it:" >&2; \
	    echo "  Debian, Ubuntu: apt-get install python3 python3-venv" >&2; \
	    echo "  Red Hat: dnf install python3.11 python3.11-pip" >&2; \
	    exit 1; \
	fi; \
	if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "$$python cannot make a virtual environment (no venv or ensurepip). Install what is missing:" >&2; \
	    echo "  Debian, Ubuntu: apt-get install python3-venv" >&2; \
	    echo "  Red Hat: dnf install python3.11-pip" >&2; \
	    exit 1; \
	fi; \
	echo "making $(VENV) with $$("$$python" --version)"; \
	rm -rf $(VENV) && "$$python" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check hatchling
	@touch $@
