#include "connectors/kafka/failure.hpp"

#include <string>

#include <catch2/catch.hpp>

using velo::connectors::client_error;
using velo::connectors::judge;
using velo::connectors::port_error;
using velo::connectors::Remedy;

TEST_CASE("what passes by itself is tried again, the rest is fatal, an end is nothing", "[kafka]") {
    CHECK(judge(RD_KAFKA_RESP_ERR__PARTITION_EOF).remedy == Remedy::Skip);
    for (const auto error : {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
                             RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE}) {
        CHECK(judge(error).remedy == Remedy::Retry);
        CHECK(judge(error).code == "broker_away");
    }
    CHECK(judge(RD_KAFKA_RESP_ERR__TIMED_OUT).remedy == Remedy::Retry);
    CHECK(judge(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS).remedy == Remedy::Retry);
    CHECK(judge(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).remedy == Remedy::Retry);
    for (const auto error :
         {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
          RD_KAFKA_RESP_ERR__LOG_TRUNCATION}) {
        CHECK(judge(error).remedy == Remedy::Fatal);
        CHECK(judge(error).code == "offset_out_of_range");
    }
    CHECK(judge(RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED).code == "authentication_failed");
    CHECK(judge(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).code == "not_authorized");
    CHECK(judge(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE).code == "record_too_large");
    CHECK(judge(RD_KAFKA_RESP_ERR__BAD_MSG).remedy ==
          Remedy::Fatal);  // Skipping it would lose records.
    CHECK(judge(RD_KAFKA_RESP_ERR_UNKNOWN).remedy == Remedy::Fatal);
}

TEST_CASE("an error's text says what failed, how, and what would be right", "[kafka]") {
    const auto missing = port_error(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "topic 'trades'");
    CHECK_FALSE(missing.fatal);
    CHECK(missing.text ==
          "topic 'trades': unknown topic or partition; create it or correct its name");
    const auto refused = port_error(RD_KAFKA_RESP_ERR__TRANSPORT, "topic 'trades'",
                                    "127.0.0.1:9092: Connection refused");
    CHECK(refused.text ==
          "topic 'trades': 127.0.0.1:9092: Connection refused; it is tried again; check 'kafka: "
          "bootstrap_servers' if the cluster is up");
    const auto noisy = port_error(
        RD_KAFKA_RESP_ERR__TRANSPORT, "topic 'trades'",
        "127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused "
        "(after 0ms in state CONNECT, 1 identical error(s) suppressed)");
    CHECK(noisy.text.starts_with(
        "topic 'trades': connect to 127.0.0.1:9092 failed: Connection refused; it is tried"));
    CHECK(port_error(RD_KAFKA_RESP_ERR__RESOLVE, "topic 't'",
                     "b:9092/1: Failed to resolve 'b:9092': Name or service not known (after 2ms "
                     "in state CONNECT)")
              .text.starts_with(
                  "topic 't': failed to resolve 'b:9092': Name or service not known; it is tried"));
    const auto gone =
        port_error(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, "topic 't' partition 1 offset 7",
                   "the offset is not there any more");
    CHECK(gone.fatal);
    CHECK(gone.text ==
          "topic 't' partition 1 offset 7: the offset is not there any more; records were deleted "
          "before the job read them, or the topic was "
          "made anew; 'velostream jobs reset' makes the job begin again where 'start' says");
}

TEST_CASE("what a client says by itself is fatal only when it gives up", "[kafka]") {
    CHECK_FALSE(client_error({RD_KAFKA_RESP_ERR__AUTHENTICATION, "no"}, "reading").fatal);
    CHECK(client_error({RD_KAFKA_RESP_ERR__AUTHENTICATION, "no"}, "reading").code ==
          "authentication_failed");
    CHECK(client_error({RD_KAFKA_RESP_ERR__FATAL, "broken"}, "reading").fatal);
}
