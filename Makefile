# `make` lists the targets. Each sets up what it needs (Debian, rustup, node 20, npm); a second run finds it there.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo lab quick test test-homeserver record check bench bench-size fuzz pkg cli bindings api clean
.PHONY: rust cxx wasm-pack python sqlite postgres chromium firefox webkit

export PATH := $(CURDIR)/node_modules/.bin:$(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
export npm_config_loglevel := error
export npm_config_update_notifier := false
# The first start of Chromium and its driver takes longer than wasm-bindgen's 5 and 20 seconds on a busy machine.
export WASM_BINDGEN_TEST_DRIVER_TIMEOUT := 60
export WASM_BINDGEN_TEST_TIMEOUT := 120

AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo) env DEBIAN_FRONTEND=noninteractive
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find crate -type f -not -path 'crate/cli/*')
GLUE_SOURCES := LICENSE tsconfig.json $(addprefix pkg-glue/,package.json tsconfig.build.json build.mjs inlined-wasm.mjs late-globals.mjs optimise.mjs types.mjs) \
	$(shell find pkg-glue/src pkg-glue/install -type f -not -name '*.tsbuildinfo')
NODE_MODULES := node_modules/.package-lock.json
PEERS := tests/bench/peers/node_modules/.package-lock.json
WASM := $(foreach module,capture diagnosis viewer,pkg-glue/wasm/$(module)/lotus_crypto_diag_bg.wasm)
PACKAGE := pkg-glue/dist/index.js
VIEWER := lotus-crypto-diag-viewer.html
CONSUMERS := tests/consumers/node_modules/.package-lock.json
HOSTS := $(foreach host,classic newest,tests/hosts/$(host)/node_modules/.package-lock.json)

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 24

demo: $(PACKAGE) ## the demo page, on 127.0.0.1; HOMESERVER=<url>: with a login of a real client
	@VITE_HOMESERVER='$(HOMESERVER)' npm -w demo run -s dev -- --host 127.0.0.1

lab: $(PACKAGE) python $(DATABASE) ## the demo together with a Synapse of its own to log in to
	@node tests/homeserver/play.mjs

# Builds what is missing, but takes the WebAssembly as it was last built: to build it again takes minutes.
quick: rust wasm-pack chromium $(NODE_MODULES) ## the inner loop, under two minutes once everything is built: format, lints, tests on the host, in Node and of crate/capture in Chromium
	@$(MAKE) -s $(PACKAGE) $(addprefix -o ,$(wildcard $(WASM)))
	@echo "[1/6] Format"
	cargo fmt --all --check
	@echo "[2/6] Lints"
	$(CLIPPY)
	biome ci
	@echo "[3/6] Types"
	$(TYPES)
	@echo "[4/6] Tests on the host"
	cargo test -q --workspace --features bindings
	@echo "[5/6] Unit tests, with the WebAssembly as it was last built"
	npm -w tests run -s unit
	@echo "[6/6] Tests of crate/capture in Chromium"
	$(WASM_IN_CHROMIUM) crate/capture

test: chromium firefox webkit python postgres $(CONSUMERS) $(HOSTS) $(PEERS) ## everything: check, then the tests on the host, in Chromium, Firefox and WebKitGTK, in Node, end to end
	@echo "[1/12] Format, lints, types and the public API"
	@$(MAKE) check
	@echo "[2/12] Tests on the host"
	cargo test --workspace --features bindings
	@echo "[3/12] Tests of crate/capture in Chromium"
	$(WASM_IN_CHROMIUM) crate/capture
	@echo "[4/12] Tests of crate/core in Chromium"
	$(WASM_IN_CHROMIUM) crate/core --test corpus
	@echo "[5/12] Tests of crate/capture in Firefox"
	@if command -v geckodriver >/dev/null && command -v firefox-esr >/dev/null; then $(WASM_IN_FIREFOX); else echo "Left out: there is no Firefox or no geckodriver"; test -z "$$CI"; fi
	@echo "[6/12] Fuzzers, for five seconds each"
	@SEED=1 $(MAKE) -s fuzz SECONDS=5
	@echo "[7/12] Unit tests"
	npm -w tests run -s unit
	@echo "[8/12] Tests end to end, in three browser engines and with a Synapse on SQLite"
	npm -w tests run -s e2e
	@echo "[9/12] Tests of queries and logs, with a Synapse on PostgreSQL"
	DATABASE=postgres npm -w tests run -s e2e -- --project=homeserver runbook survey.spec
	@echo "[10/12] The package in bundlers and compilers"
	npm -w tests run -s consumers
	@echo "[11/12] The package in the tool chains of hosts"
	npm -w tests run -s hosts
	@echo "[12/12] Each script of the bench, for one round"
	@ROUNDS=1 npm -w tests run -s bench >/dev/null

test-homeserver: $(PACKAGE) chromium python $(DATABASE) ## the tests against a real Synapse alone; DATABASE=postgres: not on SQLite
	npm -w tests run -s e2e -- --project='homeserver*'

CLIPPY = cargo clippy --workspace --all-targets --features bindings -- -D warnings
TYPES = tsc -p tsconfig.json && tsc -p pkg-glue/install && tsc -p demo && tsc -p tests
WASM_IN_CHROMIUM = wasm-pack test --headless --chrome --chromedriver /usr/bin/chromedriver
WASM_IN_FIREFOX = wasm-pack test --headless --firefox --geckodriver "$$(command -v geckodriver)" crate/capture

RECORDED = $(CURDIR)/$(if $(filter newest,$(SDK)),target/recorded,tests/fixtures/recorded)
record: $(PACKAGE) chromium python ## writes the recorded sessions of the fixtures anew (9 minutes), and tests what they say; SDK=newest: in target/recorded, of the newest releases on npm
	RECORD=$(or $(SDK),pinned) RECORD_TO=$(RECORDED) npm -w tests run -s e2e -- --project=record
	RECORDED=$(RECORDED) cargo test -q --test recorded --test upload_clients $(if $(filter newest,$(SDK)),,--test diagnosis)

check: $(PACKAGE) ## format, lints and types
	cargo fmt --all --check
	$(CLIPPY)
	cargo clippy --workspace --target wasm32-unknown-unknown --lib --tests -- -D warnings
	$(TYPES)
	@diff -ru pkg-glue/api pkg-glue/build/api || { echo "The public API has changed: look at it, and run make api"; exit 1; }
	biome ci

bench: $(PACKAGE) $(PEERS) $(HOSTS) chromium cli ## the benchmarks, against npm packages that could stand in its place (minutes)
	@node tests/bench/size.mjs
	@npm -w tests run -s bench
	@if command -v firefox-esr >/dev/null; then npm -w tests run -s bench:firefox; else echo "Left out: Firefox, which is not installed"; fi
	@if command -v WebKitWebDriver >/dev/null && command -v Xvfb >/dev/null; then npm -w tests run -s bench:webkit; else echo "Left out: WebKitGTK, which is not installed"; fi

bench-size: $(PACKAGE) ## the bytes of each entry of the package, and where they go
	@node tests/bench/size.mjs

fuzz: rust cxx ## the fuzzers, each for SECONDS (60)
	@node tests/fuzz/run.mjs $(or $(SECONDS),60)

pkg: $(PACKAGE) ## the npm package and the viewer: lotus-crypto-diag-<version>.tgz, lotus-crypto-diag-viewer.html, and how to use them
	@npm -w demo run -s viewer && cp demo/dist/single-file/$(VIEWER) .
	@tarball=$$(npm pack -s -w pkg-glue); echo "$$tarball"; echo; \
		echo "Into a checkout of Cinny or of a fork of it:"; \
		echo "  npx --package '$(CURDIR)/$$tarball' lotus-crypto-diag install path/to/cinny"; \
		echo "Into any other app, from its folder:"; \
		echo "  npm install '$(CURDIR)/$$tarball'"; echo; \
		echo "To read a report, open $(VIEWER) in a browser: it is one file and needs no server."

cli: rust ## the command for the shell of a homeserver: target/native/lotus-crypto-diag
	@cargo build -q --profile native -p lotus-crypto-diag-cli
	@echo target/native/lotus-crypto-diag

bindings: rust ## writes the TypeScript types and the JSON Schema anew, from the Rust model
	UPDATE_BINDINGS=1 cargo test -q --features bindings --test bindings --test evidence_bindings

api: $(PACKAGE) ## writes the public API of the package anew, as text
	@rm -rf pkg-glue/api && cp -r pkg-glue/build/api pkg-glue/api

BUILT := target tests/fuzz/target tests/fuzz/found pkg-glue/wasm pkg-glue/build pkg-glue/dist demo/dist tests/e2e/dist tests/e2e/pages/dist \
	tests/consumers/dist tests/homeserver/.run tests/hosts/dist tests/hosts/classic/dist tests/hosts/newest/dist \
	$(foreach project,. pkg-glue/install demo tests,$(project)/tsconfig.tsbuildinfo) \
	test-results tests/test-results playwright-report tests/playwright-report *.tgz $(VIEWER)
clean: ## removes what was built, not what was installed
	rm -rf $(BUILT)

$(PACKAGE): $(WASM) $(GLUE_SOURCES) $(NODE_MODULES)
	@echo "Bundling the package (seconds)"
	@npm -w pkg-glue run -s build

$(WASM): pkg-glue/wasm/%/lotus_crypto_diag_bg.wasm: $(RUST_SOURCES) | rust wasm-pack
	@echo "Building the WebAssembly: $* (1 minute; about 5 the first time, when wasm-pack builds wasm-bindgen)"
	@wasm-pack --log-level warn build crate/$* --release --target web --no-pack \
		--out-dir ../../pkg-glue/wasm/$* --out-name lotus_crypto_diag

$(NODE_MODULES): package-lock.json
	@echo "Installing the npm packages (half a minute)"
	@npm ci
	@touch $@

$(PEERS): tests/bench/peers/package-lock.json
	@echo "Installing the packages to compare with (half a minute)"
	@npm --prefix tests/bench/peers ci --no-workspaces
	@touch $@

# Bundlers and compilers of hosts, in the versions that they have: a folder of its own, with a lock of its own.
$(CONSUMERS): tests/consumers/package-lock.json
	@echo "Installing the bundlers that the package is tried with (half a minute)"
	@npm --prefix tests/consumers ci --no-workspaces
	@touch $@

# Likewise what hosts are built with: as Cinny has it, and the newest of it.
$(HOSTS): tests/hosts/%/node_modules/.package-lock.json: tests/hosts/%/package-lock.json
	@echo "Installing the $* tool chain of a host (half a minute)"
	@npm --prefix tests/hosts/$* ci --no-workspaces
	@touch $@

rust:
	@command -v cc >/dev/null || { echo "Installing gcc (once, half a minute)"; \
		$(AS_ROOT) apt-get update -qq; $(AS_ROOT) apt-get install -qq gcc libc6-dev >/dev/null; }
	@test -d "$$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" || \
		{ echo "Adding Rust's WebAssembly target (once, seconds)"; rustup -q target add wasm32-unknown-unknown; }
	@{ cargo clippy -V && cargo fmt --version; } >/dev/null 2>&1 || rustup -q component add clippy rustfmt

cxx: # libFuzzer is C++
	@command -v c++ >/dev/null || { echo "Installing g++ (once, half a minute)"; \
		$(AS_ROOT) apt-get update -qq; $(AS_ROOT) apt-get install -qq g++ >/dev/null; }

wasm-pack: | rust
	@command -v wasm-pack >/dev/null || \
		{ echo "Installing wasm-pack (once, about 2 minutes)"; cargo install -q wasm-pack --version 0.15.1; }

python:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { echo "Installing Python's venv (once, for Synapse)"; \
		$(AS_ROOT) apt-get update -qq; $(AS_ROOT) apt-get install -qq python3 python3-venv >/dev/null; }

# What DATABASE may say: Synapse brings its SQLite along.
sqlite:
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { echo "Installing PostgreSQL (once, half a minute)"; \
		$(AS_ROOT) apt-get update -qq; $(AS_ROOT) apt-get install -qq postgresql >/dev/null; }

chromium:
	@test -x /usr/bin/chromium -a -x /usr/bin/chromedriver || { echo "Installing Chromium (once, half a minute)"; \
		$(AS_ROOT) apt-get update -qq; $(AS_ROOT) apt-get install -qq chromium chromium-driver >/dev/null; }

# Where an engine cannot be installed, its tests say so and are left out; in CI they fail.
firefox: rust
	@command -v firefox-esr >/dev/null || { echo "Installing Firefox (once, half a minute)"; \
		$(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -qq firefox-esr >/dev/null; } || echo "Firefox cannot be installed here"
	@command -v geckodriver >/dev/null || { echo "Installing geckodriver (once, about 2 minutes)"; cargo install -q geckodriver --version 0.37.0; } || \
		echo "geckodriver cannot be installed here"

webkit:
	@test -x /usr/bin/WebKitWebDriver -a -x /usr/bin/Xvfb || { echo "Installing WebKitGTK and a screen for it (once, half a minute)"; \
		$(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -qq webkit2gtk-driver xvfb >/dev/null; } || echo "WebKitGTK cannot be installed here"
