#include "config/server_spec.hpp"

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo;
using namespace velo::config;
using namespace std::chrono_literals;

namespace {

Lines mistakes_in(const std::string& text) { return ReadServer(text).lines(); }

}  // namespace

TEST_CASE("a server file becomes structs, key by key", "[config][server_spec]") {
    const ReadServer read(
        "kafka:\n"
        "  bootstrap_servers: \"${BROKERS:-k1:9092, k2:9092}\"\n"
        "  properties: {linger.ms: 5}\n"
        "  connections: {eu: {bootstrap_servers: eu:9092, properties: {linger.ms: 7}}}\n"
        "jobs: [a.yaml, /abs/jobs]\n"
        "workers: 4\n"
        "core_affinity: true\n"
        "http: {listen: \"[::1]:9000\", admin_token: {file: /etc/t}}\n"
        "log: {level: debug, format: json}\n"
        "shutdown_deadline: 1m\n"
        "instance: node-1\n");
    REQUIRE(read.lines() == Lines{});
    CHECK(read.server.kafka.bootstrap_servers.value == "k1:9092, k2:9092");
    CHECK(read.server.kafka.properties.size() == 1);
    REQUIRE(read.server.connections.size() == 1);
    CHECK(read.server.connections[0].name.value == "eu");
    CHECK(read.server.connections[0].bootstrap_servers.value == "eu:9092");
    REQUIRE(read.server.jobs.size() == 2);
    CHECK(read.server.jobs[0].value == "etc/a.yaml");
    CHECK(read.server.jobs[1].value == "/abs/jobs");
    CHECK(read.server.workers.value == 4U);
    CHECK(read.server.core_affinity);
    CHECK(read.server.http->listen.value == ListenAddress{"::1", 9000});
    CHECK(read.server.http->listen.value.text() == "[::1]:9000");
    CHECK(read.server.http->admin_token->name == "/etc/t");
    CHECK(read.server.log.level == LogLevel::Debug);
    CHECK(read.server.log.format == LogFormat::Json);
    CHECK(read.server.shutdown_deadline == 60s);
    CHECK(read.server.instance == "node-1");
}

TEST_CASE("what a server file leaves out has the defaults of the manual", "[config][server_spec]") {
    const ReadServer read("core_affinity: false\n");
    REQUIRE(read.lines() == Lines{});
    CHECK(read.server.kafka.bootstrap_servers.value == "127.0.0.1:9092");
    CHECK(read.server.jobs.at(0).value == "etc/jobs.d");
    CHECK_FALSE(read.server.workers.value);
    CHECK_FALSE(read.server.http);
    CHECK(HttpSpec{}.listen.value == ListenAddress{"127.0.0.1", 8080});
    CHECK(read.server.log.level == LogLevel::Info);
    CHECK(read.server.log.format == LogFormat::Text);
    CHECK(read.server.shutdown_deadline == 30s);
    CHECK(ServerSpec{}.jobs.at(0).value == "jobs.d");
}

TEST_CASE("one folder of jobs needs no list", "[config][server_spec]") {
    CHECK(ReadServer("jobs: x.d\n").server.jobs.at(0).value == "etc/x.d");
}

TEST_CASE("an address that others can reach needs a token", "[config][server_spec]") {
    CHECK(mistakes_in("http: {listen: 0.0.0.0:8080}\n") ==
          Lines{"etc/velostream.yaml:1:16: '0.0.0.0:8080' can be reached from other hosts; that "
                "needs 'admin_token'"});
    CHECK(mistakes_in("http: {listen: \"[::]:8080\"}\n").size() == 1);
    CHECK(mistakes_in("http: {listen: 0.0.0.0:8080, admin_token: {file: /t}}\n") == Lines{});
    CHECK(mistakes_in("http: {listen: localhost:8080}\n") == Lines{});
    CHECK(mistakes_in("http: {listen: 127.0.0.2:0}\n") == Lines{});
}

TEST_CASE("mistakes in a server file say what would be right", "[config][server_spec]") {
    const std::string address = "; write 127.0.0.1:8080, or 0.0.0.0:8080 for all networks";
    CHECK(mistakes_in("http: {listen: 8080}\n") ==
          Lines{"etc/velostream.yaml:1:16: '8080' is no address" + address});
    CHECK(mistakes_in("http: {listen: \":8080\"}\n") ==
          Lines{"etc/velostream.yaml:1:16: ':8080' is no address" + address});
    CHECK(mistakes_in("http: {listen: h:99999}\n") ==
          Lines{"etc/velostream.yaml:1:16: 'h:99999' is no address" + address});
    CHECK(mistakes_in("http: {listen: \"::1:80\"}\n") ==
          Lines{"etc/velostream.yaml:1:16: '::1:80' is no address" + address});
    CHECK(mistakes_in("kafka: {bootstrap_servers: \"a:1,,b:2\"}\n") ==
          Lines{"etc/velostream.yaml:1:28: 'a:1,,b:2' is no list of brokers; write host:port, "
                "host:port"});
    CHECK(mistakes_in("kafka: {bootstrap_servers: \"SSL://a:1\"}\n") == Lines{});
    CHECK(mistakes_in("workers: none\n") == Lines{"etc/velostream.yaml:1:10: 'workers' is 'none'; "
                                                  "it must be a whole number from 1 to 1024"});
    CHECK(mistakes_in("log: {level: verbose}\n") ==
          Lines{"etc/velostream.yaml:1:14: unknown value 'verbose' for 'level'; it can be debug, "
                "info, warn, error"});
    CHECK(mistakes_in("worker: 3\n") == Lines{"etc/velostream.yaml:1:1: unknown key 'worker' in "
                                              "server file; did you mean 'workers'?"});
    CHECK(mistakes_in("jobs: []\n") ==
          Lines{"etc/velostream.yaml:1:7: 'jobs' is an empty list; name files or folders"});
    CHECK(mistakes_in("- a\n") ==
          Lines{"etc/velostream.yaml:1:1: a server file is a mapping; write kafka: …, jobs: …"});
}

TEST_CASE("a password does not travel in clear unless that is said", "[config][server_spec]") {
    const std::string kafka =
        "kafka: {properties: {sasl.mechanism: PLAIN, security.protocol: SASL_PLAINTEXT}";
    CHECK(mistakes_in(kafka + "}\n") ==
          Lines{"etc/velostream.yaml:1:64: PLAIN over sasl_plaintext sends the password in clear; "
                "write sasl_ssl, or allow_insecure: true"});
    CHECK(mistakes_in(kafka + ", allow_insecure: true}\n") == Lines{});
}

TEST_CASE("a job's own properties come after those of its connection", "[config][server_spec]") {
    const ReadServer read(
        "kafka: {bootstrap_servers: a:1, properties: {linger.ms: 1}, connections: {eu: "
        "{bootstrap_servers: eu:1, properties: {linger.ms: 2}}}}\n");
    const ReadJob plain(kJob + "kafka: {properties: {linger.ms: 3}}\n");
    const auto own = kafka_connection(read.server, plain.job);
    REQUIRE(own);
    CHECK(own->bootstrap_servers.value == "a:1");
    CHECK(std::get<std::string>(own->properties.back().value) == "3");
    const ReadJob named(kJob + "kafka: {connection: eu}\n");
    CHECK(kafka_connection(read.server, named.job)->bootstrap_servers.value == "eu:1");
}

TEST_CASE("a job cannot name a connection that the server file does not have",
          "[config][server_spec]") {
    const ReadServer read("kafka: {connections: {frankfurt: {}}}\n");
    CHECK(kafka_connection(read.server, ReadJob(kJob + "kafka: {connection: frankfrt}\n").job)
              .error()
              .line() == "j.yaml:5:21: unknown connection 'frankfrt'; did you mean 'frankfurt'?");
    CHECK(kafka_connection(ServerSpec{}, ReadJob(kJob + "kafka: {connection: eu}\n").job)
              .error()
              .line() ==
          "j.yaml:5:21: unknown connection 'eu'; connections are named in 'kafka' of the server "
          "file");
}
