# The verbs of the project; `make help` lists them.

PORT ?= 9000
ENGINE_PORT ?= 9321
CONFIG ?= local/demo.yaml
STATE ?= .local
# The functions' processor, arm64 or x86_64: the parameter Architecture of template.yaml.
ARCH ?= arm64
# The endpoint that `make smoke` checks.
STS_URL ?=
# S3=1 also runs the S3 gateway.
S3 ?=
S3_PORT ?= 9100
# TLS=1 also serves HTTPS.
TLS ?=
TLS_PORT ?= 9443

# cargo finds `cargo lambda` and `cargo deny` there.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
# sam fails on the template's Fn::ForEach unless told to write it out.
export SAM_CLI_ENABLE_LANGUAGE_EXTENSIONS := 1

FUNCTIONS := $(notdir $(wildcard functions/*))

# Packages of the JavaScript clients, once there are any.
NODE_MODULES := $(patsubst %/package-lock.json,%/node_modules/.package-lock.json,\
	$(wildcard tests/clients/package-lock.json))

.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test lint bench build deploy smoke clean-local tools

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: PORT=$(PORT) ENGINE_PORT=$(ENGINE_PORT) CONFIG=$(CONFIG) STATE=$(STATE) S3=$(S3) S3_PORT=$(S3_PORT) TLS=$(TLS) TLS_PORT=$(TLS_PORT) ARCH=$(ARCH) STS_URL=$(STS_URL)"

run: .venv/run.stamp ## Serve on http://127.0.0.1:PORT until Ctrl-C
	@STATE="$(STATE)" exec python3 local/run.py --port "$(PORT)" --engine-port "$(ENGINE_PORT)" --config "$(CONFIG)" $(if $(S3),--s3-port "$(S3_PORT)") $(if $(TLS),--tls-port "$(TLS_PORT)")

test: .venv/run.stamp .venv/test.stamp .venv/lint.stamp .venv/deploy.stamp $(NODE_MODULES) ## Run every test
	cargo build --workspace --bins
	cargo test --workspace
	python3 tests/second_engine.py
	python3 tests/deployment.py
	.venv/bin/python tests/clients/run.py
	cd tests/clients && ../../.venv/bin/python -m s3_proof

lint: .venv/lint.stamp ## Check format, clippy, documentation, dependencies and template.yaml
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --no-default-features --bins -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items
	cargo deny --log-level error check --hide-inclusion-graph bans licenses sources
	@if cargo deny fetch db 2>/dev/null; then \
		cargo deny check --disable-fetch --hide-inclusion-graph advisories; \
	else \
		echo "advisories: skipped, the RustSec database cannot be fetched"; \
	fi
	cfn-lint template.yaml
	sam validate --lint --region us-east-1 --template-file template.yaml

bench: tools ## Run the benchmarks
	@tests/benches/run.sh

build: .venv/run.stamp .venv/build.stamp ## Build the functions for Lambda, into target/lambda
	cargo lambda build --release --$(subst _,-,$(ARCH)) $(addprefix --package ,$(FUNCTIONS))

deploy: build .venv/lint.stamp .venv/deploy.stamp ## Deploy template.yaml; the first time it asks for everything
	sam deploy --template-file template.yaml --no-fail-on-empty-changeset $(if $(wildcard samconfig.toml),,--guided)

smoke: .venv/smoke.stamp ## Check the stack at STS_URL from outside
	@.venv/bin/python tests/smoke.py "$(STS_URL)"

clean-local: ## Remove the state of `make run`
	rm -rf .local

# What the machine has to bring; the rest is fetched into .venv and target.
tools:
	@command -v cargo >/dev/null || \
		{ echo "cargo is missing: install Rust, https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || \
		{ echo "cc is missing: install a C compiler, gcc or clang" >&2; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "python3 is missing or older than 3.11" >&2; exit 1; }

.venv/bin/pip: | tools
	@echo "Creating .venv"
	@python3 -m venv --clear .venv || \
		{ echo "python3 cannot make a virtual environment: install python3-venv" >&2; exit 1; }

.venv/%.stamp: requirements-%.txt | .venv/bin/pip
	@echo "Installing $< into .venv"
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps --requirement $<
	@touch $@

tests/clients/node_modules/.package-lock.json: tests/clients/package-lock.json
	@command -v npm >/dev/null || \
		{ echo "npm is missing: install Node.js 20 or newer, which tests of clients need" >&2; exit 1; }
	npm ci --prefix tests/clients
