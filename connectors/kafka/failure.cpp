#include "connectors/kafka/failure.hpp"

#include <cctype>

#include <fmt/format.h>

namespace velo::connectors {

namespace {

// "a:1/bootstrap: Connect to ipv4#a:1 failed: … (after 0ms in state CONNECT)" → "Connect to a:1 failed: …": the rest is for
// who writes the client library.
std::string without_client_notes(std::string_view text) {
    const std::size_t colon = text.find(": ");
    const std::string_view first = text.substr(0, colon == text.npos ? 0 : colon);
    if (first.find('/') != first.npos && first.find(' ') == first.npos)
        text.remove_prefix(colon + 2);
    std::string result(text);
    if (const std::size_t after = result.find(" (after "); after != result.npos) {
        const std::size_t end = result.find("suppressed)", after);
        const std::size_t last = end != result.npos ? end + 10 : result.find(')', after);
        if (last != result.npos) result.erase(after, last + 1 - after);
    }
    for (const std::string_view family : {"ipv4#", "ipv6#"}) {
        for (std::size_t at = result.find(family); at != result.npos; at = result.find(family))
            result.erase(at, family.size());
    }
    return result;
}

// "Broker: Unknown topic or partition" → "unknown topic or partition"; words in capitals stay as they are.
std::string plain(std::string_view text) {
    for (const std::string_view origin : {"Broker: ", "Local: "}) {
        if (text.starts_with(origin)) text.remove_prefix(origin.size());
    }
    while (text.ends_with('.') || text.ends_with(' ')) text.remove_suffix(1);
    std::string result = without_client_notes(text);
    const auto is_upper = [&](std::size_t at) {
        return at < result.size() && std::isupper(static_cast<unsigned char>(result[at])) != 0;
    };
    if (is_upper(0) && !is_upper(1))
        result[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(result[0])));
    return result;
}

}  // namespace

Verdict judge(rd_kafka_resp_err_t error) noexcept {
    switch (error) {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return {Remedy::Skip, "none", {}};

        case RD_KAFKA_RESP_ERR__TRANSPORT:
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        case RD_KAFKA_RESP_ERR__RESOLVE:
        case RD_KAFKA_RESP_ERR__WAIT_COORD:
        case RD_KAFKA_RESP_ERR__NODE_UPDATE:
        case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
        case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
        case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
            return {Remedy::Retry, "broker_away",
                    "it is tried again; check 'kafka: bootstrap_servers' if the cluster is up"};

        case RD_KAFKA_RESP_ERR__SSL:
            return {Remedy::Retry, "tls_failed",
                    "check the 'ssl.*' properties and the broker's certificate"};

        case RD_KAFKA_RESP_ERR__TIMED_OUT:
        case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
        case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
        case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
            return {Remedy::Retry, "timed_out", "it is tried again"};

        case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
        case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
        case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
        case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
        case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
        case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
            return {Remedy::Retry, "leader_away", "it is tried again"};

        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            return {Remedy::Retry, "topic_missing", "create it or correct its name"};

        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
        case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
            return {Remedy::Fatal, "authentication_failed",
                    "check the 'sasl.*' properties and the credentials behind them"};

        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            return {Remedy::Fatal, "not_authorized", "allow the daemon's user to do so"};

        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
            return {Remedy::Fatal, "offset_out_of_range",
                    "records were deleted before the job read them, or the topic was made anew; "
                    "'velostream jobs reset' makes "
                    "the job begin again where 'start' says"};

        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
            return {Remedy::Fatal, "record_too_large",
                    "raise the topic's max.message.bytes or write smaller records"};

        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
            return {Remedy::Fatal, "record_refused",
                    "the topic's rules refuse what the job writes; change one of them"};

        case RD_KAFKA_RESP_ERR__BAD_MSG:
        case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        case RD_KAFKA_RESP_ERR_INVALID_MSG:
            return {Remedy::Fatal, "record_damaged",
                    "the records are damaged where they are stored; restore the topic from another "
                    "replica"};

        case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
        case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
            return {Remedy::Fatal, "group_in_use",
                    "another program has joined the job's consumer group; the group is the job's "
                    "alone"};

        case RD_KAFKA_RESP_ERR__FENCED:
        case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
        case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
            return {Remedy::Fatal, "fenced",
                    "another instance runs the same job; let only one of them run"};

        case RD_KAFKA_RESP_ERR__FATAL:
        case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
        case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
        case RD_KAFKA_RESP_ERR__INCONSISTENT:
            return {Remedy::Fatal, "client_fatal", "the job starts anew from its last commit"};

        case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
        case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
            return {Remedy::Fatal, "broker_too_old", "use brokers of Kafka 2.5 or newer"};

        default:
            return {Remedy::Fatal, "kafka_error", {}};
    }
}

engine::PortError port_error(rd_kafka_resp_err_t error, std::string_view what,
                             std::string_view detail) {
    const Verdict verdict = judge(error);
    std::string text =
        fmt::format("{}: {}", what, plain(detail.empty() ? rd_kafka_err2str(error) : detail));
    if (!verdict.advice.empty()) text += fmt::format("; {}", verdict.advice);
    return {.fatal = verdict.remedy == Remedy::Fatal,
            .code = std::string(verdict.code),
            .text = std::move(text)};
}

engine::PortError call_error(rd_kafka_resp_err_t error, std::string_view what, Client& client) {
    const auto behind = client.why();
    const std::string_view code = judge(error).code;
    if (!behind || (code != "broker_away" && code != "timed_out")) return port_error(error, what);
    return port_error(behind->code, what, behind->text);
}

engine::PortError client_error(const ClientError& error, std::string_view what) {
    engine::PortError result = port_error(error.code, what, error.text);
    result.fatal = error.code == RD_KAFKA_RESP_ERR__FATAL;
    return result;
}

}  // namespace velo::connectors
