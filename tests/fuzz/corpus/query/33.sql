SELECT "k", `i`, s.d, _offset, _partition, _key, _topic, _event_time FROM s -- a comment
