// One worker's share of a job: a reader and an answerer, stepped in turn.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/pipeline/sink.hpp"
#include "server/runtime/answerer.hpp"
#include "server/runtime/job_run.hpp"
#include "server/runtime/reader.hpp"

namespace velo::runtime {

/// Thread:  built, stepped and destroyed on its worker.
class Pipeline {
public:
    Pipeline(JobRun& run, std::uint32_t number, std::unique_ptr<engine::SourceReader> source,
             std::unique_ptr<engine::SinkWriter> writer);

    void add(const Assignment& assignment) { reader_.add(assignment); }
    /// As Answerer's, before the first step.
    [[nodiscard]] bool restore(const std::vector<std::string>& packed, const Recovered& recovered) {
        return answerer_.restore(packed, recovered);
    }
    void begin_at(const Recovered& recovered) { answerer_.begin_at(recovered); }
    /// Whether it is that run's pipeline of that number.
    [[nodiscard]] bool is_of(const JobRun& run, std::uint32_t number) const noexcept {
        return &run_ == &run && number_ == number;
    }

    /// One round. Returns whether it made progress; without any, it waits for a wake or next_timer_ns().
    [[nodiscard]] bool step(std::int64_t now_ns);
    [[nodiscard]] std::int64_t next_timer_ns() const noexcept;

private:
    enum class Doing : std::uint8_t { Busy, Idle, Backpressured };
    void report();
    void account(std::int64_t begun_ns, Doing next);

    JobRun& run_;
    const std::uint32_t number_;
    PipelineCounters& counters_;
    std::unique_ptr<engine::SinkWriter> writer_;
    Reader reader_;
    Answerer answerer_;
    std::vector<PipelineReport> unsent_;  // Reports whose ring was full, in order.
    bool reported_finish_ = false;
    bool failed_ = false;
    Doing doing_ = Doing::Idle;  // Since marked_ns_.
    std::int64_t marked_ns_ = 0;
};

}  // namespace velo::runtime
