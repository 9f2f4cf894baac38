#include "connectors/kafka/kafka_producer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/dead_letter_record.hpp"
#include "connectors/kafka/epoch_records.hpp"
#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/topics.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

constexpr std::chrono::milliseconds kLongestAnswer{3000};
constexpr int kEventsPerServe = 64;
constexpr std::uint64_t kOneWake = 1;
constexpr std::int16_t kEndTxn = 26;  // Kafka's number of the request that ends a transaction.

constexpr std::string_view kRevisionHeader = "velostream.revision";

void* unconst(std::string_view bytes) noexcept {
    return const_cast<char*>(bytes.data());  // librdkafka's signature; it only reads.
}

int milliseconds(TransactionClient::Limit limit) { return static_cast<int>(limit.count()); }

bool is_fencing(rd_kafka_resp_err_t code) noexcept {
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

// What no repetition changes: somebody has to change a setting, a right or the query.
bool is_hopeless(rd_kafka_resp_err_t code) noexcept {
    const std::string_view kind = judge(code).code;
    return code == RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT || kind == "not_authorized" ||
           kind == "authentication_failed" || kind == "record_too_large" ||
           kind == "record_refused" || kind == "broker_too_old";
}

Answer answer(Demand demand, rd_kafka_resp_err_t code, std::string_view what,
              std::string_view detail = {}) {
    engine::PortError error = port_error(code, what, detail);
    error.fatal = demand == Demand::Fail || demand == Demand::Stop;
    return {.demand = demand, .error = std::move(error)};
}

rd_kafka_resp_err_t count_end(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api,
                              std::int16_t, std::int32_t, std::size_t, void* count) {
    if (api == kEndTxn)
        static_cast<std::atomic<std::uint64_t>*>(count)->fetch_add(1, std::memory_order_relaxed);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t listen(rd_kafka_t* handle, const rd_kafka_conf_t*, void* count, char*,
                           std::size_t) {
    return rd_kafka_interceptor_add_on_request_sent(handle, "velostream", count_end, count);
}

}  // namespace

KafkaProducer::KafkaProducer(const KafkaSinkOptions& options) : options_(options) {}

KafkaProducer::~KafkaProducer() {
    if (main_queue_) rd_kafka_queue_io_event_enable(main_queue_.get(), -1, nullptr, 0);
}

void KafkaProducer::set_log_topic(std::string topic) {
    log_topic_ = std::move(topic);
    if (client_) log_ = topic_handle(log_topic_);
}

Topic KafkaProducer::topic_handle(const std::string& name) const {
    return Topic{name.empty() ? nullptr
                              : rd_kafka_topic_new(client_->get(), name.c_str(), nullptr)};
}

const std::string& KafkaProducer::topic_of(const Flight& flight) const {
    switch (flight.kind) {
        case Flight::Kind::DeadLetter:
            return options_.dead_letter_topic;
        case Flight::Kind::Log:
            return log_topic_;
        default:
            return options_.topic;
    }
}

Answer KafkaProducer::replace() {
    const Settings defaults{{"linger.ms", "5"},
                            {"compression.codec", "lz4"},
                            {"message.max.bytes", std::to_string(kLargestRequest)}};
    Settings ours{{"enable.idempotence", "true"},
                  {"acks", "all"},
                  {"partitioner",
                   "murmur2_random"},  // As Java clients do, so that topics are co-partitioned.
                  {"allow.auto.create.topics",
                   "false"},  // Topics are made with the shape the job says, or not at all.
                  {"queue.buffering.max.messages", "10000000"},  // The byte budget binds first.
                  {"queue.buffering.max.kbytes", "2097151"},
                  {"batch.size", std::to_string(largest_batch_)},
                  {"statistics.interval.ms", std::string(kStatisticsIntervalMs)}};
    if (is_transactional()) {
        // What does not arrive in time is sent again in a new transaction, before the broker gives the old one up.
        const auto timeout = options_.transaction_timeout.count();
        ours.emplace_back("transactional.id", options_.transactional_id);
        ours.emplace_back("transaction.timeout.ms", std::to_string(timeout));
        ours.emplace_back("message.timeout.ms", std::to_string(timeout * 4 / 5));
        // Sending the positions waits for an answer as long as this, whatever limit it is given.
        ours.emplace_back("socket.timeout.ms",
                          std::to_string(std::min(timeout / 2, kLongestAnswer.count())));
    } else {
        ours.emplace_back("message.timeout.ms",
                          "0");  // Never given up: a broker that is away comes back.
    }
    group_.reset();
    main_queue_.reset();
    topic_.reset();
    dead_letters_.reset();
    log_.reset();
    client_.reset();
    const auto count_ends = [this](rd_kafka_conf_t* conf) {
        rd_kafka_conf_interceptor_add_on_new(conf, "velostream", listen, &ends_sent_);
    };
    auto client = Client::make(RD_KAFKA_PRODUCER, options_.client, defaults, ours,
                               RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_STATS, count_ends);
    if (!client) return {.demand = Demand::Fail, .error = client.error()};
    client_ = std::move(*client);
    topic_ = topic_handle(options_.topic);
    dead_letters_ = topic_handle(options_.dead_letter_topic);
    log_ = topic_handle(log_topic_);
    main_queue_.reset(rd_kafka_queue_get_main(client_->get()));
    rd_kafka_queue_io_event_enable(main_queue_.get(), options_.wake_descriptor, &kOneWake,
                                   sizeof kOneWake);
    return {};
}

Answer KafkaProducer::init(Limit limit) {
    const Failed failed{rd_kafka_init_transactions(client_->get(), milliseconds(limit))};
    return judge_call(failed.get(), "the job's transactions cannot be begun");
}

Answer KafkaProducer::ready(Limit limit) {
    const std::array<const std::string*, 3> topics = {&options_.topic, &options_.dead_letter_topic,
                                                      &log_topic_};
    for (const std::string* topic : topics) {
        if (topic->empty()) continue;
        const auto state = look_up(*client_, *topic, milliseconds(limit));
        if (!state) return {.demand = Demand::Patience, .error = state.error()};
        if (*state != TopicState::Ready) {
            Answer missing = answer(Demand::Patience, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                                    fmt::format("topic '{}'", *topic));
            missing.error.where.topic = *topic;
            return missing;
        }
    }
    return {};
}

Answer KafkaProducer::begin() {
    group_.reset();
    ends_sent_.store(0, std::memory_order_relaxed);
    const Failed failed{rd_kafka_begin_transaction(client_->get())};
    return judge_call(failed.get(), "a transaction cannot be begun");
}

Answer KafkaProducer::produce(Flight& flight) {
    switch (flight.kind) {
        case Flight::Kind::DeadLetter:
            return produce_letter(flight);
        case Flight::Kind::Log:
            return produce_log(flight);
        default:
            return produce_chunk(flight);
    }
}

// All of it has been handed over: with transactions the flight is kept, otherwise it may be somebody else's by now.
Answer KafkaProducer::taken(Flight& flight) const {
    if (is_transactional()) flight.given = flight.records;
    return {};
}

Answer KafkaProducer::produce_chunk(Flight& flight) {
    const engine::OutputChunk& sent = *flight.chunk;
    if (std::ranges::any_of(sent.records, [](const auto& record) { return record.revision != 0; }))
        return produce_revisions(flight);
    std::vector<rd_kafka_message_t> messages;
    messages.reserve(sent.records.size() - flight.given);
    for (std::size_t i = flight.given; i < sent.records.size(); ++i) {
        const auto& record = sent.records[i];
        rd_kafka_message_t& message = messages.emplace_back();
        message._private = &flight;
        if (record.key_size != engine::OutputChunk::kNone) {
            message.key = unconst(sent.key(record));
            message.key_len = record.key_size;
        }
        if (record.value_size != engine::OutputChunk::kNone) {
            message.payload = unconst(sent.value(record));
            message.len = record.value_size;
        }
    }
    const auto count = static_cast<int>(messages.size());
    // After this call the flight may have landed already, unless something of it was not taken.
    if (rd_kafka_produce_batch(topic_.get(), RD_KAFKA_PARTITION_UA, 0, messages.data(), count) ==
        count)
        return taken(flight);
    Answer gravest;
    for (const rd_kafka_message_t& message : messages) {
        // From the first one for which the queue was full on, all are refused for that reason.
        if (message.err == RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
        ++flight.given;
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR)
            keep_gravest(gravest,
                         not_taken(message.err, flight, message.len + message.key_len, {}));
    }
    if (!gravest.is_done() || flight.given == flight.records) return gravest;
    return {.demand = Demand::Patience, .error = {}};
}

// One by one and in their order: only so can records have headers.
Answer KafkaProducer::produce_revisions(Flight& flight) {
    const std::size_t end = flight.records;
    Answer gravest;
    for (std::size_t i = flight.given; i < end; ++i) {
        const auto& record = flight.chunk->records[i];
        const std::size_t size =
            (record.key_size == engine::OutputChunk::kNone ? 0 : record.key_size) +
            (record.value_size == engine::OutputChunk::kNone ? 0 : record.value_size);
        const Failed failed{produce_record(flight, i)};
        // After the last one has been taken the flight may be somebody else's.
        if (!failed && i + 1 == end) return gravest.is_done() ? taken(flight) : gravest;
        const auto code = failed ? rd_kafka_error_code(failed.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return gravest.is_done() ? Answer{.demand = Demand::Patience, .error = {}} : gravest;
        }
        ++flight.given;
        if (failed)
            keep_gravest(gravest,
                         not_taken(code, flight, size, rd_kafka_error_string(failed.get())));
    }
    return gravest;
}

rd_kafka_error_t* KafkaProducer::produce_record(Flight& flight, std::size_t number) {
    const engine::OutputChunk& sent = *flight.chunk;
    const auto& record = sent.records[number];
    rd_kafka_vu_t parts[5];
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topic_.get();
    parts[1].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[1].u.ptr = &flight;
    std::size_t count = 2;
    const auto add = [&](rd_kafka_vtype_t type, std::string_view bytes) {
        parts[count].vtype = type;
        parts[count].u.mem.ptr = unconst(bytes);
        parts[count].u.mem.size = bytes.size();
        ++count;
    };
    if (record.key_size != engine::OutputChunk::kNone) add(RD_KAFKA_VTYPE_KEY, sent.key(record));
    if (record.value_size != engine::OutputChunk::kNone)
        add(RD_KAFKA_VTYPE_VALUE, sent.value(record));
    rd_kafka_headers_t* headers = nullptr;
    if (record.revision != 0) {
        const std::string revision = std::to_string(record.revision);
        headers = rd_kafka_headers_new(1);
        rd_kafka_header_add(headers, kRevisionHeader.data(),
                            static_cast<ssize_t>(kRevisionHeader.size()), revision.data(),
                            static_cast<ssize_t>(revision.size()));
        parts[count].vtype = RD_KAFKA_VTYPE_HEADERS;
        parts[count].u.headers = headers;
        ++count;
    }
    rd_kafka_error_t* const error = rd_kafka_produceva(client_->get(), parts, count);
    if (error != nullptr && headers != nullptr) rd_kafka_headers_destroy(headers);
    return error;
}

Answer KafkaProducer::produce_letter(Flight& flight) {
    VELO_ASSERT(dead_letters_, "a job whose policy writes dead letters has a topic for them");
    const DeadLetterRecord record =
        dead_letter_record(flight.letter, options_.job, largest_dead_letter_);
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
        rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()),
                            value ? value->data() : nullptr,
                            value ? static_cast<ssize_t>(value->size()) : 0);
    }
    rd_kafka_vu_t parts[6];
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = dead_letters_.get();
    parts[1].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[1].u.ptr = &flight;
    parts[2].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[2].u.headers = headers;
    std::size_t count = 3;
    const auto add = [&](rd_kafka_vtype_t type, const std::optional<std::string_view>& bytes) {
        if (!bytes) return;
        parts[count].vtype = type;
        parts[count].u.mem.ptr = unconst(*bytes);
        parts[count].u.mem.size = bytes->size();
        ++count;
    };
    add(RD_KAFKA_VTYPE_KEY, record.key);
    add(RD_KAFKA_VTYPE_VALUE, record.value);
    const std::size_t size = record.size();
    const Failed failed{rd_kafka_produceva(client_->get(), parts, count)};
    if (!failed) return taken(flight);
    rd_kafka_headers_destroy(headers);  // They were not taken.
    return not_taken(rd_kafka_error_code(failed.get()), flight, size,
                     rd_kafka_error_string(failed.get()));
}

Answer KafkaProducer::produce_log(Flight& flight) {
    VELO_ASSERT(log_, "the state log is named before it is written");
    const Flight::LogBytes& log = flight.log;
    rd_kafka_vu_t parts[5];
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = log_.get();
    parts[1].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[1].u.ptr = &flight;
    parts[2].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[2].u.i32 = log.partition;
    parts[3].vtype = RD_KAFKA_VTYPE_KEY;
    parts[3].u.mem.ptr = unconst(log.key);
    parts[3].u.mem.size = log.key.size();
    parts[4].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[4].u.mem.ptr = unconst(log.value);
    parts[4].u.mem.size = log.value.size();
    const std::size_t size = log.key.size() + log.value.size();
    const Failed failed{rd_kafka_produceva(client_->get(), parts, 5)};
    if (!failed) return taken(flight);
    return not_taken(rd_kafka_error_code(failed.get()), flight, size,
                     rd_kafka_error_string(failed.get()));
}

// "A fatal error" says nothing; the client knows which one it was.
rd_kafka_resp_err_t KafkaProducer::cause_of(rd_kafka_resp_err_t code) const {
    if (code != RD_KAFKA_RESP_ERR__FATAL) return code;
    std::array<char, 512> text{};
    return rd_kafka_fatal_error(client_->get(), text.data(), text.size());
}

// A record was not written. Without transactions nothing can make up for that, whatever the reason.
Answer KafkaProducer::not_taken(rd_kafka_resp_err_t code, const Flight& flight,
                                std::size_t size_bytes, std::string_view detail) const {
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return {.demand = Demand::Patience, .error = {}};
    code = cause_of(code);
    const std::string what = fmt::format("a record of {} bytes was not written to topic '{}'",
                                         size_bytes, topic_of(flight));
    Demand demand = is_fencing(code) ? Demand::Stop : Demand::Resend;
    if (!is_transactional() || is_hopeless(code)) demand = Demand::Fail;
    Answer refused = answer(demand, code, what, detail);
    refused.error.where.topic = topic_of(flight);
    return refused;
}

Answer KafkaProducer::send_offsets(const std::vector<PartitionOffset>& offsets,
                                   const std::string& note, Limit limit) {
    if (!group_ && member_) group_ = member_();
    if (!group_) {
        return {.demand = Demand::Stop,
                .error = {.fatal = true,
                          .code = "fenced",
                          .text = "this instance leads the job no more; another one goes on"}};
    }
    const TopicPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
    for (const PartitionOffset& each : offsets) {
        rd_kafka_topic_partition_t* to =
            rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
        to->offset = each.offset;
        to->metadata_size = note.size();
        to->metadata = std::malloc(note.size() + 1);  // Freed with the list.
        VELO_ASSERT(to->metadata != nullptr, "there is memory for a note");
        std::memcpy(to->metadata, note.c_str(), note.size() + 1);
    }
    // A limit that passes costs the transaction here, and not just patience: it is not to be too short.
    const Failed failed{rd_kafka_send_offsets_to_transaction(
        client_->get(), list.get(), group_.get(), milliseconds(std::max(limit, kLongestAnswer)))};
    return judge_call(failed.get(), "the positions cannot be committed");
}

Answer KafkaProducer::commit(Limit limit) {
    const Failed failed{rd_kafka_commit_transaction(client_->get(), milliseconds(limit))};
    return judge_call(failed.get(), "a transaction cannot be committed");
}

Answer KafkaProducer::abort(Limit limit) {
    // It waits for the news of every record under way, which nobody else takes from the queue meanwhile.
    static_cast<void>(serve([](Flight&, std::uint64_t, std::int64_t) {}, Limit{0}));
    const Failed failed{rd_kafka_abort_transaction(client_->get(), milliseconds(limit))};
    return judge_call(failed.get(), "a transaction cannot be aborted");
}

bool KafkaProducer::is_member() const { return member_ && member_(); }

Answer KafkaProducer::judge_call(rd_kafka_error_t* error, std::string_view what) const {
    if (error == nullptr) return {};
    const auto code = cause_of(rd_kafka_error_code(error));
    const char* detail = rd_kafka_error_string(error);
    Demand demand = Demand::Rebuild;
    if (is_hopeless(code)) {
        demand = Demand::Fail;
    } else if (rd_kafka_error_txn_requires_abort(error) != 0) {
        demand = Demand::Resend;
    } else if (is_fencing(code)) {
        demand = Demand::Stop;
    } else if (rd_kafka_error_is_retriable(error) != 0) {
        demand = Demand::Patience;
    }
    return answer(demand, code, what, detail);
}

Answer KafkaProducer::serve(const Written& written, Limit limit) {
    Answer gravest;
    if (!main_queue_) return gravest;
    int events = 0;
    for (; events < kEventsPerServe; ++events) {
        const Event event{
            rd_kafka_queue_poll(main_queue_.get(), events == 0 ? milliseconds(limit) : 0)};
        if (!event) break;
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
            take_deliveries(event.get(), written, gravest);
        } else if (const auto error = client_->error_of(event.get())) {
            keep_gravest(gravest, judge_event(*error));
        } else if (const auto told = Client::statistics_of(event.get())) {
            statistics_.take(*told);
        }
    }
    // More waits, and librdkafka wakes only for the first event of a queue.
    if (events == kEventsPerServe) write_wake(options_.wake_descriptor);
    return gravest;
}

Answer KafkaProducer::judge_event(const ClientError& error) const {
    engine::PortError told = client_error(error, fmt::format("writing topic '{}'", options_.topic));
    if (!told.fatal) return {.demand = Demand::Patience, .error = std::move(told)};
    if (!is_transactional()) return {.demand = Demand::Fail, .error = std::move(told)};
    const auto cause = cause_of(error.code);
    told.fatal = false;
    if (is_hopeless(cause)) return answer(Demand::Fail, cause, told.text);
    return {.demand = is_fencing(cause) ? Demand::Stop : Demand::Rebuild, .error = std::move(told)};
}

void KafkaProducer::take_deliveries(rd_kafka_event_t* event, const Written& written,
                                    Answer& gravest) const {
    Flight* flight = nullptr;
    std::uint64_t records = 0;
    std::int64_t offset = -1;
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
        auto* const of = static_cast<Flight*>(message->_private);
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            keep_gravest(gravest, not_taken(message->err, *of, message->len + message->key_len,
                                            rd_kafka_message_errstr(message)));
            continue;
        }
        if (of != flight) {
            if (flight != nullptr) written(*flight, records, offset);
            flight = of;
            records = 0;
        }
        ++records;
        offset = message->offset;
    }
    if (flight != nullptr) written(*flight, records, offset);
}

std::chrono::steady_clock::time_point KafkaProducer::now() const {
    return std::chrono::steady_clock::now();
}

}  // namespace velo::connectors
