#include "server/log_line.hpp"

#include <catch2/catch.hpp>

using namespace velo;
using namespace velo::server;

namespace {

const EventTime kTime = *parse_rfc3339("2024-01-15T10:00:00.5Z");

std::string text(const LogFields& fields, std::string_view message, std::uint64_t suppressed = 0) {
    return text_line(kTime, config::LogLevel::Warning, fields, message, suppressed);
}
std::string json(const LogFields& fields, std::string_view message, std::uint64_t suppressed = 0) {
    return json_line(kTime, config::LogLevel::Warning, fields, message, suppressed);
}

}  // namespace

TEST_CASE("a line of text begins with time, level and job, and ends with what is known", "[log]") {
    CHECK(text({}, "ready") == "2024-01-15T10:00:00.500000Z warn  ready");
    CHECK(text({.job = "trades",
                .code = "broker_down",
                .topic = "t",
                .pipeline = 3,
                .partition = 0,
                .offset = 12,
                .error = "timed out"},
               "waiting", 7) ==
          "2024-01-15T10:00:00.500000Z warn  trades: waiting (pipeline=3, topic=t, partition=0, "
          "offset=12, code=broker_down, err=timed out, suppressed=7)");
}

TEST_CASE("a line stays one line, whatever is in the message", "[log]") {
    CHECK(text({}, "a\nb\x1b[31m").ends_with("a b [31m"));
}

TEST_CASE("a line of JSON has fixed keys, and only those that are known", "[log]") {
    CHECK(json({}, "ready") ==
          R"({"ts":"2024-01-15T10:00:00.500000Z","level":"warn","logger":"server","msg":"ready"})");
    CHECK(
        json({.job = "trades",
              .code = "broker_down",
              .logger = "kafka",
              .topic = "t",
              .pipeline = 3,
              .partition = 0,
              .offset = 12,
              .error = "timed out"},
             "waiting", 7) ==
        R"({"ts":"2024-01-15T10:00:00.500000Z","level":"warn","logger":"kafka","msg":"waiting","job_name":"trades","pipeline":3,"topic":"t","partition":0,"offset":12,"code":"broker_down","err":"timed out","suppressed":7})");
}

TEST_CASE("quotes and line breaks in a message do not break its JSON", "[log]") {
    CHECK(json({}, "a \"b\"\n\xFF") ==
          "{\"ts\":\"2024-01-15T10:00:00.500000Z\",\"level\":\"warn\",\"logger\":\"server\","
          "\"msg\":\"a \\\"b\\\"\\n\xEF\xBF\xBD\"}");
}
