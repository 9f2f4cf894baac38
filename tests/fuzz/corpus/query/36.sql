SELECT a.i FROM s a JOIN trades b ON a.k = b.symbol
