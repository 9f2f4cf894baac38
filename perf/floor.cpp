// The floor: the smallest program over librdkafka that does what a scenario's query needs, without an engine. It reads,
// parses the needed fields with simdjson, aggregates into one hash map where the query groups, formats and produces
// where the query writes per row. One thread (plus librdkafka's own). What the product costs is told in multiples of it.
//
//   velo_floor BROKERS SCENARIO consume|parse|full RECORDS [OUT_TOPIC]
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unordered_map>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include "perf/scenario.hpp"

namespace {

using velo::perf::Scenario;

[[noreturn]] void fail(const std::string& text) {
    std::fprintf(stderr, "floor: %s\n", text.c_str());
    std::exit(1);
}

void set(rd_kafka_conf_t* conf, const char* name, const char* value) {
    char problem[256];
    if (rd_kafka_conf_set(conf, name, value, problem, sizeof problem) != RD_KAFKA_CONF_OK)
        fail(problem);
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

rd_kafka_t* make_consumer(const char* brokers) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", "floor");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "isolation.level", "read_committed");
    set(conf, "queued.min.messages", "10000000");
    set(conf, "queued.max.messages.kbytes", "16384");
    set(conf, "fetch.queue.backoff.ms", "5");
    set(conf, "check.crcs", "true");
    char problem[256];
    rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
    if (handle == nullptr) fail(problem);
    rd_kafka_poll_set_consumer(handle);
    return handle;
}

rd_kafka_t* make_producer(const char* brokers) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "enable.idempotence", "true");
    set(conf, "linger.ms", "5");
    set(conf, "batch.size", "1000000");
    set(conf, "compression.codec", "lz4");
    set(conf, "partitioner", "murmur2_random");
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "delivery.report.only.error", "true");
    char problem[256];
    rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem);
    if (handle == nullptr) fail(problem);
    return handle;
}

void assign_all(rd_kafka_t* consumer, const char* topic) {
    const rd_kafka_metadata_t* metadata = nullptr;
    rd_kafka_topic_t* handle = rd_kafka_topic_new(consumer, topic, nullptr);
    if (rd_kafka_metadata(consumer, 0, handle, &metadata, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        metadata->topic_cnt != 1) {
        fail("no metadata");
    }
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(64);
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = 0;
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
}

/// One parsed record: the fields that any scenario needs.
struct Row {
    std::string_view first_text, second_text;
    double price = 0;
    std::int64_t first_number = 0, second_number = 0;
};

struct Group {
    std::int64_t count = 0, quantity = 0;
    double price = 0, low = 1e300, high = -1e300, value = 0;
};

/// What one scenario does with a record.
class Work {
public:
    Work(const Scenario& scenario, bool full, rd_kafka_t* producer, const std::string& out_topic)
        : name_(scenario.name), full_(full) {
        if (producer != nullptr) topic_ = rd_kafka_topic_new(producer, out_topic.c_str(), nullptr);
        producer_ = producer;
    }

    void take(const char* bytes, std::size_t size) {
        padded_.assign(bytes, size);
        padded_.resize(size + simdjson::SIMDJSON_PADDING, ' ');
        auto document = parser_.iterate(padded_.data(), size, padded_.size());
        if (document.error() != simdjson::SUCCESS) fail("a record does not parse");
        auto record = document.get_object();
        if (name_ == "s0") return orders(record);
        if (name_ == "s1") return market_rows(record);
        if (name_ == "s3a" || name_ == "s3b") return trades(record);
        market(record);
    }

    [[nodiscard]] std::uint64_t produced() const { return produced_; }
    [[nodiscard]] double checksum() const { return checksum_; }
    [[nodiscard]] std::size_t groups() const { return groups_.size(); }

private:
    template <class Object>
    void orders(Object& record) {
        const std::int64_t id = record["order_id"].get_int64().value();
        const std::int64_t customer = record["customer_id"].get_int64().value();
        const std::string_view date = record["order_date"].get_string().value();
        const double amount = record["total_amount"].get_double().value();
        checksum_ += amount;
        if (!full_ || amount <= 100) return;
        begin();
        text(R"({"order_id":)"), number(id), text(R"(,"customer_id":)"), number(customer),
            text(R"(,"order_date":")");
        text(date), text(R"(","total_amount":)"), number(amount), text("}");
        key_.clear();
        send();
    }

    template <class Object>
    void market_rows(Object& record) {
        const std::string_view symbol = record["symbol"].get_string().value();
        const double price = record["price"].get_double().value();
        const std::int64_t time = record["timestamp"].get_int64().value();
        checksum_ += price + static_cast<double>(time & 1);
        if (!full_) return;
        std::pair<std::deque<double>, double>& window = windows_[std::string(symbol)];
        window.first.push_back(price);
        window.second += price;
        if (window.first.size() > 100) {
            window.second -= window.first.front();
            window.first.pop_front();
        }
        begin();
        text(R"({"symbol":")"), text(symbol), text(R"(","price":)"), number(price),
            text(R"(,"moving_avg":)");
        number(window.second / static_cast<double>(window.first.size())), text("}");
        key_ = symbol;
        send();
    }

    template <class Object>
    void market(Object& record) {
        const std::string_view symbol = record["symbol"].get_string().value();
        const double price = record["price"].get_double().value();
        const std::int64_t quantity = record["quantity"].get_int64().value();
        checksum_ += price + static_cast<double>(quantity);
        if (!full_) return;
        Group& group = group_of(symbol);
        add(group, price, quantity);
        if (name_ != "s2") return;
        begin();
        text(R"({"symbol":")"), text(symbol), text(R"(","trade_count":)"), number(group.count),
            text(R"(,"avg_price":)");
        number(group.price / static_cast<double>(group.count)), text(R"(,"min_price":)"),
            number(group.low);
        text(R"(,"max_price":)"), number(group.high), text(R"(,"total_quantity":)"),
            number(group.quantity), text("}");
        key_ = symbol;
        send();
    }

    template <class Object>
    void trades(Object& record) {
        const std::string_view trader = record["trader_id"].get_string().value();
        const std::string_view symbol = record["symbol"].get_string().value();
        const double price = record["price"].get_double().value();
        const std::int64_t quantity = record["quantity"].get_int64().value();
        const std::int64_t time = record["trade_time"].get_int64().value();
        checksum_ += price + static_cast<double>(quantity) + static_cast<double>(time & 1);
        if (!full_) return;
        lookup_.assign(trader).append(1, '\0').append(symbol).append(1, '\0');
        const std::int64_t window = time / 60000;
        lookup_.append(reinterpret_cast<const char*>(&window), sizeof window);
        Group& group = group_of(lookup_);
        add(group, price, quantity);
        group.value += price * static_cast<double>(quantity);
        if (name_ != "s3b") return;
        begin();
        text(R"({"trader_id":")"), text(trader), text(R"(","symbol":")"), text(symbol),
            text(R"(","trade_count":)");
        number(group.count), text(R"(,"avg_price":)"),
            number(group.price / static_cast<double>(group.count));
        text(R"(,"total_quantity":)"), number(group.quantity), text(R"(,"total_value":)"),
            number(group.value);
        text(R"(,"_window_start":)"), number(window * 60000), text("}");
        key_.assign(R"({"trader_id":")")
            .append(trader)
            .append(R"(","symbol":")")
            .append(symbol)
            .append(R"("})");
        send();
    }

    static void add(Group& group, double price, std::int64_t quantity) {
        ++group.count;
        group.price += price;
        group.low = price < group.low ? price : group.low;
        group.high = price > group.high ? price : group.high;
        group.quantity += quantity;
    }

    Group& group_of(std::string_view key) {
        key_of_group_.assign(key);
        return groups_[key_of_group_];
    }

    void begin() { value_.clear(); }
    void text(std::string_view part) { value_.append(part); }
    template <class Number>
    void number(Number value) {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        value_.append(digits, static_cast<std::size_t>(end - digits));
    }
    void send() {
        while (rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value_.data(),
                                value_.size(), key_.data(), key_.size(), nullptr) != 0) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                fail("a record cannot be produced");
            rd_kafka_poll(producer_, 10);
        }
        ++produced_;
    }

    std::string_view name_;
    bool full_;
    rd_kafka_t* producer_ = nullptr;
    rd_kafka_topic_t* topic_ = nullptr;
    simdjson::ondemand::parser parser_;
    std::string padded_, value_, key_, lookup_, key_of_group_;
    boost::unordered_flat_map<std::string, Group> groups_;
    std::unordered_map<std::string, std::pair<std::deque<double>, double>> windows_;
    std::uint64_t produced_ = 0;
    double checksum_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) fail("usage: velo_floor BROKERS SCENARIO consume|parse|full RECORDS [OUT_TOPIC]");
    const char* brokers = argv[1];
    const Scenario* scenario = velo::perf::find_scenario(argv[2]);
    if (scenario == nullptr) fail("no such scenario");
    const std::string mode = argv[3];
    const std::uint64_t records = std::strtoull(argv[4], nullptr, 10);
    const bool produces = mode == "full" && argc > 5;
    rd_kafka_t* consumer = make_consumer(brokers);
    rd_kafka_t* producer = produces ? make_producer(brokers) : nullptr;
    Work work(*scenario, mode == "full", producer, produces ? argv[5] : "");
    const auto begun = std::chrono::steady_clock::now();
    assign_all(consumer, std::string(scenario->topic).c_str());
    rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
    std::vector<rd_kafka_message_t*> messages(10000);
    std::uint64_t seen = 0, bytes = 0;
    while (seen < records) {
        const ssize_t count =
            rd_kafka_consume_batch_queue(queue, 10, messages.data(), messages.size());
        for (ssize_t i = 0; i < count; ++i) {
            rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
            if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_message_errstr(message));
            ++seen;
            bytes += message->len;
            if (mode != "consume")
                work.take(static_cast<const char*>(message->payload), message->len);
            rd_kafka_message_destroy(message);
        }
        if (producer != nullptr) rd_kafka_poll(producer, 0);
    }
    if (producer != nullptr && rd_kafka_flush(producer, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("not all was delivered");
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    std::printf(
        R"({"program":"floor","scenario":"%s","mode":"%s","records":%llu,"out":%llu,"groups":%zu,"seconds":%.4f,"cpu_seconds":%.4f,"checksum":%.2f})"
        "\n",
        argv[2], mode.c_str(), static_cast<unsigned long long>(seen),
        static_cast<unsigned long long>(work.produced()), work.groups(), seconds, cpu_seconds(),
        work.checksum() + static_cast<double>(bytes % 7));
    std::fflush(stdout);
    _Exit(0);  // Closing handles is not part of what is measured.
}
