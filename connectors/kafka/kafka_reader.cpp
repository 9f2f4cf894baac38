#include "connectors/kafka/kafka_reader.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

constexpr std::uint32_t kUnknown = 0xFFFFFFFF;
constexpr std::size_t kMostErrors = 16;
constexpr std::uint64_t kOneWake = 1;

// How a partition's share of the budget is spent. librdkafka counts payloads only, but each waiting record costs about
// this much more; without a bound on their number, small records would take many times the budget.
constexpr std::size_t kBytesPerRecord = 350;
constexpr std::size_t kSmallestShare = 512U << 10;
constexpr std::size_t kLargestFetch = 1U << 20;

Settings settings_for(std::size_t share) {
    share = std::max(share, kSmallestShare);
    const std::size_t fetch = std::min(kLargestFetch, share / 4);
    return {
        {"queued.max.messages.kbytes", std::to_string(share / 2 / 1024)},
        {"queued.min.messages", std::to_string(share / 2 / kBytesPerRecord)},
        {"fetch.message.max.bytes", std::to_string(fetch)},
        {"fetch.queue.backoff.ms", "5"},   // How long a full queue is left alone; 1000 before there was a setting.
        {"fetch.min.bytes", "1"},
        {"fetch.wait.max.ms", "500"},
        {"fetch.error.backoff.ms", "100"},
        {"check.crcs", "true"},
        {"receive.message.max.bytes", "268435456"},
    };
}

}  // namespace

KafkaReader::~KafkaReader() {
    for (Partition& partition : partitions_) {
        if (partition.queue) rd_kafka_queue_io_event_enable(partition.queue.get(), -1, nullptr, 0);
        partition.queue.reset();
    }
    if (main_queue_) rd_kafka_queue_io_event_enable(main_queue_.get(), -1, nullptr, 0);
    main_queue_.reset();
    if (client_) retired_.push(*client_.release());
}

void KafkaReader::add(SourcePartition partition, std::int64_t next_offset, std::optional<std::int64_t> end_offset) {
    if (partition.value >= slot_of_.size()) slot_of_.resize(partition.value + 1, kUnknown);
    VELO_ASSERT(slot_of_[partition.value] == kUnknown, "a partition is added once");
    slot_of_[partition.value] = static_cast<std::uint32_t>(partitions_.size());
    Partition& added = partitions_.emplace_back();
    added.id = partition;
    added.first_offset = next_offset;
    added.end_offset = end_offset;
    move_to(added, next_offset);
}

std::uint32_t KafkaReader::poll(SourcePartition id, std::uint32_t max_records, engine::RawBatch& into) {
    if (reading_ != partitions_.size()) begin_reading();
    Partition& partition = partitions_[slot_of_[id.value]];
    if (partition.ended || partition.failed || !partition.queue) return 0;
    if (messages_.size() < max_records) messages_.resize(max_records);
    const std::size_t before = into.size();
    const auto came = rd_kafka_consume_batch_queue(partition.queue.get(), 0, messages_.data(), max_records);
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max<decltype(came)>(came, 0)); ++i) {
        take(partition, messages_[i], into);
    }
    return static_cast<std::uint32_t>(into.size() - before);
}

// Assigns what has been added. Its own queue is taken before: then librdkafka leaves it alone and no record goes elsewhere.
void KafkaReader::begin_reading() {
    const std::size_t first = reading_;
    reading_ = partitions_.size();
    if (broken_ || (!client_ && !make_client())) return;
    const TopicPartitions assigned{rd_kafka_topic_partition_list_new(static_cast<int>(reading_ - first))};
    for (std::size_t i = first; i < reading_; ++i) {
        Partition& partition = partitions_[i];
        if (partition.ended) continue;
        const auto number = static_cast<std::int32_t>(partition.id.value);
        partition.queue.reset(rd_kafka_queue_get_partition(client_->get(), options_.topic.c_str(), number));
        VELO_ASSERT(partition.queue, "a partition of a consumer has a queue");
        rd_kafka_queue_forward(partition.queue.get(), nullptr);
        rd_kafka_queue_io_event_enable(partition.queue.get(), wake_descriptor_, &kOneWake, sizeof kOneWake);
        rd_kafka_topic_partition_list_add(assigned.get(), options_.topic.c_str(), number)->offset = partition.next_offset;
    }
    if (assigned->cnt == 0) return;
    const Failed failed{rd_kafka_incremental_assign(client_->get(), assigned.get())};
    if (failed) report(port_error(rd_kafka_error_code(failed.get()), fmt::format("topic '{}'", options_.topic), rd_kafka_error_string(failed.get())));
}

bool KafkaReader::make_client() {
    const Settings ours{{"group.id", "velostream." + options_.job},  // It is never joined; assigning needs the name.
                        {"enable.auto.commit", "false"},
                        {"enable.auto.offset.store", "false"},
                        {"auto.offset.reset", "error"},  // Never a silent jump.
                        {"isolation.level", "read_committed"},
                        {"enable.partition.eof", "true"}};
    auto client = Client::make(RD_KAFKA_CONSUMER, options_.client, settings_for(prefetch_bytes_ / partitions_.size()), ours, 0);
    if (!client) {
        broken_ = true;
        report(client.error());
        return false;
    }
    client_ = std::move(*client);
    main_queue_.reset(rd_kafka_queue_get_main(client_->get()));
    rd_kafka_queue_io_event_enable(main_queue_.get(), wake_descriptor_, &kOneWake, sizeof kOneWake);
    return true;
}

void KafkaReader::take(Partition& partition, rd_kafka_message_t* message, engine::RawBatch& into) {
    const bool is_record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!is_record) take_notice(partition, message);
    const bool beyond = partition.end_offset && message->offset >= *partition.end_offset;
    if (is_record && beyond) move_to(partition, message->offset);
    if (is_record && message->offset < partition.first_offset) {
        fail(partition, {.fatal = true, .code = "offset_went_back",
                         .text = place(partition, message->offset) + ": reading began after this offset; the topic was made anew or "
                                                                     "lost records, 'velostream jobs reset' makes the job begin again"});
    }
    if (!is_record || partition.ended || partition.failed || message->offset < partition.next_offset) {
        rd_kafka_message_destroy(message);
        return;
    }
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const std::int64_t milliseconds = rd_kafka_message_timestamp(message, &type);
    into.push_back({.key = {static_cast<const char*>(message->key), message->key_len},
                    .value = {static_cast<const char*>(message->payload), message->len},
                    .has_key = message->key != nullptr,
                    .has_value = message->payload != nullptr,
                    .offset = message->offset,
                    .timestamp = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? engine::kNoTimestamp : milliseconds * 1000,
                    .partition = partition.id,
                    .handle = message});
    move_to(partition, message->offset + 1);
}

// What comes in a partition's queue and is no record: its end, or an error.
void KafkaReader::take_notice(Partition& partition, const rd_kafka_message_t* message) {
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        // The end lies past markers and aborted records, which never come as records.
        if (message->offset > partition.next_offset) move_to(partition, message->offset);
        return;
    }
    engine::PortError error = port_error(message->err, place(partition, message->offset), judge(message->err).code == "offset_out_of_range"
                                                                                             ? "the offset is not there any more"
                                                                                             : std::string_view{rd_kafka_message_errstr(message)});
    if (error.fatal) {
        fail(partition, std::move(error));
    } else {
        report(std::move(error));
    }
}

void KafkaReader::move_to(Partition& partition, std::int64_t next_offset) noexcept {
    partition.next_offset = next_offset;
    if (!partition.end_offset || next_offset < *partition.end_offset) return;
    partition.next_offset = *partition.end_offset;
    partition.ended = true;
}

void KafkaReader::fail(Partition& partition, engine::PortError error) {
    if (!partition.failed) report(std::move(error));
    partition.failed = true;
}

std::string KafkaReader::place(const Partition& partition, std::int64_t offset) const {
    return fmt::format("topic '{}' partition {} offset {}", options_.topic, partition.id.value, offset);
}

void KafkaReader::report(engine::PortError error) {
    if (errors_.size() < kMostErrors) errors_.push_back(std::move(error));
}

void KafkaReader::release(engine::RawBatch& batch) noexcept {
    for (const engine::RawRecord& record : batch) rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(record.handle));
    batch.clear();
}

engine::SourcePosition KafkaReader::position(SourcePartition partition) const noexcept {
    const Partition& found = partitions_[slot_of_[partition.value]];
    return {.next_offset = found.next_offset, .ended = found.ended};
}

std::vector<std::pair<std::string, std::string>> KafkaReader::headers(const engine::RawRecord& record) const {
    std::vector<std::pair<std::string, std::string>> result;
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(static_cast<const rd_kafka_message_t*>(record.handle), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return result;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        result.emplace_back(name, std::string(static_cast<const char*>(value), value == nullptr ? 0 : size));
    }
    return result;
}

std::optional<engine::PortError> KafkaReader::take_error() {
    while (main_queue_) {
        const Event event{rd_kafka_queue_poll(main_queue_.get(), 0)};
        if (!event) break;
        if (const auto error = client_->error_of(event.get())) {
            report(client_error(*error, fmt::format("reading topic '{}'", options_.topic)));
        }
    }
    if (errors_.empty()) return std::nullopt;
    engine::PortError error = std::move(errors_.front());
    errors_.pop_front();
    return error;
}

}  // namespace velo::connectors
