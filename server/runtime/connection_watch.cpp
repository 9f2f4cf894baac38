#include "server/runtime/connection_watch.hpp"

#include <vector>

namespace velo::runtime {

namespace {

constexpr std::int64_t kEvery = 1'000'000'000;

void publish(const engine::ConnectionFigures& figures, ConnectionCounters& counters) {
    counters.records_waiting.set(static_cast<std::int64_t>(figures.records_waiting));
    counters.bytes_waiting.set(static_cast<std::int64_t>(figures.bytes_waiting));
    for (const engine::BrokerFigures& each : figures.brokers) {
        BrokerCounters* const broker = counters.broker(each.broker);
        if (broker == nullptr) continue;
        broker->is_up.set(each.is_up ? 1 : 0);
        broker->rtt_p50_us.set(each.rtt_p50_us);
        broker->rtt_p99_us.set(each.rtt_p99_us);
        broker->throttle_ms.set(each.throttle_ms);
        broker->requests_waiting.set(static_cast<std::int64_t>(each.requests_waiting));
        broker->request_errors.set(each.request_errors);
        broker->request_retries.set(each.request_retries);
    }
}

}  // namespace

void ConnectionWatch::look(std::int64_t now_ns) {
    if (now_ns < next_ns_) return;
    next_ns_ = now_ns + kEvery;
    if (const engine::ConnectionFigures* figures = source_.connections()) {
        publish(*figures, counters_.source_connections);
        std::vector<std::int64_t> held_ms(counters_.partitions.size(), 0);
        for (const engine::HeldPartition& held : figures->held) {
            const auto number = static_cast<std::size_t>(held.partition);
            if (number < held_ms.size())
                held_ms[number] = static_cast<std::int64_t>(held.seconds * 1000);
        }
        for (std::uint32_t i = 0; i < held_ms.size(); ++i)
            counters_.partitions.at(SourcePartition{i}).held_ms.set(held_ms[i]);
    }
    if (const engine::ConnectionFigures* figures = sink_.connections())
        publish(*figures, counters_.sink_connections);
}

}  // namespace velo::runtime
