#include "connectors/kafka/handle.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <sys/syslog.h>

#include <fmt/format.h>

namespace velo::connectors {

namespace {

constexpr std::size_t kErrorTextSize = 512;
constexpr std::size_t kShortestSecret = 4;  // Shorter ones would blacken every second word.
constexpr std::string_view kSecretNames[] = {
    "sasl.password",
    "ssl.key.password",
    "ssl.keystore.password",
    "ssl.key.pem",
};

LogLevel level_of(int syslog_level) noexcept {
    if (syslog_level <= LOG_ERR) return LogLevel::Error;
    if (syslog_level == LOG_WARNING) return LogLevel::Warning;
    return syslog_level < LOG_DEBUG ? LogLevel::Info : LogLevel::Debug;
}

engine::PortError refused(std::string_view name, std::string_view reason) {
    return {.fatal = true,
            .code = "client_configuration",
            .text = fmt::format(
                "Kafka property '{}' is refused: {}; correct it under 'kafka: properties'", name,
                reason)};
}

}  // namespace

Client::Client(const ClientOptions& options) : log_(options.log) {
    for (const std::string_view name : kSecretNames) {
        const auto found = options.properties.find(std::string(name));
        if (found != options.properties.end() && found->second.size() >= kShortestSecret)
            secrets_.push_back(found->second);
    }
    // The longest first: a secret that is part of another one must not leave the rest of that one readable.
    std::ranges::sort(secrets_, std::ranges::greater{}, &std::string::size);
}

Client::~Client() {
    if (handle_ == nullptr) return;
    main_queue_.reset();
    // librdkafka (2.8 at least) frees what transactions need before its broker threads end. One that hears then that the
    // producer was fenced frees it once more, and the process dies; so no record may be under way any more.
    if (rd_kafka_type(handle_) == RD_KAFKA_PRODUCER)
        rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    // Nothing to close: partitions were assigned by hand, so there is no group to leave.
    rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

std::expected<std::unique_ptr<Client>, engine::PortError> Client::make(
    rd_kafka_type_t type, const ClientOptions& options, const Settings& defaults,
    const Settings& ours, int events, const std::function<void(rd_kafka_conf_t*)>& adjust) {
    std::unique_ptr<Client> client(new Client(options));
    std::map<std::string, std::string> settings{{"log.connection.close", "false"},
                                                {"socket.nagle.disable", "true"},
                                                {"socket.timeout.ms", "10000"},
                                                {"topic.metadata.refresh.interval.ms", "30000"},
                                                {"client.id", options.client_id}};
    for (const auto& [name, value] : defaults) settings[name] = value;
    for (const auto& [name, value] : options.properties) settings[name] = value;
    for (const auto& [name, value] : ours) settings[name] = value;
    settings["bootstrap.servers"] = options.bootstrap_servers;

    Conf conf(rd_kafka_conf_new());
    std::array<char, kErrorTextSize> text{};
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text.data(), text.size()) !=
            RD_KAFKA_CONF_OK) {
            return std::unexpected(refused(name, client->scrubbed(text.data())));
        }
    }
    rd_kafka_conf_set_opaque(conf.get(), client.get());
    rd_kafka_conf_set_log_cb(conf.get(), on_log);
    rd_kafka_conf_set_events(conf.get(), events | RD_KAFKA_EVENT_ERROR);
    if (adjust) adjust(conf.get());
    client->handle_ = rd_kafka_new(type, conf.get(), text.data(), text.size());
    if (client->handle_ == nullptr) {
        return std::unexpected(engine::PortError{
            .fatal = true,
            .code = "client_configuration",
            .text = fmt::format(
                "the Kafka client cannot be started: {}; look at 'kafka' in the server file",
                client->scrubbed(text.data()))});
    }
    static_cast<void>(conf.release());  // The client owns it now.
    client->main_queue_.reset(rd_kafka_queue_get_main(client->handle_));
    return client;
}

std::optional<ClientError> Client::error_of(rd_kafka_event_t* event) const {
    if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_ERROR) return std::nullopt;
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    std::array<char, kErrorTextSize> text{};
    if (code != RD_KAFKA_RESP_ERR__FATAL)
        return ClientError{code, scrubbed(rd_kafka_event_error_string(event))};
    rd_kafka_fatal_error(handle_, text.data(), text.size());
    return ClientError{code, scrubbed(text.data())};
}

std::optional<ClientError> Client::why() {
    std::optional<ClientError> telling;
    while (const Event event{rd_kafka_queue_poll(main_queue_.get(), 0)}) {
        auto error = error_of(event.get());
        if (!error) continue;
        const bool is_summary = error->code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
        if (!telling || !is_summary) telling = std::move(error);
    }
    return telling;
}

std::string Client::scrubbed(std::string_view text) const {
    std::string clean(text);
    for (const std::string& secret : secrets_) {
        for (std::size_t at = clean.find(secret); at != clean.npos;
             at = clean.find(secret, at + 3)) {
            clean.replace(at, secret.size(), "***");
        }
    }
    return clean;
}

void Client::on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
    if (handle == nullptr) return;
    const auto* client = static_cast<const Client*>(rd_kafka_opaque(handle));
    // A property for the other kind of client is no mistake: both kinds share one section of the configuration.
    if (!client->log_ || std::string_view{facility} == "CONFWARN") return;
    client->log_(level_of(level), client->scrubbed(fmt::format("{}: {}", facility, text)));
}

std::vector<PropertyMistake> judge_properties(
    const std::map<std::string, std::string>& properties) {
    std::vector<PropertyMistake> mistakes;
    const Conf conf(rd_kafka_conf_new());
    std::array<char, kErrorTextSize> text{};
    for (const auto& [name, value] : properties) {
        if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text.data(), text.size()) ==
            RD_KAFKA_CONF_OK)
            continue;
        mistakes.push_back(
            {name,
             refused(name, std::ranges::count(kSecretNames, name) == 0 ? text.data() : "its value")
                 .text});
    }
    return mistakes;
}

}  // namespace velo::connectors
