// How long a record takes from topic to topic.
//
//   velo_latency echo BROKERS IN OUT      what any program needs, with the product's settings: read a record, write its bytes
//   velo_latency probe BROKERS IN OUT RATE SECONDS WARM    sends records at an even rate and times what comes out
//
// A record is {"sent":MICROSECONDS,…}; whatever stands between the topics passes that field on. The probe reads uncommitted,
// leaves the first WARM seconds out, prints one JSON line and ends with 1 when a record is missing.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

namespace {

constexpr const char* kField = "\"sent\":";
std::atomic<bool> stopped{false};

[[noreturn]] void fail(const std::string& text) {
    std::fprintf(stderr, "latency: %s\n", text.c_str());
    std::exit(1);
}

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

rd_kafka_t* make(rd_kafka_type_t type, const char* brokers,
                 std::initializer_list<std::pair<const char*, const char*>> settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    std::array<char, 256> problem{};
    const auto set = [&](const char* name, const char* value) {
        if (rd_kafka_conf_set(conf, name, value, problem.data(), problem.size()) !=
            RD_KAFKA_CONF_OK)
            fail(problem.data());
    };
    set("bootstrap.servers", brokers);
    for (const auto& [name, value] : settings) set(name, value);
    rd_kafka_t* handle = rd_kafka_new(type, conf, problem.data(), problem.size());
    if (handle == nullptr) fail(problem.data());
    return handle;
}

rd_kafka_t* make_producer(const char* brokers) {
    return make(RD_KAFKA_PRODUCER, brokers,
                {{"enable.idempotence", "true"},
                 {"linger.ms", "5"},
                 {"compression.codec", "lz4"},
                 {"queue.buffering.max.messages", "1000000"},
                 {"delivery.report.only.error", "true"}});
}

// Reads all partitions of a topic, from their ends.
rd_kafka_t* make_consumer(const char* brokers, const char* topic) {
    rd_kafka_t* consumer = make(RD_KAFKA_CONSUMER, brokers,
                                {{"group.id", "latency"},
                                 {"enable.auto.commit", "false"},
                                 {"isolation.level", "read_uncommitted"},
                                 {"fetch.wait.max.ms", "100"}});
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_t* handle = rd_kafka_topic_new(consumer, topic, nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(consumer, 0, handle, &metadata, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        metadata->topic_cnt != 1)
        fail(std::string("no metadata of topic ") + topic);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(64);
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
        std::int64_t low = 0;
        std::int64_t high = 0;
        // A new partition has no leader for a moment.
        for (int tries = 0; rd_kafka_query_watermark_offsets(consumer, topic, i, &low, &high,
                                                             10000) != RD_KAFKA_RESP_ERR_NO_ERROR;
             ++tries) {
            if (tries == 100) fail("no end offset");
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = high;
    }
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return consumer;
}

void produce(rd_kafka_t* producer, rd_kafka_topic_t* topic, const void* bytes, std::size_t size) {
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            const_cast<void*>(bytes), size, nullptr, 0, nullptr) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            fail("a record cannot be produced");
        rd_kafka_poll(producer, 1);
    }
}

// Waits for a record, then takes what else has come: a batch call that waits would wait for a full batch.
template <class Take>
void consume(rd_kafka_t* consumer, rd_kafka_queue_t* queue, std::vector<rd_kafka_message_t*>& room,
             Take&& take) {
    room[0] = rd_kafka_consumer_poll(consumer, 100);
    if (room[0] == nullptr) return;
    const ssize_t more = rd_kafka_consume_batch_queue(queue, 0, room.data() + 1, room.size() - 1);
    for (ssize_t i = 0; i <= std::max<ssize_t>(more, 0); ++i) {
        rd_kafka_message_t* message = room[static_cast<std::size_t>(i)];
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) take(*message);
        rd_kafka_message_destroy(message);
    }
}

int echo(const char* brokers, const char* in, const char* out) {
    std::signal(SIGTERM, [](int) { stopped.store(true); });
    rd_kafka_t* producer = make_producer(brokers);
    rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, out, nullptr);
    rd_kafka_t* consumer = make_consumer(brokers, in);
    rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
    std::vector<rd_kafka_message_t*> room(10000);
    std::printf("ready\n");
    std::fflush(stdout);
    while (!stopped.load()) {
        consume(consumer, queue, room, [&](const rd_kafka_message_t& message) {
            produce(producer, topic, message.payload, message.len);
        });
        rd_kafka_poll(producer, 0);
    }
    rd_kafka_flush(producer, 10000);
    return 0;
}

double at(const std::vector<std::int64_t>& sorted, double share) {
    return static_cast<double>(
               sorted[static_cast<std::size_t>(static_cast<double>(sorted.size() - 1) * share)]) /
           1000;
}

int probe(const char* brokers, const char* in, const char* out, std::int64_t rate,
          std::int64_t seconds, std::int64_t warm) {
    rd_kafka_t* consumer = make_consumer(brokers, out);
    const std::int64_t wanted = rate * seconds;
    std::jthread sender([&] {
        rd_kafka_t* producer = make_producer(brokers);
        rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, in, nullptr);
        const std::int64_t begun = now_us();
        std::array<char, 128> text{};
        for (std::int64_t sent = 0; sent < wanted;) {
            const std::int64_t due = std::min(wanted, (now_us() - begun) * rate / 1'000'000 + 1);
            for (; sent < due; ++sent) {
                const int size = std::snprintf(
                    text.data(), text.size(), R"({"sent":%lld,"id":%lld,"amount":%lld.5})",
                    static_cast<long long>(now_us()), static_cast<long long>(sent),
                    static_cast<long long>(sent % 100));
                produce(producer, topic, text.data(), static_cast<std::size_t>(size));
            }
            rd_kafka_poll(producer, 0);
            std::this_thread::sleep_for(std::chrono::microseconds{500});
        }
        rd_kafka_flush(producer, 10000);
        rd_kafka_topic_destroy(topic);
        rd_kafka_destroy(producer);
    });
    rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
    std::vector<rd_kafka_message_t*> room(10000);
    std::vector<std::int64_t> latencies;
    std::int64_t seen = 0;
    const std::int64_t give_up = now_us() + (seconds + 30) * 1'000'000;
    while (seen < wanted && now_us() < give_up) {
        consume(consumer, queue, room, [&](const rd_kafka_message_t& message) {
            const std::string_view value(static_cast<const char*>(message.payload), message.len);
            const std::size_t field = value.find(kField);
            if (field == std::string_view::npos) fail("an output record without the time");
            const std::int64_t sent =
                std::strtoll(value.data() + field + std::strlen(kField), nullptr, 10);
            if (++seen > rate * warm) latencies.push_back(now_us() - sent);
        });
    }
    sender.join();
    if (seen != wanted)
        fail(std::to_string(seen) + " of " + std::to_string(wanted) + " records came, no figure");
    std::ranges::sort(latencies);
    std::printf(R"({"rate":%lld,"records":%zu,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f})"
                "\n",
                static_cast<long long>(rate), latencies.size(), at(latencies, 0.5),
                at(latencies, 0.95), at(latencies, 0.99));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "echo" && argc == 5) return echo(argv[2], argv[3], argv[4]);
    if (mode == "probe" && argc == 8)
        return probe(argv[2], argv[3], argv[4], std::atoll(argv[5]), std::atoll(argv[6]),
                     std::atoll(argv[7]));
    fail("usage: velo_latency echo BROKERS IN OUT | probe BROKERS IN OUT RATE SECONDS WARM");
}
