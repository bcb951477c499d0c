# The chain, for real work: one target per stage, each continues where it was interrupted.
#
#   export OPENAI_BASE_URL=http://localhost:8000/v1
#   make -f pipeline.mk IMAGES=photos WORK=run1 GENERATE_MODEL=Qwen2.5-VL-72B-Instruct
#
# A stage that exits 1 (some records left) or 75 (stopped early) leaves FILE.partial and no
# FILE; type make again and it goes on from the ledger. Nothing is asked twice.

IMAGES ?= images
WORK ?= work
CAPQA ?= capqa

GENERATE_MODEL ?= Qwen2.5-VL-72B-Instruct
BLIND_MODEL ?= Qwen2.5-3B-Instruct
SIGHT_MODEL ?= Qwen2.5-VL-3B-Instruct
CAPTION_MODEL ?= CapRL-3B
AUDIT_MODEL ?= $(BLIND_MODEL)

# One server for all is OPENAI_BASE_URL; or one for each.
GENERATE_URL ?=
BLIND_URL ?=
SIGHT_URL ?=
CAPTION_URL ?=
AUDIT_URL ?= $(BLIND_URL)

VISUAL_ACC ?= >0.75
TEXT_ACC ?= <0.25
ROTATIONS ?= 4
# 2%: so many questions are asked every trial, for honest averages in the report.
FULL_SHARE ?=
# yes: what each run took goes into the store and the report, which then differ by its clock.
STATS ?=
QUESTIONS ?= 5
FORMAT ?= full
FLAGS ?=

SHELL = /bin/bash
.SHELLFLAGS = -eo pipefail -c
.DELETE_ON_ERROR:

export CAPQA_LEDGER ?= $(WORK)/ledger.db
rule = --visual-acc '$(VISUAL_ACC)' --text-acc '$(TEXT_ACC)' --rotations $(ROTATIONS)
url = $(if $1,-u $1)
share = $(if $(FULL_SHARE),--full-share $(FULL_SHARE))
stats = $(if $(STATS),--stats $(WORK)/$1.$$(date +%s).run.jsonl)

all: $(WORK)/dataset/manifest.json $(WORK)/report.html

$(WORK)/images.jsonl: $(IMAGES) | $(WORK)
	$(CAPQA) scan $(FLAGS) -o $@ -r $(WORK)/scan.rejects.jsonl $(IMAGES)

$(WORK)/replies.jsonl.zst: $(WORK)/images.jsonl
	$(CAPQA) generate $(FLAGS) -m $(GENERATE_MODEL) $(call url,$(GENERATE_URL)) \
		--questions $(QUESTIONS) $(call stats,generate) -o $@ -r $(WORK)/generate.rejects.jsonl $<

$(WORK)/questions.jsonl: $(WORK)/replies.jsonl.zst
	$(CAPQA) extract $(FLAGS) -o $@ -r $(WORK)/extract.rejects.jsonl $<

$(WORK)/blind.jsonl: $(WORK)/questions.jsonl
	$(CAPQA) blind $(FLAGS) -m $(BLIND_MODEL) $(call url,$(BLIND_URL)) $(rule) \
		$(share) $(call stats,blind) -o $@ -r $(WORK)/blind.rejects.jsonl $<

$(WORK)/sight.jsonl: $(WORK)/blind.jsonl
	$(CAPQA) sight $(FLAGS) -m $(SIGHT_MODEL) $(call url,$(SIGHT_URL)) $(rule) \
		$(share) $(call stats,sight) -o $@ -r $(WORK)/sight.rejects.jsonl $<

$(WORK)/judged.jsonl: $(WORK)/sight.jsonl
	$(CAPQA) select $(FLAGS) $(rule) -o $@ $<

$(WORK)/unique.jsonl: $(WORK)/judged.jsonl
	$(CAPQA) dedupe $(FLAGS) -o $@ $<

# Rejects, replies and runs go into the store too, so that it explains what is not in the set
# and what it took.
$(WORK)/store.done: $(WORK)/images.jsonl $(WORK)/replies.jsonl.zst $(WORK)/unique.jsonl
	$(CAPQA) ingest -q -d $(WORK)/capqa.db $^ \
		$$(ls $(WORK)/*.rejects.jsonl $(WORK)/*.run.jsonl 2>/dev/null || :)
	touch $@

$(WORK)/dataset/manifest.json: $(WORK)/store.done
	$(CAPQA) export -d $(WORK)/capqa.db --format $(FORMAT) -o $(WORK)/dataset

$(WORK)/report.html: $(WORK)/store.done
	$(CAPQA) report -q -d $(WORK)/capqa.db -o $@

# make captions: describe the same images; make audit: ask the kept questions about CAPTIONS.
CAPTIONS ?= $(WORK)/captions.jsonl

captions: $(WORK)/captions.jsonl
audit: $(WORK)/scores.jsonl

$(WORK)/captions.jsonl: $(WORK)/images.jsonl
	$(CAPQA) caption $(FLAGS) -m $(CAPTION_MODEL) $(call url,$(CAPTION_URL)) \
		-o $@ -r $(WORK)/caption.rejects.jsonl $<

$(WORK)/scores.jsonl: $(CAPTIONS) $(WORK)/store.done
	$(CAPQA) audit $(FLAGS) -m $(AUDIT_MODEL) $(call url,$(AUDIT_URL)) -Q $(WORK)/capqa.db \
		-o $@ -r $(WORK)/audit.rejects.jsonl $(CAPTIONS)

$(WORK):
	mkdir -p $@

clean-results:	# what was asked stays in the ledger
	rm -rf $(WORK)/*.jsonl $(WORK)/*.zst $(WORK)/*.partial $(WORK)/store.done \
		$(WORK)/capqa.db* $(WORK)/dataset $(WORK)/report.html

.PHONY: all captions audit clean-results
