-- SPDX-License-Identifier: Apache-2.0
--
-- The store: every record of the pipeline in tables, so that questions about the set are SQL.
--
-- Ids (image_id, question_id, caption_id) are the records' own, 32 hex digits, never made here.
-- Rows are joined by integers. Two columns stand in every table of records:
--   rest   members that capqa does not know, with their source bytes: the inside of an object
--   exact  known members that the columns could not give back to the byte (null, [], 1.0)
-- Columns that hold JSON say so. Start with the views at the end.

PRAGMA application_id = 1667330161; -- 'capq'
PRAGMA user_version = 1;

-- What the bytes of an image are. image_id is null where no bytes were read.
CREATE TABLE images (
	id INTEGER PRIMARY KEY,
	image_id TEXT UNIQUE,
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
	exact TEXT,
	UNIQUE (path, image)
) STRICT;
CREATE INDEX paths_by_image ON paths (image);

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
	exact TEXT,
	UNIQUE (path, key)
) STRICT;

-- origin is the record's `from`; place its index: which question of the reply this is.
CREATE TABLE questions (
	id INTEGER PRIMARY KEY,
	question_id TEXT NOT NULL UNIQUE,
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
	caption_id TEXT NOT NULL UNIQUE,
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

-- How many are left after each step. written: questions found in replies, readable or not.
CREATE VIEW funnel AS
WITH judged AS (
	SELECT count(*) AS n,
	       sum(reason IN ('blind_answerable', 'blind_undecided', 'not_asked')) AS leaky,
	       sum(reason IN ('not_visible', 'sight_undecided', 'image_irrelevant')) AS unseen,
	       sum(reason IN ('duplicate', 'conflicting_gold')) AS copies,
	       sum(verdict = 'keep') AS kept
	FROM questions WHERE verdict IS NOT NULL)
SELECT 1 AS number, 'images' AS step, (SELECT count(*) FROM images) AS count
UNION ALL SELECT 2, 'replies', (SELECT count(*) FROM replies)
UNION ALL SELECT 3, 'questions written', (SELECT count(*) FROM questions) +
	(SELECT count(*) FROM rejects WHERE stage = 'extract' AND span IS NOT NULL)
UNION ALL SELECT 4, 'questions read', (SELECT count(*) FROM questions)
UNION ALL SELECT 5, 'judged', n FROM judged
UNION ALL SELECT 6, 'not answerable blind', n - ifnull(leaky, 0) FROM judged
UNION ALL SELECT 7, 'visible in the image', n - ifnull(leaky, 0) - ifnull(unseen, 0) FROM judged
UNION ALL SELECT 8, 'unique', n - ifnull(leaky, 0) - ifnull(unseen, 0) - ifnull(copies, 0)
	FROM judged
UNION ALL SELECT 9, 'kept', ifnull(kept, 0) FROM judged;

CREATE VIEW kept AS
SELECT q.question_id, i.image_id, p.path AS image, q.question,
       (SELECT group_concat(line, char(10)) FROM
	(SELECT letter || ') ' || text AS line FROM options WHERE question = q.id
	 ORDER BY number)) AS choices,
       q.answer, q.model, q.rule
FROM questions q JOIN paths p ON p.id = q.path JOIN images i ON i.id = p.image
WHERE q.verdict = 'keep';

-- blind and sight: right of valid answers, model by model.
CREATE VIEW dropped AS
SELECT q.question_id, i.image_id, p.path AS image, q.verdict, q.reason, q.question,
       (SELECT group_concat(line, char(10)) FROM
	(SELECT letter || ') ' || text AS line FROM options WHERE question = q.id
	 ORDER BY number)) AS choices,
       q.answer,
       (SELECT group_concat(model || ' ' || correct || '/' || valid, char(10))
	FROM tallies WHERE question = q.id AND pass = 'blind') AS blind,
       (SELECT group_concat(model || ' ' || correct || '/' || valid, char(10))
	FROM tallies WHERE question = q.id AND pass = 'sight') AS sight,
       q.duplicate_of, q.model, q.rule
FROM questions q JOIN paths p ON p.id = q.path JOIN images i ON i.id = p.image
WHERE q.verdict <> 'keep';

CREATE VIEW worst_captions AS
SELECT c.caption_id, i.image_id, p.path AS image, c.caption, c.model,
       s.judge ->> 'model' AS judge, s.reward, s.lower, s.upper,
       s.questions, s.correct, s.omitted, s.contradicted, s.flags
FROM scores s JOIN captions c ON c.id = s.caption JOIN paths p ON p.id = c.path
     JOIN images i ON i.id = p.image
WHERE s.reward IS NOT NULL
ORDER BY s.reward, s.contradicted DESC, c.caption_id;

-- Which letter is right how often: a set that favours one can be guessed.
CREATE VIEW answer_letters AS
SELECT answer AS letter, count(*) AS questions, sum(ifnull(verdict = 'keep', 0)) AS kept
FROM questions GROUP BY answer ORDER BY answer;
