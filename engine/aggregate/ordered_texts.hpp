// Texts of a group in the order of event time, source partition and offset: what STRING_AGG and ARRAY_AGG keep.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/aggregate/aggregate_form.hpp"

namespace velo::engine {

/// Bound: kMost texts of kMostBytes together; beyond, it lets go of them, is overfull and stays so.
struct OrderedTexts {
    static constexpr std::size_t kMost = 65'536;
    static constexpr std::size_t kMostBytes = 1U << 20U;

    struct Item {
        RowPosition position;
        std::string text;
        [[nodiscard]] bool operator<(const Item& other) const noexcept {
            return position < other.position;
        }
    };
    mutable std::vector<Item> items;  // Those before `settled` are in order.
    mutable std::size_t settled = 0;
    std::size_t bytes = 0;
    bool overfull = false;

    void add(const RowPosition& position, std::string_view text) {
        if (overfull) return;
        if (items.size() == kMost || bytes + text.size() > kMostBytes) {
            let_go();
            return;
        }
        items.push_back({position, std::string(text)});
        bytes += text.size();
    }
    void merge(const OrderedTexts& others) {
        if (others.overfull) let_go();
        for (const Item& item : others.items) add(item.position, item.text);
    }
    void let_go() {
        items = std::vector<Item>();  // `{}` would keep the room.
        settled = 0;
        bytes = 0;
        overfull = true;
    }
    /// Puts `items` in order.
    void settle() const {
        if (settled == items.size()) return;
        const auto middle = items.begin() + static_cast<std::ptrdiff_t>(settled);
        std::stable_sort(middle, items.end());  // Rows of one record tie, and stay as they came.
        std::inplace_merge(items.begin(), middle, items.end());
        settled = items.size();
    }
    [[nodiscard]] std::size_t heap_bytes() const noexcept {
        return items.capacity() * sizeof(Item) + bytes;
    }

    void put_items(std::string& out) const {
        settle();
        for (const Item& item : items) {
            item.position.put(out);
            put_text(out, item.text);
        }
    }
    /// False where the bytes are not so many items, or a text is shorter than `least`.
    [[nodiscard]] bool take_items(std::size_t count, std::size_t least, std::string_view& in) {
        for (; count > 0; --count) {
            RowPosition position;
            std::string_view text;
            if (!position.take(in) || !take_text(in, text) || text.size() < least) return false;
            add(position, text);
        }
        return true;
    }
};

}  // namespace velo::engine
