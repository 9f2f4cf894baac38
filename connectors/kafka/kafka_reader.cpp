#include "connectors/kafka/kafka_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/record_headers.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

constexpr std::uint32_t kUnknown = 0xFFFFFFFF;
constexpr std::size_t kMostErrors = 16;
constexpr int kBriskWaitMs = 20;
constexpr int kCalmWaitMs = 500;
constexpr std::uint64_t kCalmAfterTicks = 2;

}  // namespace

KafkaReader::~KafkaReader() {
    for (Partition& partition : partitions_) stop(partition);
    for (auto& fetcher : fetchers_) {
        if (fetcher) links_.retired.push(*Fetcher::retire(std::move(fetcher)).release());
    }
}

void KafkaReader::add(SourcePartition partition, std::int64_t next_offset,
                      std::optional<std::int64_t> end_offset) {
    if (partition.value >= slot_of_.size()) slot_of_.resize(partition.value + 1, kUnknown);
    VELO_ASSERT(slot_of_[partition.value] == kUnknown, "a partition is added once");
    slot_of_[partition.value] = static_cast<std::uint32_t>(partitions_.size());
    Partition& added = partitions_.emplace_back();
    added.id = partition;
    added.first_offset = next_offset;
    added.end_offset = end_offset;
    move_to(added, next_offset);
}

std::uint32_t KafkaReader::poll(SourcePartition id, std::uint32_t max_records,
                                engine::RawBatch& into) {
    if (reading_ != partitions_.size()) begin_reading();
    Partition& partition = partitions_[slot_of_[id.value]];
    if (!partition.queue) return 0;
    if (messages_.size() < max_records) messages_.resize(max_records);
    const std::size_t before = into.size();
    const ssize_t answer =
        rd_kafka_consume_batch_queue(partition.queue.get(), 0, messages_.data(), max_records);
    const auto came = static_cast<std::size_t>(std::max<ssize_t>(answer, 0));
    for (std::size_t i = 0; i < came; ++i) take(partition, messages_[i], into);
    std::size_t bytes = (into.size() - before) * Fetcher::kBytesPerRecord;
    for (std::size_t i = before; i < into.size(); ++i) bytes += into[i].value.size();
    if (partition.ended || partition.failed) {
        stop(partition);  // Else the end of one partition would slow the others down.
    } else {
        choose_pace(partition, came < max_records, bytes);
    }
    return static_cast<std::uint32_t>(into.size() - before);
}

void KafkaReader::begin_reading() {
    if (reading_ == 0) sharers_ = partitions_.size();
    for (; reading_ < partitions_.size(); ++reading_) {
        if (!partitions_[reading_].ended) fetch(partitions_[reading_], Pace::Brisk);
    }
}

void KafkaReader::fetch(Partition& partition, Pace pace) {
    partition.pace = pace;
    partition.run_bytes = 0;
    partition.data_tick = links_.ticks.load(std::memory_order_relaxed);
    Fetcher* const from = fetcher(pace);
    if (from == nullptr) {
        partition.failed = true;  // It has been reported.
        return;
    }
    auto queue = from->start(static_cast<std::int32_t>(partition.id.value), partition.next_offset);
    if (queue) {
        partition.queue = std::move(*queue);
    } else {
        auto error = port_error(queue.error(), place(partition, partition.next_offset));
        error.where = where(partition, partition.next_offset);
        fail(partition, std::move(error));
    }
}

void KafkaReader::stop(Partition& partition) {
    if (!partition.queue) return;
    fetcher(partition.pace)
        ->stop(static_cast<std::int32_t>(partition.id.value), std::move(partition.queue));
}

Fetcher* KafkaReader::fetcher(Pace pace) {
    auto& found = fetchers_[static_cast<std::size_t>(pace)];
    if (found) return found.get();
    auto made =
        Fetcher::make(options_, share_bytes(), pace == Pace::Brisk ? kBriskWaitMs : kCalmWaitMs,
                      wake_descriptor_, links_.statistics);
    if (made) {
        found = std::move(*made);
    } else {
        report(made.error());
    }
    return found.get();
}

// A partition without records for some seconds waits calmly; one whose queue fills faster than it is read is busy again.
void KafkaReader::choose_pace(Partition& partition, bool queue_was_emptied,
                              std::size_t came_bytes) {
    const std::uint64_t tick = links_.ticks.load(std::memory_order_relaxed);
    partition.run_bytes = queue_was_emptied ? 0 : partition.run_bytes + came_bytes;
    if (came_bytes != 0) partition.data_tick = tick;
    Pace pace = partition.pace;
    if (pace == Pace::Brisk && tick - partition.data_tick >= kCalmAfterTicks) pace = Pace::Calm;
    if (pace == Pace::Calm && partition.run_bytes >= share_bytes() / 4) pace = Pace::Brisk;
    if (pace == partition.pace) return;
    stop(partition);
    fetch(partition, pace);
}

void KafkaReader::take(Partition& partition, rd_kafka_message_t* message, engine::RawBatch& into) {
    const bool is_record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!is_record) take_notice(partition, message);
    const bool beyond = partition.end_offset && message->offset >= *partition.end_offset;
    if (is_record && beyond) move_to(partition, message->offset);
    if (is_record && message->offset < partition.first_offset) {
        fail(partition, {.fatal = true,
                         .code = "offset_went_back",
                         .text = place(partition, message->offset) +
                                 ": reading began after this offset; the topic was made anew or "
                                 "lost records, 'velostream jobs reset' makes the job begin again",
                         .where = where(partition, message->offset)});
    }
    if (!is_record || partition.ended || partition.failed ||
        message->offset < partition.next_offset) {
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
                    .timestamp = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? engine::kNoTimestamp
                                                                          : milliseconds * 1000,
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
    engine::PortError error = port_error(message->err, place(partition, message->offset),
                                         judge(message->err).code == "offset_out_of_range"
                                             ? "the offset is not there any more"
                                             : std::string_view{rd_kafka_message_errstr(message)});
    error.where = where(partition, message->offset);
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
    return fmt::format("topic '{}' partition {} offset {}", options_.topic, partition.id.value,
                       offset);
}

engine::RecordPlace KafkaReader::where(const Partition& partition, std::int64_t offset) const {
    return {.topic = options_.topic, .partition = partition.id.value, .offset = offset};
}

void KafkaReader::report(engine::PortError error) {
    error.where.topic = options_.topic;
    if (errors_.size() == kMostErrors) {
        if (!error.fatal) return;
        errors_.pop_front();
    }
    errors_.push_back(std::move(error));
}

void KafkaReader::release(engine::RawBatch& batch) noexcept {
    for (const engine::RawRecord& record : batch)
        rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(record.handle));
    batch.clear();
}

engine::SourcePosition KafkaReader::position(SourcePartition partition) const noexcept {
    const Partition& found = partitions_[slot_of_[partition.value]];
    return {.next_offset = found.next_offset, .ended = found.ended};
}

engine::RecordHeaders KafkaReader::headers(const engine::RawRecord& record) const {
    engine::RecordHeaders result;
    each_header(*static_cast<const rd_kafka_message_t*>(record.handle),
                [&](std::string_view name, std::optional<std::string_view> value) {
                    result.emplace_back(name, value);
                });
    return result;
}

std::optional<engine::PortError> KafkaReader::take_error() {
    for (const auto& fetcher : fetchers_) {
        if (!fetcher) continue;
        while (const auto error = fetcher->next_error())
            report(client_error(*error, fmt::format("reading topic '{}'", options_.topic)));
    }
    if (errors_.empty()) return std::nullopt;
    engine::PortError error = std::move(errors_.front());
    errors_.pop_front();
    return error;
}

}  // namespace velo::connectors
