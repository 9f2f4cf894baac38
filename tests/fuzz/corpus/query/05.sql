SELECT k LIKE 'a!%_' ESCAPE '!' AS a, k NOT ILIKE '%b' AS b, k RLIKE '^a+' AS c, k SIMILAR TO '(a|b)%' AS d FROM s
