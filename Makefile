# `make` lists what there is. Everything here may be run again at any time.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup run demo test fmt openapi bench faults contract alerts browser fuzz advisories

ADVISORY_DB ?= ../shared/data/rust-advisories-2026-08-20.tgz
TARGET := $(or $(CARGO_TARGET_DIR),target)
export ADVISORY_DB

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what this machine lacks (Debian or Ubuntu, as root or with sudo)
	@scripts/setup.sh

run: setup ## build and start everything; stop it with Ctrl-C
	cargo build --release --locked
	@exec $(TARGET)/release/cauce serve

demo: setup ## load a demo tenant and print how to sign in
	cargo build --release --locked
	@$(TARGET)/release/cauce demo

test: setup ## everything that CI runs
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
	@scripts/advisories.sh
	cargo test --locked --bin cauce --lib --test architecture --test api
	cargo test --locked --test faults -- --nocapture --test-threads=1
	@cat $(TARGET)/tmp/faults.txt

fmt: ## format the sources
	cargo fmt

openapi: ## write the documents in openapi/ anew; a test compares them
	cargo build --locked
	$(TARGET)/debug/cauce openapi > openapi/openapi.json
	$(TARGET)/debug/cauce asyncapi > openapi/asyncapi.json

bench: setup ## the table of figures, each beside pgbench of the same statements
	@scripts/setup.sh bench
	cargo build --locked --release
	cargo test --locked --test bench -- --ignored --nocapture

faults: setup ## the long tier: kill, stop, cut, flood and poison, and count what is lost
	FAULTS=long cargo test --locked --test faults -- --nocapture --test-threads=1 --include-ignored
	@cat $(TARGET)/tmp/faults.txt

contract: setup ## lint the OpenAPI document and try every operation with schemathesis
	cargo build --locked
	@scripts/contract.sh $(TARGET)/debug/cauce

alerts: ## check the Prometheus rules: what they fire on, and that the metrics exist
	@scripts/alerts.sh

browser: setup ## answer a form in headless Chromium, from a page of another origin
	@scripts/setup.sh browser
	cargo build --locked
	@scripts/browser.sh $(TARGET)/debug/cauce

fuzz: setup ## fuzz the parsers of what strangers send, FUZZ_SECONDS (60) each
	@scripts/fuzz.sh $(or $(FUZZ_SECONDS),60)

advisories: ## known vulnerabilities, licences, bans and sources of the dependencies
	@scripts/advisories.sh
