# Thin: what these do is written where it is configured. `python3 start.py` needs no make.
PYTHON := .venv/bin/python

.PHONY: check fix requirements examples bench

check:  ## everything that judges the tree without running it
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	.venv/bin/basedpyright
	.venv/bin/lint-imports
	$(PYTHON) -m pytest tests/test_house.py

fix:  ## what the tools can mend
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

requirements:  ## newest versions that fit, pinned with hashes for every system (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--upgrade --quiet requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--upgrade --quiet -c requirements.txt requirements-dev.in -o requirements-dev.txt

examples:  ## the files that are made from the settings
	$(PYTHON) -m core.settings > .env.example
	$(PYTHON) -m core.settings markdown > docs/settings.md

bench:
	$(PYTHON) -m core bench
