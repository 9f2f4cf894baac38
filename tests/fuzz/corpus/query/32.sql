SELECT MIN_BY(k, d) AS a, MAX_BY(k, ts) AS b, FIRST(k) AS c, LAST(k) AS e, ANY_VALUE(k) AS f, BOOL_AND(b) AS g, BIT_XOR(i) AS h FROM s EMIT FINAL
