// Windows in words, for people and for what kept state depends on.
#pragma once

#include <string>

#include "engine/plan/plan.hpp"

namespace velo::engine {

/// `TUMBLING 1m`, `HOPPING 10m every 1m, offset 15s`, `TUMBLING 2 weeks of Europe/Berlin`, `SESSION, rows at most 30s apart`.
/// Equal only for windows that are the same.
[[nodiscard]] std::string window_words(const WindowPlan& window);

}  // namespace velo::engine
