// `format: json`: output rows as objects, columns in SELECT order, and their keys.
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/data/text_room.hpp"
#include "engine/format/byte_block.hpp"
#include "engine/format/encoder.hpp"
#include "engine/format/json_value_writer.hpp"

namespace velo::engine {

namespace {

// An object of columns: what does not change from row to row is written once.
class ObjectWriter {
public:
    explicit ObjectWriter(const std::vector<OutputColumn>& columns) {
        for (const OutputColumn& column : columns) {
            Member& member = members_.emplace_back();
            std::string text(1, members_.size() == 1 ? '{' : ',');
            text.resize(1 + json_string_size(column.name));
            text.resize(static_cast<std::size_t>(write_json_string(text.data() + 1, column.name) -
                                                 text.data()));
            member.head = text + ':';
            member.head_size = member.head.size();
            member.head.resize((member.head_size + kBlockSize - 1) / kBlockSize *
                               kBlockSize);  // Copied by blocks.
            size_ += member.head.size() + kJsonValueSize;
        }
    }

    void bind(std::span<const Column* const> columns) {
        VELO_ASSERT(columns.size() == members_.size(),
                    "an encoder gets one column for each output column");
        texts_.clear();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            members_[i].column = columns[i];
            const Type& type = columns[i]->type();
            if (type.is_text() || type.is_nested()) texts_.push_back(columns[i]);
        }
    }

    [[nodiscard]] std::size_t size(std::uint32_t row) const noexcept {
        std::size_t sum = size_;
        for (const Column* column : texts_) {
            if (!column->is_null(row))
                sum += JsonValueWriter::text_size(
                    column->type(), column->values<std::string_view>()[column->slot(row)]);
        }
        return sum;
    }

    char* write(char* out, std::uint32_t row, JsonValueWriter& values) const {
        if (members_.empty()) *out++ = '{';
        for (const Member& member : members_) {
            for (std::size_t i = 0; i < member.head.size(); i += kBlockSize)
                store_block(out + i, load_block(member.head.data() + i));
            out += member.head_size;
            const Column& column = *member.column;
            out = column.is_null(row) ? copy_text(out, "null")
                                      : values.write(out, ColumnCell(column, column.slot(row)));
        }
        *out++ = '}';
        return out;
    }

private:
    struct Member {
        std::string head;  // `,"price":`
        std::size_t head_size = 0;
        const Column* column = nullptr;
    };
    static constexpr std::size_t kBrackets = 2;
    std::vector<Member> members_;
    std::vector<const Column*> texts_;
    std::size_t size_ = kBrackets;
};

class JsonEncoder final : public Encoder {
public:
    JsonEncoder(const OutputPlan& plan, EncodeOptions options)
        : key_kind_(plan.key.kind),
          values_(options.timestamps),
          row_(plan.columns),
          key_(key_kind_ == OutputKey::Kind::Json ? plan.key.columns
                                                  : std::vector<OutputColumn>{}) {}

    void encode(std::span<const Column* const> values, std::span<const Column* const> keys,
                Selection rows, const std::uint8_t* tombstone, OutputChunk& chunk) override;

private:
    [[nodiscard]] std::size_t key_size(std::uint32_t row) const noexcept;
    [[nodiscard]] char* write_key(char* out, std::uint32_t row);
    void write_record(char* start, char*& out, std::uint32_t row, bool is_tombstone,
                      OutputChunk& chunk);

    OutputKey::Kind key_kind_;
    JsonValueWriter values_;
    ObjectWriter row_;
    ObjectWriter key_;
    const Column* single_key_ = nullptr;  // Text and PassThrough.
};

void JsonEncoder::encode(std::span<const Column* const> values, std::span<const Column* const> keys,
                         Selection rows, const std::uint8_t* tombstone, OutputChunk& chunk) {
    if (rows.empty()) return;
    row_.bind(values);
    if (key_kind_ == OutputKey::Kind::Json) key_.bind(keys);
    single_key_ = keys.empty() ? nullptr : keys.front();
    const auto is_tombstone = [&](std::uint32_t row) {
        return tombstone != nullptr && tombstone[row] != 0;
    };
    const auto size_of = [&](std::uint32_t row) {
        return key_size(row) + (is_tombstone(row) ? 0 : row_.size(row));
    };
    std::uint32_t next = 0;
    while (next < rows.size()) {
        std::string& bytes = chunk.bytes;
        const std::size_t start = bytes.size();
        const std::size_t needed = start + size_of(rows[next]);
        const std::size_t room =
            needed <= bytes.capacity() ? bytes.capacity() : std::max(needed, 2 * bytes.capacity());
        VELO_ASSERT(room <= std::numeric_limits<std::uint32_t>::max(),
                    "the rows of one chunk fit in 4 GiB");
        bytes.resize_and_overwrite(room, [&](char* data, std::size_t) {
            char* out = data + start;
            for (; next < rows.size(); ++next) {
                const std::uint32_t row = rows[next];
                if (size_of(row) > static_cast<std::size_t>(data + room - out)) break;
                write_record(data, out, row, is_tombstone(row), chunk);
            }
            return static_cast<std::size_t>(out - data);
        });
    }
}

void JsonEncoder::write_record(char* start, char*& out, std::uint32_t row, bool is_tombstone,
                               OutputChunk& chunk) {
    OutputChunk::Record record;
    const auto position = [&] { return static_cast<std::uint32_t>(out - start); };
    record.key_start = position();
    if (char* const end = write_key(out, row)) {
        out = end;
        record.key_size = position() - record.key_start;
    }
    record.value_start = position();
    if (!is_tombstone) {
        out = row_.write(out, row, values_);
        record.value_size = position() - record.value_start;
    }
    chunk.records.push_back(record);
}

std::size_t JsonEncoder::key_size(std::uint32_t row) const noexcept {
    if (key_kind_ == OutputKey::Kind::None) return 0;
    if (key_kind_ == OutputKey::Kind::Json) return key_.size(row);
    const Type& type = single_key_->type();
    if ((!type.is_text() && !type.is_nested()) || single_key_->is_null(row)) return kJsonValueSize;
    return kJsonValueSize +
           JsonValueWriter::text_size(
               type, single_key_->values<std::string_view>()[single_key_->slot(row)]);
}

// Null pointer: the row has no key.
char* JsonEncoder::write_key(char* out, std::uint32_t row) {
    if (key_kind_ == OutputKey::Kind::None) return nullptr;
    if (key_kind_ == OutputKey::Kind::Json) return key_.write(out, row, values_);
    if (single_key_->is_null(row)) return nullptr;
    const std::uint32_t slot = single_key_->slot(row);
    if (key_kind_ == OutputKey::Kind::PassThrough)
        return copy_text(out, single_key_->values<std::string_view>()[slot]);
    return values_.write_text(out, ColumnCell(*single_key_, slot));
}

}  // namespace

std::unique_ptr<Encoder> make_json_encoder(const OutputPlan& plan, EncodeOptions options) {
    return std::make_unique<JsonEncoder>(plan, options);
}

}  // namespace velo::engine
