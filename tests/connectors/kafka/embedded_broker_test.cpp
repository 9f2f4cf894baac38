#include "connectors/kafka/embedded_broker.hpp"

#include <catch2/catch.hpp>

using velo::connectors::EmbeddedBroker;

TEST_CASE("the embedded broker keeps what it is given, where it is told to", "[broker]") {
    EmbeddedBroker broker;
    CHECK(broker.address().starts_with("127.0.0.1:"));
    broker.make_topic("t", 2);
    CHECK(broker.records_of("t") == 0);
    for (int i = 0; i < 10; ++i) REQUIRE(broker.try_write("t", i % 2, "{}"));
    while (!broker.serve()) {
    }
    CHECK(broker.records_of("t") == 10);
    CHECK(broker.refused() == 0);
    CHECK_THROWS_WITH(broker.make_topic("t", 2), Catch::Contains("topic 't' cannot be made"));
}
