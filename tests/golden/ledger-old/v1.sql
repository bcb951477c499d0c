-- A ledger of version 1, as capqa made it before archives were listed.
PRAGMA application_id = 1668374892;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE answers (
	id INTEGER PRIMARY KEY,
	key BLOB NOT NULL,                 -- XXH3-128 of the logical request
	content BLOB NOT NULL,             -- the model's text
	coding INTEGER NOT NULL,           -- 0: as it is, 1: one zstd frame
	finish_reason TEXT,
	model TEXT,                        -- as the server answered
	fingerprint TEXT,
	prompt_tokens INTEGER,
	completion_tokens INTEGER,
	latency_ms INTEGER,
	asked_at INTEGER NOT NULL          -- seconds since 1970; enters no record
) STRICT;
CREATE INDEX answers_key ON answers (key);
CREATE TABLE images (
	path BLOB PRIMARY KEY,
	size INTEGER NOT NULL,
	mtime_ns INTEGER NOT NULL,
	image_id TEXT NOT NULL,
	mime TEXT NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	orientation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO answers VALUES(1,x'00000000000000000000000000000001',x'42',0,'stop','m',NULL,5,1,7,1700000000);
INSERT INTO answers VALUES(2,x'00000000000000000000000000000002',x'',0,'stop','m','fp',5,0,7,1700000001);
INSERT INTO images VALUES(CAST('known.png' AS BLOB),44172,1700000000000000000,'0123456789abcdef0123456789abcdef','image/png',1,2,1);
COMMIT;
