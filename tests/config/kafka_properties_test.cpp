#include "config/kafka_properties.hpp"

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo::config;

namespace {

std::string in_job(const std::string& property) {
    const Lines lines = ReadJob(kJob + "kafka: {properties: {" + property + ": \"1\"}}\n").lines();
    return lines.size() == 1 ? lines[0] : std::to_string(lines.size()) + " mistakes";
}
std::string in_server(const std::string& property) {
    const Lines lines = ReadServer("kafka: {properties: {" + property + "}}\n").lines();
    return lines.size() == 1 ? lines[0] : std::to_string(lines.size()) + " mistakes";
}

}  // namespace

TEST_CASE("properties that tune the client are passed on", "[config][kafka_properties]") {
    const ReadJob read(kJob +
                           "kafka: {properties: {linger.ms: 5, client.id: \"${ID}\", "
                           "socket.nagle.disable: true}}\n",
                       variables({{"ID", "x"}}));
    REQUIRE(read.lines() == Lines{});
    const auto& properties = read.job.kafka.properties;
    REQUIRE(properties.size() == 3);
    CHECK(properties[0].name == "linger.ms");
    CHECK(std::get<std::string>(properties[0].value) == "5");
    CHECK(properties[0].place.column == 33);
    CHECK(std::get<std::string>(properties[1].value) == "x");
    CHECK(std::get<std::string>(properties[2].value) == "true");
}

TEST_CASE("properties that break a promise or run code are refused with the reason",
          "[config][kafka_properties]") {
    CHECK(in_job("group.id") ==
          "j.yaml:5:22: Kafka property 'group.id' is not yours to set; it is velostream.<job>, so "
          "that no two jobs share positions");
    CHECK(in_job("enable.auto.commit") ==
          "j.yaml:5:22: Kafka property 'enable.auto.commit' is not yours to set; offsets are "
          "committed with the outputs they led to");
    CHECK(in_job("isolation.level") ==
          "j.yaml:5:22: Kafka property 'isolation.level' is not yours to set; only committed "
          "records are read");
    CHECK(in_job("bootstrap.servers") ==
          "j.yaml:5:22: Kafka property 'bootstrap.servers' is not yours to set; brokers stand in "
          "'bootstrap_servers' of the server file");
    CHECK(in_server("plugin.library.paths: x") ==
          "etc/velostream.yaml:1:22: Kafka property 'plugin.library.paths' is never accepted; it "
          "loads code into the daemon");
    CHECK(in_server("sasl.kerberos.kinit.cmd: x") ==
          "etc/velostream.yaml:1:22: Kafka property 'sasl.kerberos.kinit.cmd' is never accepted; "
          "it runs a shell command");
    CHECK(in_server("debug: all") ==
          "etc/velostream.yaml:1:22: Kafka property 'debug' is never accepted; it writes passwords "
          "to the log");
    CHECK(in_server("sasl.oauthbearer.token.endpoint.url: x")
              .ends_with("is never accepted; it can send requests to any host"));
}

TEST_CASE("names of the Java client get the name to write", "[config][kafka_properties]") {
    CHECK(in_job("ssl.truststore.location") ==
          "j.yaml:5:22: 'ssl.truststore.location' is a name of the Java client; write "
          "ssl.ca.location, a PEM file");
    CHECK(in_job("sasl.jaas.config") ==
          "j.yaml:5:22: 'sasl.jaas.config' is a name of the Java client; write sasl.username and "
          "sasl.password");
    CHECK(in_job("max.poll.records") ==
          "j.yaml:5:22: 'max.poll.records' is a name of the Java client; write execution: {batch: "
          "{records: …}}");
}

TEST_CASE("unknown properties get the nearest known one", "[config][kafka_properties]") {
    CHECK(in_job("lingr.ms") ==
          "j.yaml:5:22: unknown Kafka property 'lingr.ms'; did you mean 'linger.ms'?");
    CHECK(in_job("made.up.by.me") ==
          "j.yaml:5:22: unknown Kafka property 'made.up.by.me'; the accepted ones are listed in "
          "docs/configuration.md");
}

TEST_CASE("security stands in the server file, secrets in files of their own",
          "[config][kafka_properties]") {
    CHECK(in_job("sasl.username") ==
          "j.yaml:5:22: Kafka property 'sasl.username' does not belong into a job; write it in "
          "'kafka' of the server file");
    CHECK(in_job("sasl.password") ==
          "j.yaml:5:22: Kafka property 'sasl.password' does not belong into a job; write it in "
          "'kafka' of the server file");
    CHECK(in_server("sasl.password: hunter2") ==
          "etc/velostream.yaml:1:37: 'sasl.password' is a secret; write {file: …} or {credential: "
          "…}");
    CHECK(in_server("sasl.password: {}") ==
          "etc/velostream.yaml:1:37: 'sasl.password' needs either 'file' or 'credential'");
    CHECK(in_server("sasl.password: {file: /run/x, credential: y}") ==
          "etc/velostream.yaml:1:37: 'sasl.password' needs either 'file' or 'credential'");
    CHECK(in_server("sasl.password: {file: \"/run/${X}\"}") ==
          "etc/velostream.yaml:1:44: variables are not filled in where a secret is named; write "
          "the path or name itself");
    CHECK(in_server("sasl.password: {credential: /run/x}") ==
          "etc/velostream.yaml:1:50: '/run/x' is not the name of a credential; a path is written "
          "{file: …}");
    const ReadServer read(
        "kafka: {properties: {sasl.username: u, sasl.password: {credential: kafka.password}, "
        "security.protocol: sasl_ssl}}\n");
    REQUIRE(read.lines() == Lines{});
    const auto& secret = std::get<SecretSource>(read.server.kafka.properties.at(1).value);
    CHECK(secret.kind == SecretSource::Kind::Credential);
    CHECK(secret.name == "kafka.password");
}
