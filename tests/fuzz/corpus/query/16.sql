SELECT k, COUNT(*) AS n, SUM(i) AS t, AVG(d) AS m FROM s GROUP BY k
