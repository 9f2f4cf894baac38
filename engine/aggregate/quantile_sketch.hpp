// Quantiles of doubles within one percent, in bounded memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace velo::engine {

/// Counts by buckets whose bounds grow by a constant factor, one row of buckets for each sign. A row keeps the kBuckets
/// buckets of the largest magnitudes; what is smaller counts in the last of them. So what a sketch is depends on the values
/// alone, not on their order.
/// Errors: an answer is within kError (1 %) of a value that has the rank asked for, as long as that value is not 10^17
///         times smaller in magnitude than the largest.
/// Bound:  2 * kBuckets buckets of 16 bytes.
/// Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
///         VLDB 2019.
class QuantileSketch {
public:
    static constexpr double kError = 0.01;
    static constexpr std::size_t kBuckets = 2'048;

    void add(double value);
    void add(const QuantileSketch& other);
    [[nodiscard]] std::int64_t count() const noexcept { return count_; }
    /// 0 <= fraction <= 1; there is a value.
    [[nodiscard]] double quantile(double fraction) const;
    [[nodiscard]] std::size_t heap_bytes() const noexcept {
        return positive_.heap_bytes() + negative_.heap_bytes();
    }

    void put(std::string& out) const;
    [[nodiscard]] bool take(std::string_view& bytes);

private:
    struct Bucket {
        std::int32_t index = 0;
        std::int64_t count = 0;
    };
    /// Buckets by index, all of them within kBuckets of the highest.
    class Buckets {
    public:
        void add(std::int32_t index, std::int64_t count);
        [[nodiscard]] const std::vector<Bucket>& all() const noexcept { return buckets_; }
        [[nodiscard]] std::size_t heap_bytes() const noexcept {
            return buckets_.capacity() * sizeof(Bucket);
        }
        void put(std::string& out) const;
        [[nodiscard]] bool take(std::string_view& bytes, std::int64_t& count);

    private:
        std::vector<Bucket> buckets_;
    };

    Buckets positive_;
    Buckets negative_;  // By magnitude.
    std::int64_t zeros_ = 0;
    std::int64_t count_ = 0;
};

}  // namespace velo::engine
