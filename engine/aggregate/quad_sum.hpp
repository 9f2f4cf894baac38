// Sums of doubles in about four times their precision: enough that sums of squares may cancel and no order of rows shows.
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "engine/aggregate/state_bytes.hpp"

namespace velo::engine {

/// A sum whose rounding errors are summed, and the errors of that, three times over.
/// Errors: what is lost is 2^-212 of the sum of magnitudes. Beyond DOUBLE it is not finite, and stays so.
/// Source: Ogita, Rump, Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 2005 (SumK, K = 4, one value at a
///         time).
class QuadSum {
public:
    void add(double value) noexcept {
        for (double& part : parts_) value = two_sum(part, value);
    }
    void add(const QuadSum& other) noexcept {
        for (const double part : other.parts_) add(part);
    }
    /// Adds a * b exactly.
    void add_product(double a, double b) noexcept {
        const double product = a * b;
        add(product);
        add(std::fma(a, b, -product));
    }
    /// Adds the product of both sums, or what is left of them.
    void add_product(const QuadSum& a, const QuadSum& b, double sign) noexcept {
        for (const double part : a.parts_) {
            for (const double other : b.parts_) add_product(sign * part, other);
        }
    }
    void add_product(const QuadSum& a, double factor) noexcept {
        for (const double part : a.parts_) add_product(part, factor);
    }

    /// The nearest double, or nearly.
    [[nodiscard]] double value() const noexcept {
        std::array<double, 4> parts = parts_;
        for (int pass = 0; pass < 2; ++pass) {  // Pushes what is large to the front.
            for (std::size_t i = parts.size() - 1; i > 0; --i)
                parts[i] = two_sum(parts[i - 1], parts[i]);
        }
        return parts[0] + (parts[1] + (parts[2] + parts[3]));
    }
    [[nodiscard]] bool is_finite() const noexcept { return std::isfinite(parts_[0]); }

    void put(std::string& out) const {
        for (const double part : parts_) put_double(out, part);
    }
    [[nodiscard]] bool take(std::string_view& bytes) {
        for (double& part : parts_) {
            if (!take_double(bytes, part)) return false;
        }
        return true;
    }

private:
    // `sum` becomes the rounded sum of both; returns what rounding took away (Knuth).
    static double two_sum(double& sum, double value) noexcept {
        const double both = sum + value;
        const double part = both - sum;
        const double error = (sum - (both - part)) + (value - part);
        sum = both;
        return error;
    }

    std::array<double, 4> parts_{};
};

}  // namespace velo::engine
