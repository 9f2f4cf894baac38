// Text results that are put together piece by piece.
#pragma once

#include <string>

#include "engine/expression/kernel.hpp"

namespace velo::engine {

inline constexpr std::size_t kMaxTextBytes = 16 * 1024 * 1024;  // Of one result, as of one record.

enum class Built : std::uint8_t { Text, Null, BadArgument, TooLarge };

/// out = what `build(row, text)` leaves in `text`, which comes empty and keeps its room from row to row.
template <class Build>
void build_texts(const KernelCall& call, Build&& build) {
    auto* out = call.out.values<std::string_view>();
    std::string text;
    call.rows.each([&](std::uint32_t row) {
        text.clear();
        switch (build(row, text)) {
            case Built::Text:
                if (text.size() <= kMaxTextBytes) {
                    out[row] = call.arena.copy(text);
                    return;
                }
                [[fallthrough]];
            case Built::TooLarge:
                call.faults.add(row, FaultCode::Overflow);
                return;
            case Built::Null:
                out[row] = {};
                call.out.set_null(row);
                return;
            case Built::BadArgument:
                call.faults.add(row, FaultCode::BadArgument);
                return;
        }
    });
}

}  // namespace velo::engine
