// Several sources as the one that a job reads: partitions are numbered through all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/source.hpp"

namespace velo::runtime {

/// Which source of a set a partition belongs to, and its number there.
struct PlaceInSet {
    std::uint32_t source = 0;
    SourcePartition partition;
};

/// Numbers are given source by source at first; what appears later comes last. So they may differ from run to run, and what
/// lasts goes by names. `PartitionName::input` says which of the sources a partition is of.
/// Errors:  those of its sources; a list of partitions changes only when every source has answered.
/// Thread:  the control thread; make_reader by any worker. It outlives its readers.
class SourceSet final : public engine::Source {
public:
    /// In the order of the plan's sources; at least one.
    explicit SourceSet(std::vector<std::unique_ptr<engine::Source>> sources)
        : sources_(std::move(sources)), known_(sources_.size(), 0) {}

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
    [[nodiscard]] bool is_bounded() const noexcept override;
    [[nodiscard]] bool is_durable() const noexcept override;

private:
    /// What a source says of its own partitions, under the set's numbers.
    void take(std::uint32_t source, const engine::Offsets& own, engine::Offsets& into) const;

    std::vector<std::unique_ptr<engine::Source>> sources_;
    std::vector<std::uint32_t> known_;  // By source: how many partitions have a number.
    std::vector<PlaceInSet> places_;    // By SourcePartition.
    std::vector<engine::PartitionName> names_;
};

/// What a job over these sources reads: the source itself where there is one.
[[nodiscard]] std::unique_ptr<engine::Source> as_one(
    std::vector<std::unique_ptr<engine::Source>> sources);

/// A reader for each source of the set, on one worker.
/// Thread:  the worker that owns it. `places` is the set's: it is looked at in add() alone, while the control thread waits.
class SourceSetReader final : public engine::SourceReader {
public:
    SourceSetReader(std::vector<std::unique_ptr<engine::SourceReader>> readers,
                    const std::vector<PlaceInSet>& places)
        : readers_(std::move(readers)), places_(places) {}

    void add(SourcePartition partition, std::int64_t next_offset,
             std::optional<std::int64_t> end_offset) override;
    [[nodiscard]] std::uint32_t poll(SourcePartition partition, std::uint32_t max_records,
                                     engine::RawBatch& into) override;
    void release(engine::RawBatch& batch) noexcept override;
    [[nodiscard]] engine::SourcePosition position(
        SourcePartition partition) const noexcept override;
    [[nodiscard]] engine::RecordHeaders headers(const engine::RawRecord& record) const override;
    [[nodiscard]] std::optional<engine::PortError> take_error() override;

private:
    std::vector<std::unique_ptr<engine::SourceReader>> readers_;
    const std::vector<PlaceInSet>& places_;
    std::vector<PlaceInSet> added_;  // By SourcePartition: a copy of what this reader reads.
};

}  // namespace velo::runtime
