#include "server/runtime/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/runtime/clock.hpp"

namespace velo::runtime {

Pipeline::Pipeline(JobRun& run, std::uint32_t number, std::unique_ptr<engine::SourceReader> source,
                   std::unique_ptr<engine::SinkWriter> writer)
    : run_(run),
      number_(number),
      counters_(run.counters[number]),
      writer_(std::move(writer)),
      reader_(run, number, std::move(source)),
      answerer_(run, number),
      marked_ns_(steady_now_ns()) {}

// Later stages first: rows on their way leave before new ones come.
bool Pipeline::step(std::int64_t now_ns) {
    const Answerer::Progress answered = answerer_.step(now_ns, *writer_);
    const Reader::Progress read =
        reader_.step(now_ns, answerer_.sink_has_room() && !failed_, *writer_);
    report();
    const bool progress = answered == Answerer::Progress::Some || read == Reader::Progress::Some;
    const bool blocked =
        answered == Answerer::Progress::Blocked || read == Reader::Progress::Blocked;
    account(now_ns, blocked && !progress ? Doing::Backpressured : Doing::Idle);
    return progress;
}

std::int64_t Pipeline::next_timer_ns() const noexcept {
    return std::min(reader_.next_timer_ns(), answerer_.next_timer_ns());
}

void Pipeline::report() {
    for (auto* half_failure : {+[](Pipeline& self) { return self.reader_.take_failure(); },
                               +[](Pipeline& self) { return self.answerer_.take_failure(); }}) {
        if (auto failure = half_failure(*this)) {
            failed_ = true;
            PipelineReport& report = unsent_.emplace_back();
            report.pipeline = number_;
            report.failure = std::move(failure);
        }
    }
    if (const auto closed = answerer_.take_closed(); closed && !failed_) {
        answerer_.publish_state();
        unsent_.push_back({.pipeline = number_,
                           .closed = *closed,
                           .marks = reader_.take_cut_marks(),
                           .finished = answerer_.is_finished(),
                           .saved = answerer_.take_saved(),
                           .round_done = answerer_.round_done(),
                           .answered_to = answerer_.answered_to(),
                           .failure = std::nullopt});
    }
    if (answerer_.is_finished() && !reported_finish_) {
        reported_finish_ = true;
        run_.cut_early.store(true);  // The last epoch need not wait for its interval.
        run_.control_wake.notify();
    }
    while (!unsent_.empty()) {
        if (!run_.reports[number_]->try_push(unsent_.front())) return;
        unsent_.erase(unsent_.begin());
        run_.control_wake.notify();
    }
}

// What passed between two steps goes to what the pipeline was waiting for, the step itself is work.
void Pipeline::account(std::int64_t begun_ns, Doing next) {
    const std::int64_t now_ns = steady_now_ns();
    const auto waited =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, begun_ns - marked_ns_));
    (doing_ == Doing::Backpressured ? counters_.backpressured_ns : counters_.idle_ns).add(waited);
    counters_.busy_ns.add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, now_ns - begun_ns)));
    doing_ = next;
    marked_ns_ = now_ns;
}

}  // namespace velo::runtime
