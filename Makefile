# PYTHON is the interpreter that .venv is made with; it is used for nothing else.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: help run check test test-ray format clean

help:
	@echo "make run     start StyleGrid (HOST=127.0.0.1 PORT=7860)"
	@echo "make test    lint, type-check and test, the browser tests included, with the seconds of each part"
	@echo "make test-ray  the tests of several workers, which need Ray and one to five minutes"
	@echo "make check   the quick part of it, under two minutes: without a browser and without slow tests"
	@echo "make format  let ruff fix and format the code"
	@echo "make clean   remove .venv and all caches"
	@echo "PYTHON=python3.12 make ... chooses the interpreter that .venv is made with."

run: $(VENV)/requirements.txt.installed
	@$(RUN) app.py

test: $(VENV)/requirements-dev.txt.installed
	$(RUN) tests/install_browser.py
	@rm -f $(TIMES)
	$(call timed,lint,$(LINT))
	$(call timed,types,$(TYPES))
	$(call timed,tests,$(RUN) -m pytest --durations=15)
	@cat $(TIMES)

# Apart from the others: twenty processes and 350 MB of packages.
test-ray: $(VENV)/requirements-dev.txt.installed $(VENV)/requirements-ray.txt.installed
	STYLEGRID_TEST_RAY=1 $(RUN) -m pytest tests/test_ray.py --durations=15

check: $(VENV)/requirements-dev.txt.installed
	@rm -f $(TIMES)
	$(call timed,lint,$(LINT))
	$(call timed,types,$(TYPES))
	$(call timed,tests,$(RUN) -m pytest -m $(QUICK) --durations=5)
	@cat $(TIMES)

LINT := $(RUN) -m ruff check . && $(RUN) -m ruff format --check .
TYPES := $(RUN) -m mypy .
# Which tests have these marks: tests/conftest.py
QUICK := "not browser and not slow"
TIMES := $(VENV)/times

# $(call timed,PART,COMMAND) runs a command and notes its seconds, which are printed at the end.
timed = @echo '$(2)'; start=$$(date +%s); $(2) && echo "$(1): $$(($$(date +%s) - start)) s" >> $(TIMES)

format: $(VENV)/requirements-dev.txt.installed
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The marker "unfinished" stays behind when an install is cut short; the next call
# then starts over instead of trusting what is half there.
UNFINISHED := $(VENV)/unfinished

$(VENV)/%.installed: % $(RUN)
	@touch $(UNFINISHED)
	@echo "Installing $< into $(VENV), once. PyPI's torch for Linux brings CUDA, about 5 GB; README.md has the CPU way."
	$(RUN) -m pip install --disable-pip-version-check -r $<
	@rm $(UNFINISHED)
	@touch $(VENV)/requirements.txt.installed $@  # the development set includes the runtime set

$(VENV)/requirements-dev.txt.installed: requirements.txt requirements-magenta.txt requirements-bench.txt

$(RUN): $(if $(wildcard $(UNFINISHED)),start-over)
	@"$(PYTHON)" -c "" || { \
		echo "StyleGrid needs Python 3.10 or newer, but '$(PYTHON)' does not run:" \
			"install Python, or name another one with PYTHON=/path/to/python3." >&2; exit 1; }
	@"$(PYTHON)" -c "import sys; v = sys.version_info[:2]; v >= (3, 10) or sys.exit( \
		'StyleGrid needs Python 3.10 or newer, but \'$(PYTHON)\' is Python %d.%d: ' \
		'install a newer one and name it, as in PYTHON=python3.12 make run.' % v)"
	@"$(PYTHON)" -c "import ensurepip, venv" 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make virtual environments, its venv or ensurepip module is missing:" \
			"install them (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@rm -rf $(VENV) && mkdir $(VENV) && touch $(UNFINISHED)
	$(PYTHON) -m venv $(VENV)

.PHONY: start-over
start-over:
