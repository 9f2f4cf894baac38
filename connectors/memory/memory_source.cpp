#include "connectors/memory/memory_source.hpp"

#include <algorithm>

namespace velo::connectors {

namespace {

std::int64_t end_of(const MemoryInput& input, SourcePartition partition) {
    return static_cast<std::int64_t>(input.partitions[partition.value].size() * input.rounds);
}

}  // namespace

void MemoryReader::add(SourcePartition partition, std::int64_t next_offset,
                       std::optional<std::int64_t> end_offset) {
    const std::int64_t end = end_of(input_, partition);
    positions_[partition.value] = {next_offset, std::min(end, end_offset.value_or(end))};
}

std::uint32_t MemoryReader::poll(SourcePartition partition, std::uint32_t max_records,
                                 engine::RawBatch& into) {
    Position& position = positions_[partition.value];
    const std::vector<MemoryRecord>& records = input_.partitions[partition.value];
    const auto came = static_cast<std::uint32_t>(
        std::min<std::int64_t>(max_records, position.end - position.next));
    if (came == 0) return 0;
    std::size_t at = static_cast<std::size_t>(position.next) % records.size();
    for (std::uint32_t i = 0; i < came; ++i) {
        const MemoryRecord& record = records[at];
        into.push_back(
            {.key = record.key ? std::string_view{*record.key} : std::string_view{},
             .value = record.value ? std::string_view{*record.value} : std::string_view{},
             .has_key = record.key.has_value(),
             .has_value = record.value.has_value(),
             .offset = position.next++,
             .timestamp = record.timestamp,
             .partition = partition,
             .handle = nullptr});
        if (++at == records.size()) at = 0;
    }
    return came;
}

engine::SourcePosition MemoryReader::position(SourcePartition partition) const noexcept {
    const Position& position = positions_[partition.value];
    return {.next_offset = position.next,
            .ended = input_.is_bounded && position.next >= position.end};
}

engine::RecordHeaders MemoryReader::headers(const engine::RawRecord& record) const {
    const std::vector<MemoryRecord>& records = input_.partitions[record.partition.value];
    return records[static_cast<std::size_t>(record.offset) % records.size()].headers;
}

std::optional<engine::PortError> MemorySource::refresh_partitions(
    std::vector<engine::PartitionName>& partitions) {
    partitions.clear();
    for (std::size_t i = 0; i < input_.partitions.size(); ++i)
        partitions.push_back({input_.topic, static_cast<std::int32_t>(i)});
    return std::nullopt;
}

std::optional<engine::PortError> MemorySource::start_offsets(std::uint32_t first,
                                                             std::uint32_t count,
                                                             engine::Offsets& offsets) {
    for (std::uint32_t i = first; i < first + count; ++i) offsets[SourcePartition{i}] = 0;
    return std::nullopt;
}

std::optional<engine::PortError> MemorySource::end_offsets(
    const std::vector<SourcePartition>& partitions, engine::Offsets& ends) {
    for (const SourcePartition partition : partitions) ends[partition] = end_of(input_, partition);
    return std::nullopt;
}

std::optional<engine::PortError> MemorySource::commit(const engine::Offsets& offsets) {
    committed_ = offsets;
    return std::nullopt;
}

std::unique_ptr<engine::SourceReader> MemorySource::make_reader(int, std::size_t) {
    return std::make_unique<MemoryReader>(input_);
}

}  // namespace velo::connectors
