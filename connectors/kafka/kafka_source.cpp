#include "connectors/kafka/kafka_source.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/offsets.hpp"

namespace velo::connectors {

namespace {

std::vector<SourcePartition> numbers(std::uint32_t first, std::uint32_t count) {
    std::vector<SourcePartition> result;
    for (std::uint32_t i = first; i < first + count; ++i) result.push_back(SourcePartition{i});
    return result;
}

std::vector<std::int32_t> plain(std::span<const SourcePartition> partitions) {
    std::vector<std::int32_t> result;
    for (const SourcePartition each : partitions)
        result.push_back(static_cast<std::int32_t>(each.value));
    return result;
}

SourcePartition number_of(std::int32_t partition) {
    return SourcePartition{static_cast<std::uint32_t>(partition)};
}

}  // namespace

KafkaSource::KafkaSource(KafkaSourceOptions options) : options_(std::move(options)) {}

KafkaSource::~KafkaSource() {
    links_.retired.take_all([](Client& client) { delete &client; });
    links_.statistics.take_all([](StatisticsReport& report) { delete &report; });
}

std::optional<engine::PortError> KafkaSource::connect() {
    if (client_) return std::nullopt;
    auto client =
        Client::make(RD_KAFKA_CONSUMER, options_.client, {},
                     {{"group.id", "velostream." + options_.job},
                      {"enable.auto.commit", "false"},
                      {"enable.auto.offset.store", "false"},
                      {"isolation.level",
                       "read_committed"}},  // Also: committed offsets only once they are decided.
                     0);
    if (!client) return client.error();
    client_ = std::move(*client);
    return std::nullopt;
}

std::optional<engine::PortError> KafkaSource::refresh_partitions(
    std::vector<engine::PartitionName>& partitions) {
    if (auto failed = connect()) return failed;
    const Topic topic{rd_kafka_topic_new(client_->get(), options_.topic.c_str(), nullptr)};
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(client_->get(), 0, topic.get(), &answer, kCallDeadlineMs);
    const Metadata metadata{answer};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error(code, "looking it up");
    if (metadata->topic_cnt != 1)
        return error(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "looking it up");
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return error(found.err, "looking it up");
    const auto count = static_cast<std::uint32_t>(found.partition_cnt);
    if (count < known_partitions_) {
        return engine::PortError{
            .fatal = true,
            .code = "partitions_vanished",
            .text = fmt::format("topic '{}' had {} partitions and has {} now; it was made anew, "
                                "and 'velostream jobs reset' makes the "
                                "job begin again",
                                options_.topic, known_partitions_, count),
            .where = {.topic = options_.topic}};
    }
    known_partitions_ = count;
    partitions.clear();
    for (std::uint32_t i = 0; i < count; ++i)
        partitions.push_back({options_.topic, static_cast<std::int32_t>(i)});
    return std::nullopt;
}

std::optional<engine::PortError> KafkaSource::start_offsets(std::uint32_t first,
                                                            std::uint32_t count,
                                                            engine::Offsets& offsets) {
    const std::vector<SourcePartition> asked = numbers(first, count);
    engine::Offsets found;
    if (auto failed = committed(asked, found)) return failed;
    std::vector<SourcePartition> fresh;
    for (const SourcePartition partition : asked) {
        if (!found.contains(partition)) fresh.push_back(partition);
    }
    // The first commit of a job covers all partitions there are, so one without an offset beside others is a later one.
    const bool begun = first != 0 || !found.empty();
    if (!fresh.empty()) {
        if (auto failed = begun ? ask_offsets(fresh, RD_KAFKA_OFFSET_SPEC_EARLIEST, found)
                                : starts_as_configured(fresh, found)) {
            return failed;
        }
    }
    offsets.merge(found);
    return std::nullopt;
}

std::optional<engine::PortError> KafkaSource::starts_as_configured(
    std::span<const SourcePartition> partitions, engine::Offsets& offsets) {
    switch (options_.start.kind) {
        case StartAt::Kind::Earliest:
            return ask_offsets(partitions, RD_KAFKA_OFFSET_SPEC_EARLIEST, offsets);
        case StartAt::Kind::Latest:
            return ask_offsets(partitions, RD_KAFKA_OFFSET_SPEC_LATEST, offsets);
        case StartAt::Kind::Time:
            break;
    }
    // Kafka's times are whole milliseconds; rounded up, so that no older record comes.
    const auto since =
        std::chrono::ceil<std::chrono::milliseconds>(options_.start.time.time_since_epoch())
            .count();
    if (auto failed = ask_offsets(partitions, std::max<std::int64_t>(since, 0), offsets))
        return failed;
    std::vector<SourcePartition> empty;  // Nothing that young yet: what comes next is.
    for (const SourcePartition partition : partitions) {
        if (offsets[partition] < 0) empty.push_back(partition);
    }
    return empty.empty() ? std::nullopt : ask_offsets(empty, RD_KAFKA_OFFSET_SPEC_LATEST, offsets);
}

std::optional<engine::PortError> KafkaSource::end_offsets(
    const std::vector<SourcePartition>& partitions, engine::Offsets& ends) {
    links_.ticks.fetch_add(1, std::memory_order_relaxed);
    return ask_offsets(partitions, RD_KAFKA_OFFSET_SPEC_LATEST, ends);
}

std::optional<engine::PortError> KafkaSource::committed(std::span<const SourcePartition> partitions,
                                                        engine::Offsets& offsets) {
    if (auto failed = connect()) return failed;
    const auto found = ask_committed(*client_, options_.topic, plain(partitions));
    if (!found) return at_topic(found.error());
    for (const auto& [partition, each] : *found) offsets[number_of(partition)] = each.offset;
    return std::nullopt;
}

std::optional<engine::PortError> KafkaSource::ask_offsets(
    std::span<const SourcePartition> partitions, std::int64_t spec, engine::Offsets& offsets) {
    if (auto failed = connect()) return failed;
    const auto found = connectors::ask_offsets(*client_, options_.topic, plain(partitions), spec,
                                               RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED);
    if (!found) return at_topic(found.error());
    for (const auto& [partition, offset] : *found) offsets[number_of(partition)] = offset;
    return std::nullopt;
}

std::optional<engine::PortError> KafkaSource::commit(const engine::Offsets& offsets) {
    if (auto failed = connect()) return failed;
    const TopicPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
    for (const auto& [partition, offset] : offsets) {
        rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(),
                                          static_cast<std::int32_t>(partition.value))
            ->offset = offset;
    }
    const Queue answers{rd_kafka_queue_new(client_->get())};
    constexpr std::string_view kAction = "committing offsets";
    const auto code =
        rd_kafka_commit_queue(client_->get(), list.get(), answers.get(), nullptr, nullptr);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error(code, kAction);
    const Event event{rd_kafka_queue_poll(answers.get(), kCallDeadlineMs)};
    if (!event) return error(RD_KAFKA_RESP_ERR__TIMED_OUT, kAction);
    if (const auto answer = rd_kafka_event_error(event.get())) return error(answer, kAction);
    const rd_kafka_topic_partition_list_t* answered =
        rd_kafka_event_topic_partition_list(event.get());
    for (int i = 0; answered != nullptr && i < answered->cnt; ++i) {
        if (answered->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return error(answered->elems[i].err, kAction);
    }
    return std::nullopt;
}

std::unique_ptr<engine::SourceReader> KafkaSource::make_reader(int wake_descriptor,
                                                               std::size_t prefetch_bytes) {
    return std::make_unique<KafkaReader>(options_, wake_descriptor, prefetch_bytes, links_);
}

engine::PortError KafkaSource::error(rd_kafka_resp_err_t code, std::string_view action) {
    return at_topic(
        call_error(code, fmt::format("topic '{}': {}", options_.topic, action), *client_));
}

engine::PortError KafkaSource::at_topic(engine::PortError error) const {
    error.where.topic = options_.topic;
    return error;
}

const engine::ConnectionFigures* KafkaSource::connections() {
    links_.statistics.take_all([this](StatisticsReport& report) {
        const std::unique_ptr<StatisticsReport> owned(&report);
        statistics_.take(report.json);
    });
    return &statistics_.figures();
}

}  // namespace velo::connectors
