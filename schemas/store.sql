-- SPDX-License-Identifier: Apache-2.0
--
-- The store: every record of the pipeline in tables, so that questions about the set are SQL.
--
-- Ids (image_id, question_id, caption_id) are the records' own, 32 hex digits, never made here.
-- Rows are joined by integers. Two columns stand in every table of records:
--   rest   members that capqa does not know, with their source bytes: the inside of an object
--   exact  known members that the columns could not give back to the byte (null, [], 1.0)
-- The indexes over ids that come by the million stand in store_indexes.sql. Columns that hold JSON say so. Start with the views in store_views.sql.
--
-- This is version 2; store_from_1.sql makes it of version 1. A new version is a change here, a
-- file that makes it of the last one, and a line in store/db.c.

PRAGMA application_id = 1667330161; -- 'capq'
PRAGMA user_version = 2;

-- What the bytes of an image are. image_id is null where no bytes were read.
CREATE TABLE images (
	id INTEGER PRIMARY KEY,
	image_id TEXT,
	mime TEXT,
	width INTEGER,
	height INTEGER,
	bytes INTEGER,
	orientation INTEGER,
	rest TEXT
) STRICT;

-- Where an image lies; the same bytes may lie under several paths. listed: an image record said
-- so; otherwise another record only mentioned it.
CREATE TABLE paths (
	id INTEGER PRIMARY KEY,
	image INTEGER NOT NULL REFERENCES images (id),
	path TEXT,
	"offset" INTEGER,
	size INTEGER,
	same_as TEXT,
	listed INTEGER NOT NULL DEFAULT 0,
	source TEXT,                      -- JSON
	source_id TEXT,                   -- JSON
	rest TEXT,
	exact TEXT
) STRICT;

-- What an LVLM wrote about an image. key: the call, or a hash where none was recorded.
CREATE TABLE replies (
	id INTEGER PRIMARY KEY,
	path INTEGER NOT NULL REFERENCES paths (id),
	key TEXT NOT NULL,
	reply TEXT,
	model TEXT,
	finish_reason TEXT,
	prompt_id TEXT,
	usage TEXT,                       -- JSON
	call TEXT,
	source TEXT,                      -- JSON
	source_id TEXT,                   -- JSON
	rest TEXT,
	exact TEXT
) STRICT;
CREATE UNIQUE INDEX replies_by_key ON replies (path, key);

-- origin is the record's `from`; place its index: which question of the reply this is.
CREATE TABLE questions (
	id INTEGER PRIMARY KEY,
	question_id TEXT NOT NULL,
	path INTEGER NOT NULL REFERENCES paths (id),
	question TEXT NOT NULL,
	answer TEXT NOT NULL,
	verdict TEXT CHECK (verdict IN ('keep', 'drop', 'undecided')),
	reason TEXT,
	rule TEXT,
	duplicate_of TEXT,
	model TEXT,
	place INTEGER,
	flags TEXT,                       -- JSON
	origin TEXT,                      -- JSON
	source TEXT,                      -- JSON
	source_id TEXT,                   -- JSON
	rest TEXT,
	exact TEXT
) STRICT;
CREATE UNIQUE INDEX questions_by_id ON questions (question_id);
CREATE INDEX questions_by_path ON questions (path);

CREATE TABLE options (
	question INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
	number INTEGER NOT NULL,          -- from 0, in written order
	letter TEXT GENERATED ALWAYS AS (char(65 + number)) VIRTUAL,
	text TEXT NOT NULL,
	rest TEXT,
	PRIMARY KEY (question, number)
) STRICT, WITHOUT ROWID;

-- One model's answers to one question. pass: blind, sight or control; condition: '' or the
-- kind of control (grey, swap).
CREATE TABLE tallies (
	id INTEGER PRIMARY KEY,
	question INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
	pass TEXT NOT NULL CHECK (pass IN ('blind', 'sight', 'control')),
	condition TEXT NOT NULL DEFAULT '',
	model TEXT NOT NULL,
	prompt_id TEXT,
	seed INTEGER,
	temperature REAL,
	abstain INTEGER,
	orders TEXT,
	rotations INTEGER,
	asked INTEGER,
	valid INTEGER,
	correct INTEGER,
	abstained INTEGER,
	unparsed INTEGER,
	refused INTEGER,
	failed INTEGER,
	early INTEGER,
	"full" INTEGER,
	rest TEXT,
	exact TEXT,
	UNIQUE (question, pass, condition, model)
) STRICT;

CREATE TABLE trials (
	tally INTEGER NOT NULL REFERENCES tallies (id) ON DELETE CASCADE,
	number INTEGER NOT NULL,          -- from 0
	"order" TEXT,                     -- JSON: option numbers as shown
	said TEXT,
	pick INTEGER,
	outcome TEXT NOT NULL CHECK (outcome IN
		('correct', 'wrong', 'abstained', 'unparsed', 'refused', 'failed')),
	call TEXT,
	rest TEXT,
	exact TEXT,
	PRIMARY KEY (tally, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE captions (
	id INTEGER PRIMARY KEY,
	caption_id TEXT NOT NULL,
	path INTEGER NOT NULL REFERENCES paths (id),
	caption TEXT,
	model TEXT,
	prompt_id TEXT,
	flags TEXT,                       -- JSON
	source TEXT,                      -- JSON
	source_id TEXT,                   -- JSON
	rest TEXT,
	exact TEXT
) STRICT;
CREATE INDEX captions_by_path ON captions (path);

-- One judge's reading of one caption. All counts are of trials but `questions`.
CREATE TABLE scores (
	id INTEGER PRIMARY KEY,
	caption INTEGER NOT NULL REFERENCES captions (id),
	judge TEXT NOT NULL,              -- JSON: model, prompt_id
	questions INTEGER,
	asked INTEGER,
	valid INTEGER,
	correct INTEGER,
	omitted INTEGER,
	contradicted INTEGER,
	unparsed INTEGER,
	refused INTEGER,
	failed INTEGER,
	reward REAL,
	lower REAL,
	upper REAL,
	flags TEXT,                       -- JSON
	source TEXT,                      -- JSON
	source_id TEXT,                   -- JSON
	rest TEXT,
	exact TEXT,
	UNIQUE (caption, judge)
) STRICT;

-- question_id is no foreign key: captions may be judged by questions that are not in this store.
CREATE TABLE score_answers (
	score INTEGER NOT NULL REFERENCES scores (id) ON DELETE CASCADE,
	number INTEGER NOT NULL,          -- from 0
	question_id TEXT,
	outcome TEXT,
	correct INTEGER,
	omitted INTEGER,
	contradicted INTEGER,
	unparsed INTEGER,
	refused INTEGER,
	failed INTEGER,
	rest TEXT,
	exact TEXT,
	PRIMARY KEY (score, number)
) STRICT, WITHOUT ROWID;

-- What came to nothing, and why. key: hash of the record, which has no id of its own.
CREATE TABLE rejects (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,
	stage TEXT,
	class TEXT,
	message TEXT,
	image_id TEXT,
	question_id TEXT,
	file TEXT,
	line INTEGER,
	span TEXT,                        -- JSON: bytes from, to
	rest TEXT,
	exact TEXT
) STRICT;

CREATE TABLE runs (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,
	stage TEXT,
	version TEXT,
	models TEXT,                      -- JSON, as are those below but seconds
	prompt_ids TEXT,
	options TEXT,
	calls TEXT,
	from_ledger TEXT,
	tokens TEXT,
	seconds REAL,
	endpoints TEXT,
	counts TEXT,
	rest TEXT,
	exact TEXT
) STRICT;
