// WINDOW … and FROM TABLE(TUMBLE(…)): two ways to write the same windows.
#pragma once

#include <string_view>

#include "engine/sql/ast.hpp"
#include "engine/sql/expression_parser.hpp"
#include "engine/sql/token_reader.hpp"

namespace velo::engine::sql {

/// Errors: throws Error at the first token that does not fit.
class WindowParser {
public:
    WindowParser(TokenReader& tokens, ExpressionParser& expressions)
        : tokens_(tokens), expressions_(expressions) {}

    /// Behind WINDOW: kind ( [time,] size [, advance] {, option} )
    [[nodiscard]] Window parse_clause();

    /// Whether TABLE ( follows.
    [[nodiscard]] bool is_table_next() const noexcept;
    /// TABLE ( function ( TABLE source, DESCRIPTOR ( time ), … ) ); names the source in `source`.
    [[nodiscard]] Window parse_table(Source& source);

private:
    void parse_kind(Window& window);
    void parse_parts(Window& window);
    void parse_length(std::string_view what, Duration& length, int& months);
    [[nodiscard]] bool is_months_next() const noexcept;
    /// { , option }
    void parse_options(Window& window);
    void parse_option(Window& window);
    void end_parts(const Window& window);
    void parse_table_kind(Window& window);
    void parse_table_input(Source& source);
    void parse_descriptor(Window& window);
    [[noreturn]] void refuse_here(std::string_view text) const;

    TokenReader& tokens_;
    ExpressionParser& expressions_;
};

}  // namespace velo::engine::sql
