#include "connectors/kafka/log_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/offsets.hpp"
#include "connectors/kafka/state_topic.hpp"

namespace velo::connectors {

namespace {

using engine::PortError;
using Message = std::unique_ptr<rd_kafka_message_t, Destroy<rd_kafka_message_destroy>>;

constexpr int kWaitMs = 100;
constexpr int kMostIdleWaits = 300;  // 30 seconds without any movement.
constexpr std::size_t kBatch = 1000;

}  // namespace

struct LogReader::Stretch {
    std::int32_t partition;
    std::int64_t next;
    std::int64_t end;
    const std::function<void(const engine::LogRecord&)>& visit;
};

LogReader::LogReader(ClientOptions options, std::string job, std::function<bool()> may_go_on)
    : options_(std::move(options)),
      job_(std::move(job)),
      topic_name_(state_topic_of(job_)),
      may_go_on_(std::move(may_go_on)),
      messages_(kBatch) {}

std::optional<PortError> LogReader::connect() {
    if (client_) return std::nullopt;
    const Settings defaults{{"fetch.message.max.bytes", "8388608"},
                            {"fetch.max.bytes", "67108864"},
                            {"receive.message.max.bytes", "268435456"},
                            {"queued.min.messages", "10000000"},
                            {"queued.max.messages.kbytes", "65536"},
                            {"fetch.queue.backoff.ms", "5"},
                            {"fetch.wait.max.ms", "20"},
                            {"fetch.error.backoff.ms", "100"}};
    const Settings ours{{"enable.auto.commit", "false"},
                        {"enable.auto.offset.store", "false"},
                        {"allow.auto.create.topics", "false"},
                        {"auto.offset.reset", "error"},
                        {"isolation.level", "read_committed"},
                        {"enable.partition.eof", "true"},
                        {"check.crcs", "true"}};
    auto client = Client::make(RD_KAFKA_CONSUMER, options_, defaults, ours, 0);
    if (!client) return client.error();
    client_ = std::move(*client);
    topic_.reset(rd_kafka_topic_new(client_->get(), topic_name_.c_str(), nullptr));
    return std::nullopt;
}

std::optional<PortError> LogReader::read(
    std::int32_t partition, std::int64_t from, std::int64_t to,
    const std::function<void(const engine::LogRecord&)>& visit) {
    Stretch stretch{.partition = partition, .next = from, .end = to, .visit = visit};
    auto failed = read(stretch);
    if (failed)
        failed->where = {.topic = topic_name_, .partition = partition, .offset = stretch.next};
    return failed;
}

std::optional<PortError> LogReader::read(Stretch& stretch) {
    if (auto failed = connect()) return failed;
    if (auto failed = check_bounds(stretch)) return failed;
    if (stretch.next >= stretch.end) return std::nullopt;
    const Queue queue{rd_kafka_queue_new(client_->get())};
    if (rd_kafka_consume_start_queue(topic_.get(), stretch.partition, stretch.next, queue.get()) !=
        0)
        return port_error(rd_kafka_last_error(), place(stretch));
    auto failed = follow(stretch, queue.get());
    rd_kafka_consume_stop(topic_.get(), stretch.partition);
    return failed;
}

// What is missing at either end would never come, so it is not waited for.
std::optional<PortError> LogReader::check_bounds(const Stretch& stretch) {
    const std::int32_t partition[] = {stretch.partition};
    const auto begins = ask_offsets(*client_, topic_name_, partition, RD_KAFKA_OFFSET_SPEC_EARLIEST,
                                    RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
    if (!begins) return begins.error();
    const auto ends = ask_offsets(*client_, topic_name_, partition, RD_KAFKA_OFFSET_SPEC_LATEST,
                                  RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
    if (!ends) return ends.error();
    if (const auto end = ends->at(stretch.partition); stretch.end > end) {
        return damaged(stretch, fmt::format("offset {} has been committed and the log ends at {}",
                                            stretch.end, end));
    }
    const auto begin = begins->at(stretch.partition);
    if (stretch.next < stretch.end && stretch.next < begin)
        return damaged(stretch, fmt::format("the log now begins at offset {}", begin));
    return std::nullopt;
}

std::optional<PortError> LogReader::follow(Stretch& stretch, rd_kafka_queue_t* queue) {
    for (int idle = 0; stretch.next < stretch.end && idle < kMostIdleWaits;) {
        const std::int64_t before = stretch.next;
        if (auto failed = take_some(stretch, queue)) return failed;
        if (!may_go_on_()) {
            return PortError{.fatal = false,
                             .code = "leadership_lost",
                             .text = place(stretch) + ": the job is not this process's any more"};
        }
        idle = stretch.next == before ? idle + 1 : 0;
    }
    if (stretch.next >= stretch.end) return std::nullopt;
    return call_error(RD_KAFKA_RESP_ERR__TIMED_OUT, place(stretch), *client_);
}

// One record is waited for, then comes what is there: a batch call alone would wait until the batch is full.
std::optional<PortError> LogReader::take_some(Stretch& stretch, rd_kafka_queue_t* queue) {
    const Message first{rd_kafka_consume_queue(queue, kWaitMs)};
    if (!first) return std::nullopt;
    std::optional<PortError> failed = take(stretch, *first);
    const ssize_t answer =
        rd_kafka_consume_batch_queue(queue, 0, messages_.data(), messages_.size());
    for (ssize_t i = 0; i < answer; ++i) {
        const Message each{messages_[static_cast<std::size_t>(i)]};
        if (!failed) failed = take(stretch, *each);
    }
    return failed;
}

std::optional<PortError> LogReader::take(Stretch& stretch,
                                         const rd_kafka_message_t& message) const {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        // It lies past markers and aborted records, but before what is undecided: not everything need have come.
        stretch.next = std::max(stretch.next, message.offset);
        return std::nullopt;
    }
    if (judge(message.err).code == "offset_out_of_range")
        return damaged(stretch, fmt::format("offset {} is not there any more", stretch.next));
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        PortError error =
            port_error(message.err, place(stretch), rd_kafka_message_errstr(&message));
        return error.fatal ? std::optional(std::move(error)) : std::nullopt;
    }
    if (message.offset < stretch.next) return std::nullopt;  // It has been seen.
    if (message.offset < stretch.end) {
        stretch.visit({.offset = message.offset,
                       .key = {static_cast<const char*>(message.key), message.key_len},
                       .value = {static_cast<const char*>(message.payload), message.len}});
    }
    stretch.next = message.offset + 1;
    return std::nullopt;
}

PortError LogReader::damaged(const Stretch& stretch, std::string_view how) const {
    return {.fatal = true,
            .code = "state_log_damaged",
            .text = fmt::format("{}: {}, so the job's state is not there as a whole; "
                                "'velostream jobs reset {}' makes the job begin again",
                                place(stretch), how, job_)};
}

std::string LogReader::place(const Stretch& stretch) const {
    return fmt::format("topic '{}' partition {} offsets {} to {}", topic_name_, stretch.partition,
                       stretch.next, stretch.end);
}

}  // namespace velo::connectors
