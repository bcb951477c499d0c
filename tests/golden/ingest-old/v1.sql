-- A store of version 1, made by capqa before version 2 and dumped by sqlite3.
PRAGMA application_id = 1667330161;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO images VALUES(1,'0123456789abcdef0123456789abcdef','image/jpeg',640,480,1234,1,NULL);
INSERT INTO images VALUES(2,NULL,'image/png',NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO paths VALUES(1,1,'a.jpg',NULL,NULL,NULL,1,'{"set":"x","n":1.0}',NULL,'"big":12345678901234567890,"f":1.0,"s":"a\/b","e":1e999',NULL);
INSERT INTO paths VALUES(2,1,'b.jpg',NULL,NULL,'a.jpg',1,NULL,NULL,NULL,NULL);
INSERT INTO paths VALUES(3,2,'c.jpg',NULL,NULL,NULL,1,NULL,NULL,'"note":{"b": [1, 2],"a":null}','"image_id":null');
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
INSERT INTO replies VALUES(1,1,'00000000000000000000000000000001',replace('#### 1. **Q"?**\n','\n',char(10)),'sim-vl',NULL,'p1','{"prompt_tokens":1,"completion_tokens":2}','00000000000000000000000000000001','{"set":"x","n":1.0}',NULL,'"big":12345678901234567890','"finish_reason":null');
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
INSERT INTO questions VALUES(1,'11111111111111111111111111111111',1,'What colour?','B','keep',NULL,'visual>0.75 text<0.25 n=4 panel=1',NULL,'sim-vl',0,NULL,'{"model":"sim-vl","prompt_id":"p1","call":"00000000000000000000000000000001","rule":"caprl","index":0,"start":0,"end":99}',NULL,'7','"big":12345678901234567890,"f":1.0,"s":"a\/b"','"reason":null,"control":[]');
CREATE TABLE options (
	question INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
	number INTEGER NOT NULL,          -- from 0, in written order
	letter TEXT GENERATED ALWAYS AS (char(65 + number)) VIRTUAL,
	text TEXT NOT NULL,
	rest TEXT,
	PRIMARY KEY (question, number)
) STRICT, WITHOUT ROWID;
INSERT INTO options VALUES(1,0,'Red',NULL);
INSERT INTO options VALUES(1,1,replace('Blue\n','\n',char(10)),NULL);
INSERT INTO options VALUES(1,2,'Grün',NULL);
INSERT INTO options VALUES(1,3,'Grey',NULL);
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
INSERT INTO tallies VALUES(1,1,'blind','','sim-llm','p2',0,0.59999999999999997779,0,'balanced',4,1,1,0,0,0,0,0,1,0,NULL,NULL);
INSERT INTO tallies VALUES(2,1,'sight','','sim-vlm','p2',12,1.0,1,'random',4,2,1,1,0,0,0,1,0,1,'"extra":12345678901234567890','"temperature":1.0');
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
INSERT INTO trials VALUES(1,0,'[2,0,3,1]','A',2,'wrong','00000000000000000000000000000002',NULL,NULL);
INSERT INTO trials VALUES(2,0,'[2,0,3,1]','A',2,'correct','00000000000000000000000000000002','"x":1.0',NULL);
INSERT INTO trials VALUES(2,1,'[2,0,3,1]',NULL,NULL,'failed','',NULL,'"said":null,"pick":null');
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
INSERT INTO captions VALUES(1,'22222222222222222222222222222222',1,'A red "car".','sim-cap','p3','[]',NULL,NULL,'"mime":"weird","width":"unknown"',NULL);
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
INSERT INTO scores VALUES(1,1,'{"model":"sim-llm","prompt_id":"p4"}',1,4,4,3,1,0,0,0,0,0.75,0.30059999999999997832,0.95440000000000002611,'[]',NULL,NULL,'"width":"unknown"',NULL);
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
INSERT INTO score_answers VALUES(1,0,'11111111111111111111111111111111','correct',3,1,0,0,0,0,NULL,NULL);
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
INSERT INTO rejects VALUES(1,'ffa6762358863dad98a2a369226c17ad','extract','cut_off','no answer','0123456789abcdef0123456789abcdef',NULL,'replies.jsonl',3,'[10,20]','"odd":1.0',NULL);
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
INSERT INTO runs VALUES(1,'17619f251c79418daee0378c79aeb241','blind','0.1.0','["sim-llm"]','["p2"]','{"seed":0}','4','0','{"in":1,"out":2}',1.5,'["http://127.0.0.1:1/v1"]','{"asked":1}',NULL,NULL);
CREATE INDEX paths_by_image ON paths (image);
CREATE INDEX questions_by_path ON questions (path);
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
CREATE VIEW answer_letters AS
SELECT answer AS letter, count(*) AS questions, sum(ifnull(verdict = 'keep', 0)) AS kept
FROM questions GROUP BY answer ORDER BY answer;
COMMIT;
