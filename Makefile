# Everything a developer runs. "make test" is the README's second command and
# what continuous integration calls.
SHELL := /bin/bash
GO    ?= go
NPM   ?= npm

.PHONY: run test check deps build generated lint unit bench fuzz screenshots clean

run: ## start over simulated clusters
	$(GO) run ./web

test: deps generated lint unit ## everything that must pass

check: test

deps: ## what the tests need beyond Go
	bash .ci/deps

build: node_modules ## templ code and static/dist, both committed
	$(GO) tool templ generate -path views
	$(NPM) run --silent check
	$(NPM) run --silent build

node_modules: package-lock.json
	$(NPM) ci --silent --no-audit --no-fund
	@touch node_modules

generated: build ## the committed generated files are those the sources give
	@if [ -n "$$(git status --porcelain -- views static/dist)" ]; then \
	  git --no-pager diff --stat -- views static/dist; git status --short -- views static/dist; \
	  echo "generated files differ from the committed ones: run 'make build' and commit"; exit 1; fi

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go') | tee /dev/stderr)" || { echo "gofmt differs"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

unit:
	CI=true $(GO) test -race -shuffle=on -timeout 20m ./...

bench: ## every figure the documents claim, measured here and now
	$(GO) test -run '^$$' -bench . -benchtime 2s -timeout 40m ./...

fuzz: ## each fuzz target for FUZZTIME (default 10m)
	bash .ci/fuzz $${FUZZTIME:-10m}

screenshots: ## every page, both themes, desktop and phone, into ./screenshots
	LOOKSALIVE_SCREENSHOTS=$(CURDIR)/screenshots $(GO) test -count=1 -timeout 10m -run '^TestScreenshots$$' ./web

clean:
	rm -rf node_modules screenshots
