// Which rows have to meet, and so how a query may be spread over workers.
#pragma once

#include <optional>
#include <string>

#include "engine/plan/plan.hpp"

namespace velo::engine {

[[nodiscard]] QueryClass class_of(const Plan& plan) noexcept;

struct Routing {
    Strategy strategy = Strategy::Sticky;
    std::string reason;
};

/// The strategy for a plan whose class is known: the one asked for, else the best.
/// Errors: throws Error (without a place) for a strategy that would change answers or has nothing to do, saying why.
[[nodiscard]] Routing choose_strategy(const Plan& plan, std::optional<Strategy> asked);

}  // namespace velo::engine
