SELECT symbol, COUNT(*) AS n FROM TABLE(SESSION(TABLE trades, DESCRIPTOR(at), INTERVAL '30' SECOND)) GROUP BY window_start, window_end, symbol
