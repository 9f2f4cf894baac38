SELECT TRANSFORM(tags, x -> UPPER(x)) AS a, FILTER(tags, t -> t <> 'x') AS b, REDUCE(ARRAY[1, 2], 0, (sum, x) -> sum + x) AS c FROM s
