#!/bin/sh
# What a store holds, in one screen: the funnel, three kept and three dropped questions.
#   funnel.sh STORE [EXPORTED_ROWS]
set -eu
db=$1
ask() { sqlite3 -batch "$db" "$1"; }

echo "The funnel"
ask "SELECT printf('  %6d  %s', count, step) FROM funnel"
[ $# -lt 2 ] || printf '  %6d  exported\n' "$2"
echo
echo "Why the others are not in the set"
ask "SELECT printf('  %6d  %s', count(*), reason) FROM dropped GROUP BY reason ORDER BY 1 DESC"
ask "SELECT printf('  %6d  %s (never a question)', count(*), class) FROM rejects GROUP BY class
     ORDER BY count(*) DESC, class"
echo
echo "Three that were kept"
ask "SELECT printf('  %s  %s  [%s]', image, question, answer) FROM kept
     GROUP BY image ORDER BY question_id LIMIT 3"
echo
echo "Three that were dropped, and why"
ask "SELECT printf('  %s  %s  [%s]%s      %s; right answers: blind %s%s', image, question, answer,
            char(10), reason, coalesce(blind, '-'), coalesce(', with the image ' || sight, ''))
     FROM dropped GROUP BY reason ORDER BY reason LIMIT 3"
