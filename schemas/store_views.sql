-- SPDX-License-Identifier: Apache-2.0
--
-- The store's views: answers to the usual questions. They hold nothing, so every new version
-- simply makes them anew.

DROP VIEW IF EXISTS funnel;
DROP VIEW IF EXISTS kept;
DROP VIEW IF EXISTS dropped;
DROP VIEW IF EXISTS worst_captions;
DROP VIEW IF EXISTS answer_letters;
DROP VIEW IF EXISTS omissions;
DROP VIEW IF EXISTS contradictions;

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

-- What a caption leaves out: questions that its judge found no answer to in it.
CREATE VIEW omissions AS
SELECT c.caption_id, i.image_id, p.path AS image, a.question_id, q.question,
       (SELECT letter || ') ' || text FROM options WHERE question = q.id AND letter = q.answer)
       AS answer,
       c.caption, c.model, s.judge ->> 'model' AS judge
FROM score_answers a JOIN scores s ON s.id = a.score JOIN captions c ON c.id = s.caption
     JOIN paths p ON p.id = c.path JOIN images i ON i.id = p.image
     LEFT JOIN questions q ON q.question_id = a.question_id
WHERE a.outcome = 'omitted';

-- What a caption gets wrong: its judge took another option for right.
CREATE VIEW contradictions AS
SELECT c.caption_id, i.image_id, p.path AS image, a.question_id, q.question,
       (SELECT letter || ') ' || text FROM options WHERE question = q.id AND letter = q.answer)
       AS answer,
       c.caption, c.model, s.judge ->> 'model' AS judge
FROM score_answers a JOIN scores s ON s.id = a.score JOIN captions c ON c.id = s.caption
     JOIN paths p ON p.id = c.path JOIN images i ON i.id = p.image
     LEFT JOIN questions q ON q.question_id = a.question_id
WHERE a.outcome = 'contradicted';
