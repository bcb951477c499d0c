# capqa: curate visual question-answer data, audit captions.
#
#   make            all programs, in build/bin            make demo     the chain on real images
#   make check      tests (sanitizers), 15 minutes         make check-all  and all below but bench
#   make layers     no include of a higher floor           make bench    the figures, as ratios
#   make torture    every call that can fail, fails        make fuzz     the readers
#   make powercut   what a disk holds after a power cut     make kills    kill -9, and again
#   make coverage   lines that tests execute               make faults   tests see planted ones
#   make deps       install what is missing (apt-get)      make install  uninstall  PREFIX=/usr/local
#   make bless      rewrite golden outputs, to be read     make dist  deb  clean
#
# SAN=address,undefined builds into a tree of its own. Local choices go into config.mk.

-include config.mk

O ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
comma := ,
PREFIX ?= /usr/local
CC ?= cc
CFLAGS ?= -O2 -g
warnings = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings \
	-Wvla -Wformat=2 -Wimplicit-fallthrough $(if $(CI),-Werror)
san = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
packages = sqlite3 libcjson libcurl libzstd libxxhash libarchive libutf8proc libcrypto
# A release is hardened; sanitizers have their own ways.
harden = $(if $(SAN),,-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE)
relro = $(if $(SAN),,-pie -Wl,-z,relro,-z,now)
compile = $(CC) -std=c11 -D_GNU_SOURCE -I. -I$(O)/gen $(warnings) $(san) $(harden) $(CPPFLAGS) $(CFLAGS) \
	-MMD -MP -c
link = $(CC) $(san) $(CFLAGS) $(relro) $(LDFLAGS)

# One word per program, in pipeline order.
curate = scan generate extract caption ping
filter = blind sight select dedupe audit
store = ingest export report ledger
stages = $(curate) $(filter) $(store)
programs = $(O)/bin/capqa $(stages:%=$(O)/bin/capqa-%) $(O)/bin/capqa-sim

# The staircase: each floor links itself and the floors below it, never one above.
floors = cli schemas store curate filter
nouns = $(filter-out $(stages:%=$1/%.c) $1/capqa.c,$(wildcard $1/*.c))
cli.libs = $(O)/cli.a -lutf8proc
schemas.libs = $(O)/schemas.a $(cli.libs) -lcjson -lxxhash -lm
store.libs = $(O)/store.a $(schemas.libs) -lsqlite3 -lzstd -larchive -lcrypto -lgd
curate.libs = $(O)/curate.a $(store.libs) -lcurl
filter.libs = $(O)/filter.a $(curate.libs)
sim.libs = $(O)/sim.a $(schemas.libs) -lmicrohttpd -lcrypto

all: $(programs)

$(foreach f,$(floors),$(eval $(O)/$f.a: $(patsubst %.c,$(O)/%.o,$(call nouns,$f))))
$(O)/sim.a: $(patsubst %.c,$(O)/%.o,$(filter-out %/sim.c,$(wildcard examples/sim/*.c)))
$(O)/%.a:
	@rm -f $@ && $(AR) rcs $@ $^

$(O)/bin/capqa: $(O)/cli/capqa.o $(O)/cli.a
	@mkdir -p $(@D) && $(link) -o $@ $< $(cli.libs)
$(O)/bin/capqa-sim: $(O)/examples/sim/sim.o $(O)/sim.a $(O)/schemas.a $(O)/cli.a
	@mkdir -p $(@D) && $(link) -o $@ $< $(sim.libs)
define program
$(O)/bin/capqa-$2: $(O)/$1/$2.o $(filter %.a,$($1.libs))
	@mkdir -p $$(@D) && $(link) -o $$@ $$< $($1.libs)
endef
$(foreach f,curate filter store,$(foreach p,$($f),$(eval $(call program,$f,$p))))

$(O)/%.o: %.c | $(O)/gen/made
	@mkdir -p $(@D) && echo "  CC $<" && $(compile) -o $@ $<

# SQL, prompts and the pieces of a page are plain files, compiled in as one C string each.
texts = $(wildcard schemas/*.sql curate/prompts/*.txt filter/prompts/*.txt store/report/*)
$(O)/gen/made: $(texts:%=$(O)/gen/%.h)
	@mkdir -p $(@D) && touch $@
$(O)/gen/%.h: %
	@mkdir -p $(@D)
	@sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $< >$@

layers:
	@sh tests/layers.sh

deps:
	@sh tests/deps.sh

check: deps
	@$(MAKE) --no-print-directory SAN=address,undefined test

check-all: check
	@sh tests/check-all.sh

test: all layers tests
	@sh tests/style.sh && sh tests/run.sh $(O)

units = $(patsubst tests/unit/%.c,$(O)/tests/%,$(wildcard tests/unit/*.c))
tests: $(units)
$(O)/tests/%: $(O)/tests/unit/%.o $(O)/sim.a $(filter %.a,$(filter.libs))
	@mkdir -p $(@D) && $(link) -o $@ $< $(O)/sim.a $(filter.libs) -lmicrohttpd -lcmocka

demo: deps
	@$(MAKE) --no-print-directory all
	@sh examples/demo/demo.sh $(O)

bless: all
	@sh tests/golden.sh $(O) bless

# Each harness of tests/fuzz runs FUZZ_SECONDS, from its corpus and with sanitizers (clang).
FUZZ_SECONDS ?= 20
fuzz:
	@sh tests/fuzz.sh $(FUZZ_SECONDS)

# Line coverage by all tests; and whether they see the faults that are planted for them.
coverage:
	@sh tests/coverage.sh

faults:
	@sh tests/faults.sh

# Every fallible call of every stage fails once (TORTURE=full), or a share of them.
torture: all
	@python3 tests/inject/torture.py $(O) $(if $(filter full,$(TORTURE)),--all)

# The power fails while ledger, store and exports are written; and kill -9 at any moment.
powercut kills: all
	@python3 tests/inject/$@.py $(O)

bench: all
	@sh tests/bench/bench.sh $(O)

man: all
	@sh cli/pages.sh $(O)/bin $(O)/man

completions: all
	@sh cli/completions.sh $(O)/bin $(O)/completions

install: man completions
	@sh cli/install.sh $(O) "$(DESTDIR)$(PREFIX)"

uninstall: man completions
	@sh cli/install.sh --remove $(O) "$(DESTDIR)$(PREFIX)"

version = $(shell sed -n 's/^\#define CAPQA_VERSION "\(.*\)"/\1/p' cli/version.h)
dist:
	@mkdir -p $(O)
	git archive --format=tar.gz --prefix=capqa-$(version)/ -o $(O)/capqa-$(version).tar.gz HEAD

deb:
	@sh cli/deb.sh $(O)

clean:
	rm -rf build build-*

.PHONY: all layers deps check check-all test tests torture powercut kills fuzz coverage faults \
	demo bless bench man completions install uninstall dist deb clean
.PRECIOUS: $(O)/%.o
.DELETE_ON_ERROR:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
