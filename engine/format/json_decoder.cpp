// `format: json`, batch by batch: which rows there are, their event times, and the columns that no record holds.
#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "engine/data/text_room.hpp"
#include "engine/expression/utf8.hpp"
#include "engine/format/decoder.hpp"
#include "engine/format/json_record.hpp"

namespace velo::engine {

namespace {

constexpr std::size_t kMaxRecordBytes = std::size_t{16} * 1024 * 1024;

class JsonDecoder final : public Decoder {
public:
    JsonDecoder(const SourcePlan& plan, const std::vector<PartitionName>& partitions);

    void decode(std::span<const RawRecord> records, Batch& batch,
                std::vector<std::int64_t>& event_times, DecodeResult& result) override;

private:
    void prepare(Batch& batch, std::uint32_t rows);
    [[nodiscard]] bool has_payload(const RawRecord& record, std::uint32_t row,
                                   DecodeResult& result) const;
    void decode_row(const RawRecord& record, std::uint32_t row, DecodeResult& result);
    [[nodiscard]] bool is_key_readable(const RawRecord& record) const noexcept;
    [[nodiscard]] std::int64_t event_time(const RawRecord& record,
                                          std::uint32_t row) const noexcept;
    void add_no_event_time(std::uint32_t row, DecodeResult& result) const;

    void fill_system_column(Column& column, ColumnOrigin origin,
                            std::span<const RawRecord> records);
    void fill_topics(Column& column, std::span<const RawRecord> records);
    void fill_keys(Column& column, std::span<const RawRecord> records);

    const SourcePlan& plan_;
    const std::vector<PartitionName>& partitions_;
    JsonRecordReader reader_;
    TextRoom texts_;
    bool needs_event_time_ = false;
    bool reads_keys_ = false;                           // As text; and if so, …
    bool reads_keys_early_ = false;                     // … for WHERE.
    const Column* time_column_ = nullptr;               // Of the batch being filled.
    std::vector<std::int64_t>* event_times_ = nullptr;  // Of the batch being filled.
};

RowFault decode_fault(std::uint32_t row, FaultCode code, std::string text) {
    return {row, FaultStage::Decode, code, std::move(text)};
}

// One integer for each record; kNoTimestamp is NULL.
template <class Value>
void fill_integers(Column& column, std::span<const RawRecord> records, Value&& value_of) {
    auto* const out = column.values<std::int64_t>();
    for (std::uint32_t row = 0; row < records.size(); ++row) {
        const std::int64_t value = value_of(records[row]);
        out[row] = value;
        if (value == kNoTimestamp) column.set_null(row);
    }
}

JsonDecoder::JsonDecoder(const SourcePlan& plan, const std::vector<PartitionName>& partitions)
    : plan_(plan),
      partitions_(partitions),
      reader_(plan),
      needs_event_time_(plan.event_time_column.has_value()) {
    for (const SourceColumn& column : plan.columns) {
        needs_event_time_ = needs_event_time_ || column.origin == ColumnOrigin::EventTime;
        if (column.origin != ColumnOrigin::Key) continue;
        reads_keys_ = true;
        reads_keys_early_ = column.early;
    }
}

void JsonDecoder::decode(std::span<const RawRecord> records, Batch& batch,
                         std::vector<std::int64_t>& event_times, DecodeResult& result) {
    const auto rows = static_cast<std::uint32_t>(records.size());
    result.clear();
    result.good.reserve(rows);
    event_times.resize(rows);
    event_times_ = &event_times;
    prepare(batch, rows);
    for (std::uint32_t row = 0; row < rows; ++row) decode_row(records[row], row, result);
    for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
        if (plan_.columns[i].origin != ColumnOrigin::Field)
            fill_system_column(batch.columns[i], plan_.columns[i].origin, records);
    }
    texts_.finish();
}

void JsonDecoder::prepare(Batch& batch, std::uint32_t rows) {
    batch.rows = rows;
    if (batch.columns.size() < plan_.columns.size()) batch.columns.resize(plan_.columns.size());
    for (std::size_t i = 0; i < plan_.columns.size(); ++i)
        batch.columns[i].reset(plan_.columns[i].type, rows);
    time_column_ = plan_.event_time_column ? &batch.columns[*plan_.event_time_column] : nullptr;
    texts_.start(batch.arena);
    reader_.start(batch, texts_);
}

bool JsonDecoder::has_payload(const RawRecord& record, std::uint32_t row,
                              DecodeResult& result) const {
    if (!record.has_value) {
        if (plan_.skip_tombstones) {
            result.skipped.push_back(row);
        } else {
            result.faults.add(
                decode_fault(row, FaultCode::EmptyPayload,
                             "the payload is null; 'tombstones: skip' passes over such records"));
        }
        return false;
    }
    if (record.value.empty()) {
        result.faults.add(decode_fault(row, FaultCode::EmptyPayload, "the payload is empty"));
        return false;
    }
    if (record.value.size() > kMaxRecordBytes) {
        result.faults.add(decode_fault(
            row, FaultCode::TooLarge,
            fmt::format("the payload has {} bytes; 16 MiB are the most", record.value.size())));
        return false;
    }
    return true;
}

void JsonDecoder::decode_row(const RawRecord& record, std::uint32_t row, DecodeResult& result) {
    (*event_times_)[row] = 0;
    if (!has_payload(record, row, result)) return;
    const auto outcome = reader_.read(record.value, row);
    if (outcome == JsonRecordReader::Outcome::Fault) {
        result.faults.add(reader_.take_fault());
        return;
    }
    const bool unreadable_key = reads_keys_ && !is_key_readable(record);
    if (unreadable_key && reads_keys_early_) {
        result.faults.add(decode_fault(row, FaultCode::InvalidUtf8,
                                       "column '_key': the record's key is not UTF-8"));
        return;
    }
    const std::int64_t time = event_time(record, row);
    if (time != kNoTimestamp) {
        (*event_times_)[row] = time;
    } else if (needs_event_time_) {
        add_no_event_time(row, result);
        return;
    }
    result.good.push_back(row);
    if (outcome == JsonRecordReader::Outcome::LateFault) {
        result.late_faults.add(reader_.take_fault());
    } else if (unreadable_key) {
        result.late_faults.add(decode_fault(row, FaultCode::InvalidUtf8,
                                            "column '_key': the record's key is not UTF-8"));
    }
}

bool JsonDecoder::is_key_readable(const RawRecord& record) const noexcept {
    return !record.has_key || is_utf8(record.key);
}

// kNoTimestamp: there is none. Records without any (files) have the time 0 where nobody asks for it.
std::int64_t JsonDecoder::event_time(const RawRecord& record, std::uint32_t row) const noexcept {
    if (time_column_ == nullptr) return record.timestamp;
    return time_column_->is_null(row) ? kNoTimestamp : time_column_->values<std::int64_t>()[row];
}

void JsonDecoder::add_no_event_time(std::uint32_t row, DecodeResult& result) const {
    if (time_column_ == nullptr) {
        result.faults.add(
            decode_fault(row, FaultCode::NoEventTime,
                         "the record has no timestamp, which would be its event time"));
        return;
    }
    const std::string& name = plan_.declared[plan_.columns[*plan_.event_time_column].field].name;
    result.faults.add(
        decode_fault(row, FaultCode::NoEventTime,
                     fmt::format("column '{}': is null or missing, but is the event time", name)));
}

void JsonDecoder::fill_system_column(Column& column, ColumnOrigin origin,
                                     std::span<const RawRecord> records) {
    switch (origin) {
        case ColumnOrigin::Field:
            break;
        case ColumnOrigin::Timestamp:
            return fill_integers(column, records,
                                 [](const RawRecord& record) { return record.timestamp; });
        case ColumnOrigin::Offset:
            return fill_integers(column, records,
                                 [](const RawRecord& record) { return record.offset; });
        case ColumnOrigin::Partition:
            return fill_integers(column, records, [&](const RawRecord& record) {
                return static_cast<std::int64_t>(partitions_[record.partition.value].partition);
            });
        case ColumnOrigin::Order:
            return fill_integers(column, records, [&](const RawRecord& record) {
                return partitions_[record.partition.value].order();
            });
        case ColumnOrigin::EventTime:
            std::ranges::copy(*event_times_, column.values<std::int64_t>());
            return;
        case ColumnOrigin::Topic:
            return fill_topics(column, records);
        case ColumnOrigin::Key:
        case ColumnOrigin::RawKey:
            return fill_keys(column, records);
    }
}

// The names are copied, for the list of partitions may move them while the batch is still being worked on.
void JsonDecoder::fill_topics(Column& column, std::span<const RawRecord> records) {
    auto* const out = column.values<std::string_view>();
    SourcePartition last{std::numeric_limits<std::uint32_t>::max()};
    std::string_view topic;
    for (std::uint32_t row = 0; row < records.size(); ++row) {
        if (records[row].partition != last) {
            last = records[row].partition;
            topic = texts_.copy(partitions_[last.value].topic);
        }
        out[row] = topic;
    }
}

void JsonDecoder::fill_keys(Column& column, std::span<const RawRecord> records) {
    auto* const out = column.values<std::string_view>();
    for (std::uint32_t row = 0; row < records.size(); ++row) {
        out[row] = texts_.copy(records[row].key);
        if (!records[row].has_key) column.set_null(row);
    }
}

}  // namespace

std::unique_ptr<Decoder> make_json_decoder(const SourcePlan& plan,
                                           const std::vector<PartitionName>& partitions) {
    return std::make_unique<JsonDecoder>(plan, partitions);
}

}  // namespace velo::engine
