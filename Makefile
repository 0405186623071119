# airshed: build, install and check. `make help` lists the targets.

-include config.mk

VERSION := 0.1.0
BUILD ?= build
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
mandir ?= $(prefix)/share/man
DESTDIR ?=

CC := $(if $(filter default,$(origin CC)),mpicc,$(CC))
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config

# Layers, lowest first; `make layers` proves that none includes a higher one.
LAYERS := base kernels parallel grid io flow learn report commands

# Short lines by default; V=1 shows whole commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

# ---- configuration -------------------------------------------------------------------------

PACKAGES := pnetcdf netcdf gdal proj gsl udunits yaml-0.1 jansson nettle geos
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wno-format-truncation
# -ffp-contract=off: a sum is fused only where the source says fma(), so that every
# CPU class gives the same bits (design page, "Same bytes").
LANGUAGE := -std=c17 -D_GNU_SOURCE -fno-math-errno -ffp-contract=off -fopenmp-simd
# Asked for at the first compilation, not before: `make deps demo` installs the packages first.
SYSTEM_INCLUDES = $(eval SYSTEM_INCLUDES := $$(system_includes))$(SYSTEM_INCLUDES)
system_includes = $(require_packages)$(patsubst -I%,-isystem %,$(shell \
	$(PKG_CONFIG) --cflags-only-I $(PACKAGES)))
require_packages = $(foreach missing,$(shell for package in $(PACKAGES); do \
	$(PKG_CONFIG) --exists $$package 2>/dev/null || echo $$package; done),$(error \
	$(PKG_CONFIG) does not know '$(missing)': 'make deps' installs what is missing, or names it))
CPPFLAGS_ALL = -Iinclude -Isrc $(SYSTEM_INCLUDES) -DAIRSHED_VERSION='"$(VERSION)"' $(CPPFLAGS)
CFLAGS_ALL = $(LANGUAGE) $(WARNINGS) $(CFLAGS)
LIBS_ALL = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lisal -ldl -lpthread -lm $(LDLIBS)

# ---- sources by layer ----------------------------------------------------------------------

SOURCES := $(foreach layer,$(LAYERS),$(sort $(wildcard src/$(layer)/*.c src/$(layer)/*/*.c)))
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/obj/%.o)
LIBRARY := $(BUILD)/libairshed.a
PROGRAM := $(BUILD)/airshed
TEST_SOURCES := $(sort $(wildcard tests/unit/*.c tests/parallel/*.c tests/fuzz/*.c))
TEST_PROGRAMS := $(TEST_SOURCES:tests/%.c=$(BUILD)/tests/%)

# Plug-ins, each where its library is installed: without it the command that needs one says so.
CXX := $(if $(filter default,$(origin CXX)),$(filter ccache,$(CC)) g++,$(CXX))
TORCH ?= /usr
TORCH_API := $(TORCH)/include/torch/csrc/api/include

# ---- rules ---------------------------------------------------------------------------------

.PHONY: all
all: $(PROGRAM) plugins ## build build/airshed and its plug-ins

$(PROGRAM): $(BUILD)/obj/main.o $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -rdynamic -o $@ $^ $(LIBS_ALL)

$(LIBRARY): $(OBJECTS)
	@rm -f $@
	$(Q)ar rcs $@ $^

# The program's own folder first, then this one (include/base/plugin.h).
$(BUILD)/obj/base/plugin.o: CPPFLAGS_ALL += -DAIRSHED_LIBDIR='"$(libdir)"'

# Looked for when it is due, not before: `make deps demo` installs the libraries first.
.PHONY: plugins
plugins: ## build the plug-ins whose libraries are installed
	@if [ -e $(TORCH_API)/torch/torch.h ]; then \
		$(MAKE) --no-print-directory $(BUILD)/airshed-network.so; \
	fi

$(BUILD)/airshed-network.so: src/learn/network_torch.cpp src/learn/network_plugin.h
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) -std=c++17 -O3 -ffp-contract=off -Wall -Wextra -Werror -fPIC -shared \
		$(addprefix -isystem ,$(filter-out /usr/include,$(TORCH)/include)) -isystem $(TORCH_API) \
		$(CXXFLAGS) -o $@ $< -L$(TORCH)/lib -ltorch_cpu -lc10

# Only the provenance names the commit, so that a new commit rebuilds one file.
COMMIT := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
$(BUILD)/obj/io/provenance.o: CPPFLAGS_ALL += -DAIRSHED_COMMIT='"$(COMMIT)"'

# `airshed --citation` prints CITATION.cff.
$(BUILD)/generated/citation.inc: CITATION.cff
	@mkdir -p $(@D)
	@sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $< >$@

$(BUILD)/obj/main.o: $(BUILD)/generated/citation.inc
$(BUILD)/obj/main.o: CPPFLAGS_ALL += -I$(BUILD)/generated

# The mathematics gets -O3: GCC vectorises the pixel lanes only there.
$(BUILD)/obj/kernels/%.o: CFLAGS_ALL += -O3

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: tests/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests/support $(CFLAGS_ALL) $(LDFLAGS) -MMD -MP -o $@ $< $(LIBRARY) \
		-lcmocka $(LIBS_ALL)

-include $(OBJECTS:.o=.d) $(BUILD)/obj/main.d $(TEST_PROGRAMS:=.d)

# ---- checks --------------------------------------------------------------------------------

.PHONY: tests
tests: $(PROGRAM) plugins $(TEST_PROGRAMS) ## build the test programs

.PHONY: test
test: tests ## run the tests, JOBS=2 at a time; T=NAME runs those whose file name holds NAME
	@tests/run $(T)

.PHONY: check
check: test

# The whole suite under AddressSanitizer and UBSan; leaks of our own are failures too. No test expects
# exit code 99, and a report of AddressSanitizer fails the run wherever it came up. A leak is told from
# one of a library by the eight calls above it: more take most of the time where PROJ and GDAL allocate.
SANITIZE_BUILD := $(BUILD)/sanitize
SANITIZE_REPORTS := $(SANITIZE_BUILD)/reports
SANITIZE_ASAN := fast_unwind_on_malloc=0:detect_stack_use_after_return=1:malloc_context_size=8:exitcode=99
SANITIZE_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: sanitize
sanitize: ## run the tests under AddressSanitizer and UBSan; T=NAME as for test
	@mkdir -p $(SANITIZE_BUILD)
	$(Q)$(CC) $(LANGUAGE) $(WARNINGS) -c -o $(SANITIZE_BUILD)/sanitize.o tests/support/sanitize.c
	@$(MAKE) --no-print-directory tests BUILD=$(SANITIZE_BUILD) CFLAGS='$(SANITIZE_CFLAGS)' \
		CXXFLAGS='$(SANITIZE_CFLAGS) $(CXXFLAGS)' \
		LDFLAGS='-rdynamic $(LDFLAGS)' LDLIBS='$(SANITIZE_BUILD)/sanitize.o $(LDLIBS)'
	@rm -rf $(SANITIZE_REPORTS) && mkdir -p $(SANITIZE_REPORTS)
	@BUILD=$(SANITIZE_BUILD) TEST_LIMIT_S=3600 limit_s=900 \
		ASAN_OPTIONS=$(SANITIZE_ASAN):log_path=$(abspath $(SANITIZE_REPORTS))/report \
		UBSAN_OPTIONS=print_stacktrace=1:exitcode=99 \
		LSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/leaks.txt:print_suppressions=0 \
		tests/run $(T); code=$$?; \
	for report in $(SANITIZE_REPORTS)/*; do \
		[ ! -e $$report ] || { head -n 80 $$report; code=1; }; \
	done; \
	exit $$code

.PHONY: test-faults
test-faults: $(PROGRAM) ## kill, damage and starve every command that writes; SEED=N kills elsewhere
	@tests/faults/run $(T)

.PHONY: test-slurm
test-slurm: $(PROGRAM) ## run the job scripts under a private Slurm (as root; about a minute)
	@tests/slurm/run

# libFuzzer comes with clang, which builds everything anew for it, without clones for CPU classes:
# clang 14 compiles them, but does not link them.
SECONDS ?= 60
FUZZ_BUILD := $(BUILD)/fuzz
FUZZ_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link \
	-fno-sanitize-recover=all
FUZZ_CPPFLAGS := '-Dtarget_clones(...)=' -DFUZZING_WITH_LIBFUZZER
FUZZ_TARGETS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/*.c))

.PHONY: fuzz
fuzz: ## fuzz each target for SECONDS=60; T=NAME picks targets; needs make deps-fuzz
	@OMPI_CC=clang $(MAKE) --no-print-directory fuzz-targets BUILD=$(FUZZ_BUILD) WARNINGS=-w \
		CFLAGS='$(FUZZ_CFLAGS)' CPPFLAGS="$(FUZZ_CPPFLAGS) $(CPPFLAGS)" FUZZ_LDFLAGS=-fsanitize=fuzzer
	@BUILD=$(FUZZ_BUILD) SECONDS_EACH=$(SECONDS) tests/fuzz/run $(T)

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_TARGETS)

$(FUZZ_TARGETS): LDFLAGS += $(FUZZ_LDFLAGS)

# Root inside a container needs Open MPI's word for it; everybody else does not notice.
RANKS ?= 2
ROOT_MPI := OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
LAUNCH := $(if $(filter 0,$(shell id -u)),$(ROOT_MPI)) mpirun --oversubscribe -np $(RANKS)

.PHONY: demo
demo: $(PROGRAM) plugins $(BUILD)/tests/demo/recovered ## run the whole chain on a synthetic region, in build/demo
	$(LAUNCH) $(PROGRAM) run configs/demo.yaml --resume --overwrite
	$(if $(wildcard $(TORCH_API)/torch/torch.h),$(LAUNCH) $(PROGRAM) run configs/demo-network.yaml \
		--resume --overwrite)
	@cd $(BUILD)/demo && ../tests/demo/recovered region/truth.nc deweathered.nc trend.nc area.nc \
		ihs.nc recovered.csv

.PHONY: layers
layers: ## prove that no layer includes a higher one
	@tests/layers $(LAYERS)

.PHONY: headers
headers: ## prove that every header compiles on its own
	@for header in $$(find include -name '*.h'); do \
		$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -Wno-unused-function -x c -fsyntax-only $$header \
			|| exit 1; \
	done

.PHONY: format
format: ## rewrite the sources in the project's format
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: test-memory
test-memory: $(PROGRAM) ## prove that memory does not grow with the input; SIZE=8G OTHERS=2G DRAWS=1000000 RANKS=2 WORK=DIR
	@tests/memory/run

.PHONY: coverage
coverage: $(PROGRAM) plugins ## how often the interval of the share holds the truth; REGIONS=200 SPREADING=20
	@tests/coverage/run

.PHONY: bench
bench: $(PROGRAM) plugins $(BUILD)/tests/bench/kernels $(BUILD)/tests/bench/network ## measure beside other tools, into build/bench; RUNS=3 T=NAME
	@CC='$(CC)' CFLAGS='$(LANGUAGE) $(CFLAGS)' tests/bench/run $(T)

.PHONY: bench-io bench-scaling bench-cost
bench-io: $(PROGRAM) $(BUILD)/tests/bench/copy ## copy a cube in bands beside a plain copy; PAIRS=7 WORK=DIR
	@tests/bench/io

bench-scaling: $(PROGRAM) ## deweather and inventory on 1 and 2 ranks, and what the machine allows; PAIRS=7 T=NAME
	@T='$(T)' tests/bench/scaling

bench-cost: $(PROGRAM) ## what a large grid would cost on many ranks, from counts; ROWS= COLS= DAYS=
	@tests/bench/cost

# ---- packages ------------------------------------------------------------------------------

# What the program and its tests need, by Debian's names; `make deps` tells the others.
DEPS_BUILD := gcc libc6-dev make pkg-config openmpi-bin libopenmpi-dev libpnetcdf-dev libnetcdf-dev \
	libgdal-dev libproj-dev libgeos-dev libgsl-dev libudunits2-dev libyaml-dev libjansson-dev \
	nettle-dev libisal-dev librandom123-dev libcmocka-dev
# Networks; 684 MB, one to two minutes. Without it all but `background --method network` works.
DEPS_NETWORK := g++ libtorch-dev
# Figures of `report`; GMT does not ask for Ghostscript by itself.
DEPS_FIGURES := gmt gmt-gshhg-low ghostscript fonts-droid-fallback
DEPS_CHECK := strace netcdf-bin gdal-bin cdo python3-xarray python3-netcdf4 python3-gdal
# A browser that looks at the page of `report`.
DEPS_BROWSER := chromium poppler-utils
# A private Slurm for `make test-slurm`.
DEPS_SLURM := slurmctld slurmd slurm-client munge
# Peers that `make bench` measures against; nothing else needs them.
DEPS_BENCH := python3-torch python3-statsmodels python3-scipy python3-dask python3-xarray python3-netcdf4 \
	python3-libpysal r-base-core r-cran-ncdf4 r-cran-gstat r-cran-sp r-cran-terra

# libFuzzer for `make fuzz`.
DEPS_FUZZ := clang libclang-rt-dev

DEPS_SPACK := openmpi parallel-netcdf netcdf-c gdal+netcdf+geos proj geos gsl udunits libyaml jansson \
	nettle isa-l random123 cmocka pkgconf
DEPS_CONDA := c-compiler make pkg-config openmpi-mpicc libpnetcdf libnetcdf libgdal proj geos gsl \
	udunits2 yaml jansson nettle isa-l random123 cmocka
DEPS_FEDORA := gcc make pkgconf openmpi-devel pnetcdf-openmpi-devel netcdf-devel gdal-devel \
	proj-devel geos-devel gsl-devel udunits2-devel libyaml-devel jansson-devel nettle-devel \
	isa-l-devel Random123-devel libcmocka-devel

apt_install = apt-get update && DEBIAN_FRONTEND=noninteractive \
	apt-get install -y --no-install-recommends

.PHONY: deps
deps: ## install what the build and the tests need (Debian, Ubuntu)
	@if command -v apt-get >/dev/null; then \
		sudo=$$([ $$(id -u) -eq 0 ] || echo sudo); \
		$$sudo sh -c '$(apt_install) $(DEPS_BUILD) $(DEPS_NETWORK) $(DEPS_FIGURES) \
			$(DEPS_CHECK) $(DEPS_SLURM)' </dev/null; \
	else \
		echo 'No apt-get here. Install these and run make again:'; \
		echo '  Spack:       $(DEPS_SPACK)'; \
		echo '  conda-forge: $(DEPS_CONDA)'; \
		echo '  Fedora:      $(DEPS_FEDORA)'; \
		exit 1; \
	fi

.PHONY: deps-bench
deps-bench: ## install the peers that `make bench` compares with
	@sudo=$$([ $$(id -u) -eq 0 ] || echo sudo); \
	$$sudo sh -c '$(apt_install) $(DEPS_BENCH)' </dev/null

.PHONY: deps-browser
deps-browser: ## install the browser that the test of `report` uses
	@sudo=$$([ $$(id -u) -eq 0 ] || echo sudo); \
	$$sudo sh -c '$(apt_install) $(DEPS_BROWSER)' </dev/null

.PHONY: deps-fuzz
deps-fuzz: ## install what `make fuzz` needs
	@sudo=$$([ $$(id -u) -eq 0 ] || echo sudo); \
	$$sudo sh -c '$(apt_install) $(DEPS_FUZZ)' </dev/null

# ---- installing ----------------------------------------------------------------------------

COMMANDS = $(shell sed -nE '/COMMAND_LIST/,/^$$/ s/X\(([a-z]+)\)/\n=\1\n/gp' src/commands/list.h | \
	sed -n 's/^=//p' | grep -v '^name$$')

.PHONY: man
man: $(PROGRAM) ## write the manual pages to build/man
	@mkdir -p $(BUILD)/man
	@for command in $(COMMANDS); do \
		$(PROGRAM) man $$command >$(BUILD)/man/airshed-$$command.1 || exit 1; \
	done

.PHONY: install
install: $(PROGRAM) plugins man ## install under prefix (/usr/local), below DESTDIR
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(bindir)/airshed
	@for plugin in $(BUILD)/airshed-*.so; do \
		[ ! -e $$plugin ] || \
		install -D -m 755 $$plugin $(DESTDIR)$(libdir)/airshed/$${plugin##*/} || exit 1; \
	done
	install -d $(DESTDIR)$(mandir)/man1
	install -m 644 $(BUILD)/man/*.1 $(DESTDIR)$(mandir)/man1

.PHONY: uninstall
uninstall: ## remove what `make install` put there
	rm -f $(DESTDIR)$(bindir)/airshed $(DESTDIR)$(mandir)/man1/airshed-*.1
	rm -f $(DESTDIR)$(libdir)/airshed/airshed-*.so

# ---- the rest ------------------------------------------------------------------------------

.PHONY: clean
clean: ## remove build/
	rm -rf $(BUILD)

.PHONY: distclean
distclean: clean ## remove build/ and config.mk
	rm -f config.mk

.PHONY: dist
dist: ## pack the committed tree as build/airshed-VERSION.tar.gz
	@mkdir -p $(BUILD)
	git archive --format=tar.gz --prefix=airshed-$(VERSION)/ -o $(BUILD)/airshed-$(VERSION).tar.gz HEAD

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.DEFAULT_GOAL := all
