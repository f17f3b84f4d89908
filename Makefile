# `make demo` runs the main job, `make test` passes the tests. `make help` lists the rest.
PROFILE ?= dev
BIN := target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/cloudlet
BENCH_PROFILE ?= release
BENCH_BIN = $(abspath target/$(BENCH_PROFILE)/cloudlet)

.PHONY: help build demo test check unit sdk vectors bench

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

build: ## build the binary
	cargo build --locked --profile $(PROFILE) -p cloudlet

demo: build ## start a cloud, deploy examples/hello, call it, print the URL
	CLOUDLET=$(BIN) examples/demo

test: check unit sdk vectors ## everything: rules, unit and room tests, crash tests, real clients, vectors

check: ## formatting, lints, house rules
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

unit: ## unit, room, conformance and crash tests of the workspace
	tests/unit

sdk: build ## black-box tests with boto3, AWS SDK for JavaScript v3, aws and osls
	CLOUDLET=$(abspath $(BIN)) tests/sdk/run

vectors: build ## truth made by others: recorded calls, protocol cases, compiled templates
	CLOUDLET=$(abspath $(BIN)) tests/vectors/run

bench: ## measurements beside their floors, in one run; BENCH_PROFILE=release-lite builds faster and runs slower
	cargo build --locked --profile $(BENCH_PROFILE) -p cloudlet
	cargo build --locked --profile $(BENCH_PROFILE) -p lambda --example warm --example cold
	CLOUDLET=$(BENCH_BIN) bench/run
	CLOUDLET_COLD=$(abspath target/$(BENCH_PROFILE)/examples/cold) bench/cold
	CLOUDLET=$(BENCH_BIN) bench/ddb
	CLOUDLET=$(BENCH_BIN) bench/events
	CLOUDLET=$(BENCH_BIN) bench/queues
