SELECT REGEXP_EXTRACT(k, '(\d+)', 1) AS a, REGEXP_REPLACE(k, '[a-z]', '$0') AS b, REGEXP_COUNT(k, 'a') AS c, SPLIT(k, ',') AS d FROM s
