// Functions of one DOUBLE: NaN and infinity never leave them.
#pragma once

#include <cmath>

#include "engine/expression/kernel.hpp"

namespace velo::engine {

/// A finite result, or the fault: an infinity that comes from a finite argument is an overflow, else there is no result.
template <auto function>
void of_double(const KernelCall& call) {
    double* out = call.out.values<double>();
    with_operand<double>(*call.args[0], [&](auto a) {
        call.rows.each([&](std::uint32_t row) {
            out[row] = function(a(row));
            if (!std::isfinite(out[row]))
                call.faults.add(
                    row, std::isnan(out[row]) ? FaultCode::BadArgument : FaultCode::Overflow);
        });
    });
}

}  // namespace velo::engine
