// Texts that hold one JSON value each, as values of one type.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/data/batch.hpp"
#include "engine/data/text_room.hpp"
#include "engine/format/json_record.hpp"

namespace velo::engine {

/// Reads JSON values as strictly as a column of a source takes them.
class JsonValueReader {
public:
    /// Texts of what is read go to `arena`, from which nobody else allocates as long as the reader is there.
    JsonValueReader(const Type& type, Arena& arena);
    ~JsonValueReader() { texts_.finish(); }
    JsonValueReader(const JsonValueReader&) = delete;
    JsonValueReader& operator=(const JsonValueReader&) = delete;

    /// `text` into row `row` of a column of the type; null is NULL. False: it is no such value.
    [[nodiscard]] bool read(std::string_view text, Column& into, std::uint32_t row);

private:
    SourcePlan plan_;
    JsonRecordReader reader_;
    Batch batch_;  // One row of one column, where values are read to.
    TextRoom texts_;
};

}  // namespace velo::engine
