// Some rows of a column, side by side.
#pragma once

#include "engine/data/column.hpp"
#include "engine/data/selection.hpp"

namespace velo::engine {

/// Row i of `to` becomes row rows[i] of `from`. Text is not copied: it stays where `from` has it.
void gather(const Column& from, Selection rows, Column& to);

}  // namespace velo::engine
