#include "server/runtime/source_set.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace velo::runtime {

using engine::Offsets;
using engine::PortError;

std::optional<PortError> SourceSet::refresh_partitions(
    std::vector<engine::PartitionName>& partitions) {
    std::vector<std::vector<engine::PartitionName>> found(sources_.size());
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        if (auto error = sources_[i]->refresh_partitions(found[i])) return error;
    }
    for (std::uint32_t i = 0; i < sources_.size(); ++i) {
        for (; known_[i] < found[i].size(); ++known_[i]) {
            places_.push_back({.source = i, .partition = SourcePartition{known_[i]}});
            names_.push_back(found[i][known_[i]]);
            names_.back().input = i;
        }
    }
    partitions = names_;
    return std::nullopt;
}

void SourceSet::take(std::uint32_t source, const Offsets& own, Offsets& into) const {
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
        if (places_[i].source != source) continue;
        const auto found = own.find(places_[i].partition);
        if (found != own.end()) into[SourcePartition{i}] = found->second;
    }
}

std::optional<PortError> SourceSet::start_offsets(std::uint32_t first, std::uint32_t count,
                                                  Offsets& offsets) {
    for (std::uint32_t source = 0; source < sources_.size(); ++source) {
        // Of one source, what has been numbered together has numbers of its own that follow one another.
        std::uint32_t own_first = 0;
        std::uint32_t own_count = 0;
        for (std::uint32_t i = first; i < first + count; ++i) {
            if (places_[i].source != source) continue;
            if (own_count == 0) own_first = places_[i].partition.value;
            ++own_count;
        }
        if (own_count == 0) continue;
        Offsets own;
        if (auto error = sources_[source]->start_offsets(own_first, own_count, own)) return error;
        take(source, own, offsets);
    }
    return std::nullopt;
}

std::optional<PortError> SourceSet::end_offsets(const std::vector<SourcePartition>& partitions,
                                                Offsets& ends) {
    for (std::uint32_t source = 0; source < sources_.size(); ++source) {
        std::vector<SourcePartition> asked;
        for (const SourcePartition partition : partitions) {
            const PlaceInSet& place = places_[partition.value];
            if (place.source == source) asked.push_back(place.partition);
        }
        if (asked.empty()) continue;
        Offsets own;
        if (auto error = sources_[source]->end_offsets(asked, own)) return error;
        take(source, own, ends);
    }
    return std::nullopt;
}

std::optional<PortError> SourceSet::commit(const Offsets& offsets) {
    for (std::uint32_t source = 0; source < sources_.size(); ++source) {
        Offsets own;
        for (const auto& [partition, offset] : offsets) {
            const PlaceInSet& place = places_[partition.value];
            if (place.source == source) own[place.partition] = offset;
        }
        if (own.empty()) continue;
        if (auto error = sources_[source]->commit(own)) return error;
    }
    return std::nullopt;
}

std::unique_ptr<engine::SourceReader> SourceSet::make_reader(int wake_descriptor,
                                                             std::size_t prefetch_bytes) {
    std::vector<std::unique_ptr<engine::SourceReader>> readers;
    for (const auto& source : sources_)
        readers.push_back(source->make_reader(wake_descriptor, prefetch_bytes / sources_.size()));
    return std::make_unique<SourceSetReader>(std::move(readers), places_);
}

bool SourceSet::is_bounded() const noexcept {
    return std::ranges::all_of(sources_, [](const auto& source) { return source->is_bounded(); });
}

bool SourceSet::is_durable() const noexcept {
    return std::ranges::all_of(sources_, [](const auto& source) { return source->is_durable(); });
}

std::unique_ptr<engine::Source> as_one(std::vector<std::unique_ptr<engine::Source>> sources) {
    VELO_ASSERT(!sources.empty(), "a job reads something");
    if (sources.size() == 1) return std::move(sources.front());
    return std::make_unique<SourceSet>(std::move(sources));
}

void SourceSetReader::add(SourcePartition partition, std::int64_t next_offset,
                          std::optional<std::int64_t> end_offset) {
    if (partition.value >= added_.size()) added_.resize(partition.value + 1);
    const PlaceInSet place = places_[partition.value];
    added_[partition.value] = place;
    readers_[place.source]->add(place.partition, next_offset, end_offset);
}

std::uint32_t SourceSetReader::poll(SourcePartition partition, std::uint32_t max_records,
                                    engine::RawBatch& into) {
    const PlaceInSet place = added_[partition.value];
    VELO_ASSERT(into.empty() || added_[into.back().partition.value].source == place.source,
                "a batch is of one source");
    const std::size_t before = into.size();
    const std::uint32_t came = readers_[place.source]->poll(place.partition, max_records, into);
    for (std::size_t i = before; i < into.size(); ++i) into[i].partition = partition;
    return came;
}

void SourceSetReader::release(engine::RawBatch& batch) noexcept {
    if (!batch.empty()) readers_[added_[batch.front().partition.value].source]->release(batch);
}

engine::SourcePosition SourceSetReader::position(SourcePartition partition) const noexcept {
    const PlaceInSet place = added_[partition.value];
    return readers_[place.source]->position(place.partition);
}

engine::RecordHeaders SourceSetReader::headers(const engine::RawRecord& record) const {
    const PlaceInSet place = added_[record.partition.value];
    engine::RawRecord own = record;
    own.partition = place.partition;
    return readers_[place.source]->headers(own);
}

std::optional<PortError> SourceSetReader::take_error() {
    for (const auto& reader : readers_) {
        if (auto error = reader->take_error()) return error;
    }
    return std::nullopt;
}

}  // namespace velo::runtime
