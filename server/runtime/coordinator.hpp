// A job's control thread: deals partitions to workers, cuts and commits epochs, drains. It never touches a row.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/pipeline/ledger.hpp"
#include "engine/pipeline/sink.hpp"
#include "engine/pipeline/source.hpp"
#include "server/runtime/committer.hpp"
#include "server/runtime/connection_watch.hpp"
#include "server/runtime/counters.hpp"
#include "server/runtime/ends_watch.hpp"
#include "server/runtime/epochs.hpp"
#include "server/runtime/fault_watch.hpp"
#include "server/runtime/job_run.hpp"
#include "server/runtime/memory_watch.hpp"
#include "server/runtime/policy.hpp"
#include "server/runtime/worker.hpp"

namespace velo::runtime {

/// The job's doors to the world, made anew for each run; the sink writes its wakes to the given descriptor.
struct Ports {
    std::unique_ptr<engine::Source> source;
    std::unique_ptr<engine::Sink> sink;
    std::unique_ptr<engine::Ledger> ledger;  // Null: the job's progress does not outlast it.
};

/// What a run tells whoever started it, on the control thread.
class RunListener {
public:
    virtual ~RunListener() = default;
    virtual void state_changed(JobState state) = 0;
    /// Something of the world is not as it should be, and is tried again.
    virtual void weather(const engine::PortError& error) = 0;
};

struct RunResult {
    enum class End : std::uint8_t {
        Finished,     // A bounded input has been answered to its end and committed.
        Drained,      // Asked to stop: everything read has been answered and committed.
        Unreachable,  // --until-end only: the world did not answer for 30 s at the start.
        Failed,       // `failure` says why; the current epoch was not committed.
    };
    End end = End::Drained;
    Failure failure;
};

/// One run of a job, from opening its ports to the last commit.
/// Thread:  run() on the job's control thread; it blocks until the run ends. stop is asked from any thread, together with
///          a notify of `wake`.
class Coordinator {
public:
    Coordinator(std::shared_ptr<const engine::Plan> plan, RunOptions options, Formats formats,
                Ports ports, const std::vector<std::unique_ptr<Worker>>& workers, Wake& wake,
                JobCounters& counters, RunListener& listener);

    [[nodiscard]] RunResult run(const std::stop_token& stop);

private:
    [[nodiscard]] RunResult live(const std::stop_token& stop);
    [[nodiscard]] std::optional<RunResult> open(const std::stop_token& stop);
    [[nodiscard]] std::optional<OpenTrouble> try_open();
    [[nodiscard]] std::optional<engine::PortError> admit_partitions();
    void deal(std::uint32_t first);
    [[nodiscard]] std::optional<RunResult> restore();
    [[nodiscard]] std::vector<std::unique_ptr<Pipeline>> build_pipelines();
    void start_pipelines(std::vector<std::unique_ptr<Pipeline>>& built);
    void remove_pipelines();
    [[nodiscard]] RunResult loop(const std::stop_token& stop);
    void take_reports();
    [[nodiscard]] bool commit();
    void watch_leadership();
    void take_errors();
    void look_after(std::int64_t now_ns);
    void watch_ends(std::int64_t now_ns);
    void watch_memory(std::int64_t now_ns);
    void publish_sink_counts();
    [[nodiscard]] std::uint64_t activity() const noexcept;
    void enter(JobState state);
    void weather(const engine::PortError& error);
    void on_workers(const std::function<void(std::uint32_t pipeline, Worker& worker)>& errand);

    Ports ports_;
    const std::vector<std::unique_ptr<Worker>>& workers_;
    Wake& wake_;
    JobCounters& counters_;
    RunListener& listener_;
    JobRun run_;
    Epochs epochs_;
    Committer committer_;
    MemoryWatch memory_;
    FaultWatch faults_;
    EndsWatch ends_watch_;
    ConnectionWatch connections_;
    bool opened_ = false;  // Ports and ledger are; the partitions may still have to be found.

    std::vector<engine::PartitionName> names_;
    engine::Offsets starts_;
    engine::Offsets ends_;                        // Bounded runs.
    std::vector<std::vector<Assignment>> dealt_;  // By pipeline: what has not been handed over yet.
    bool lookup_failed_ = false;  // The partitions could not be looked up when last tried.
    std::uint64_t cut_activity_ = 0;
    std::uint64_t committed_activity_ = 0;
    std::int64_t commit_retry_ns_ = 0;
    std::int64_t last_commit_ns_ = 0;
    std::optional<Failure> failure_;

    std::int64_t next_cut_ns_ = 0;
    std::int64_t next_partitions_ns_ = 0;
};

}  // namespace velo::runtime
