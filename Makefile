# make demo    installs into .venv and runs the whole story on the bundled speech
# make test    linters, types and tests
# make lint    linters and types only
# make lmplz   builds KenLM's own tools into .tools/bin (the tests compare with them)
# make clean   removes what this file made, the demo's folder excepted
#
# PYTHON=... chooses another interpreter; a .venv that is already there is used as it is.

.DELETE_ON_ERROR:
.PHONY: demo test lint lmplz install install-dev compiler clean

VENV := .venv
BIN := $(VENV)/bin

# Relative on purpose: pip splits this variable at spaces, and the checkout may lie in a folder
# with one. `-c` alone would not reach the separate environments that packages are built in; for
# those, older pips read the first variable and pip 25.3 and later the second.
PIP_INSTALL := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt

demo: install
	$(BIN)/w2vctc demo

test: lint
	$(BIN)/python -m pytest -n 2

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lmplz: $(BIN)/python
	PYTHON=$(BIN)/python tools/build_lmplz.sh .tools/bin

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

# kenlm comes as source code. Said here, before pip has fetched everything else.
compiler:
	@command -v c++ >/dev/null || command -v g++ >/dev/null || { \
	    echo "kenlm needs a C++ compiler, and none was found." >&2; \
	    echo "On Debian or Ubuntu: sudo apt-get install g++ python3-dev" >&2; \
	    exit 1; \
	}

# The stamps make pip run only after a change of what is wanted.
$(VENV)/.installed: pyproject.toml constraints.txt | compiler $(BIN)/python
	$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | compiler $(BIN)/python
	$(PIP_INSTALL) -e ".[dev]"
	@touch $@ $(VENV)/.installed

# A name on the PATH may be a pyenv shim for a version that is not chosen here: each candidate is
# run before it is believed, and the environment is made by the interpreter behind the shim.
$(BIN)/python:
	@for name in $(or $(PYTHON),python3.11 python3.12 python3.10 python3 python); do \
	    found=$$($$name -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10); print(sys.executable)' 2>/dev/null) || continue; \
	    echo "making $(VENV) with $$found"; \
	    exec "$$found" -m venv $(VENV); \
	done; \
	echo "No Python 3.10 or later with the venv module was found." >&2; \
	echo "On Debian or Ubuntu: sudo apt-get install python3-venv    elsewhere: make demo PYTHON=/path/to/python3.11" >&2; \
	exit 1

clean:
	rm -rf $(VENV) .tools build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
