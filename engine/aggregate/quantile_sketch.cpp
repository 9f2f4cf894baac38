#include "engine/aggregate/quantile_sketch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

#include "engine/aggregate/state_bytes.hpp"

namespace velo::engine {

namespace {

constexpr double kGamma = (1 + QuantileSketch::kError) / (1 - QuantileSketch::kError);

// Bucket i holds (gamma^(i-1), gamma^i].
std::int32_t bucket_of(double magnitude) noexcept {
    static const double kScale = 1.0 / std::log(kGamma);
    return static_cast<std::int32_t>(std::ceil(std::log(magnitude) * kScale));
}

// The value that is within kError of all in the bucket.
double value_of(std::int32_t bucket) noexcept {
    return std::exp(bucket * std::log(kGamma)) * 2 / (1 + kGamma);
}

}  // namespace

void QuantileSketch::Buckets::add(std::int32_t index, std::int64_t count) {
    constexpr auto kSpan = static_cast<std::int32_t>(kBuckets);
    if (!buckets_.empty()) index = std::max(index, buckets_.back().index - kSpan + 1);
    const auto place = std::ranges::lower_bound(buckets_, index, {}, &Bucket::index);
    if (place != buckets_.end() && place->index == index) {
        place->count += count;
        return;
    }
    buckets_.insert(place, {index, count});
    // A new highest bucket may leave low ones behind: they become one at the edge.
    const std::int32_t lowest = buckets_.back().index - kSpan + 1;
    if (buckets_.front().index >= lowest) return;
    std::int64_t left_behind = 0;
    std::size_t gone = 0;
    for (; buckets_[gone].index < lowest; ++gone) left_behind += buckets_[gone].count;
    if (buckets_[gone].index == lowest) {
        buckets_[gone].count += left_behind;
    } else {
        buckets_[--gone] = {lowest, left_behind};
    }
    buckets_.erase(buckets_.begin(), buckets_.begin() + static_cast<std::ptrdiff_t>(gone));
}

void QuantileSketch::Buckets::put(std::string& out) const {
    put_unsigned(out, buckets_.size());
    for (const Bucket& bucket : buckets_) {
        put_signed(out, Int128{bucket.index});
        put_signed(out, bucket.count);
    }
}

bool QuantileSketch::Buckets::take(std::string_view& bytes, std::int64_t& count) {
    UInt128 size = 0;
    if (!take_unsigned(bytes, size) || size > kBuckets) return false;
    for (; size > 0; --size) {
        Int128 index = 0;
        std::int64_t in_bucket = 0;
        if (!take_signed(bytes, index) || !take_signed(bytes, in_bucket) || in_bucket < 1 ||
            index != static_cast<std::int32_t>(index))
            return false;
        add(static_cast<std::int32_t>(index), in_bucket);
        count += in_bucket;
    }
    return true;
}

void QuantileSketch::add(double value) {
    ++count_;
    if (value > 0) {
        positive_.add(bucket_of(value), 1);
    } else if (value < 0) {
        negative_.add(bucket_of(-value), 1);
    } else {
        ++zeros_;
    }
}

void QuantileSketch::add(const QuantileSketch& other) {
    for (const Bucket& bucket : other.positive_.all()) positive_.add(bucket.index, bucket.count);
    for (const Bucket& bucket : other.negative_.all()) negative_.add(bucket.index, bucket.count);
    zeros_ += other.zeros_;
    count_ += other.count_;
}

double QuantileSketch::quantile(double fraction) const {
    auto rank = static_cast<std::int64_t>(fraction * static_cast<double>(count_ - 1));
    for (const Bucket& bucket : negative_.all() | std::views::reverse) {
        rank -= bucket.count;
        if (rank < 0) return -value_of(bucket.index);
    }
    rank -= zeros_;
    if (rank < 0) return 0.0;
    for (const Bucket& bucket : positive_.all()) {
        rank -= bucket.count;
        if (rank < 0) return std::fmin(value_of(bucket.index), std::numeric_limits<double>::max());
    }
    return 0.0;  // Not reached: the counts add up to count_.
}

void QuantileSketch::put(std::string& out) const {
    put_signed(out, zeros_);
    positive_.put(out);
    negative_.put(out);
}

bool QuantileSketch::take(std::string_view& bytes) {
    *this = QuantileSketch{};
    if (!take_signed(bytes, zeros_) || zeros_ < 0) return false;
    count_ = zeros_;
    return positive_.take(bytes, count_) && negative_.take(bytes, count_);
}

}  // namespace velo::engine
