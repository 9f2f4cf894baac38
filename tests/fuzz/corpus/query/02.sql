SELECT k AS name, i + 1 AS n, d * 2.5 AS e, p / 3 AS q, i % 7 AS r, -i AS m FROM s WHERE i BETWEEN 1 AND 10 OR k IN ('a', 'b')
