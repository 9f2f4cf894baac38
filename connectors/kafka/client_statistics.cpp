#include "connectors/kafka/client_statistics.hpp"

#include <algorithm>
#include <charconv>

#include "engine/expression/json_value.hpp"

namespace velo::connectors {

namespace {

constexpr std::int64_t kForgottenAfterSeconds = 30;

using engine::JsonItems;

// Calls `visit(name, value)` for each member of the object; names come without their quotes.
template <class Visit>
void each_member(std::string_view object, Visit&& visit) {
    if (object.empty() || object.front() != '{') return;
    JsonItems items(object);
    while (items.next()) visit(items.name().substr(1, items.name().size() - 2), items.value());
}

std::int64_t number(std::string_view value) {
    std::int64_t result = 0;
    std::from_chars(value.data(), value.data() + value.size(), result);
    return result;
}

std::uint64_t count(std::string_view value) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(value)));
}

std::string text(std::string_view value) {
    std::string result;
    static_cast<void>(engine::append_json_text(value, result));
    return result;
}

}  // namespace

void ClientStatistics::take(std::string_view json) {
    const auto document = engine::json_value(json);
    if (!document || document->front() != '{') return;
    std::string name;
    std::string_view brokers, topics;
    Client told;
    double now = 0;
    each_member(*document, [&](std::string_view member, std::string_view value) {
        if (member == "name") name = text(value);
        if (member == "ts") now = static_cast<double>(number(value)) / 1e6;
        if (member == "time") told.told_at = number(value);
        if (member == "msg_cnt") told.records_waiting = count(value);
        if (member == "msg_size") told.bytes_waiting = count(value);
        if (member == "brokers") brokers = value;
        if (member == "topics") topics = value;
    });
    if (name.empty()) return;
    take_brokers(brokers, told);
    take_topics(topics, told, now);
    // What each client has counted since it told last; one that is new has counted all of it since.
    const Client& before = clients_[name];
    for (const auto& [broker, each] : told.brokers) {
        const auto known = before.brokers.find(broker);
        const auto grown = [&](std::uint64_t engine::BrokerFigures::* member) {
            const std::uint64_t was = known == before.brokers.end() ? 0 : known->second.now.*member;
            return each.now.*member - std::min(was, each.now.*member);
        };
        counts_[broker].errors += grown(&engine::BrokerFigures::request_errors);
        counts_[broker].retries += grown(&engine::BrokerFigures::request_retries);
    }
    const std::int64_t newest = told.told_at;
    clients_[name] = std::move(told);
    std::erase_if(clients_, [&](const auto& each) {
        return each.second.told_at < newest - kForgottenAfterSeconds;
    });
    sum_up(now);
}

void ClientStatistics::take_brokers(std::string_view brokers, Client& client) {
    each_member(brokers, [&](std::string_view, std::string_view broker) {
        Broker told;
        std::int64_t node = -1;
        std::string state;
        each_member(broker, [&](std::string_view member, std::string_view value) {
            if (member == "nodeid") node = number(value);
            if (member == "nodename") told.now.broker = text(value);
            if (member == "state") state = text(value);
            if (member == "txerrs" || member == "rxerrs" || member == "req_timeouts")
                told.now.request_errors += count(value);
            if (member == "txretries") told.now.request_retries = count(value);
            if (member == "outbuf_cnt" || member == "waitresp_cnt")
                told.now.requests_waiting += count(value);
            if (member != "rtt" && member != "throttle") return;
            each_member(value, [&](std::string_view figure, std::string_view of) {
                if (member == "rtt" && figure == "p50") told.now.rtt_p50_us = number(of);
                if (member == "rtt" && figure == "p99") told.now.rtt_p99_us = number(of);
                if (member == "throttle" && figure == "max") told.now.throttle_ms = number(of);
            });
        });
        // Addresses to begin with and coordinators are the same brokers under other names.
        if (node < 0 || told.now.broker.empty()) return;
        told.now.is_up = state == "UP" || state == "UPDATE";
        told.is_known = told.now.is_up || (state != "INIT" && !state.empty());
        client.brokers[told.now.broker] = told;
    });
}

void ClientStatistics::take_topics(std::string_view topics, Client& client, double now) {
    each_member(topics, [&](std::string_view, std::string_view topic) {
        each_member(topic, [&](std::string_view member, std::string_view partitions) {
            if (member != "partitions") return;
            each_member(partitions, [&](std::string_view name, std::string_view partition) {
                const std::int64_t at = number(name);
                if (at >= 0 && name.front() != '-')
                    take_partition(static_cast<std::int32_t>(at), partition, client, now);
            });
        });
    });
}

void ClientStatistics::take_partition(std::int32_t partition, std::string_view told, Client& client,
                                      double now) {
    std::int64_t stable = -1;
    std::int64_t last = -1;
    bool is_fetched = false;
    each_member(told, [&](std::string_view member, std::string_view value) {
        if (member == "fetchq_cnt") client.records_waiting += count(value);
        if (member == "fetchq_size") client.bytes_waiting += count(value);
        if (member == "ls_offset") stable = number(value);
        if (member == "hi_offset") last = number(value);
        if (member == "fetch_state") is_fetched = text(value) == "active";
    });
    if (!is_fetched || stable < 0) return;
    End& end = ends_[partition];
    if (stable != end.stable || last <= stable) end.still_since = now;
    end.stable = stable;
    end.last = last;
    end.told_at = now;
}

void ClientStatistics::sum_up(double now) {
    std::map<std::string, engine::BrokerFigures> brokers;
    figures_.records_waiting = figures_.bytes_waiting = 0;
    for (const auto& [name, client] : clients_) {
        figures_.records_waiting += client.records_waiting;
        figures_.bytes_waiting += client.bytes_waiting;
        for (const auto& [broker, each] : client.brokers) {
            if (!each.is_known) continue;
            engine::BrokerFigures& sum = brokers[broker];
            sum.broker = broker;
            sum.is_up = sum.is_up || each.now.is_up;
            sum.rtt_p50_us = std::max(sum.rtt_p50_us, each.now.rtt_p50_us);
            sum.rtt_p99_us = std::max(sum.rtt_p99_us, each.now.rtt_p99_us);
            sum.throttle_ms = std::max(sum.throttle_ms, each.now.throttle_ms);
            sum.requests_waiting += each.now.requests_waiting;
            sum.request_errors = counts_[broker].errors;
            sum.request_retries = counts_[broker].retries;
        }
    }
    figures_.brokers.clear();
    for (auto& [name, each] : brokers) figures_.brokers.push_back(std::move(each));
    figures_.held.clear();
    for (const auto& [partition, end] : ends_) {
        if (end.last <= end.stable || end.told_at < now - kForgottenAfterSeconds) continue;
        figures_.held.push_back({.partition = partition, .seconds = now - end.still_since});
    }
}

}  // namespace velo::connectors
