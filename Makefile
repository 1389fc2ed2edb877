# numtile: one command each. Needs Rust, the C compiler Rust links with, and Python 3.11 or newer; everything else is
# installed into .venv in this directory. All paths are relative, so any directory will do.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

SIZE ?= 1GB
MEMORY ?= 256MB
PROGRAMS ?= 20000
ARGS ?=
# Extra arguments: make test PYTEST="-k reductions", make bench BENCH="--only files --quick", make matrix MATRIX="--only transpose --quick"
PYTEST ?=
BENCH ?=
MATRIX ?=

PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-input
# Cargo commands that meet PyO3 ask the same Python, or it would be rebuilt at each change of mind.
export PYO3_PYTHON := $(CURDIR)/$(PY)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

RUST_SOURCES := $(shell find crates -name target -prune -o -type f \( -name '*.rs' -o -name Cargo.toml \) -print)

.PHONY: help build demo test test-rust test-python coverage-table random-programs matrix check check-format check-lints \
        check-docs check-types check-platforms format function-page bench clean clean-all

help: ## Show this list
	@echo "numtile: NumPy for arrays of any size, inside the memory you give it"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile | expand -t 24

# ---- environment -----------------------------------------------------------------------------------------------

.venv/.made: tools/make_venv.sh
	@command -v cargo >/dev/null 2>&1 || { \
	  echo "error: numtile needs Rust (cargo) on PATH; https://rustup.rs installs it." >&2; exit 1; }
	@PYTHON="$(PYTHON)" tools/make_venv.sh .venv
	@touch $@

.venv/.build-tools: .venv/.made tools/requirements-build.txt
	$(PIP) -r tools/requirements-build.txt
	@touch $@

.venv/.demo-tools: .venv/.build-tools tools/requirements-demo.txt
	$(PIP) -r tools/requirements-demo.txt
	@touch $@

.venv/.test-tools: .venv/.demo-tools tools/requirements-test.txt
	$(PIP) -r tools/requirements-test.txt
	@touch $@

# ---- build -----------------------------------------------------------------------------------------------------

build: .venv/.built ## Build the engine (release) and install numtile into .venv

# Python sources are used in place; only the compiled module needs building.
.venv/.built: .venv/.build-tools Cargo.toml Cargo.lock pyproject.toml $(RUST_SOURCES)
	VIRTUAL_ENV="$(CURDIR)/.venv" $(PY) -m maturin develop --release --locked --quiet
	@touch $@

# ---- the commands ----------------------------------------------------------------------------------------------

demo: .venv/.built .venv/.demo-tools ## The main job: convert a 1 GB picture in 256 MB (SIZE=, MEMORY=, ARGS=--keep)
	@$(PY) -m numtile demo --size $(SIZE) --memory $(MEMORY) $(ARGS)

test: test-rust test-python ## All tests, Rust and Python

# The binding has no tests of its own in Rust: linking them would need Python's library, which few machines have.
test-rust: .venv/.made ## The engine's own tests
	@if cargo nextest --version >/dev/null 2>&1; then \
	  echo "cargo nextest run" && cargo nextest run --workspace --exclude numtile-python --locked --no-fail-fast \
	    --status-level fail --final-status-level slow --no-tests=pass && \
	  cargo test --workspace --exclude numtile-python --locked --doc --quiet; \
	else \
	  echo "cargo test" && cargo test --workspace --exclude numtile-python --locked --no-fail-fast --quiet; \
	fi

test-python: .venv/.built .venv/.test-tools ## The tests through Python
	$(PY) -m pytest tests/python $(PYTEST)

coverage-table: .venv/.built .venv/.test-tools ## Test every function on every type, layout and edge; print what was covered
	$(PY) -m pytest tests/python/test_coverage.py --coverage-table $(PYTEST)

random-programs: .venv/.built .venv/.test-tools ## Random programs against NumPy (PROGRAMS=20000)
	cd tests/python && $(CURDIR)/$(PY) -m programs 0 $(PROGRAMS)

matrix: .venv/.built .venv/.test-tools ## Every operator on files larger than the budget, each in a memory cgroup (MATRIX="--only transpose --quick")
	cd tests/python && $(CURDIR)/$(PY) -m matrix $(MATRIX)

check: check-format check-lints check-docs check-types check-platforms ## Format, lints, documentation, types, platforms

check-format:
	cargo fmt --all --check

check-lints: .venv/.made
	cargo clippy --workspace --all-targets --locked -- -D warnings

check-docs: .venv/.built .venv/.test-tools
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
	$(PY) tools/check_paths.py
	$(PY) tools/make_function_page.py --check

check-types: .venv/.built .venv/.test-tools
	$(PY) -m mypy
	$(PY) -m mypy.stubtest numtile._engine --ignore-disjoint-bases

check-platforms: .venv/.made
	@tools/check_platforms.sh

format: ## Format the Rust sources
	cargo fmt --all

function-page: .venv/.built .venv/.test-tools ## Write docs/functions.md anew
	$(PY) tools/make_function_page.py

bench: .venv/.built .venv-bench/.tools ## Measure against numba, JAX, numexpr and others (BENCH="--only NAME --quick")
	cargo build --release --locked --quiet -p numtile-kernel --example stream
	.venv-bench/bin/python benchmarks/run.py $(BENCH)

.venv-bench/.tools: .venv/.built tools/requirements-bench.txt tools/requirements-build.txt
	@test -x .venv-bench/bin/python || PYTHON="$(PYTHON)" tools/make_venv.sh .venv-bench
	.venv-bench/bin/python -m pip install --quiet --no-input -r tools/requirements-build.txt -r tools/requirements-bench.txt
	@echo "$(CURDIR)/python" > "$$(.venv-bench/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/numtile.pth"
	@touch $@

clean: ## Remove what was built, keep the environment
	rm -rf target build dist .pytest_cache .mypy_cache .hypothesis .venv/.built
	find python tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f python/numtile/_engine*.so python/numtile/_engine*.pyd

clean-all: clean ## Remove the environments too
	rm -rf .venv .venv-bench
