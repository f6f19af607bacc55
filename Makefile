# The two commands are `make demo` and `make test`; both set up what they need on a fresh Debian
# machine that has Swift. One set of release objects serves the tests, the demo and the benchmarks.

SHELL := /bin/bash
BUILD := swift build -c release
BINARY := .build/release/kedge
VENV := .venv
# Debian packages that the build needs, and those that only the tests start.
BUILD_PACKAGES := zlib1g-dev libsqlite3-dev
TEST_PACKAGES := prometheus prometheus-alertmanager python3-venv strace
# Those of `make test-deploy`: the image and the pod, service discovery.
DEPLOY_PACKAGES := prometheus prometheus-alertmanager python3-venv victoria-metrics binutils ca-certificates tzdata \
    mmdebstrap buildah podman crun catatonit netavark aardvark-dns

.PHONY: help demo test test-deploy soak build format lint bench clean build-packages test-packages deploy-packages deploy-tools
.DEFAULT_GOAL := help

help:
	@echo "make demo     build, then watch a real year of flights drift (Ctrl-C ends it)"
	@echo "make test     everything: unit, property, conformance, end to end"
	@echo "make test-deploy  image, manifests, rules and dashboards, on the real tools"
	@echo "make soak     the long proofs that nothing acknowledged is lost (SEED=… for the same again)"
	@echo "make build    the release binary, $(BINARY)"
	@echo "make bench    the benchmarks (Benchmarks/README.md)"
	@echo "make format   format the sources; make lint checks them"

build: build-packages
	@$(BUILD) --product kedge

demo: build
	@$(BINARY) demo $(DEMO_FLAGS)

test: build-packages test-packages $(VENV)/.installed lint
	@$(BUILD) --build-tests
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" swift test -c release --disable-testable-imports --quiet

# What is missing of the real tools says so; kubectl is not Debian's (1.20 is too old). `make test` has
# all but the heavy ones, which are PROOFS="-m heavy".
test-deploy: build
	@$(MAKE) --silent deploy-tools || echo "not all tools are there: what needs the others says so" >&2
	@cd Tests/EndToEndTests/python/deployment && PYTHONDONTWRITEBYTECODE=1 \
	    "$(CURDIR)/$(VENV)/bin/python" -m pytest --kedge="$(CURDIR)/$(BINARY)" \
	    --checkov="$(CURDIR)/$(VENV)-checkov/bin/checkov" -v $(PROOFS)

# As root, for file systems of its own; half an hour. SEED and PROOFS (as `test_kill.py`) are optional.
soak: build test-packages $(VENV)/.installed
	@cd Tests/EndToEndTests/python/durability && PYTHONDONTWRITEBYTECODE=1 \
	    "$(CURDIR)/$(VENV)/bin/python" -m pytest --soak --kedge="$(CURDIR)/$(BINARY)" -v $(PROOFS)

bench: build-packages
	@Benchmarks/run $(BENCHMARKS)

format:
	@swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

lint:
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
	@.ci/style

clean:
	@rm -rf .build $(VENV) $(VENV)-checkov

build-packages:
	@.ci/install $(BUILD_PACKAGES)

test-packages:
	@.ci/install $(TEST_PACKAGES)

$(VENV)/.installed: Tests/requirements.txt Tests/requirements-deploy.txt | test-packages
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	@touch $@

deploy-tools: deploy-packages $(VENV)/.installed-deploy $(VENV)-checkov/.installed

deploy-packages:
	@.ci/install $(DEPLOY_PACKAGES)

$(VENV)/.installed-deploy: Tests/requirements-deploy.txt | deploy-packages
	@python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements-deploy.txt
	@touch $@

# 290 MB, and versions of its own of what the others need.
$(VENV)-checkov/.installed: Tests/requirements-checkov.txt | deploy-packages
	@python3 -m venv $(VENV)-checkov
	@$(VENV)-checkov/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements-checkov.txt
	@touch $@
