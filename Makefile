.DEFAULT_GOAL := help

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

check: ## Everything a pull request must pass
	@bash .ci/run

test: ## The tests of all modules
	@go test work

race: ## The tests with the race detector, and the coverage
	@bash .ci/run race

lint: ## The linters
	@bash .ci/run lint

fuzz: ## Every fuzz target; FUZZ_TIME=1000000x or 10m for longer
	@bash .ci/run fuzz

tidy: ## Bring go.mod and go.sum of all modules up to date
	@bash .ci/run tidy

hooks: ## Install a hook that pushes only what the whole check has passed on
	@install -m 755 .ci/hooks/pre-push "$$(git rev-parse --git-path hooks)/pre-push"

release: ## Prepare a release, check it, tag it: make release VERSION=v0.1.0
	@cd tools && GOWORK=off go run ./release prepare "$(VERSION)"
	@git commit -qam "Release $(VERSION)"
	@bash .ci/run
	@cd tools && GOWORK=off go run ./release tag "$(VERSION)"

bench: ## The benchmarks beside their floors
	@cd benchmarks && go test -run '^$$' -bench . .

bench-notify: ## notify beside the build of a commit: make bench-notify BASE=v0.1.0
	@bash notify/bench.sh "$(BASE)"

golden: ## Rewrite the golden requests after a change that was meant
	@WECHAT_UPDATE_GOLDEN=1 go test work

docs: ## Rewrite the generated documentation
	@go generate ./...

.PHONY: help check test race lint fuzz tidy hooks release bench bench-notify golden docs
