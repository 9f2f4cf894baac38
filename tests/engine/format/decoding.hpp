// Decoding records in tests: a schema as text, payloads in, values and fault texts out.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/value.hpp"
#include "engine/format/decoder.hpp"
#include "engine/sql/parser.hpp"

namespace velo::engine::tests {

/// One decoder, its source and what came of the last records. Payloads lie in memory of exactly their size, so that the
/// address sanitizer sees a decoder that reads behind them.
class Decoding {
public:
    /// `BIGINT`; the column is named as given and the query reads it after WHERE.
    Decoding& column(const std::string& name, std::string_view type, std::string path = {}) {
        Field field;
        field.name = name;
        field.type = sql::parse_type(type);
        field.path = std::move(path);
        plan_.columns.push_back({ColumnOrigin::Field,
                                 static_cast<std::uint32_t>(plan_.declared.size()), field.type,
                                 false});
        plan_.declared.push_back(std::move(field));
        return *this;
    }
    /// Changes the column added last.
    Decoding& early() {
        plan_.columns.back().early = true;
        return *this;
    }
    Decoding& not_null() {
        plan_.declared.back().nullable = false;
        return *this;
    }
    Decoding& unit(const std::string& unit) {
        plan_.declared.back().time_unit = unit;
        return *this;
    }
    Decoding& event_time() {
        plan_.event_time_column = static_cast<std::uint32_t>(plan_.columns.size()) - 1;
        return *this;
    }
    Decoding& system(ColumnOrigin origin, Type type) {
        plan_.columns.push_back({origin, 0, type, false});
        return *this;
    }
    /// A declared column that the query does not read.
    Decoding& unread(const std::string& name, std::string_view type) {
        plan_.declared.push_back({name, sql::parse_type(type), true, {}, {}});
        return *this;
    }
    Decoding& skip_tombstones() {
        plan_.skip_tombstones = true;
        return *this;
    }

    Decoding& add_partition(const std::string& topic, std::int32_t partition) {
        partitions_.push_back({topic, partition});
        return *this;
    }

    /// A record with the given payload; more about it by changing the result before decode().
    RawRecord& record(std::string_view payload) {
        RawRecord& record = records_.emplace_back();
        record.value = own(payload);
        record.has_value = true;
        record.timestamp = 1'000;
        record.offset = static_cast<std::int64_t>(records_.size()) - 1;
        return record;
    }
    std::string_view own(std::string_view bytes) {
        auto& copy = owned_.emplace_back(std::make_unique<char[]>(bytes.size()));
        std::ranges::copy(bytes, copy.get());
        return {copy.get(), bytes.size()};
    }

    /// Decodes the records added since the last time.
    Decoding& decode() {
        if (!decoder_) decoder_ = make_json_decoder(plan_, partitions_);
        batch_.arena.clear();
        result_.clear();
        decoder_->decode(records_, batch_, event_times_, result_);
        records_.clear();
        owned_.clear();  // What the batch holds must outlive the records.
        return *this;
    }
    Decoding& decode(std::string_view payload) {
        record(payload);
        return decode();
    }

    [[nodiscard]] const DecodeResult& result() const noexcept { return result_; }
    [[nodiscard]] const Batch& batch() const noexcept { return batch_; }
    [[nodiscard]] std::int64_t event_time_of(std::uint32_t row) const {
        return event_times_.at(row);
    }
    [[nodiscard]] bool is_good(std::uint32_t row) const {
        return std::ranges::binary_search(result_.good, row);
    }

    /// The value as SQL writes it.
    [[nodiscard]] std::string value(std::size_t column = 0, std::uint32_t row = 0) const {
        return value_at(batch_.columns.at(column), row).sql();
    }
    [[nodiscard]] const RowFault* early_fault(std::uint32_t row = 0) const {
        return find(result_.faults, row);
    }
    [[nodiscard]] const RowFault* late_fault(std::uint32_t row = 0) const {
        return find(result_.late_faults, row);
    }
    /// `wrong_type: column 'a': …` of either kind; empty when there is none.
    [[nodiscard]] std::string fault(std::uint32_t row = 0) const {
        const RowFault* found = early_fault(row) != nullptr ? early_fault(row) : late_fault(row);
        return found == nullptr ? ""
                                : std::string(fault_code_name(found->code)) + ": " + found->text;
    }

private:
    static const RowFault* find(const FaultList& faults, std::uint32_t row) {
        const auto found = std::ranges::find(faults.all(), row, &RowFault::row);
        return found == faults.all().end() ? nullptr : &*found;
    }

    SourcePlan plan_;
    std::vector<PartitionName> partitions_{{"topic", 0}};
    std::vector<std::unique_ptr<char[]>> owned_;
    std::vector<RawRecord> records_;
    std::unique_ptr<Decoder> decoder_;
    Batch batch_;
    std::vector<std::int64_t> event_times_;
    DecodeResult result_;
};

}  // namespace velo::engine::tests
