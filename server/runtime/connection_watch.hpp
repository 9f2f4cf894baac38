// How the connections of a job's ports are doing, for whoever looks at its counters.
#pragma once

#include <cstdint>

#include "engine/pipeline/sink.hpp"
#include "engine/pipeline/source.hpp"
#include "server/runtime/counters.hpp"

namespace velo::runtime {

/// Asks the ports every second or so; they answer with what they have heard and wait for nobody.
/// Thread:  the job's control thread.
class ConnectionWatch {
public:
    ConnectionWatch(JobCounters& counters, engine::Source& source, engine::Sink& sink)
        : counters_(counters), source_(source), sink_(sink) {}

    void look(std::int64_t now_ns);

private:
    JobCounters& counters_;
    engine::Source& source_;
    engine::Sink& sink_;
    std::int64_t next_ns_ = 0;
};

}  // namespace velo::runtime
