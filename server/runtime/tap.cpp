#include "server/runtime/tap.hpp"

#include <algorithm>
#include <string_view>

#include "engine/format/output.hpp"
#include "engine/pipeline/source.hpp"
#include "server/runtime/clock.hpp"
#include "server/runtime/counters.hpp"

namespace velo::runtime {

namespace {

std::string cut(std::string_view bytes, std::size_t most) {
    return std::string(bytes.substr(0, most));
}

void set_key(TapSample& sample, bool has_key, std::string_view key) {
    sample.has_key = has_key;
    sample.key = cut(key, TapSample::kMostBytes);
    sample.key_size = key.size();
}

void set_value(TapSample& sample, bool has_value, std::string_view value) {
    sample.has_value = has_value;
    sample.value = cut(value, TapSample::kMostBytes);
    sample.value_size = value.size();
}

void set_headers(TapSample& sample, const engine::RecordHeaders& headers) {
    for (const auto& [name, value] : headers) {
        if (sample.headers.size() == TapSample::kMostHeaders) return;
        sample.headers.emplace_back(
            cut(name, TapSample::kMostHeaderBytes),
            value ? std::optional(cut(*value, TapSample::kMostHeaderBytes)) : std::nullopt);
    }
}

// So that what is taken comes from the whole batch and not from its beginning.
std::size_t stride_of(std::size_t count) noexcept {
    return std::max<std::size_t>(1, count / TapLane::kSlots);
}

}  // namespace

void tap_source(TapLane& lane, const PartitionTable& partitions, const engine::RawBatch& records,
                const engine::SourceReader& reader) {
    const std::int64_t now_us = wall_now_us();
    for (std::size_t i = 0; i < records.size(); i += stride_of(records.size())) {
        const engine::RawRecord& record = records[i];
        const PartitionCounters& name = partitions.at(record.partition);
        TapSample sample;
        sample.at_us = now_us;
        sample.topic = name.topic;
        sample.partition = name.partition;
        sample.offset = record.offset;
        sample.timestamp_us = record.timestamp;
        set_key(sample, record.has_key, record.key);
        set_value(sample, record.has_value, record.value);
        set_headers(sample, reader.headers(record));
        if (!lane.push(TapPoint::Source, std::move(sample))) return;
    }
}

void tap_sink(TapLane& lane, const engine::OutputChunk& chunk) {
    const std::int64_t now_us = wall_now_us();
    for (std::size_t i = 0; i < chunk.records.size(); i += stride_of(chunk.records.size())) {
        const engine::OutputChunk::Record& record = chunk.records[i];
        const bool has_key = record.key_size != engine::OutputChunk::kNone;
        const bool has_value = record.value_size != engine::OutputChunk::kNone;
        TapSample sample;
        sample.at_us = now_us;
        set_key(sample, has_key, has_key ? chunk.key(record) : std::string_view{});
        set_value(sample, has_value, has_value ? chunk.value(record) : std::string_view{});
        if (!lane.push(TapPoint::Sink, std::move(sample))) return;
    }
}

void tap_dead_letter(TapLane& lane, const engine::DeadLetter& letter) {
    TapSample sample;
    sample.at_us = wall_now_us();
    sample.topic = letter.topic;
    sample.partition = letter.partition;
    sample.offset = letter.offset;
    set_key(sample, letter.has_key, letter.key);
    set_value(sample, letter.has_value, letter.value);
    set_headers(sample, letter.headers);
    sample.stage = letter.stage;
    sample.code = letter.code;
    sample.error = cut(letter.error, TapSample::kMostBytes);
    static_cast<void>(lane.push(TapPoint::Dlq, std::move(sample)));
}

}  // namespace velo::runtime
