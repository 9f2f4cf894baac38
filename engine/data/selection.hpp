// Which rows of a batch are still in play: passed along instead of copying rows.
#pragma once

#include <cstdint>
#include <span>

namespace velo::engine {

/// Row numbers in rising order, or all rows [0, count). Borrows the numbers; cheap to copy.
class Selection {
public:
    [[nodiscard]] static Selection all(std::uint32_t rows) noexcept {
        return Selection{nullptr, rows};
    }
    explicit Selection(std::span<const std::uint32_t> rows) noexcept
        : rows_(rows.data()), count_(static_cast<std::uint32_t>(rows.size())) {
        static constexpr std::uint32_t kNothing = 0;
        if (rows_ == nullptr) rows_ = &kNothing;
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] bool is_all() const noexcept { return rows_ == nullptr; }
    [[nodiscard]] std::uint32_t operator[](std::uint32_t i) const noexcept {
        return rows_ == nullptr ? i : rows_[i];
    }

    /// Calls `visit(row)` for each row in order; a plain counting loop, which compilers vectorise, when all rows are in.
    template <class Visit>
    void each(Visit&& visit) const {
        if (rows_ == nullptr) {
            for (std::uint32_t row = 0; row < count_; ++row) visit(row);
        } else {
            for (std::uint32_t i = 0; i < count_; ++i) visit(rows_[i]);
        }
    }

private:
    Selection(const std::uint32_t* rows, std::uint32_t count) noexcept
        : rows_(rows), count_(count) {}

    const std::uint32_t* rows_;
    std::uint32_t count_;
};

}  // namespace velo::engine
