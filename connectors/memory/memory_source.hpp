// Records that are in memory already, once or again and again: for tests, and for the engine without the world.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/source.hpp"

namespace velo::connectors {

struct MemoryRecord {
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::int64_t timestamp = engine::kNoTimestamp;  // Microseconds since 1970.
    engine::RecordHeaders headers;
};

/// What a memory source reads.
struct MemoryInput {
    std::string topic = "memory";
    std::vector<std::vector<MemoryRecord>> partitions;
    std::uint64_t rounds =
        1;  // How often each partition is read: offsets go on rising, bytes and times come again.
    bool is_bounded =
        true;  // False: what is there comes, and then nothing more, as from a quiet topic.
};

/// Thread:  the worker that made it. Records are read where they lie: nothing is copied.
class MemoryReader final : public engine::SourceReader {
public:
    explicit MemoryReader(const MemoryInput& input)
        : input_(input), positions_(input.partitions.size()) {}

    void add(SourcePartition partition, std::int64_t next_offset,
             std::optional<std::int64_t> end_offset) override;
    [[nodiscard]] std::uint32_t poll(SourcePartition partition, std::uint32_t max_records,
                                     engine::RawBatch& into) override;
    void release(engine::RawBatch& batch) noexcept override { batch.clear(); }
    [[nodiscard]] engine::SourcePosition position(
        SourcePartition partition) const noexcept override;
    [[nodiscard]] engine::RecordHeaders headers(const engine::RawRecord& record) const override;
    [[nodiscard]] std::optional<engine::PortError> take_error() override { return std::nullopt; }

private:
    struct Position {
        std::int64_t next = 0;
        std::int64_t end = 0;
    };
    const MemoryInput& input_;
    std::vector<Position> positions_;  // By SourcePartition.
};

/// Thread:  the control thread; make_reader by any worker. `input` outlives it and does not change.
class MemorySource final : public engine::Source {
public:
    explicit MemorySource(const MemoryInput& input) : input_(input) {}

    [[nodiscard]] std::optional<engine::PortError> refresh_partitions(
        std::vector<engine::PartitionName>& partitions) override;
    [[nodiscard]] std::optional<engine::PortError> start_offsets(std::uint32_t first,
                                                                 std::uint32_t count,
                                                                 engine::Offsets& offsets) override;
    [[nodiscard]] std::optional<engine::PortError> end_offsets(
        const std::vector<SourcePartition>& partitions, engine::Offsets& ends) override;
    [[nodiscard]] std::optional<engine::PortError> commit(const engine::Offsets& offsets) override;
    [[nodiscard]] std::unique_ptr<engine::SourceReader> make_reader(
        int wake_descriptor, std::size_t prefetch_bytes) override;
    [[nodiscard]] bool is_bounded() const noexcept override { return input_.is_bounded; }
    [[nodiscard]] bool is_durable() const noexcept override { return false; }

    /// What has been committed last.
    [[nodiscard]] const engine::Offsets& committed() const noexcept { return committed_; }

private:
    const MemoryInput& input_;
    engine::Offsets committed_;
};

}  // namespace velo::connectors
