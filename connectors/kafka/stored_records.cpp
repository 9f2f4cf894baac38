#include "connectors/kafka/stored_records.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/offsets.hpp"
#include "connectors/kafka/record_headers.hpp"
#include "connectors/kafka/topics.hpp"

namespace velo::connectors {

namespace {

using engine::PortError;
using Message = std::unique_ptr<rd_kafka_message_t, Destroy<rd_kafka_message_destroy>>;

constexpr int kWaitMs = 100;
constexpr int kMostIdleWaits = 100;

StoredRecord record_of(const rd_kafka_message_t& message) {
    StoredRecord record;
    record.partition = message.partition;
    record.offset = message.offset;
    rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const std::int64_t stamp = rd_kafka_message_timestamp(&message, &kind);
    if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && stamp > 0) record.timestamp_us = stamp * 1000;
    if (message.key != nullptr)
        record.key.emplace(static_cast<const char*>(message.key), message.key_len);
    if (message.payload != nullptr)
        record.value.emplace(static_cast<const char*>(message.payload), message.len);
    each_header(message, [&](std::string_view name, std::optional<std::string_view> value) {
        record.headers.emplace_back(name, value);
    });
    return record;
}

}  // namespace

struct StoredRecords::Reading {
    std::string topic_name;
    std::unique_ptr<Client> client;
    Topic topic;
    OffsetsByPartition begins, ends;
};

StoredRecords::StoredRecords(std::unique_ptr<Reading> reading) : reading_(std::move(reading)) {}
StoredRecords::~StoredRecords() = default;

std::uint32_t StoredRecords::partitions() const noexcept {
    return static_cast<std::uint32_t>(reading_->ends.size());
}

std::expected<std::unique_ptr<StoredRecords>, PortError> StoredRecords::open(
    const ClientOptions& options, const std::string& topic) {
    auto reading = std::make_unique<Reading>();
    reading->topic_name = topic;
    auto client = Client::make(RD_KAFKA_CONSUMER, options,
                               {{"fetch.wait.max.ms", "20"}, {"fetch.queue.backoff.ms", "5"}},
                               {{"enable.auto.commit", "false"},
                                {"enable.auto.offset.store", "false"},
                                {"allow.auto.create.topics", "false"},
                                {"auto.offset.reset", "error"},
                                {"isolation.level", "read_committed"},
                                {"enable.partition.eof", "true"}},
                               0);
    if (!client) return std::unexpected(client.error());
    reading->client = std::move(*client);
    const auto count = count_partitions(*reading->client, topic);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) {
        return std::unexpected(PortError{.fatal = true,
                                         .code = "topic_missing",
                                         .text = fmt::format("topic '{}' does not exist", topic)});
    }
    std::vector<std::int32_t> partitions(*count);
    std::iota(partitions.begin(), partitions.end(), 0);
    auto begins = ask_offsets(*reading->client, topic, partitions, RD_KAFKA_OFFSET_SPEC_EARLIEST,
                              RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED);
    if (!begins) return std::unexpected(begins.error());
    auto ends = ask_offsets(*reading->client, topic, partitions, RD_KAFKA_OFFSET_SPEC_LATEST,
                            RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED);
    if (!ends) return std::unexpected(ends.error());
    reading->begins = std::move(*begins);
    reading->ends = std::move(*ends);
    reading->topic.reset(rd_kafka_topic_new(reading->client->get(), topic.c_str(), nullptr));
    return std::unique_ptr<StoredRecords>(new StoredRecords(std::move(reading)));
}

std::optional<PortError> StoredRecords::read(
    std::int64_t last, const std::function<bool(const StoredRecord&)>& visit) {
    Reading& reading = *reading_;
    const std::string what = fmt::format("reading topic '{}'", reading.topic_name);
    const Queue queue{rd_kafka_queue_new(reading.client->get())};
    OffsetsByPartition next;  // Of partitions that have not been read to their end.
    for (const auto& [partition, end] : reading.ends) {
        std::int64_t begin = reading.begins.at(partition);
        if (last != 0) begin = std::max(begin, end - last);
        if (begin >= end) continue;
        if (rd_kafka_consume_start_queue(reading.topic.get(), partition, begin, queue.get()) != 0)
            return port_error(rd_kafka_last_error(), what);
        next[partition] = begin;
    }
    const OffsetsByPartition started = next;
    std::optional<PortError> failed;
    int idle = 0;
    while (!next.empty() && !failed && idle < kMostIdleWaits) {
        const Message message{rd_kafka_consume_queue(queue.get(), kWaitMs)};
        ++idle;
        if (!message) continue;
        const auto at = next.find(message->partition);
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            if (at != next.end() && message->offset >= reading.ends.at(at->first)) next.erase(at);
            continue;
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            PortError error =
                port_error(message->err, what, rd_kafka_message_errstr(message.get()));
            if (error.fatal) failed = std::move(error);
            continue;
        }
        idle = 0;
        if (at == next.end()) continue;
        const std::int64_t end = reading.ends.at(at->first);
        if (message->offset < end && !visit(record_of(*message))) break;
        if (message->offset + 1 >= end) next.erase(at);
    }
    for (const auto& [partition, begin] : started)
        rd_kafka_consume_stop(reading.topic.get(), partition);
    if (!failed && idle >= kMostIdleWaits)
        return call_error(RD_KAFKA_RESP_ERR__TIMED_OUT, what, *reading.client);
    return failed;
}

}  // namespace velo::connectors
