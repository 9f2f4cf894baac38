// One record into one row: a single pass over its bytes, values straight into the columns.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/data/batch.hpp"
#include "engine/data/text_room.hpp"
#include "engine/expression/fault.hpp"
#include "engine/format/json_fields.hpp"
#include "engine/format/json_number.hpp"
#include "engine/format/json_scanner.hpp"

namespace velo::engine {

/// Reads the declared columns of records, one record after another.
/// Faults:  the first of a record counts. What is no JSON object, and a fault of an early column, ends the record; one of
///          another column is kept while the rest is checked, and its value is NULL.
/// Thread:  owned by one decoder.
class JsonRecordReader {
public:
    enum class Outcome : std::uint8_t { Read, LateFault, Fault };

    explicit JsonRecordReader(const SourcePlan& plan) : fields_(json_fields(plan)) {}

    /// The columns of `batch` have been reset; texts go to `texts`.
    void start(Batch& batch, TextRoom& texts) noexcept;

    /// `payload` into row `row`.
    [[nodiscard]] Outcome read(std::string_view payload, std::uint32_t row);

    /// `text`, which holds the value of the only column and nothing else, into row `row`.
    [[nodiscard]] Outcome read_alone(std::string_view text, std::uint32_t row);

    /// What was wrong with the record read last; leaves nothing.
    [[nodiscard]] RowFault take_fault() noexcept { return std::move(fault_); }

private:
    /// Where the first byte of `payload` stands for the scanner.
    const char* begin(std::string_view payload, std::uint32_t row);
    // All of these return where reading goes on, or null pointer when the record has ended in a fault. `depth` objects
    // are open around what they read.
    const char* read_object(JsonObject& object, const char* at, unsigned depth);
    const char* find_member(JsonObject& object, const char* at, JsonField*& field);
    const char* read_field(JsonField& field, const char* at, unsigned depth);
    const char* read_inside(JsonField& field, const char* at, unsigned depth);
    const char* read_value(JsonColumn& column, const char* at, unsigned depth);
    const char* read_number(JsonColumn& column, const char* at);
    const char* read_string(JsonColumn& column, const char* at);
    const char* read_long_string(JsonColumn& column, const char* at);
    const char* read_converted(JsonColumn& column, const char* at);
    const char* read_other(JsonColumn& column, const char* at, unsigned depth);

    /// read_value for those who stand elsewhere.
    const char* read_any(JsonColumn& column, const char* at, unsigned depth);

    // Nested types (json_nested.cpp).
    const char* read_nested(JsonColumn& column, const char* at, unsigned depth);
    const char* read_array(JsonNested& nested, const char* at, unsigned depth);
    const char* read_map(JsonNested& nested, const char* at, unsigned depth);
    const char* read_struct(JsonNested& nested, const char* at, unsigned depth);
    const char* read_part(JsonNested::Part& part, const char* at, unsigned depth);
    const char* read_key(const char* at, std::string& key);
    const char* after_item(const char* at, char close, bool& more);

    [[nodiscard]] NumberFit store(JsonColumn& column, const JsonNumber& number, const char* at);
    [[nodiscard]] bool convert(JsonColumn& column, std::string_view text);
    [[nodiscard]] JsonField* field_named(const JsonObject& object, std::string_view name,
                                         bool escaped);

    // What one column does not take stands in [at, end).
    const char* refuse(JsonColumn& column, const char* at, const char* end, FaultCode code);
    const char* refuse_inside(const JsonObject& object, const char* at, const char* end);
    bool column_fault(JsonColumn& column, FaultCode code, std::string text);
    bool fill_missing();
    const char* structure_fault();

    template <class T>
    [[nodiscard]] T& slot(JsonColumn& column) const noexcept {
        return static_cast<T*>(column.values)[row_];
    }
    template <class T>
    void put(JsonColumn& column, T value) const noexcept {
        slot<T>(column) = value;
    }

    JsonFields fields_;
    JsonScanner scanner_;
    TextRoom* texts_ = nullptr;
    std::uint64_t record_ = 0;  // The record, or object of a nested value, that is being read …
    std::uint64_t last_record_ = 0;  // … and how many there have been.
    std::uint32_t row_ = 0;          // Of the columns that are being filled.
    std::uint32_t record_row_ = 0;
    std::size_t values_read_ = 0;
    bool late_fault_ = false;
    RowFault fault_;
    std::string scratch_;  // Names and texts without their escapes.
    std::array<char, 2 * kBlockSize>
        short_record_{};  // A record shorter than a block, with a block of room before it.
};

}  // namespace velo::engine
