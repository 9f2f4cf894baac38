#include "config/server_spec.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

namespace velo::config {

namespace {

// host:port or [IPv6]:port.
std::optional<ListenAddress> parse_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return std::nullopt;
    }
    ListenAddress address{std::string(host), 0};
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data() + colon + 1, end, address.port);
    if (problem != std::errc{} || stop != end || host.empty()) return std::nullopt;
    return address;
}

bool are_brokers(std::string_view text) {
    while (true) {
        const std::size_t comma = text.find(',');
        std::string_view broker = text.substr(0, comma);
        while (broker.starts_with(' ')) broker.remove_prefix(1);
        const std::size_t scheme = broker.find("://");
        if (scheme != std::string_view::npos) broker.remove_prefix(scheme + 3);
        if (broker.empty() || broker.find_first_of(" /") != std::string_view::npos) return false;
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
    }
}

const std::string* text_of(const std::vector<KafkaProperty>& properties, std::string_view name) {
    const auto found = std::ranges::find(properties, name, &KafkaProperty::name);
    return found == properties.end() ? nullptr : std::get_if<std::string>(&found->value);
}

void check_password_in_clear(const KafkaConnectionSpec& kafka, bool allow_insecure,
                             std::vector<Mistake>& mistakes) {
    const std::string* mechanism = text_of(kafka.properties, "sasl.mechanism");
    if (mechanism == nullptr) mechanism = text_of(kafka.properties, "sasl.mechanisms");
    const std::string* protocol = text_of(kafka.properties, "security.protocol");
    if (allow_insecure || mechanism == nullptr || protocol == nullptr) return;
    if (!equals_ignoring_case(*mechanism, "PLAIN") ||
        !equals_ignoring_case(*protocol, "sasl_plaintext"))
        return;
    const auto at = std::ranges::find(kafka.properties, std::string_view("security.protocol"),
                                      &KafkaProperty::name);
    mistakes.push_back({at->place,
                        "PLAIN over sasl_plaintext sends the password in clear; write sasl_ssl, or "
                        "allow_insecure: true"});
}

// What `kafka:` and each of its connections have in common.
void read_connection(Section& section, KafkaConnectionSpec& kafka) {
    if (const auto brokers = section.find("bootstrap_servers")) {
        const auto text = brokers->text(Variables::FilledIn);
        if (text && !are_brokers(*text))
            brokers->refuse(
                fmt::format("'{}' is no list of brokers; write host:port, host:port", *text));
        if (text) kafka.bootstrap_servers = {*text, brokers->place()};
    }
    if (const auto properties = section.find("properties"))
        kafka.properties = read_kafka_properties(*properties, PropertyScope::Server);
    bool allow_insecure = false;
    section.boolean("allow_insecure", allow_insecure);
    check_password_in_clear(kafka, allow_insecure, section.reading().mistakes);
}

void read_kafka(const Value& value, ServerSpec& server) {
    Section section = value.section("kafka");
    read_connection(section, server.kafka);
    if (const auto connections = section.find("connections")) {
        Section names = connections->section("connections");
        for (const auto& [name, each] : names.all()) {
            KafkaConnectionSpec& kafka = server.connections.emplace_back();
            kafka.name = name;
            Section connection = each.section(fmt::format("connection '{}'", name.value));
            read_connection(connection, kafka);
            connection.finish();
        }
        names.finish();
    }
    section.finish();
}

void read_jobs(const Value& value, ServerSpec& server) {
    server.jobs.clear();
    const std::filesystem::path folder = std::filesystem::path(server.file).parent_path();
    for (const Value& each : value.one_or_more()) {
        if (const auto path = each.text(Variables::FilledIn))
            server.jobs.push_back({(folder / *path).string(), each.place()});
    }
    if (value.is_sequence() && value.node().items.empty())
        value.refuse("'jobs' is an empty list; name files or folders");
}

HttpSpec read_http(const Value& value) {
    HttpSpec http;
    http.listen.place = value.place();
    Section section = value.section("http");
    if (const auto listen = section.find("listen")) {
        const auto text = listen->text(Variables::FilledIn);
        const auto address = text ? parse_address(*text) : std::nullopt;
        if (address) http.listen = {*address, listen->place()};
        if (text && !address)
            listen->refuse(fmt::format(
                "'{}' is no address; write 127.0.0.1:8080, or 0.0.0.0:8080 for all networks",
                *text));
    }
    const auto token = section.find("admin_token");
    if (token) http.admin_token = read_secret_source(*token);
    section.finish();
    if (!http.listen.value.is_loopback() && !token) {
        section.reading().mistakes.push_back(
            {http.listen.place,
             fmt::format("'{}' can be reached from other hosts; that needs 'admin_token'",
                         http.listen.value.text())});
    }
    return http;
}

void read_log(const Value& value, LogSpec& log) {
    Section section = value.section("log");
    section.choice("level", log.level, log_levels());
    section.choice("format", log.format, log_formats());
    section.finish();
}

}  // namespace

bool ListenAddress::is_loopback() const noexcept {
    return host.starts_with("127.") || host == "::1" || host == "localhost";
}

std::string ListenAddress::text() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

ServerSpec read_server(const YamlFile& file, const Environment& environment,
                       std::vector<Mistake>& mistakes) {
    ServerSpec server;
    server.file = file.name();
    server.jobs[0].value = (std::filesystem::path(server.file).parent_path() / "jobs.d").string();
    if (file.root() == nullptr) return server;
    Reading reading{file, environment, mistakes};
    return read_server(Value(*file.root(), file.place(*file.root()), "the file", reading));
}

ServerSpec read_server(const Value& root) {
    ServerSpec server;
    server.file = root.reading().file.name();
    server.jobs[0].value = (std::filesystem::path(server.file).parent_path() / "jobs.d").string();
    if (!root.is_mapping()) {
        root.refuse("a server file is a mapping; write kafka: …, jobs: …");
        return server;
    }
    Section section = root.section("server file");
    if (const auto kafka = section.find("kafka")) read_kafka(*kafka, server);
    if (const auto jobs = section.find("jobs")) read_jobs(*jobs, server);
    if (const auto workers = section.find("workers"); workers && !workers->is_word("auto")) {
        if (const auto count = workers->integer(1, 1024))
            server.workers = {static_cast<std::uint32_t>(*count), workers->place()};
    }
    section.boolean("core_affinity", server.core_affinity);
    if (const auto http = section.find("http")) server.http = read_http(*http);
    if (const auto log = section.find("log")) read_log(*log, server.log);
    section.duration("shutdown_deadline", server.shutdown_deadline);
    section.text("instance", server.instance, Variables::FilledIn);
    section.finish();
    return server;
}

std::expected<KafkaConnectionSpec, Mistake> kafka_connection(const ServerSpec& server,
                                                             const JobSpec& job) {
    KafkaConnectionSpec kafka = server.kafka;
    const Placed<std::string>& wanted = job.kafka.connection;
    if (!wanted.value.empty()) {
        const auto found =
            std::ranges::find(server.connections, wanted.value,
                              [](const KafkaConnectionSpec& each) { return each.name.value; });
        if (found == server.connections.end()) {
            std::vector<std::string_view> names;
            for (const KafkaConnectionSpec& each : server.connections)
                names.push_back(each.name.value);
            const std::string hint = did_you_mean(wanted.value, names);
            return std::unexpected(Mistake{
                wanted.place,
                fmt::format("unknown connection '{}'{}", wanted.value,
                            hint.empty() ? "; connections are named in 'kafka' of the server file"
                                         : hint)});
        }
        kafka = *found;
    }
    kafka.properties.insert(kafka.properties.end(), job.kafka.properties.begin(),
                            job.kafka.properties.end());
    return kafka;
}

}  // namespace velo::config
