#include "connectors/kafka/fetcher.hpp"

#include <algorithm>

namespace velo::connectors {

namespace {

constexpr std::uint64_t kOneWake = 1;

constexpr std::size_t kSmallestShare = 512U << 10;
constexpr std::size_t kAmpleShare = 8U << 20;
constexpr std::size_t kLargestFetch = 1U << 20;

Settings settings_for(std::size_t share, int wait_ms) {
    share = std::max(share, kSmallestShare);
    return {
        {"queued.max.messages.kbytes", std::to_string(share / 2 / 1024)},
        {"queued.min.messages", std::to_string(share / 2 / Fetcher::kBytesPerRecord)},
        {"fetch.message.max.bytes", std::to_string(std::min(kLargestFetch, share / 4))},
        {"fetch.queue.backoff.ms",
         share < kAmpleShare ? "1"
                             : "5"},  // How long a full queue is left alone; less is read sooner.
        {"fetch.min.bytes", "1"},
        {"fetch.wait.max.ms", std::to_string(wait_ms)},
        {"fetch.error.backoff.ms", "100"},
        {"check.crcs", "true"},
        {"receive.message.max.bytes", "268435456"},
    };
}

void wake_for(const Queue& queue, int wake_descriptor) {
    rd_kafka_queue_io_event_enable(queue.get(), wake_descriptor, &kOneWake,
                                   wake_descriptor < 0 ? 0 : sizeof kOneWake);
}

}  // namespace

std::expected<std::unique_ptr<Fetcher>, engine::PortError> Fetcher::make(
    const KafkaSourceOptions& options, std::size_t share_bytes, int wait_ms, int wake_descriptor,
    HandOver<StatisticsReport>& statistics) {
    const Settings ours{{"enable.auto.commit", "false"},
                        {"enable.auto.offset.store", "false"},
                        {"auto.offset.reset", "error"},  // Never a silent jump.
                        {"isolation.level", "read_committed"},
                        {"enable.partition.eof", "true"},
                        {"statistics.interval.ms", std::string(kStatisticsIntervalMs)}};
    auto client = Client::make(RD_KAFKA_CONSUMER, options.client,
                               settings_for(share_bytes, wait_ms), ours, RD_KAFKA_EVENT_STATS);
    if (!client) return std::unexpected(client.error());
    return std::unique_ptr<Fetcher>(
        new Fetcher(std::move(*client), options.topic, wake_descriptor, statistics));
}

Fetcher::Fetcher(std::unique_ptr<Client> client, const std::string& topic, int wake_descriptor,
                 HandOver<StatisticsReport>& statistics)
    : client_(std::move(client)),
      topic_(rd_kafka_topic_new(client_->get(), topic.c_str(), nullptr)),
      main_queue_(rd_kafka_queue_get_main(client_->get())),
      wake_descriptor_(wake_descriptor),
      statistics_(statistics) {
    wake_for(main_queue_, wake_descriptor);
}

std::expected<Queue, rd_kafka_resp_err_t> Fetcher::start(std::int32_t partition,
                                                         std::int64_t offset) {
    Queue queue{rd_kafka_queue_new(client_->get())};
    wake_for(queue, wake_descriptor_);
    if (rd_kafka_consume_start_queue(topic_.get(), partition, offset, queue.get()) != 0)
        return std::unexpected(rd_kafka_last_error());
    return queue;
}

void Fetcher::stop(std::int32_t partition, Queue queue) {
    wake_for(queue, -1);
    rd_kafka_consume_stop(topic_.get(), partition);
}

std::optional<ClientError> Fetcher::next_error() {
    while (const Event event{rd_kafka_queue_poll(main_queue_.get(), 0)}) {
        if (auto error = client_->error_of(event.get())) return error;
        if (const auto told = Client::statistics_of(event.get()))
            statistics_.push(*std::make_unique<StatisticsReport>(std::string(*told)).release());
    }
    return std::nullopt;
}

std::unique_ptr<Client> Fetcher::retire(std::unique_ptr<Fetcher> fetcher) {
    wake_for(fetcher->main_queue_, -1);
    fetcher->main_queue_.reset();
    fetcher->topic_.reset();
    return std::move(fetcher->client_);
}

}  // namespace velo::connectors
