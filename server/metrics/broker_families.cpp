#include "server/metrics/broker_families.hpp"

namespace velo::server {

void BrokerFamilies::add(const Labels& job, const runtime::JobCounters& counters) {
    add(job, "source", counters.source_connections);
    add(job, "sink", counters.sink_connections);
    const auto value = [](const runtime::Gauge& gauge) { return static_cast<double>(gauge.get()); };
    if (counters.source_connections.size() != 0) {
        consumer_records_.add(job, value(counters.source_connections.records_waiting));
        consumer_bytes_.add(job, value(counters.source_connections.bytes_waiting));
    }
    if (counters.sink_connections.size() != 0) {
        producer_records_.add(job, value(counters.sink_connections.records_waiting));
        producer_bytes_.add(job, value(counters.sink_connections.bytes_waiting));
    }
}

void BrokerFamilies::add(const Labels& job, const char* client,
                         const runtime::ConnectionCounters& connections) {
    for (std::uint32_t i = 0; i < connections.size(); ++i) {
        const runtime::BrokerCounters& broker = connections.at(i);
        Labels labels = job;
        labels.emplace_back("client", client);
        labels.emplace_back("broker", broker.broker);
        up_.add(labels, static_cast<double>(broker.is_up.get()));
        throttle_.add(labels, static_cast<double>(broker.throttle_ms.get()) / 1e3);
        waiting_.add(labels, static_cast<double>(broker.requests_waiting.get()));
        errors_.add(labels, static_cast<double>(broker.request_errors.get()));
        retries_.add(labels, static_cast<double>(broker.request_retries.get()));
        labels.emplace_back("percentile", "50");
        rtt_.add(labels, static_cast<double>(broker.rtt_p50_us.get()) / 1e6);
        labels.back().second = "99";
        rtt_.add(labels, static_cast<double>(broker.rtt_p99_us.get()) / 1e6);
    }
}

std::vector<Family*> BrokerFamilies::all() {
    return {&up_,
            &rtt_,
            &throttle_,
            &waiting_,
            &errors_,
            &retries_,
            &consumer_records_,
            &consumer_bytes_,
            &producer_records_,
            &producer_bytes_};
}

}  // namespace velo::server
