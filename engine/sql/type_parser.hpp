// Types as users write them: in CAST, in schemas.
#pragma once

#include "engine/sql/ast.hpp"
#include "engine/sql/token_reader.hpp"

namespace velo::engine::sql {

/// The type that starts at the next token.
/// Errors: throws Error at the first token that does not fit, with a did-you-mean.
[[nodiscard]] TypeName parse_type_name(TokenReader& tokens);

}  // namespace velo::engine::sql
