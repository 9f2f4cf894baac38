#include "engine/aggregate/distinct_sketch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/aggregate/state_bytes.hpp"

namespace velo::engine {

namespace {

constexpr unsigned kHashBits = 64 - DistinctSketch::kIndexBits;  // That a register's rank is of.
constexpr unsigned kMostRank = kHashBits + 1;

// Ertl's sigma: what registers that are still zero add.
double sigma(double x) noexcept {
    if (x == 1.0) return std::numeric_limits<double>::infinity();
    double y = 1.0;
    double z = x;
    for (double before = -1.0; z != before;) {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    }
    return z;
}

// Ertl's tau: what full registers add.
double tau(double x) noexcept {
    if (x == 0.0 || x == 1.0) return 0.0;
    double y = 1.0;
    double z = 1.0 - x;
    for (double before = -1.0; z != before;) {
        x = std::sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
    }
    return z / 3.0;
}

}  // namespace

void DistinctSketch::note(std::uint64_t hash) noexcept {
    const auto index = static_cast<std::size_t>(hash >> kHashBits);
    const std::uint64_t rest = hash << kIndexBits;
    const unsigned rank = rest == 0 ? kMostRank : static_cast<unsigned>(std::countl_zero(rest)) + 1;
    registers_[index] = std::max(registers_[index], static_cast<std::uint8_t>(rank));
}

void DistinctSketch::grow_dense() {
    registers_.assign(kRegisters, 0);
    for (const std::uint64_t hash : hashes_) note(hash);
    hashes_ = std::vector<std::uint64_t>();  // `{}` would keep the room.
}

void DistinctSketch::add(std::uint64_t hash) {
    if (!registers_.empty()) {
        note(hash);
        return;
    }
    const auto place = std::ranges::lower_bound(hashes_, hash);
    if (place != hashes_.end() && *place == hash) return;
    hashes_.insert(place, hash);
    if (hashes_.size() > kExact) grow_dense();
}

void DistinctSketch::add(const DistinctSketch& other) {
    for (const std::uint64_t hash : other.hashes_) add(hash);
    if (other.registers_.empty()) return;
    if (registers_.empty()) grow_dense();
    for (std::size_t i = 0; i < kRegisters; ++i)
        registers_[i] = std::max(registers_[i], other.registers_[i]);
}

std::int64_t DistinctSketch::estimate() const {
    if (registers_.empty()) return static_cast<std::int64_t>(hashes_.size());
    constexpr auto kCount = static_cast<double>(kRegisters);
    std::array<double, kMostRank + 1> of_rank{};
    for (const std::uint8_t rank : registers_) of_rank[rank] += 1.0;
    double z = kCount * tau(1.0 - of_rank[kMostRank] / kCount);
    for (unsigned rank = kHashBits; rank >= 1; --rank) z = 0.5 * (z + of_rank[rank]);
    z += kCount * sigma(of_rank[0] / kCount);
    constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
    return std::llround(kAlpha * kCount * kCount / z);
}

void DistinctSketch::put(std::string& out) const {
    put_unsigned(out, registers_.empty() ? hashes_.size() : kExact + 1);
    for (const std::uint64_t hash : hashes_) put_double(out, std::bit_cast<double>(hash));
    for (const std::uint8_t rank : registers_) out.push_back(static_cast<char>(rank));
}

bool DistinctSketch::take(std::string_view& bytes) {
    UInt128 count = 0;
    *this = DistinctSketch{};
    if (!take_unsigned(bytes, count) || count > kExact + 1) return false;
    if (count <= kExact) {
        for (; count > 0; --count) {
            double bits = 0;
            if (!take_double(bytes, bits)) return false;
            add(std::bit_cast<std::uint64_t>(bits));
        }
        return true;
    }
    if (bytes.size() < kRegisters) return false;
    registers_.assign(bytes.begin(), bytes.begin() + kRegisters);
    bytes.remove_prefix(kRegisters);
    return std::ranges::all_of(registers_, [](std::uint8_t rank) { return rank <= kMostRank; });
}

}  // namespace velo::engine
