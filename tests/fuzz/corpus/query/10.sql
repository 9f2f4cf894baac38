SELECT tags[1] AS a, prices['eur'] AS b, who.at.city AS c, CARDINALITY(tags) AS d, ARRAY[1, 2, NULL] AS e, MAP('a', 1) AS f, STRUCT(x := i) AS g FROM s
