// Sums of doubles in twice their precision, so that the order of rows does not show.
#pragma once

#include <cmath>

namespace velo::engine {

/// high + low, |low| at most half a unit in the last place of high. A sum that leaves the range of DOUBLE is no longer
/// finite and stays so.
/// Source: Dekker 1971; Hida, Li, Bailey, "Library for double-double and quad-double arithmetic", 2007.
struct DoubleDouble {
    double high = 0.0;
    double low = 0.0;

    void operator+=(double value) noexcept { add(value, 0.0); }
    void operator+=(const DoubleDouble& other) noexcept { add(other.high, other.low); }

    /// The nearest double.
    [[nodiscard]] double value() const noexcept { return high; }
    [[nodiscard]] bool is_finite() const noexcept { return std::isfinite(high); }

private:
    void add(double other_high, double other_low) noexcept {
        const double sum =
            high + other_high;  // Knuth's two-sum: sum + error is exactly high + other_high.
        const double part = sum - high;
        const double error = (high - (sum - part)) + (other_high - part);
        const double rest = error + (low + other_low);
        high = sum + rest;
        low = rest - (high - sum);
    }
};

}  // namespace velo::engine
