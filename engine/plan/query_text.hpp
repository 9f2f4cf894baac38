// What stands at a place of the query, for messages and explain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"

namespace velo::engine {

/// A query's text with its lines found. Borrows the text.
class QueryText {
public:
    explicit QueryText(std::string_view sql);

    /// The text `place` covers on one line: white space outside quotes is one blank, comments are left out.
    [[nodiscard]] std::string at(const Place& place) const;

    /// `'price * quantity'`, cut where it is long: how messages show the user's words. What begins with a quote gets no
    /// second one.
    [[nodiscard]] std::string quoted(const Place& place) const;

private:
    std::string_view sql_;
    std::vector<std::size_t> line_starts_;
};

}  // namespace velo::engine
