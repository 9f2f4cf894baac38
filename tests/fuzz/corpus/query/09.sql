SELECT clock + gap AS a, clock - TIME '01:00:00' AS b, gap * 2 AS c, CAST(gap AS BIGINT) AS d FROM s
