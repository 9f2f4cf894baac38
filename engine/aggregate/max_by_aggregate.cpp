// MAX_BY(x, y), for every pair of types: a file of its own for the compiler's sake.
#include "engine/aggregate/by_value.hpp"

namespace velo::engine {

AggregateResolved resolve_max_by(AggregateTypes types, AggregateLiterals /*literals*/) {
    return resolve_by_value<std::greater>("MAX_BY", types);
}

}  // namespace velo::engine
