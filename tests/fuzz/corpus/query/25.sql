SELECT DISTINCT symbol, quantity FROM trades
