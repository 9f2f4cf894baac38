// What the jobs' connections to Kafka say, as metric families.
#pragma once

#include <vector>

#include "server/metrics/families.hpp"

namespace velo::server {

/// In the order of docs/metrics.md. Label `client`: source or sink, for each has connections of its own.
/// Bounds:  a series for each job, side and broker; runtime::ConnectionCounters bounds the brokers.
class BrokerFamilies {
public:
    void add(const Labels& job, const runtime::JobCounters& counters);
    [[nodiscard]] std::vector<Family*> all();

private:
    void add(const Labels& job, const char* client, const runtime::ConnectionCounters& connections);

    using Type = prometheus::MetricType;
    Family up_{"velostream_kafka_broker_up",
               "1 while one of the job's connections to the broker is up, else 0.", Type::Gauge};
    Family rtt_{"velostream_kafka_broker_rtt_seconds",
                "How long requests took in the last seconds, the slowest connection's, by "
                "percentile; reads wait for records.",
                Type::Gauge};
    Family throttle_{"velostream_kafka_throttle_seconds",
                     "How long the broker's quotas made requests wait, the longest in the last "
                     "seconds.",
                     Type::Gauge};
    Family waiting_{"velostream_kafka_requests_waiting",
                    "Requests to the broker that are not sent or not answered yet.", Type::Gauge};
    Family errors_{"velostream_kafka_request_errors_total",
                   "Requests that could not be sent, were not answered in time, or whose answer "
                   "could not be read.",
                   Type::Counter};
    Family retries_{"velostream_kafka_tx_retries_total", "Requests that were sent again.",
                    Type::Counter};
    Family consumer_records_{"velostream_kafka_consumer_queue_records",
                             "Records read ahead that no pipeline has taken yet.", Type::Gauge};
    Family consumer_bytes_{"velostream_kafka_consumer_queue_bytes",
                           "Bytes of records read ahead that no pipeline has taken yet.",
                           Type::Gauge};
    Family producer_records_{"velostream_kafka_producer_queue_records",
                             "Records given to the producer that no broker has acknowledged yet.",
                             Type::Gauge};
    Family producer_bytes_{"velostream_kafka_producer_queue_bytes",
                           "Bytes of records given to the producer that no broker has acknowledged "
                           "yet.",
                           Type::Gauge};
};

}  // namespace velo::server
