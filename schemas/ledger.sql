-- The ledger: what was asked of models and what they answered. Rows are appended, never changed.

CREATE TABLE IF NOT EXISTS answers (
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

-- The answers of a key: what is new, in the order it came; when many have gathered they move on,
-- sorted, so that a page of `keys` is written for many at once (store/key_index).
CREATE TABLE IF NOT EXISTS recent (
	id INTEGER PRIMARY KEY,
	key BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS keys (
	key BLOB NOT NULL,
	id INTEGER NOT NULL,
	PRIMARY KEY (key, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS answers_put AFTER INSERT ON answers BEGIN
	INSERT INTO recent (id, key) VALUES (new.id, new.key);
END;

CREATE TRIGGER IF NOT EXISTS answers_gone AFTER DELETE ON answers BEGIN
	DELETE FROM recent WHERE id = old.id;
	DELETE FROM keys WHERE key = old.key AND id = old.id;
END;

-- What scan read from a file, while its size and time stay the same.
CREATE TABLE IF NOT EXISTS images (
	path BLOB PRIMARY KEY,
	size INTEGER NOT NULL,
	mtime_ns INTEGER NOT NULL,
	image_id TEXT NOT NULL,
	mime TEXT NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	orientation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What scan found in an archive, while its size and time stay the same: see store/listing.
CREATE TABLE IF NOT EXISTS listings (
	path BLOB NOT NULL,                -- with the slice in front, under --part
	chunk INTEGER NOT NULL,
	size INTEGER NOT NULL,
	mtime_ns INTEGER NOT NULL,
	last INTEGER NOT NULL,             -- 1: the archive ends with this chunk
	lines BLOB NOT NULL,               -- one line a member; one zstd frame
	PRIMARY KEY (path, chunk)
) STRICT, WITHOUT ROWID;
