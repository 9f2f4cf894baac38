// How each function of arrays and maps is resolved and prepared; nested_list.cpp gives them their names.
#pragma once

#include "engine/expression/functions.hpp"

namespace velo::engine {

// array_functions.cpp
Resolved resolve_array_contains(Types types, Literals literals);
Resolved resolve_array_position(Types types, Literals literals);
Resolved resolve_array_remove(Types types, Literals literals);
Resolved resolve_array_append(Types types, Literals literals);
Resolved resolve_array_prepend(Types types, Literals literals);
Resolved resolve_array_slice(Types types, Literals literals);
Resolved resolve_array_reverse(Types types, Literals literals);
Resolved resolve_array_join(Types types, Literals literals);
Resolved resolve_split(Types types, Literals literals);
Resolved resolve_sequence(Types types, Literals literals);

// array_set_functions.cpp
Resolved resolve_array_concat(Types types, Literals literals);
Resolved resolve_array_distinct(Types types, Literals literals);
Resolved resolve_array_union(Types types, Literals literals);
Resolved resolve_array_intersect(Types types, Literals literals);
Resolved resolve_array_except(Types types, Literals literals);
Resolved resolve_arrays_overlap(Types types, Literals literals);
Resolved resolve_array_sort(Types types, Literals literals);
Resolved resolve_array_min(Types types, Literals literals);
Resolved resolve_array_max(Types types, Literals literals);

// map_functions.cpp
Resolved resolve_map_keys(Types types, Literals literals);
Resolved resolve_map_values(Types types, Literals literals);
Resolved resolve_map_entries(Types types, Literals literals);
Resolved resolve_map_contains_key(Types types, Literals literals);
Resolved resolve_map_concat(Types types, Literals literals);
Resolved resolve_map_from_arrays(Types types, Literals literals);

}  // namespace velo::engine
