SELECT window_start, window_end, symbol, SUM(quantity) AS q FROM TABLE(TUMBLE(TABLE trades, DESCRIPTOR(at), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, symbol
