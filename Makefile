# Thin verbs: each is one line over a CMake preset or a script, which .ci/run uses too.
.DEFAULT_GOAL := help
SCRIPTS := shared/scripts

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## install what is missing (apt, npm, PyPI); says what and why
	@$(SCRIPTS)/deps.sh

.PHONY: run
run: ## build, train the demo model if needed, start everything with a simulated plant; Ctrl-C stops
	@exec $(SCRIPTS)/run.sh

.PHONY: test
test: ## everything; ends with "N passed, N failed"
	@$(SCRIPTS)/test.sh all

.PHONY: test-backend
test-backend: ## C unit, contract and fuzz-replay tests under ASan and UBSan
	@$(SCRIPTS)/test.sh backend

.PHONY: test-frontend
test-frontend: ## the dashboard's types, lint, unit tests and build
	@$(SCRIPTS)/test.sh frontend

.PHONY: test-integration
test-integration: ## real daemons, real mosquitto
	@$(SCRIPTS)/test.sh integration

.PHONY: bench
bench: ## measure; prints tables, never fails on a figure
	@$(SCRIPTS)/bench.sh

.PHONY: lint
lint: ## clang-format, clang-tidy, shellcheck, our own source rules, eslint
	@$(SCRIPTS)/lint.sh

.PHONY: fmt
fmt: ## rewrite C and TypeScript in the project's format
	@$(SCRIPTS)/fmt.sh

.PHONY: init-db
init-db: ## create collections and indexes in AAS_STORE_URL
	@$(SCRIPTS)/db.sh init

.PHONY: backup
backup: ## FILE=…: consistent copy of the store while everything runs
	@$(SCRIPTS)/db.sh backup "$(FILE)"

.PHONY: restore
restore: ## FILE=…: verify a backup and put it in place
	@$(SCRIPTS)/db.sh restore "$(FILE)"

.PHONY: clean
clean: ## remove build output (keeps .run, the plant's data)
	@rm -rf build frontend/web/dist
