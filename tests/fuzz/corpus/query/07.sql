SELECT EXTRACT(YEAR FROM ts) AS y, DATE_TRUNC('month', ts, 'Europe/Berlin') AS m, ts + INTERVAL '5' MINUTE AS t, day - INTERVAL '1' DAY AS u, ts AT TIME ZONE 'UTC' AS v FROM s
