# Anteroom. "make" lists what there is to make.

GO       ?= go
NPM      ?= npm
BIN      := build/bin
HERE     := $(CURDIR)
# -buildvcs=false: a checkout may belong to another user than the one who builds.
export GOFLAGS := $(strip $(filter-out -buildvcs=%,$(GOFLAGS)) -buildvcs=false)
# What "anteroom version" says: the release, or what was built after it. Empty outside of a checkout.
VERSION := $(shell git -c safe.directory='*' describe --tags --always --dirty 2>/dev/null)

GOLANGCI_VERSION := v2.15.0
# Outside of the checkout, so that a clean clone finds the tool again: building it takes minutes.
TOOLS    := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/anteroom-tools
GOLANGCI := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint
# Its version stands in bridge/licences/go.mod.
GOLICENSES := $(TOOLS)/go-licenses-v2.0.1/go-licenses
# What may be in the bridge, and in what its tests use. The demo's homeserver, which is given
# to nobody, is AGPL.
LICENCES := 0BSD,Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT,MPL-2.0,Unicode-DFS-2016,Zlib

DENDRITE := github.com/element-hq/dendrite/cmd
WIDGET_SOURCES = $(shell find widget/src widget/scripts widget/*.json widget/*.ts -type f 2>/dev/null)
CHROMIUM_NAMES := chromium chromium-browser google-chrome google-chrome-stable

# How long "make storm" storms, in minutes; from which seed is STORM_SEED, else from the clock.
STORM_MINUTES ?= 15
STORM_SEED ?= $(shell date +%s)
# How long "make fuzz" tries each fuzz test, and which, by folder and name; 0s leaves them out
# of "make storm".
FUZZ_TIME ?= 1m
FUZZ ?= .
# The same for "make test": what comes from visitors, homeservers, operators and admins. A
# number of inputs, which takes seconds: Go fails a test now and then whose time ends while an
# input is tried ("context deadline exceeded").
TEST_FUZZ_TIME ?= 1000x
TEST_FUZZ := gateway/wire FuzzDecode|gateway Fuzz(Exchange|Post|Token|UploadName)|identity Fuzz|matrix FuzzTransaction|matrix/convert Fuzz|bot/chain FuzzLoad|bot/value Fuzz|bridge/config FuzzLoad|desk/api FuzzRequest|desk/panel Fuzz
# How many tests of a package run at a time. Most of them wait for most of their time, for a
# homeserver or for a time to pass: with as many as there are cores, as is usual, two small
# cores stand still for half of it.
PARALLEL := $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n > 6 ? n : 6)))
# Rounds of the kill test in "make kills".
KILL_ROUNDS ?= 500

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

define heading
	@printf '\n\033[1m== %s\033[0m\n' '$(1)'
endef

# The folders of the main module whose tests contain a pattern.
packages_with = $$(grep -rl --include='*_test.go' --exclude-dir=demo '$(1)' bridge bot | xargs -n 1 dirname | sort -u | sed 's,^,./,')

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Run

.PHONY: demo
demo: demo-build ## Run it all here: homeserver, bridge, three sites with the chat; Ctrl-C stops it
	@exec $(BIN)/demo -dir build/demo -bin $(BIN)

.PHONY: demo-reset
demo-reset: ## Drop the demo's data: users, rooms, messages
	@if [ -x $(BIN)/demo ]; then $(BIN)/demo -dir build/demo -reset; else rm -rf build/demo; fi

.PHONY: demo-build
demo-build: build dendrite
	@cd bridge/demo && $(GO) build -o $(HERE)/$(BIN)/demo .
	@$(GO) build -o $(BIN)/endpoint ./bot/gpt/gpttest/endpoint
	@$(GO) build -o $(BIN)/fill ./bridge/store/fill
	@$(GO) build -o $(BIN)/postbox ./bridge/desk/notify/mail/mailtest/postbox

##@ Build

.PHONY: build
build: toolchain widget ## Build the bridge, with the widget in it: build/bin/anteroom
	@mkdir -p $(BIN)
	$(GO) build -ldflags "-X main.version=$(VERSION)" -o $(BIN)/anteroom .

.PHONY: widget
widget: build/widget.stamp ## Build the widget into widget/dist

build/widget.stamp: widget/node_modules/.package-lock.json $(WIDGET_SOURCES)
	cd widget && $(NPM) run --silent build
	@mkdir -p build && touch $@

# npm writes this file last, so it stands for a complete install.
widget/node_modules/.package-lock.json: widget/package-lock.json
	@command -v $(NPM) >/dev/null || { echo "Node.js (20.19, or 22.12 and newer) with npm is needed to build the widget: https://nodejs.org/"; exit 1; }
	cd widget && $(NPM) ci --no-audit --no-fund
	@touch $@

.PHONY: dendrite
dendrite: $(BIN)/dendrite ## Build the homeserver of the demo and the tests (minutes the first time)

$(BIN)/dendrite: bridge/demo/go.mod bridge/demo/go.sum | toolchain
	$(call heading,Dendrite: the first build takes a few minutes)
	@mkdir -p $(BIN)
	cd bridge/demo && $(GO) build -o $(HERE)/$(BIN)/ $(DENDRITE)/dendrite $(DENDRITE)/create-account $(DENDRITE)/generate-keys
	@touch $@

.PHONY: toolchain
toolchain:
	@command -v $(GO) >/dev/null || { echo "Go 1.26 or newer is needed: https://go.dev/dl/"; exit 1; }
	@set -- $$($(GO) env CC); command -v "$$1" >/dev/null || { echo "A C compiler is needed (SQLite is in C): install gcc, or name yours in CC"; exit 1; }

##@ Test

.PHONY: test
test: build dendrite ## Everything: Go with the race detector, fuzzing for seconds, widget, size budget, Chromium end to end
	$(call heading,go vet)
	$(GO) vet ./...
	cd bridge/demo && $(GO) vet ./...
	$(call heading,Go tests)
	$(GO) test -race -parallel $(PARALLEL) -timeout 60m ./...
	cd bridge/demo && $(GO) test -race ./...
	$(call heading,Fuzz tests: $(TEST_FUZZ_TIME) each)
	@$(MAKE) --no-print-directory fuzz FUZZ_TIME=$(TEST_FUZZ_TIME) FUZZ='$(TEST_FUZZ)'
	$(call heading,Widget: unit tests and size budget)
	cd widget && $(NPM) test && $(NPM) run --silent size
	@$(MAKE) --no-print-directory e2e

.PHONY: check
check: build dendrite ## The fast subset, for every save
	$(GO) vet ./...
	$(GO) test -short ./...
	cd widget && $(NPM) test

.PHONY: e2e
e2e: demo-build chromium firefox ## End-to-end tests in Chromium, a smoke test in Firefox, against the real stack
	$(call heading,End to end in Chromium)
	cd widget && $(NPM) run e2e

.PHONY: storm
storm: dendrite ## The fault storm and `make fuzz`, about an hour (STORM_MINUTES=15, STORM_SEED, STORM_FAULTS=a,b): all that can fail does, a checker judges
	STORM_MINUTES=$(STORM_MINUTES) STORM_SEED=$(STORM_SEED) \
		$(GO) test -count=1 -timeout $$(($(STORM_MINUTES) + 30))m -v -run '^TestStorm$$' ./bridge/storm
	@$(MAKE) --no-print-directory fuzz

# One package and one test at a time: "go test" fuzzes no more at once. What it finds it
# leaves in the package's testdata/fuzz, where every later run tries it again. An input that is
# only new is made smaller for a second: in a minute, as is usual, nothing else would be tried.
.PHONY: fuzz
fuzz: toolchain ## Fuzz all that reads bad input, each test for FUZZ_TIME=1m; FUZZ='config FuzzLoad': a part
	@case "$(FUZZ_TIME)" in 0|0s|0m) exit 0;; esac; \
	tests=$$(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' bridge bot | sed 's,/[^/]*:func , ,' | sort | grep -E '$(FUZZ)') \
		|| { echo "No fuzz test has such a folder and name: $(FUZZ)"; exit 1; }; \
	printf '%s\n' "$$tests" | while read -r folder test; do \
		printf '\n== %s %s\n' "$$folder" "$$test"; \
		$(GO) test -run '^$$' -fuzz "^$$test\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 1s "./$$folder" </dev/null || exit 1; \
	done

.PHONY: kills
kills: dendrite ## The kill test, at every durable step, with many more rounds (KILL_ROUNDS=500)
	KILL_ROUNDS=$(KILL_ROUNDS) $(GO) test -race -count=1 -timeout 6h -v -run '^TestKills$$' ./bridge

# One part of the figures, by the names of benchmarks: make bench BENCH=Idle
BENCH ?=

.PHONY: bench
ifeq ($(BENCH),)
bench: build dendrite demo-build chromium widget/bench/node_modules/.package-lock.json ## Measure into build/bench.json: latency, appends, memory, sizes, the widget beside others; BENCH=Idle: a part
else
bench: build dendrite
endif
	@grep -rq --include='*_test.go' --exclude-dir=demo '^func Benchmark$(BENCH)' bridge bot || { echo "No benchmark has a name that begins with $(BENCH)."; exit 1; }
	@rm -rf build/bench && mkdir -p build/bench/tmp
	@cat /proc/loadavg >build/bench/load.txt 2>/dev/null || :
	@# Databases lie in the checkout: a /tmp in memory would make every commit free. One package
	@# after another: two that measure at once measure each other, and a profile is of one. The
	@# bridges, servers and crowds that benchmarks start leave profiles of their own.
	@for folder in $(call packages_with,^func Benchmark$(BENCH)); do \
		name=$$(echo "$$folder" | cut -c 3- | tr / -); echo "$$folder"; \
		ANTEROOM_PROFILES=$(HERE)/build/bench/profiles TMPDIR=$(HERE)/build/bench/tmp $(GO) test -count=1 -run '^$$' -bench '$(or $(BENCH),.)' -benchtime 1x -timeout 40m \
			-cpuprofile "$(HERE)/build/bench/$$name.cpu.pprof" -memprofile "$(HERE)/build/bench/$$name.heap.pprof" \
			-o "$(HERE)/build/bench/$$name.test" "$$folder" >build/bench/now.txt || { cat build/bench/now.txt; exit 1; }; \
		cat build/bench/now.txt >>build/bench/go.txt; \
	done
	@cd widget && $(NPM) run --silent size >$(HERE)/build/bench/size.txt
	@rm -rf build/bench/tmp build/bench/now.txt
ifeq ($(BENCH),)
	@cd widget && $(NPM) run --silent bench
endif
	@$(GO) run ./bridge/bench -go build/bench/go.txt -sizes build/bench/size.txt -load "$$(cat build/bench/load.txt)" -json build/bench.json $(if $(BENCH),-part,-widgets build/bench/widgets.json)
	@cat build/bench/widgets.md 2>/dev/null || :

# The widgets that ours is measured beside; nothing else needs them.
widget/bench/node_modules/.package-lock.json: widget/bench/package-lock.json
	cd widget/bench && $(NPM) ci --no-audit --no-fund --ignore-scripts
	@touch $@

.PHONY: golden
golden: ## Rewrite the golden files from what the code does now; read the diff
	ANTEROOM_GOLDEN=write UPDATE_GOLDEN=1 $(GO) test -count=1 $(call packages_with,ANTEROOM_GOLDEN\|UPDATE_GOLDEN)
	$(GO) test -count=1 $(call packages_with,flag.Bool."update") -update
	git status --short -- '*testdata*'

.PHONY: chromium
chromium:
	@for name in $(CHROMIUM_NAMES); do command -v $$name >/dev/null && exit 0; done; \
	if [ -n "$$CHROMIUM" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then \
		echo "Chromium is needed for the end-to-end tests: install it, or put its path into CHROMIUM."; exit 1; \
	fi; \
	echo "Installing Chromium and fonts by apt"; \
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
		chromium fonts-dejavu-core fonts-noto-color-emoji >/dev/null

.PHONY: firefox
firefox: ## Firefox ESR for the smoke test, by apt where it can; without it that test is skipped
	@if [ -n "$$FIREFOX" ] || command -v firefox-esr >/dev/null || command -v firefox >/dev/null; then exit 0; fi; \
	if ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then \
		echo "Nothing is tried in Firefox: install it, or put its path into FIREFOX."; exit 0; \
	fi; \
	echo "Installing Firefox by apt"; \
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends firefox-esr >/dev/null \
		|| echo "Nothing is tried in Firefox: apt could not install firefox-esr."

##@ Lint

.PHONY: lint
lint: tools widget/node_modules/.package-lock.json ## All linters, Go and TypeScript; the imports' direction too
	$(call heading,golangci-lint)
	$(GOLANGCI) run
	cd bridge/demo && $(GOLANGCI) run -c $(HERE)/.golangci.yml
	$(call heading,go.mod and go.sum are tidy)
	$(GO) mod tidy -diff
	cd bridge/demo && $(GO) mod tidy -diff
	$(call heading,Widget: types and oxlint and dead code)
	cd widget && $(NPM) run --silent lint
	@$(MAKE) --no-print-directory licences

.PHONY: licences
licences: $(GOLICENSES) widget/node_modules/.package-lock.json ## Refuse dependencies by licence; build/THIRD-PARTY.txt is for releases
	$(call heading,Licences of all dependencies)
	@mkdir -p build
	@$(GOLICENSES) check ./... --include_tests --allowed_licenses=$(LICENCES) 2>build/licences.log || { cat build/licences.log; exit 1; }
	@cd bridge/demo && $(GOLICENSES) check ./... $(DENDRITE)/dendrite --include_tests --ignore github.com/anteroom-chat/anteroom \
		--allowed_licenses=$(LICENCES),AGPL-3.0 2>$(HERE)/build/licences.log || { cat $(HERE)/build/licences.log; exit 1; }
	@$(GOLICENSES) report . --template bridge/licences/notices.tpl >build/THIRD-PARTY.txt 2>build/licences.log || { cat build/licences.log; exit 1; }
	@printf '\n== The Go standard library (BSD-3-Clause)\n\n' >>build/THIRD-PARTY.txt
	@cat "$$($(GO) env GOROOT)/LICENSE" >>build/THIRD-PARTY.txt
	@cd widget && $(NPM) run --silent licences >>$(HERE)/build/THIRD-PARTY.txt
	@echo "All are among those that may be used; build/THIRD-PARTY.txt has $$(grep -c '^== ' build/THIRD-PARTY.txt) notices"

$(GOLICENSES): bridge/licences/go.mod bridge/licences/go.sum | toolchain
	$(call heading,go-licenses)
	@mkdir -p $(@D)
	cd bridge/licences && $(GO) build -o $@ github.com/google/go-licenses/v2
	@touch $@

.PHONY: format
format: tools ## Format the Go code as the linter wants it
	$(GOLANGCI) fmt
	cd bridge/demo && $(GOLANGCI) fmt -c $(HERE)/.golangci.yml

.PHONY: tidy
tidy: ## Tidy both Go modules; the demo's follows the main one
	$(GO) mod tidy
	cd bridge/demo && $(GO) mod tidy

.PHONY: tools
tools: $(GOLANGCI) ## Build the linter once, into the user's cache

$(GOLANGCI): | toolchain
	$(call heading,golangci-lint $(GOLANGCI_VERSION): its one build takes a few minutes)
	@mkdir -p $(@D)
	cd $(@D) && GOFLAGS= GOBIN=$(@D) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

.PHONY: clean
clean: ## Drop all that was built, and the demo's data
	rm -rf build widget/node_modules
