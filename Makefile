# make            build/proposals-fcgi
# make run        everything, on http://127.0.0.1:8080 (PORT, WORKERS, DATABASE_URL, DASHBOARD)
# make dev        the same, and new workers take over whenever a source file is saved
# make test       every test; the last line tells how many passed
# make soak       a thousand kills of workers under load
# make bench      how fast it is, beside what it stands on
# make indexes    the indexes that keep pages fast, in the database that DATABASE_URL names
# make format     lay the sources out as .clang-format has it
# make clean

BUILD := build
CC := gcc
CFLAGS := -O2 -g
PACKAGES := libpq fcgi libxxhash libsystemd
SANITIZE :=

STANDARD := -std=c17 -D_GNU_SOURCE
WARNINGS := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef \
	-Wcast-qual -Wwrite-strings -Wpointer-arith -Wnull-dereference -Wswitch-enum
# With a sanitizer's checks in the code, gcc's flow analysis warns of what cannot happen.
WARNINGS += $(if $(SANITIZE),-Wno-format-truncation -Wno-null-dereference -Wno-stringop-overflow)
HARDENING := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)

ALL_CFLAGS = $(STANDARD) $(WARNINGS) $(HARDENING) $(CFLAGS) $(SANITIZE) -Isrc \
	$(shell pkg-config --cflags $(PACKAGES))
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)
LIBRARIES = $(shell pkg-config --libs $(PACKAGES)) -lm

SOURCES := $(sort $(wildcard src/*.c))
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/%.o)

$(BUILD)/proposals-fcgi: $(OBJECTS)
	@echo '  LD $@'
	@$(CC) $(ALL_LDFLAGS) -o $@ $(OBJECTS) $(LIBRARIES)

$(BUILD)/%.o: src/%.c Makefile | $(BUILD)
	@echo '  CC $<'
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD):
	@mkdir -p $@

-include $(OBJECTS:.o=.d)

# ---- running

.PHONY: run dev test unit soak bench indexes format clean

run:
	@exec src/run/run.sh

dev:
	@exec src/run/run.sh --dev

# Makes the indexes in a database of yours, without locking out those who write: make indexes DATABASE_URL=...
indexes:
	@exec src/run/indexes.sh

# ---- testing

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/*_test.c)))
TESTED_OBJECTS := $(filter-out $(BUILD)/main.o,$(OBJECTS))

test:
	@src/run/packages.sh test
	@exec tests/run.sh

# A thousand kills under load; the short form is among the tests.
soak:
	@src/run/packages.sh test
	@exec tests/soak.sh

bench:
	@src/run/packages.sh bench
	@$(MAKE) -s $(BUILD)/proposals-fcgi
	@exec tests/bench/bench.sh

# The programs of tests/unit, run by tests/run.sh.
unit: $(UNIT_TESTS)

$(BUILD)/tests/%: tests/unit/%.c $(TESTED_OBJECTS) Makefile
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(ALL_CFLAGS) $$(pkg-config --cflags cmocka json-c) -MMD -MP -MF $@.d $(ALL_LDFLAGS) \
		-o $@ $< $(TESTED_OBJECTS) $(LIBRARIES) $$(pkg-config --libs cmocka json-c)

-include $(UNIT_TESTS:=.d)

# ---- keeping house

format:
	clang-format -i src/*.c src/*.h tests/unit/*.c

clean:
	rm -rf build .run
