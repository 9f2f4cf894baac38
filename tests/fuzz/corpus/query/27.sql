WITH big AS (SELECT symbol, price * quantity AS v, at FROM trades WHERE price > 5) SELECT symbol, SUM(v) AS v FROM big GROUP BY symbol WINDOW TUMBLING (at, 1h)
