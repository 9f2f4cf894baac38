// Rows from one column into another of the same type.
#pragma once

#include "engine/data/column.hpp"
#include "engine/data/selection.hpp"

namespace velo::engine {

/// The selected rows of `from`, NULLs and all, into a row-aligned `to`; its other rows stay as they are.
void copy_rows(const Column& from, Column& to, Selection rows);

/// `to` becomes `from`, constant where that is; rows outside the selection hold anything.
void copy_column(const Column& from, Column& to, Selection rows);

}  // namespace velo::engine
