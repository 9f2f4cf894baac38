// All values of a group, in order when somebody asks: exact percentiles.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/aggregate/stored_value.hpp"

namespace velo::engine {

/// Values with repeats. They are sorted when they are read; what came since the last time is then merged in, so answering
/// after every row costs one shift and answering once costs one sort.
/// Bound: kMost values; beyond, the bag lets go of them, is overfull and stays so.
/// Invariants: (1) values_[0, settled_) are sorted.
template <class T>
class ValueBag {
public:
    static constexpr std::size_t kMost = 4U << 20U;

    void add(T value) {
        if (overfull_) return;
        if (values_.size() == kMost) {
            let_go();
            return;
        }
        if constexpr (std::is_same_v<T, std::string_view>) text_bytes_ += value.size();
        values_.emplace_back(normal_value(value));
    }
    void add(const ValueBag& other) {
        if (other.overfull_) let_go();
        for (const Stored<T>& value : other.values_) add(value);
    }

    [[nodiscard]] bool is_overfull() const noexcept { return overfull_; }
    [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
    /// Value `index` in order, from 0.
    [[nodiscard]] const Stored<T>& at(std::size_t index) const {
        settle();
        return values_[index];
    }

    [[nodiscard]] std::size_t heap_bytes() const noexcept {
        return values_.capacity() * sizeof(Stored<T>) + text_bytes_;
    }

    void put(std::string& out) const {
        settle();
        put_unsigned(out, overfull_ ? 0 : values_.size() + 1);
        for (const Stored<T>& value : values_) put_value<T>(out, value);
    }
    [[nodiscard]] bool take(std::string_view& bytes) {
        UInt128 count = 0;
        *this = ValueBag{};
        if (!take_unsigned(bytes, count) || count > kMost + 1) return false;
        overfull_ = count == 0;
        for (; count > 1; --count) {
            T value{};
            if (!take_value(bytes, value)) return false;
            add(value);
        }
        return true;
    }

private:
    void let_go() {
        values_ = std::vector<Stored<T>>();  // `{}` would keep the room.
        settled_ = 0;
        text_bytes_ = 0;
        overfull_ = true;
    }
    void settle() const {
        if (settled_ == values_.size()) return;
        const auto middle = values_.begin() + static_cast<std::ptrdiff_t>(settled_);
        std::sort(middle, values_.end());
        std::inplace_merge(values_.begin(), middle, values_.end());
        settled_ = values_.size();
    }

    mutable std::vector<Stored<T>> values_;
    mutable std::size_t settled_ = 0;
    std::size_t text_bytes_ = 0;
    bool overfull_ = false;
};

}  // namespace velo::engine
