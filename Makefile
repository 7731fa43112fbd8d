# linkstep: see it work, test it, lint it. Needs GNU make and Python 3.11 or newer.
#
#   make demo    check the example service, which holds an import that cannot work
#   make test    run all tests
#   make lint    style, types, and linkstep on itself
#   make clean   remove what make has made
#   make accuracy   measure false alarms and recall against CPython; takes hours
#
# What they need is installed into .venv with pip, once.
# `make PYTHON=/path/to/python demo` uses that interpreter.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
PYTHON := python3.11 python3.12 python3.13 python3.14 python3 python
EXAMPLE := examples/chat-backend

# The outcome must not depend on the environment that happens to be active.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME

.PHONY: help demo test lint accuracy clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.project
	@echo "$(EXAMPLE) has ten tests of its own, and they pass:"
	@echo
	@echo '$$ python -m unittest'
	@cd $(EXAMPLE) && $(abspath $(BIN))/python -B -m unittest 2>&1
	@echo
	@echo "Yet no chat message is ever answered. linkstep sees why, and runs nothing:"
	@echo
	@echo '$$ linkstep check'
	@cd $(EXAMPLE) && { $(abspath $(BIN))/linkstep check; test $$? -eq 1; }
	@echo
	@echo "It ended with exit code 1. As a gate it stops this commit, or this deploy."

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/linkstep check analyzer

accuracy: $(VENV)/.dev
	$(BIN)/python -m benchmarks.accuracy --report docs/accuracy.md

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis native/target
	rm -f analyzer/linkstep/index/native-reader.*
	find analyzer tests $(EXAMPLE) -name __pycache__ -type d -prune -exec rm -rf {} +

# What the native reader is built from, where there is cargo.
NATIVE := native/Cargo.toml $(shell find native/src -name '*.rs')

define SAY_NATIVE
from linkstep.index.native import available
print("with the native reader" if available() else "without the native reader: see CONTRIBUTING.md")
endef
export SAY_NATIVE

# Three stamps: an environment with a new pip; linkstep in it; what its developers need.

$(VENV)/.made:
	@sh -c "$$MAKE_ENVIRONMENT"
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.project: $(VENV)/.made pyproject.toml hatch_build.py $(NATIVE)
	@echo "installing linkstep into $(VENV)"
	@$(PIP) install --editable .
	@$(BIN)/python -c "$$SAY_NATIVE"
	@touch $@

$(VENV)/.dev: $(VENV)/.project
	@echo "installing what tests and linters need into $(VENV)"
	@$(PIP) install --group dev
	@touch $@

# Debian leaves `ensurepip` out of python3, so that `python3 -m venv` fails. The other ways are
# tried in the order of how little they change on the machine.
define MAKE_ENVIRONMENT
is_new_enough() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
works() { is_new_enough $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1; }
by_venv() { "$$python" -m venv --clear $(VENV) >/dev/null 2>&1 && works; }
by_pip() {
    "$$python" -m venv --clear --without-pip $(VENV) >/dev/null 2>&1
    "$$python" -m pip --quiet --python $(BIN)/python install pip >/dev/null 2>&1 && works
}
by_apt() {
    test "$$(id -u)" -eq 0 && command -v apt-get >/dev/null || return 1
    echo "installing python3-venv with apt-get"
    version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null 2>&1
    for name in "python$$version-venv" python3-venv; do
        apt-get install -y -qq "$$name" >/dev/null 2>&1 && by_venv && return 0
    done
    return 1
}
by_virtualenv() {
    "$$python" -m pip install --quiet --user virtualenv >/dev/null 2>&1
    "$$python" -m virtualenv --clear $(VENV) >/dev/null 2>&1 && works
}
works && exit 0
python=
for name in $(PYTHON); do
    if is_new_enough "$$name"; then python=$$name; break; fi
done
if [ -z "$$python" ]; then
    echo "linkstep needs Python 3.11 or newer, and none of these is: $(PYTHON)" >&2
    echo "install one, or name it: make PYTHON=/path/to/python" >&2
    exit 1
fi
echo "making $(VENV) with $$("$$python" --version)"
by_venv || by_pip || by_apt || by_virtualenv && exit 0
echo "$$python cannot make a virtual environment: venv, apt-get, pip and virtualenv all failed" >&2
echo "on Debian and Ubuntu, install python3-venv; then run make again" >&2
exit 1
endef
export MAKE_ENVIRONMENT
