#include "connectors/kafka/client_statistics.hpp"

#include <string>

#include <catch2/catch.hpp>

using velo::connectors::ClientStatistics;

namespace {

// What is left of a real document; `time` in seconds.
std::string client(const std::string& name, int time, const std::string& brokers,
                   const std::string& partitions = "") {
    return R"({"name":")" + name + R"(","client_id":"velostream","type":"consumer","ts":)" +
           std::to_string(time) + R"(000000,"time":)" + std::to_string(time) +
           R"(,"age":1,"msg_cnt":7,"msg_size":700,"brokers":{)" + brokers +
           R"(},"topics":{"t":{"topic":"t","partitions":{)" + partitions + R"(}}},"rx":1})";
}

std::string broker(int node, const std::string& state, int errors, int retries, int rtt) {
    const std::string id = std::to_string(node);
    return R"("b:909)" + id + "/" + id + R"(":{"name":"b:909)" + id + "/" + id + R"(","nodeid":)" +
           id + R"(,"nodename":"b:909)" + id + R"(","state":")" + state +
           R"(","outbuf_cnt":1,"waitresp_cnt":2,"txerrs":)" + std::to_string(errors) +
           R"(,"txretries":)" + std::to_string(retries) +
           R"(,"rxerrs":1,"req_timeouts":1,"rtt":{"min":1,"p50":)" + std::to_string(rtt) +
           R"(,"p99":)" + std::to_string(rtt * 10) +
           R"(},"throttle":{"min":0,"max":30},"toppars":{}})";
}

std::string partition(int number, const std::string& state, int stable, int last) {
    const std::string id = std::to_string(number);
    return "\"" + id + R"(":{"partition":)" + id + R"(,"fetch_state":")" + state +
           R"(","fetchq_cnt":3,"fetchq_size":300,"ls_offset":)" + std::to_string(stable) +
           R"(,"hi_offset":)" + std::to_string(last) + "}";
}

}  // namespace

TEST_CASE("what clients say of a broker adds up, and the slowest of them counts", "[kafka]") {
    ClientStatistics statistics;
    statistics.take(client("c-1", 10, broker(1, "UP", 2, 4, 50) + "," + broker(2, "INIT", 0, 0, 0),
                           partition(0, "active", 5, 5)));
    statistics.take(client("c-2", 11, broker(1, "DOWN", 10, 0, 70)));
    const auto& figures = statistics.figures();
    REQUIRE(figures.brokers.size() == 1);  // The other one was never tried.
    CHECK(figures.brokers[0].broker == "b:9091");
    CHECK(figures.brokers[0].is_up);
    CHECK(figures.brokers[0].rtt_p50_us == 70);
    CHECK(figures.brokers[0].rtt_p99_us == 700);
    CHECK(figures.brokers[0].throttle_ms == 30);
    CHECK(figures.brokers[0].request_errors == (2 + 2) + (10 + 2));
    CHECK(figures.brokers[0].request_retries == 4);
    CHECK(figures.brokers[0].requests_waiting == 6);
    CHECK(figures.records_waiting == 7 + 3 + 7);
    CHECK(figures.bytes_waiting == 700 + 300 + 700);
    CHECK(figures.held.empty());
}

TEST_CASE("counts grow when a client goes and another one comes", "[kafka]") {
    ClientStatistics statistics;
    const auto errors = [&] { return statistics.figures().brokers.at(0).request_errors; };
    statistics.take(client("c-1", 10, broker(1, "UP", 5, 0, 1)));
    CHECK(errors() == 7);
    statistics.take(client("c-1", 15, broker(1, "UP", 6, 0, 1)));
    CHECK(errors() == 8);
    statistics.take(client("c-2", 60, broker(1, "DOWN", 1, 0, 1)));
    CHECK(errors() == 11);
    CHECK_FALSE(statistics.figures().brokers.at(0).is_up);  // The first one is forgotten.
    CHECK(statistics.figures().records_waiting == 7);
}

TEST_CASE("a partition whose end stands still before more records is held by a transaction",
          "[kafka]") {
    ClientStatistics statistics;
    const auto tell = [&](int time, int stable, int last) {
        statistics.take(
            client("c", time, "",
                   partition(0, "active", stable, last) + "," + partition(1, "none", 3, 9)));
    };
    tell(10, 5, 8);
    tell(15, 5, 9);
    REQUIRE(statistics.figures().held.size() == 1);
    CHECK(statistics.figures().held[0].partition == 0);
    CHECK(statistics.figures().held[0].seconds == 5.0);
    tell(20, 7, 9);  // It moves: transactions come and go.
    CHECK(statistics.figures().held.at(0).seconds == 0.0);
    tell(25, 9, 9);
    CHECK(statistics.figures().held.empty());
}

TEST_CASE("what is no statistics document changes nothing", "[kafka]") {
    ClientStatistics statistics;
    for (const char* text : {"", "{", "[]", "{}", "null", R"({"name":1})", R"({"brokers":{}})"})
        statistics.take(text);
    CHECK(statistics.figures().brokers.empty());
    statistics.take(R"({"name":"c","brokers":5,"topics":[],"msg_cnt":-3})");
    CHECK(statistics.figures().records_waiting == 0);
}
