#include "tests/support/sim_ledger.hpp"

#include <algorithm>

namespace velo::tests {

namespace {

engine::PortError crash() {
    return {.fatal = true, .code = "crash", .text = "the process was killed"};
}

}  // namespace

bool SimSink::Writer::try_write(std::unique_ptr<engine::OutputChunk>& chunk) {
    const std::lock_guard guard(cluster_.lock);
    auto& to = cluster_.transactional ? cluster_.undecided[chunk->epoch.value] : cluster_.visible;
    for (const auto& record : chunk->records) {
        const bool has_key = record.key_size != engine::OutputChunk::kNone;
        const bool has_value = record.value_size != engine::OutputChunk::kNone;
        to.emplace_back(has_key ? std::string(chunk->key(record)) : "<none>",
                        has_value ? std::string(chunk->value(record)) : "<none>");
    }
    chunk->clear();
    return true;
}

bool SimLedger::crashes() {
    if (crashed_) return true;
    if (cluster_.crash_in < 0 || cluster_.crash_in-- > 0) return false;
    crashed_ = true;
    return true;
}

std::optional<engine::PortError> SimLedger::open() {
    const std::lock_guard guard(cluster_.lock);
    if (crashes()) return crash();
    if (cluster_.transactional && cluster_.fault != Fault::NoFencing) cluster_.undecided.clear();
    return std::nullopt;
}

void SimLedger::name_partitions(const std::vector<engine::PartitionName>& partitions) {
    const std::lock_guard guard(cluster_.lock);
    names_ = partitions;
    for (const engine::PartitionName& name : partitions) {
        if (std::ranges::find(cluster_.topics, name.topic) == cluster_.topics.end())
            cluster_.topics.push_back(name.topic);
    }
}

SourcePartition SimLedger::in_cluster(SourcePartition partition) const {
    const engine::PartitionName& name = names_[partition.value];
    const auto topic = std::ranges::find(cluster_.topics, name.topic) - cluster_.topics.begin();
    return SourcePartition{static_cast<std::uint32_t>(1000 * topic + name.partition)};
}

std::optional<engine::PortError> SimLedger::recover(std::uint32_t partitions,
                                                    engine::Progress& progress) {
    const std::lock_guard guard(cluster_.lock);
    if (crashes()) return crash();
    progress = {};
    progress.begun = !cluster_.positions.empty();
    for (std::uint32_t i = 0; i < partitions; ++i) {
        const auto found = cluster_.positions.find(in_cluster(SourcePartition{i}));
        if (found != cluster_.positions.end())
            progress.positions[SourcePartition{i}] = found->second;
    }
    progress.note = cluster_.note;
    for (const auto& records : cluster_.log)
        progress.log_ends.push_back(static_cast<std::int64_t>(records.size()));
    ends_ = progress.log_ends;
    return std::nullopt;
}

std::optional<engine::PortError> SimLedger::read_log(
    std::uint32_t partition, std::int64_t from, std::int64_t to,
    const std::function<void(const engine::LogRecord&)>& visit) {
    const std::lock_guard guard(cluster_.lock);
    if (crashes()) return crash();
    const auto& records = cluster_.log[partition];
    if (to > static_cast<std::int64_t>(records.size()))
        return engine::PortError{.fatal = true, .code = "state_log_damaged", .text = "it is short"};
    for (std::int64_t offset = from; offset < to; ++offset) {
        const auto& record = records[static_cast<std::size_t>(offset)];
        if (cluster_.transactional && !record.visible) {
            if (cluster_.fault == Fault::EndOfPartitionIsTheEnd && to - from > 1) break;
            continue;
        }
        if (cluster_.fault == Fault::LostChunk && record.key.starts_with('c')) continue;
        visit({.offset = offset, .key = record.key, .value = record.value});
    }
    return std::nullopt;
}

void SimLedger::append(std::uint32_t partition, EpochId, std::string key, std::string value) {
    const std::lock_guard guard(cluster_.lock);
    if (crashed_) return;
    auto& records = cluster_.log[partition];
    records.push_back(
        {.key = std::move(key), .value = std::move(value), .visible = !cluster_.transactional});
    if (cluster_.fault == Fault::HeaderBeforeChunks && records.size() > 1 &&
        records.back().key.starts_with('h') && records[records.size() - 2].key.starts_with('c'))
        std::swap(records.back(), records[records.size() - 2]);
    appended_.push_back({partition, records.size() - 1});
    ends_[partition] = static_cast<std::int64_t>(records.size());
}

engine::CommitResult SimLedger::commit(EpochId epoch, const engine::Offsets& positions,
                                       const std::string& note) {
    const std::lock_guard guard(cluster_.lock);
    if (cluster_.again_every != 0 && ++asked_ % cluster_.again_every == 0)
        return {.step = engine::CommitStep::Again, .error = std::nullopt};
    const bool was_crashed = crashed_;
    const bool now = crashes();
    if (!now || (cluster_.crash_after_effect && !was_crashed)) decide(epoch, positions, note);
    if (now) return {.step = engine::CommitStep::Failed, .error = crash()};
    return {.step = engine::CommitStep::Committed, .error = std::nullopt};
}

void SimLedger::decide(EpochId epoch, const engine::Offsets& positions, const std::string& note) {
    for (const auto& [partition, offset] : positions)
        cluster_.positions[in_cluster(partition)] = offset;
    if (cluster_.fault == Fault::PositionsAheadOfCut && epoch.value > 1) {
        for (auto& [partition, offset] : cluster_.positions) offset += offset > 10 ? 1 : 0;
    }
    cluster_.note = note;
    ++cluster_.commits;
    for (const Place& place : appended_) cluster_.log[place.partition][place.at].visible = true;
    appended_.clear();
    for (auto at = cluster_.undecided.begin();
         at != cluster_.undecided.end() && at->first <= epoch.value;) {
        for (auto& output : at->second) cluster_.visible.push_back(std::move(output));
        at = cluster_.undecided.erase(at);
    }
    // The marker that ends a transaction takes an offset of its own.
    if (cluster_.transactional) {
        for (auto& records : cluster_.log) {
            if (!records.empty() && records.back().key != "marker")
                records.push_back({.key = "marker", .value = {}, .visible = false});
        }
    }
}

}  // namespace velo::tests
