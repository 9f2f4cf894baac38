#include "connectors/kafka/handle.hpp"

#include <mutex>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "connectors/kafka/topics.hpp"

using velo::connectors::Client;
using velo::connectors::ClientOptions;
using velo::connectors::judge_properties;
using velo::connectors::LogLevel;
using velo::connectors::look_up;

TEST_CASE("a property's value is judged as the client library will judge it", "[kafka]") {
    CHECK(judge_properties(
              {{"linger.ms", "7"}, {"compression.codec", "zstd"}, {"fetch.max.bytes", "1000000"}})
              .empty());
    const auto mistakes =
        judge_properties({{"linger.ms", "soon"}, {"compression.codec", "zip"}, {"client.id", "x"}});
    REQUIRE(mistakes.size() == 2);
    CHECK(mistakes[0].name == "compression.codec");
    CHECK(mistakes[0].text ==
          "Kafka property 'compression.codec' is refused: Invalid value \"zip\" for configuration "
          "property \"compression.codec\"; "
          "correct it under 'kafka: properties'");
    CHECK(mistakes[1].name == "linger.ms");
}

TEST_CASE("a client that cannot be made is an error, not an exception, and names the property",
          "[kafka]") {
    ClientOptions options;
    options.bootstrap_servers = "127.0.0.1:1";
    options.properties = {{"ssl.ca.location", "/no/such/file.pem"}, {"security.protocol", "ssl"}};
    const auto client = Client::make(RD_KAFKA_PRODUCER, options, {}, {}, 0);
    REQUIRE_FALSE(client);
    CHECK(client.error().fatal);
    CHECK(client.error().code == "client_configuration");
    CHECK(client.error().text.find("ssl.ca.location") != std::string::npos);
}

TEST_CASE("our settings stand against the user's, and the user's against our defaults", "[kafka]") {
    // A value that does not stand is never looked at, so it may be nonsense.
    ClientOptions options;
    options.bootstrap_servers = "127.0.0.1:1";
    options.properties = {{"linger.ms", "7"}, {"enable.idempotence", "nonsense"}};
    CHECK(Client::make(RD_KAFKA_PRODUCER, options, {{"linger.ms", "nonsense"}},
                       {{"enable.idempotence", "true"}}, 0));
    CHECK_FALSE(Client::make(RD_KAFKA_PRODUCER, options, {{"enable.idempotence", "true"}}, {}, 0));
    CHECK_FALSE(Client::make(RD_KAFKA_PRODUCER, options, {},
                             {{"linger.ms", "nonsense"}, {"enable.idempotence", "true"}}, 0));
}

TEST_CASE("a broker that is not there is weather, and the text says what the connection says",
          "[kafka]") {
    ClientOptions options;
    options.bootstrap_servers = "127.0.0.1:1";
    options.properties = {{"reconnect.backoff.ms", "10"}};
    auto client = Client::make(RD_KAFKA_PRODUCER, options, {}, {}, 0);
    REQUIRE(client);
    const auto state = look_up(**client, "t");
    REQUIRE_FALSE(state);
    CHECK_FALSE(state.error().fatal);
    CHECK(state.error().code == "broker_away");
    CHECK(state.error().text.find("Connection refused") != std::string::npos);
}

TEST_CASE("log lines never hold a password", "[kafka]") {
    std::mutex lock;  // The library's threads log at once.
    std::vector<std::string> lines;
    ClientOptions options;
    options.bootstrap_servers = "127.0.0.1:1";
    options.client_id = "the-s3cret-name";
    options.properties = {{"sasl.password", "s3cret"}, {"debug", "all"}};
    options.log = [&](LogLevel, std::string_view line) {
        const std::lock_guard guard(lock);
        lines.emplace_back(line);
    };
    {
        // With `debug` the library writes its whole configuration to the log while it starts.
        const auto client = Client::make(RD_KAFKA_PRODUCER, options, {}, {}, 0);
        REQUIRE(client);
    }
    REQUIRE_FALSE(lines.empty());
    bool leaked = false;
    bool scrubbed = false;
    for (const std::string& line : lines) {
        leaked = leaked || line.find("s3cret") != line.npos;
        scrubbed = scrubbed || line.find("the-***-name") != line.npos;
    }
    CHECK_FALSE(leaked);
    CHECK(scrubbed);
}
