#include "connectors/kafka/kafka_sink.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/topics.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

constexpr std::size_t kDefaultLimit =
    1'000'000;  // Under the brokers' default max.message.bytes, 1048588.
constexpr std::size_t kBatchOverhead = 512;
constexpr int kEventsPerServe = 64;
constexpr std::uint64_t kOneWake = 1;

// The batch size the user wishes, or ours.
std::size_t wished_batch(const ClientOptions& options) {
    std::size_t size = kDefaultLimit;
    const auto found = options.properties.find("batch.size");
    if (found != options.properties.end())
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), size);
    return size;
}

}  // namespace

KafkaSink::KafkaSink(KafkaSinkOptions options)
    : options_(std::move(options)),
      destination_{.topic = {},
                   .dead_letter_topic = {},
                   .job = options_.job,
                   .largest_dead_letter = kDefaultLimit,
                   .control_wake = options_.wake_descriptor,
                   .budget = ByteBudget{options_.budget_bytes},
                   .epochs = {}} {}

KafkaSink::~KafkaSink() {
    adopt_ports();
    if (main_queue_) rd_kafka_queue_io_event_enable(main_queue_.get(), -1, nullptr, 0);
}

std::optional<engine::PortError> KafkaSink::open() {
    const std::size_t wished = wished_batch(options_.client);
    if (!client_) {
        if (auto failed = connect(wished)) return failed;
    }
    if (auto failed = provide(options_.topic, options_.create, false)) return failed;
    std::vector<std::string> topics{options_.topic};
    if (!options_.dead_letter_topic.empty()) {
        if (auto failed = provide(options_.dead_letter_topic, options_.dead_letter_shape, true))
            return failed;
        topics.push_back(options_.dead_letter_topic);
    }
    // A broker refuses a whole batch that is larger than the largest record it takes, so batches must not grow beyond.
    std::size_t largest_batch = wished;
    for (const auto& [topic, size] : largest_records(*client_, topics)) {
        largest_batch =
            std::min(largest_batch, std::max(size, 2 * kBatchOverhead) - kBatchOverhead);
        if (topic == options_.dead_letter_topic)
            destination_.largest_dead_letter = std::min(size, kLargestRequest);
    }
    if (largest_batch != largest_batch_) {
        if (auto failed = connect(largest_batch)) return failed;
    }
    destination_.topic.reset(rd_kafka_topic_new(client_->get(), options_.topic.c_str(), nullptr));
    if (topics.size() > 1) {
        destination_.dead_letter_topic.reset(
            rd_kafka_topic_new(client_->get(), options_.dead_letter_topic.c_str(), nullptr));
    }
    return std::nullopt;
}

// Makes the producer, or makes it again before anything has been written.
std::optional<engine::PortError> KafkaSink::connect(std::size_t largest_batch) {
    const Settings defaults{{"linger.ms", "5"},
                            {"compression.codec", "lz4"},
                            {"message.max.bytes", std::to_string(kLargestRequest)}};
    const Settings ours{
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"partitioner",
         "murmur2_random"},  // As Java clients do, so that topics are co-partitioned.
        {"allow.auto.create.topics",
         "false"},                    // Topics are made with the shape the job says, or not at all.
        {"message.timeout.ms", "0"},  // Never given up: a broker that is away comes back.
        {"queue.buffering.max.messages", "10000000"},  // The byte budget binds first.
        {"queue.buffering.max.kbytes", "2097151"},
        {"batch.size", std::to_string(largest_batch)}};
    main_queue_.reset();
    destination_.topic.reset();
    destination_.dead_letter_topic.reset();
    client_.reset();
    auto client =
        Client::make(RD_KAFKA_PRODUCER, options_.client, defaults, ours, RD_KAFKA_EVENT_DR);
    if (!client) return client.error();
    client_ = std::move(*client);
    largest_batch_ = largest_batch;
    main_queue_.reset(rd_kafka_queue_get_main(client_->get()));
    rd_kafka_queue_io_event_enable(main_queue_.get(), options_.wake_descriptor, &kOneWake,
                                   sizeof kOneWake);
    return std::nullopt;
}

std::optional<engine::PortError> KafkaSink::provide(const std::string& topic,
                                                    const std::optional<TopicShape>& shape,
                                                    bool is_dead_letter_topic) {
    const auto state = look_up(*client_, topic);
    if (!state) return state.error();
    if (*state == TopicState::Ready) return std::nullopt;
    if (!shape) {
        return engine::PortError{
            .fatal = false,
            .code = "topic_missing",
            .text = fmt::format("sink topic '{}' does not exist; create it, or let the job do so "
                                "with 'create: {{partitions: 8}}'",
                                topic)};
    }
    std::map<std::string, std::string> configuration;
    if (is_dead_letter_topic) configuration["max.message.bytes"] = std::to_string(kLargestRequest);
    if (auto failed = create_topic(*client_, topic, *shape, configuration)) return failed;
    const auto made =
        look_up(*client_, topic);  // Its leaders may need a moment more; then this is tried again.
    if (!made) return made.error();
    if (*made == TopicState::Ready) return std::nullopt;
    return port_error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                      fmt::format("topic '{}' has just been made", topic));
}

std::unique_ptr<engine::SinkWriter> KafkaSink::make_writer(int wake_descriptor) {
    VELO_ASSERT(destination_.topic, "a sink is opened before it is written");
    auto port = std::make_unique<WriterPort>(wake_descriptor);
    auto writer = std::make_unique<KafkaWriter>(client_->get(), destination_, *port);
    new_ports_.push(*port.release());
    return writer;
}

void KafkaSink::adopt_ports() {
    new_ports_.take_all([this](WriterPort& port) { ports_.emplace_back(&port); });
}

void KafkaSink::serve() {
    if (!main_queue_) return;
    adopt_ports();
    int events = 0;
    for (; events < kEventsPerServe; ++events) {
        const Event event{rd_kafka_queue_poll(main_queue_.get(), 0)};
        if (!event) break;
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
            take_deliveries(event.get());
        } else if (const auto error = client_->error_of(event.get())) {
            report(client_error(*error, fmt::format("writing topic '{}'", options_.topic)));
        }
    }
    // More waits, and librdkafka wakes only for the first event of a queue.
    if (events == kEventsPerServe) write_wake(options_.wake_descriptor);
    for (const auto& port : ports_) {
        if (gave_back_) ByteBudget::answer(port->room);
        port->refused.take_all([this](Refusal& refusal) {
            fail(refusal.code, refusal.size_bytes, refusal.is_dead_letter, {});
        });
    }
    gave_back_ = false;
}

void KafkaSink::take_deliveries(rd_kafka_event_t* event) {
    Flight* flight = nullptr;
    std::uint64_t records = 0;
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
        auto* const of = static_cast<Flight*>(message->_private);
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail(message->err, message->len + message->key_len, of->is_dead_letter,
                 rd_kafka_message_errstr(message));
            continue;
        }
        if (of != flight) {
            if (flight != nullptr) land(*flight, records);
            flight = of;
            records = 0;
        }
        ++records;
        if (of->is_dead_letter) {
            ++counts_.dead_letters;
        } else {
            ++counts_.records;
            counts_.bytes += message->len + message->key_len;
        }
    }
    if (flight != nullptr) land(*flight, records);
}

void KafkaSink::land(Flight& flight, std::uint64_t records) {
    flight.waiting -= records;
    destination_.epochs.acknowledged(flight.epoch, records);
    if (flight.waiting != 0) return;
    destination_.budget.give_back(flight.charged_bytes);
    gave_back_ = true;
    flight.port->landed.push(flight);
}

// A record was not written and will not be: whatever the code, the epoch it belongs to cannot be committed.
void KafkaSink::fail(rd_kafka_resp_err_t code, std::size_t size_bytes, bool is_dead_letter,
                     std::string_view detail) {
    if (failure_) return;
    const std::string& topic = is_dead_letter ? options_.dead_letter_topic : options_.topic;
    engine::PortError error = port_error(
        code, fmt::format("a record of {} bytes was not written to topic '{}'", size_bytes, topic),
        detail);
    error.fatal = true;
    report(std::move(error));
}

void KafkaSink::report(engine::PortError error) {
    if (!error.fatal) {
        weather_ = std::move(error);
    } else if (!failure_) {
        failure_ = std::move(error);
    }
}

// Nothing is held back for longer than linger.ms, so there is nothing to hurry.
void KafkaSink::push() {}

std::optional<engine::PortError> KafkaSink::take_error() {
    if (failure_ && !std::exchange(failure_taken_, true)) return failure_;
    return std::exchange(weather_, std::nullopt);
}

std::optional<engine::PortError> KafkaSink::close() {
    serve();
    return failure_;
}

}  // namespace velo::connectors
