#!/bin/sh
# What an audit found, in one screen: outcomes, the worst captions, one of each kind of fault.
#   audit.sh STORE
set -eu
ask() { sqlite3 -batch "$db" "$1"; }
db=$1

echo "The audit: what can be answered from the captions alone"
ask "SELECT printf('  %6d  %s', count(*), coalesce(outcome, '-')) FROM score_answers
     GROUP BY outcome ORDER BY count(*) DESC"
ask "SELECT printf('  %6d  captions not asked about: %s', count(*), value)
     FROM scores, json_each(scores.flags) WHERE asked = 0 GROUP BY value ORDER BY value"
echo
echo "The worst captions"
ask "SELECT printf('  %.2f  %s  %s', reward, image, caption) FROM worst_captions LIMIT 3"
echo
echo "Left out, and said wrong"
ask "SELECT printf('  %-12s  %s  %s  [%s]', a.outcome, p.path, q.question,
            (SELECT text FROM options o WHERE o.question = q.id AND o.letter = q.answer))
     FROM score_answers a JOIN scores s ON s.id = a.score JOIN captions c ON c.id = s.caption
     JOIN paths p ON p.id = c.path JOIN questions q ON q.question_id = a.question_id
     WHERE a.outcome IN ('omitted', 'contradicted')
     GROUP BY a.outcome, c.path ORDER BY a.outcome DESC, c.caption_id LIMIT 6"
