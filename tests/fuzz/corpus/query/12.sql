SELECT JSON_VALUE(k, '$.a[0]') AS a, JSON_QUERY(k, '$') AS b, IS_JSON(k) AS c, JSON_LENGTH(k, '$.a') AS d, JSON_KEYS(k) AS e FROM s
