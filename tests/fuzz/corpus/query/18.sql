SELECT _window_start, _window_end, k, MAX(d) AS h FROM s GROUP BY k WINDOW TUMBLING (ts, INTERVAL '1' MINUTE, offset 5s) EMIT FINAL
