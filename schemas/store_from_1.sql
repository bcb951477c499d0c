-- SPDX-License-Identifier: Apache-2.0
--
-- Version 1 of the store to version 2: uniqueness by indexes with names of their own, which a
-- fresh store gets after its rows; captions by path.
-- Runs inside a transaction, with foreign keys off, and the views are made after it.

DROP VIEW funnel;
DROP VIEW kept;
DROP VIEW dropped;
DROP VIEW worst_captions;
DROP VIEW answer_letters;

CREATE TABLE images_2 (
	id INTEGER PRIMARY KEY,
	image_id TEXT,
	mime TEXT,
	width INTEGER,
	height INTEGER,
	bytes INTEGER,
	orientation INTEGER,
	rest TEXT
) STRICT;
INSERT INTO images_2 SELECT * FROM images;
DROP TABLE images;
ALTER TABLE images_2 RENAME TO images;

CREATE TABLE paths_2 (
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
INSERT INTO paths_2 SELECT * FROM paths;
DROP TABLE paths;
ALTER TABLE paths_2 RENAME TO paths;
CREATE INDEX paths_by_image ON paths (image);

CREATE TABLE replies_2 (
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
INSERT INTO replies_2 SELECT * FROM replies;
DROP TABLE replies;
ALTER TABLE replies_2 RENAME TO replies;
CREATE UNIQUE INDEX replies_by_key ON replies (path, key);

CREATE TABLE questions_2 (
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
INSERT INTO questions_2 SELECT * FROM questions;
DROP TABLE questions;
ALTER TABLE questions_2 RENAME TO questions;
CREATE UNIQUE INDEX questions_by_id ON questions (question_id);
CREATE INDEX questions_by_path ON questions (path);

CREATE TABLE captions_2 (
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
INSERT INTO captions_2 SELECT * FROM captions;
DROP TABLE captions;
ALTER TABLE captions_2 RENAME TO captions;
CREATE INDEX captions_by_path ON captions (path);

PRAGMA user_version = 2;
