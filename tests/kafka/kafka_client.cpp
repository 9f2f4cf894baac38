#include "tests/kafka/kafka_client.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

namespace velo::tests {

namespace {

constexpr int kDeadlineMs = 30'000;
constexpr auto kDeadline = std::chrono::milliseconds(kDeadlineMs);

using Clock = std::chrono::steady_clock;
using Settings = std::vector<std::pair<std::string, std::string>>;

template <typename T, void (*destroy)(T*)>
struct Destroy {
    void operator()(T* object) const noexcept { destroy(object); }
};
template <typename T, void (*destroy)(T*)>
using Owner = std::unique_ptr<T, Destroy<T, destroy>>;

using Queue = Owner<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owner<rd_kafka_event_t, rd_kafka_event_destroy>;
using Message = Owner<rd_kafka_message_t, rd_kafka_message_destroy>;
using Partitions = Owner<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using NewTopic = Owner<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using NewPartitions = Owner<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy>;
using DeletedTopic = Owner<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;

struct DestroyMetadata {
    void operator()(const rd_kafka_metadata_t* metadata) const noexcept {
        rd_kafka_metadata_destroy(metadata);
    }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;

void check(rd_kafka_resp_err_t error, std::string_view action) {
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    throw std::runtime_error(fmt::format("{}: {}", action, rd_kafka_err2str(error)));
}

void check(rd_kafka_error_t* error, std::string_view action) {
    if (error == nullptr) return;
    const std::string text = fmt::format("{}: {}", action, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    throw std::runtime_error(text);
}

// The handle's opaque: how many deliveries failed, and why the last one did.
struct Deliveries {
    std::size_t failed = 0;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

void count_delivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || opaque == nullptr) return;
    auto* deliveries = static_cast<Deliveries*>(opaque);
    ++deliveries->failed;
    deliveries->error = message->err;
}

Handle make_handle(rd_kafka_type_t type, const std::string& bootstrap_servers,
                   const Settings& settings, Deliveries* deliveries = nullptr) {
    std::array<char, 512> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const auto set = [&](const std::string& name, const std::string& value) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) ==
            RD_KAFKA_CONF_OK) {
            return;
        }
        rd_kafka_conf_destroy(conf);
        throw std::runtime_error(text.data());
    };
    set("bootstrap.servers", bootstrap_servers);
    set("reconnect.backoff.max.ms", "200");
    set("topic.metadata.propagation.max.ms", "2000");  // How long a topic may be missing.
    for (const auto& [name, value] : settings) set(name, value);
    if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, count_delivery);
    rd_kafka_conf_set_opaque(conf, deliveries);
    rd_kafka_conf_set_log_cb(conf, nullptr);  // A broker that is away is what many tests are about.
    Handle handle(rd_kafka_new(type, conf, text.data(), text.size()));
    if (!handle) {
        rd_kafka_conf_destroy(conf);
        throw std::runtime_error(text.data());
    }
    return handle;
}

Handle make_consumer(const std::string& bootstrap_servers, Isolation isolation,
                     const std::string& group = "velostream-test-reader") {
    return make_handle(
        RD_KAFKA_CONSUMER, bootstrap_servers,
        {{"group.id", group},
         {"enable.auto.commit", "false"},
         {"enable.partition.eof", "true"},
         {"fetch.wait.max.ms", "20"},
         {"isolation.level",
          isolation == Isolation::ReadCommitted ? "read_committed" : "read_uncommitted"}});
}

Metadata metadata_of(rd_kafka_t* handle, const std::string& topic) {
    rd_kafka_topic_t* object = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error = rd_kafka_metadata(handle, 0, object, &metadata, kDeadlineMs);
    rd_kafka_topic_destroy(object);
    check(error, "metadata of " + topic);
    return Metadata(metadata);
}

// The partitions of a topic, once all have leaders; 0 as long as one has none.
int partitions_with_leaders(rd_kafka_t* handle, const std::string& topic) {
    const Metadata metadata = metadata_of(handle, topic);
    if (metadata->topic_cnt != 1) return 0;
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    for (int i = 0; i < found.partition_cnt; ++i) {
        if (found.partitions[i].leader < 0) return 0;
    }
    return found.partition_cnt;
}

// rd_kafka_produceva takes the parts of a record as a list.
rd_kafka_vu_t part(rd_kafka_vtype_t type) {
    rd_kafka_vu_t result{};
    result.vtype = type;
    return result;
}

rd_kafka_vu_t bytes_part(rd_kafka_vtype_t type, const std::string& bytes) {
    rd_kafka_vu_t result = part(type);
    result.u.mem.ptr = const_cast<char*>(bytes.data());  // librdkafka copies it.
    result.u.mem.size = bytes.size();
    return result;
}

void enqueue(rd_kafka_t* handle, const std::string& topic, const Record& record) {
    std::vector<rd_kafka_vu_t> parts;
    parts.push_back(part(RD_KAFKA_VTYPE_TOPIC));
    parts.back().u.cstr = topic.c_str();
    parts.push_back(part(RD_KAFKA_VTYPE_PARTITION));
    parts.back().u.i32 = record.partition;
    parts.push_back(part(RD_KAFKA_VTYPE_TIMESTAMP));
    parts.back().u.i64 = record.timestamp_ms;
    parts.push_back(part(RD_KAFKA_VTYPE_MSGFLAGS));
    parts.back().u.i = RD_KAFKA_MSG_F_COPY;
    if (record.key) parts.push_back(bytes_part(RD_KAFKA_VTYPE_KEY, *record.key));
    if (record.value) parts.push_back(bytes_part(RD_KAFKA_VTYPE_VALUE, *record.value));
    for (const Header& header : record.headers) {
        parts.push_back(part(RD_KAFKA_VTYPE_HEADER));
        parts.back().u.header.name = header.name.c_str();
        parts.back().u.header.val = header.value ? header.value->data() : nullptr;
        parts.back().u.header.size =
            header.value ? static_cast<std::int64_t>(header.value->size()) : -1;
    }
    for (;;) {
        rd_kafka_error_t* error = rd_kafka_produceva(handle, parts.data(), parts.size());
        if (error == nullptr || rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return check(error, "produce to " + topic);
        }
        rd_kafka_error_destroy(error);
        rd_kafka_poll(handle, 100);
    }
}

void produce_all(rd_kafka_t* handle, const std::string& topic, const std::vector<Record>& records) {
    auto* deliveries = static_cast<Deliveries*>(rd_kafka_opaque(handle));
    for (const Record& record : records) enqueue(handle, topic, record);
    check(rd_kafka_flush(handle, kDeadlineMs), "flush " + topic);
    if (deliveries != nullptr && deliveries->failed > 0)
        check(deliveries->error, "produce to " + topic);
}

std::vector<Header> headers_of(const rd_kafka_message_t* message) {
    std::vector<Header> result;
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return result;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        Header header{name, std::nullopt};
        if (value != nullptr) header.value.emplace(static_cast<const char*>(value), size);
        result.push_back(std::move(header));
    }
    return result;
}

Record record_of(const rd_kafka_message_t* message) {
    Record record;
    if (message->key != nullptr) {
        record.key.emplace(static_cast<const char*>(message->key), message->key_len);
    }
    if (message->payload != nullptr) {
        record.value.emplace(static_cast<const char*>(message->payload), message->len);
    }
    record.headers = headers_of(message);
    record.partition = message->partition;
    record.timestamp_ms = rd_kafka_message_timestamp(message, nullptr);
    record.offset = message->offset;
    return record;
}

// Waits for the answer to an admin request and returns the error of its one topic.
rd_kafka_resp_err_t answer_for_topic(rd_kafka_queue_t* queue, std::string_view action) {
    const Event event(rd_kafka_queue_poll(queue, kDeadlineMs));
    if (!event) throw std::runtime_error(fmt::format("{}: no answer in time", action));
    check(rd_kafka_event_error(event.get()), action);
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results = nullptr;
    if (const auto* created = rd_kafka_event_CreateTopics_result(event.get())) {
        results = rd_kafka_CreateTopics_result_topics(created, &count);
    } else if (const auto* grown = rd_kafka_event_CreatePartitions_result(event.get())) {
        results = rd_kafka_CreatePartitions_result_topics(grown, &count);
    } else {
        results = rd_kafka_DeleteTopics_result_topics(
            rd_kafka_event_DeleteTopics_result(event.get()), &count);
    }
    return count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__FAIL;
}

void wait_for_leaders(rd_kafka_t* handle, const std::string& topic, int partitions) {
    const auto deadline = Clock::now() + kDeadline;
    while (partitions_with_leaders(handle, topic) != partitions) {
        if (Clock::now() > deadline) throw std::runtime_error("no leaders for " + topic);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

}  // namespace

void CloseHandle::operator()(rd_kafka_s* handle) const noexcept { rd_kafka_destroy(handle); }

KafkaClient::KafkaClient(std::string bootstrap_servers)
    : bootstrap_servers_(std::move(bootstrap_servers)),
      handle_(make_handle(RD_KAFKA_PRODUCER, bootstrap_servers_, {})) {}

bool KafkaClient::answers_within(std::chrono::milliseconds deadline) const {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error =
        rd_kafka_metadata(handle_.get(), 0, nullptr, &metadata, static_cast<int>(deadline.count()));
    const Metadata owner(metadata);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->broker_cnt > 0;
}

void KafkaClient::create_topic(const std::string& topic, int partitions,
                               const std::map<std::string, std::string>& configuration) const {
    std::array<char, 512> text{};
    const NewTopic request(
        rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, text.data(), text.size()));
    if (!request) throw std::runtime_error(text.data());
    for (const auto& [name, value] : configuration) {
        check(rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str()), name);
    }
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    rd_kafka_NewTopic_t* requests = request.get();
    rd_kafka_CreateTopics(handle_.get(), &requests, 1, nullptr, queue.get());
    check(answer_for_topic(queue.get(), "create " + topic), "create " + topic);
    wait_for_leaders(handle_.get(), topic, partitions);
}

void KafkaClient::grow_topic(const std::string& topic, int partitions) const {
    std::array<char, 512> text{};
    const NewPartitions request(rd_kafka_NewPartitions_new(
        topic.c_str(), static_cast<std::size_t>(partitions), text.data(), text.size()));
    if (!request) throw std::runtime_error(text.data());
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    rd_kafka_NewPartitions_t* requests = request.get();
    rd_kafka_CreatePartitions(handle_.get(), &requests, 1, nullptr, queue.get());
    check(answer_for_topic(queue.get(), "grow " + topic), "grow " + topic);
    wait_for_leaders(handle_.get(), topic, partitions);
}

void KafkaClient::delete_topic(const std::string& topic) const {
    const DeletedTopic request(rd_kafka_DeleteTopic_new(topic.c_str()));
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    rd_kafka_DeleteTopic_t* requests = request.get();
    rd_kafka_DeleteTopics(handle_.get(), &requests, 1, nullptr, queue.get());
    check(answer_for_topic(queue.get(), "delete " + topic), "delete " + topic);
}

std::vector<std::string> KafkaClient::topics() const {
    const rd_kafka_metadata_t* metadata = nullptr;
    check(rd_kafka_metadata(handle_.get(), 1, nullptr, &metadata, kDeadlineMs), "list topics");
    const Metadata owner(metadata);
    std::vector<std::string> names;
    for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
    std::ranges::sort(names);
    return names;
}

void KafkaClient::produce(const std::string& topic, const std::vector<Record>& records) const {
    Deliveries deliveries;
    const Handle producer = make_handle(
        RD_KAFKA_PRODUCER, bootstrap_servers_,
        {{"enable.idempotence", "true"}, {"linger.ms", "1"}, {"message.max.bytes", "20000000"}},
        &deliveries);
    produce_all(producer.get(), topic, records);
}

std::vector<Record> KafkaClient::consume(const std::string& topic, Isolation isolation) const {
    const Handle consumer = make_consumer(bootstrap_servers_, isolation);
    int unfinished = partitions_with_leaders(consumer.get(), topic);
    if (unfinished == 0) throw std::runtime_error("consume: there is no topic " + topic);
    const Partitions partitions(rd_kafka_topic_partition_list_new(unfinished));
    for (std::int32_t i = 0; i < unfinished; ++i) {
        rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
    check(rd_kafka_assign(consumer.get(), partitions.get()), "assign " + topic);

    std::vector<Record> records;
    while (unfinished > 0) {
        const Message message(rd_kafka_consumer_poll(consumer.get(), kDeadlineMs));
        if (!message) throw std::runtime_error("consume " + topic + ": nothing came in time");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            --unfinished;
        } else {
            check(message->err, "consume " + topic);
            records.push_back(record_of(message.get()));
        }
    }
    std::ranges::sort(records, {},
                      [](const Record& r) { return std::tuple(r.partition, r.offset); });
    return records;
}

std::vector<Record> KafkaClient::consume_at_least(const std::string& topic, std::size_t count,
                                                  std::chrono::milliseconds deadline,
                                                  Isolation isolation) const {
    const auto end = Clock::now() + deadline;
    for (;;) {
        std::vector<Record> records = consume(topic, isolation);
        if (records.size() >= count) return records;
        if (Clock::now() > end) {
            throw std::runtime_error(
                fmt::format("{} has {} records, not {}, in time", topic, records.size(), count));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

std::int64_t KafkaClient::end_offset(const std::string& topic, std::int32_t partition,
                                     Isolation isolation) const {
    const Handle consumer = make_consumer(bootstrap_servers_, isolation);
    std::int64_t low = 0;
    std::int64_t high = 0;
    check(rd_kafka_query_watermark_offsets(consumer.get(), topic.c_str(), partition, &low, &high,
                                           kDeadlineMs),
          "end of " + topic);
    return high;
}

std::optional<CommittedOffset> KafkaClient::committed(const std::string& group,
                                                      const std::string& topic,
                                                      std::int32_t partition) const {
    const Handle consumer = make_consumer(bootstrap_servers_, Isolation::ReadCommitted, group);
    const Partitions partitions(rd_kafka_topic_partition_list_new(1));
    const rd_kafka_topic_partition_t* found =
        rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), partition);
    check(rd_kafka_committed(consumer.get(), partitions.get(), kDeadlineMs), "offsets of " + group);
    check(found->err, "offsets of " + group);
    if (found->offset < 0) return std::nullopt;
    CommittedOffset result{found->offset, {}};
    if (found->metadata != nullptr) {
        result.metadata.assign(static_cast<const char*>(found->metadata), found->metadata_size);
    }
    return result;
}

Transaction::Transaction(const std::string& bootstrap_servers, const std::string& transactional_id,
                         std::chrono::milliseconds timeout)
    : handle_(make_handle(RD_KAFKA_PRODUCER, bootstrap_servers,
                          {{"transactional.id", transactional_id},
                           {"transaction.timeout.ms", std::to_string(timeout.count())},
                           {"message.timeout.ms", std::to_string(timeout.count())},
                           {"linger.ms", "1"}})) {
    check(rd_kafka_init_transactions(handle_.get(), kDeadlineMs), "init " + transactional_id);
    check(rd_kafka_begin_transaction(handle_.get()), "begin " + transactional_id);
}

void Transaction::produce(const std::string& topic, const std::vector<Record>& records) {
    produce_all(handle_.get(), topic, records);
}

void Transaction::commit() {
    check(rd_kafka_commit_transaction(handle_.get(), kDeadlineMs), "commit");
}

void Transaction::abort() {
    check(rd_kafka_abort_transaction(handle_.get(), kDeadlineMs), "abort");
}

}  // namespace velo::tests
