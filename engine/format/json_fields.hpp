// Which fields of a record a plan reads, as the tree that the record is, and in which order they came last time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/column.hpp"
#include "engine/data/nested.hpp"
#include "engine/format/byte_block.hpp"
#include "engine/plan/plan.hpp"

namespace velo::engine {

struct JsonField;
struct JsonNested;
struct JsonObject;

/// A declared column that is read from the record.
struct JsonColumn {
    std::string name;
    Type type;
    bool nullable = true;
    bool early = false;
    std::int64_t micros = 0;     // Timestamps: how many microseconds the unit of a number has.
    std::uint32_t index = 0;     // Into SourcePlan::columns.
    Column* column = nullptr;    // Of the batch being filled …
    void* values = nullptr;      // … and its values.
    JsonField* field = nullptr;  // Where it is read from.
    std::unique_ptr<JsonNested> nested;  // ARRAY, MAP and STRUCT.

    JsonColumn();
    ~JsonColumn();
};

/// A field of a record that somebody reads: one column almost always, several where two columns have one path, an object
/// where paths go on inside.
struct JsonField {
    std::string name;
    JsonColumn* column =
        nullptr;  // The only reader, so that the common case is one step; else null pointer.
    std::vector<JsonColumn*> columns;
    std::unique_ptr<JsonObject> inside;
    std::uint64_t record = 0;  // The record it was met in last: of duplicates the first one counts.
};

/// The members of one object in the order they were met, kept across records: where a record looks like those before it,
/// a member is known by comparing its bytes, space and quotes included, at the place it is expected.
/// Bounds:  kSlots members, the oldest place is taken over then; longer names than kNameBytes are looked up every time.
class MemberOrder {
public:
    static constexpr std::size_t kSlots = 64;
    static constexpr std::size_t kNameBytes = 3 * kBlockSize;

    /// The bytes between the separator before a member and its value: `"price": `.
    struct Slot {
        std::array<char, kNameBytes> bytes{};
        std::uint32_t first_block = 0;  // Which bytes of the first block count.
        std::uint32_t size = 0;
        JsonField* field = nullptr;  // Null pointer: nobody reads it.
    };

    /// The slot whose bytes stand at `at`, the expected one first; null pointer when there is none.
    [[nodiscard]] const Slot* match(const char* at, const char* end) noexcept {
        if (next_ < slots_.size() && stands_at(slots_[next_], at, end)) return &slots_[next_++];
        return match_any(at, end);
    }
    /// Remembers a member that no slot matched, at the place where one was expected.
    void learn(std::string_view bytes, JsonField* field);
    void start() noexcept { next_ = 0; }

private:
    [[nodiscard]] static bool stands_at(const Slot& slot, const char* at,
                                        const char* end) noexcept {
        if (end - at < static_cast<std::ptrdiff_t>(kBlockSize) || slot.size > kBlockSize)
            return stands_at_slowly(slot, at, end);
        const std::uint32_t equal = lanes(load_block(at) == load_block(slot.bytes.data()));
        return (equal & slot.first_block) == slot.first_block;
    }
    [[nodiscard]] static bool stands_at_slowly(const Slot& slot, const char* at,
                                               const char* end) noexcept;
    [[nodiscard]] const Slot* match_any(const char* at, const char* end) noexcept;

    std::vector<Slot> slots_;
    std::size_t next_ = 0;
};

/// The fields of one object that somebody reads.
struct JsonObject {
    std::vector<std::unique_ptr<JsonField>> fields;
    MemberOrder order;

    [[nodiscard]] JsonField* find(std::string_view name) const noexcept;
};

/// How a column of a nested type is read: each of its parts as a column of one row, whose value then goes to the bytes.
struct JsonNested {
    struct Part {
        JsonColumn reader;
        Column value;
    };
    std::vector<std::unique_ptr<Part>> parts;  // As in Type::parts.
    JsonObject members;                        // Struct: its fields by name.
    std::string bytes;                         // The value in the making …
    MapWriter entries;                         // … and the entries of a map.
};

/// All that a plan reads from a record.
struct JsonFields {
    JsonObject root;
    std::vector<std::unique_ptr<JsonColumn>> columns;
};

/// Errors: throws Error for a column with a path that is none; binding has refused it before.
[[nodiscard]] JsonFields json_fields(const SourcePlan& plan);

}  // namespace velo::engine
