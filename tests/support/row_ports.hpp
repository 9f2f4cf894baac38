// A source over JSON texts in memory and a sink that remembers, with the weather a test asks for.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/pipeline/sink.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::tests {

/// What a test puts in and looks at; outlives the ports. Thread: `lock` guards everything but the plain settings, which
/// are set before the run.
struct World {
    std::mutex lock;

    // Settings.
    std::string topic = "rows";
    std::vector<std::vector<std::string>> partitions;  // JSON texts.
    bool bounded = true;
    std::uint32_t refuse_every = 0;  // The sink refuses each n-th chunk once; 0: never.
    bool withhold_acknowledgements = false;
    std::optional<engine::PortError> source_error_at_end;
    std::optional<engine::PortError> commit_error_once;

    // What happened.
    std::vector<std::pair<std::string, std::string>> written;  // Key, value (tombstone: "<none>").
    std::vector<engine::DeadLetter> dead_letters;
    std::vector<engine::Offsets> commits;
    std::uint64_t written_records = 0, acknowledged_records = 0;
    std::uint64_t commits_ahead_of_acknowledgement = 0;
    bool closed = false;
    std::atomic<std::uint64_t> polls{0};  // How often the source was asked for rows.

    std::atomic<int> withheld{-1};  // A partition that gives nothing yet.
    std::atomic<bool> acknowledge{true};
    int control_wake = -1;
};

/// One reader over some of the world's partitions.
class RowReader final : public engine::SourceReader {
public:
    explicit RowReader(World& world) : world_(world) {}
    void add(SourcePartition partition, std::int64_t next,
             std::optional<std::int64_t> end) override {
        positions_[partition] = {next, end.value_or(-1)};
    }
    std::uint32_t poll(SourcePartition partition, std::uint32_t most,
                       engine::RawBatch& into) override {
        world_.polls.fetch_add(1, std::memory_order_relaxed);
        if (world_.withheld.load() == static_cast<int>(partition.value)) return 0;
        auto& [next, end] = positions_.at(partition);
        const auto& rows = world_.partitions[partition.value];
        std::uint32_t came = 0;
        while (came < most && next < static_cast<std::int64_t>(rows.size()) &&
               (end < 0 || next < end)) {
            engine::RawRecord record;
            record.value = rows[static_cast<std::size_t>(next)];
            record.has_value = true;
            record.key = "k";
            record.has_key = true;
            record.offset = next++;
            record.timestamp = 1'000'000 * record.offset;
            record.partition = partition;
            into.push_back(record);
            ++came;
        }
        return came;
    }
    void release(engine::RawBatch& batch) noexcept override { batch.clear(); }
    engine::SourcePosition position(SourcePartition partition) const noexcept override {
        const auto& [next, end] = positions_.at(partition);
        return {.next_offset = next, .ended = end >= 0 && next >= end};
    }
    std::vector<std::pair<std::string, std::string>> headers(
        const engine::RawRecord& record) const override {
        return {{"trace", std::to_string(record.offset)}};
    }
    std::optional<engine::PortError> take_error() override {
        if (reported_ || !world_.source_error_at_end) return std::nullopt;
        for (const auto& [partition, position] : positions_) {
            if (position.first <
                static_cast<std::int64_t>(world_.partitions[partition.value].size()))
                return std::nullopt;
        }
        reported_ = true;
        return world_.source_error_at_end;
    }

private:
    World& world_;
    std::map<SourcePartition, std::pair<std::int64_t, std::int64_t>>
        positions_;  // Next, end (-1: unbounded).
    bool reported_ = false;
};

class RowSource final : public engine::Source {
public:
    explicit RowSource(World& world) : world_(world) {}
    std::optional<engine::PortError> refresh_partitions(
        std::vector<engine::PartitionName>& partitions) override {
        partitions.clear();
        for (std::size_t i = 0; i < world_.partitions.size(); ++i)
            partitions.push_back({world_.topic, static_cast<std::int32_t>(i)});
        return std::nullopt;
    }
    std::optional<engine::PortError> start_offsets(std::uint32_t first, std::uint32_t count,
                                                   engine::Offsets& offsets) override {
        for (std::uint32_t i = first; i < first + count; ++i) offsets[SourcePartition{i}] = 0;
        return std::nullopt;
    }
    std::optional<engine::PortError> end_offsets(const std::vector<SourcePartition>& partitions,
                                                 engine::Offsets& ends) override {
        for (const SourcePartition partition : partitions)
            ends[partition] = static_cast<std::int64_t>(world_.partitions[partition.value].size());
        return std::nullopt;
    }
    std::optional<engine::PortError> commit(const engine::Offsets& offsets) override {
        const std::lock_guard guard(world_.lock);
        if (world_.commit_error_once) return std::exchange(world_.commit_error_once, std::nullopt);
        world_.commits.push_back(offsets);
        if (world_.acknowledged_records != world_.written_records)
            ++world_.commits_ahead_of_acknowledgement;
        return std::nullopt;
    }
    std::unique_ptr<engine::SourceReader> make_reader(int, std::size_t) override {
        return std::make_unique<RowReader>(world_);
    }
    bool is_bounded() const noexcept override { return world_.bounded; }
    bool is_durable() const noexcept override { return true; }

private:
    World& world_;
};

class RowWriter final : public engine::SinkWriter {
public:
    explicit RowWriter(World& world, int wake) : world_(world), wake_(wake) {}
    bool try_write(std::unique_ptr<engine::OutputChunk>& chunk) override;
    bool try_write(const engine::DeadLetter& letter, EpochId epoch) override;

private:
    World& world_;
    int wake_;
    std::uint32_t calls_ = 0;
    bool refused_ = false;
};

class RowSink final : public engine::Sink {
public:
    explicit RowSink(World& world) : world_(world) {}
    std::optional<engine::PortError> open() override { return std::nullopt; }
    std::unique_ptr<engine::SinkWriter> make_writer(int wake) override {
        return std::make_unique<RowWriter>(world_, wake);
    }
    void serve() override {
        if (!world_.acknowledge.load()) return;
        const std::lock_guard guard(world_.lock);
        world_.acknowledged_records = world_.written_records;
    }
    bool acknowledged(EpochId) override {
        const std::lock_guard guard(world_.lock);
        return world_.acknowledged_records == world_.written_records;
    }
    void push() override {}
    std::optional<engine::PortError> take_error() override { return std::nullopt; }
    engine::SinkCounts counts() const noexcept override {
        const std::lock_guard guard(world_.lock);
        return {.records = world_.acknowledged_records,
                .bytes = 0,
                .dead_letters = world_.dead_letters.size()};
    }
    std::optional<engine::PortError> close() override {
        const std::lock_guard guard(world_.lock);
        world_.closed = true;
        return std::nullopt;
    }

private:
    World& world_;
};

}  // namespace velo::tests
