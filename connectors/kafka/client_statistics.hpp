// What librdkafka's clients of one port say about themselves, summed. Plain: it names nothing of librdkafka.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/pipeline/connections.hpp"

namespace velo::connectors {

/// How often a client of a port tells of itself.
inline constexpr std::string_view kStatisticsIntervalMs = "5000";

/// A client's document on its way to the control thread.
struct StatisticsReport {
    std::string json;
    StatisticsReport* next = nullptr;  // For HandOver.
};

/// Adds up the documents of several clients, which come and go; what they count only grows here.
/// Errors:  none: what is no such document changes nothing.
/// Thread:  one. It parses some ten kilobytes for each client and interval.
class ClientStatistics {
public:
    void take(std::string_view json);
    [[nodiscard]] const engine::ConnectionFigures& figures() const noexcept { return figures_; }

private:
    struct Broker {
        engine::BrokerFigures now;
        bool is_known = false;  // It has been connected to, or tried.
    };
    struct Client {
        std::int64_t told_at = 0;  // Seconds, by the client's wall clock.
        std::map<std::string, Broker> brokers;
        std::uint64_t records_waiting = 0, bytes_waiting = 0;
    };
    struct Counts {
        std::uint64_t errors = 0, retries = 0;
    };
    struct End {
        std::int64_t stable = -1;  // Up to where everything is decided …
        std::int64_t last = -1;    // … and the end.
        double still_since = 0;    // Seconds, by the client's clock.
        double told_at = 0;
    };
    void take_brokers(std::string_view brokers, Client& client);
    void take_topics(std::string_view topics, Client& client, double now);
    void take_partition(std::int32_t number, std::string_view partition, Client& client,
                        double now);
    void sum_up(double now);

    std::map<std::string, Client> clients_;  // By the name that is each one's own.
    std::map<std::string, Counts> counts_;   // By broker, over all clients there have been.
    std::map<std::int32_t, End> ends_;
    engine::ConnectionFigures figures_;
};

}  // namespace velo::connectors
