// A Kafka in memory as far as a job's progress goes: a state log, committed positions, and outputs that become visible
// with their epoch. It crashes wherever a test wants, and can be made to misbehave in ways the suite must notice.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/ledger.hpp"
#include "engine/pipeline/sink.hpp"

namespace velo::tests {

/// Ways to be wrong, each of which loses or doubles something.
enum class Fault : std::uint8_t {
    None,
    PositionsAheadOfCut,  // Commits positions that are not of the cut.
    NoFencing,            // What a crashed run left undecided becomes visible with the next commit.
    EndOfPartitionIsTheEnd,  // Reading the log ends at the first claim of an end.
    HeaderBeforeChunks,      // The header does not vouch for what follows it.
    LostChunk,               // One log record is gone.
};

/// What survives a crash. Thread: `lock` guards all but the settings.
struct SimCluster {
    std::mutex lock;
    bool transactional = true;
    Fault fault = Fault::None;

    struct Record {
        std::string key;
        std::string value;
        bool visible = false;
    };
    std::array<std::vector<Record>, engine::Ledger::kLogPartitions> log;
    engine::Offsets
        positions;  // Of topics after the first one read, partition p of topic t is 1000 t + p.
    std::vector<std::string> topics;  // In the order they were first read.
    std::string note;
    std::vector<std::pair<std::string, std::string>> visible;  // Outputs: key, value.
    std::map<std::uint64_t, std::vector<std::pair<std::string, std::string>>>
        undecided;  // By epoch.

    /// The call after which nothing works any more; counted down. Negative: never.
    std::int64_t crash_in = -1;
    /// The call that crashes takes effect first.
    bool crash_after_effect = false;
    /// One in this many commits is answered with Again first; 0: none.
    std::uint32_t again_every = 0;
    std::uint64_t commits = 0;
};

class SimSink final : public engine::Sink {
public:
    explicit SimSink(SimCluster& cluster) : cluster_(cluster) {}
    std::optional<engine::PortError> open() override { return std::nullopt; }
    std::unique_ptr<engine::SinkWriter> make_writer(int) override {
        return std::make_unique<Writer>(cluster_);
    }
    void serve() override {}
    bool acknowledged(EpochId) override { return true; }
    void push() override {}
    std::optional<engine::PortError> take_error() override { return std::nullopt; }
    engine::SinkCounts counts() const noexcept override { return {}; }
    std::optional<engine::PortError> close() override { return std::nullopt; }

private:
    class Writer final : public engine::SinkWriter {
    public:
        explicit Writer(SimCluster& cluster) : cluster_(cluster) {}
        bool try_write(std::unique_ptr<engine::OutputChunk>& chunk) override;
        bool try_write(const engine::DeadLetter&, EpochId) override { return true; }

    private:
        SimCluster& cluster_;
    };
    SimCluster& cluster_;
};

class SimLedger final : public engine::Ledger {
public:
    explicit SimLedger(SimCluster& cluster) : cluster_(cluster) {}
    engine::Leadership lead(std::optional<engine::PortError>&) override {
        return engine::Leadership::Active;
    }
    std::optional<engine::PortError> open() override;
    void name_partitions(const std::vector<engine::PartitionName>& partitions) override;
    std::optional<engine::PortError> recover(std::uint32_t partitions,
                                             engine::Progress& progress) override;
    std::optional<engine::PortError> read_log(
        std::uint32_t partition, std::int64_t from, std::int64_t to,
        const std::function<void(const engine::LogRecord&)>& visit) override;
    void append(std::uint32_t partition, EpochId epoch, std::string key,
                std::string value) override;
    std::vector<std::int64_t> log_ends() const override { return ends_; }
    engine::CommitResult commit(EpochId epoch, const engine::Offsets& positions,
                                const std::string& note) override;
    void leave() override {}

private:
    [[nodiscard]] bool crashes();
    void decide(EpochId epoch, const engine::Offsets& positions, const std::string& note);

    /// What the cluster calls a partition, in whatever run.
    [[nodiscard]] SourcePartition in_cluster(SourcePartition partition) const;

    SimCluster& cluster_;
    std::vector<engine::PartitionName> names_;
    bool crashed_ = false;
    std::vector<std::int64_t> ends_;
    struct Place {
        std::uint32_t partition;
        std::size_t at;
    };
    std::vector<Place> appended_;  // Of the epoch under way.
    std::uint64_t asked_ = 0;
};

}  // namespace velo::tests
