// velostream.yaml as plain structs. Every key has a default; so has the whole file.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/job_spec.hpp"
#include "config/kafka_properties.hpp"
#include "config/log_choice.hpp"
#include "config/secret.hpp"
#include "config/section.hpp"

namespace velo::config {

/// How to reach one Kafka cluster.
struct KafkaConnectionSpec {
    Placed<std::string> name;  // Empty: the server's own, for jobs that name none.
    Placed<std::string> bootstrap_servers{"127.0.0.1:9092", {}};
    std::vector<KafkaProperty> properties;
};

struct ListenAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  // 0: any free one.

    [[nodiscard]] bool operator==(const ListenAddress&) const = default;
    [[nodiscard]] bool is_loopback() const noexcept;
    [[nodiscard]] std::string text() const;
};

struct HttpSpec {
    Placed<ListenAddress> listen;
    std::optional<SecretSource> admin_token;  // nullopt: nothing can be changed over HTTP.
};

struct LogSpec {
    LogLevel level = LogLevel::Info;
    LogFormat format = LogFormat::Text;
};

struct ServerSpec {
    std::string file;  // Empty: there is none, all is default.
    KafkaConnectionSpec kafka;
    std::vector<KafkaConnectionSpec> connections;
    std::vector<Placed<std::string>> jobs{
        {"jobs.d", {}}};  // Files and folders; relative ones stand next to the server file.
    Placed<std::optional<std::uint32_t>> workers;  // nullopt: one per core.
    bool core_affinity = false;
    std::optional<HttpSpec>
        http;  // nullopt: not written; the daemon then serves the defaults, --until-end nothing.
    LogSpec log;
    Duration shutdown_deadline = std::chrono::seconds{30};
    std::string instance;  // Empty: host name and listen address.
};

/// The server file. Mistakes are added to `mistakes`.
[[nodiscard]] ServerSpec read_server(const YamlFile& file, const Environment& environment,
                                     std::vector<Mistake>& mistakes);

/// The same, of the value that is the whole file.
[[nodiscard]] ServerSpec read_server(const Value& root);

/// How `job` reaches Kafka: the connection it names, with its own properties after those of the server (later ones win).
[[nodiscard]] std::expected<KafkaConnectionSpec, Mistake> kafka_connection(const ServerSpec& server,
                                                                           const JobSpec& job);

}  // namespace velo::config
