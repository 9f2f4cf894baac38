// Owners for librdkafka's objects, and the client they hang on. Only this folder includes it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/options.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

/// Every blocking call to a cluster comes back within this time.
inline constexpr int kCallDeadlineMs = 5000;

template <auto kDestroy>
struct Destroy {
    void operator()(auto* object) const noexcept { kDestroy(object); }
};

using Conf = std::unique_ptr<rd_kafka_conf_t, Destroy<rd_kafka_conf_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
using TopicPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                        Destroy<rd_kafka_topic_partition_list_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Destroy<rd_kafka_metadata_destroy>>;
using Failed = std::unique_ptr<rd_kafka_error_t, Destroy<rd_kafka_error_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using ConfigResource =
    std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;

using Settings = std::vector<std::pair<std::string, std::string>>;

/// What a client says by itself about its connections.
struct ClientError {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string text;  // Passwords removed.
};

/// One librdkafka instance: its threads, connections and log.
/// Thread:  as librdkafka's; next_error by one thread. Destroying it joins its threads, which can take as long as a name
///          look-up does, so workers leave that to a control thread.
class Client {
public:
    /// `defaults` may be overridden by the user's properties, `ours` may not. Values the library refuses: a fatal error.
    /// `adjust` sees the configuration last, for what is no text.
    [[nodiscard]] static std::expected<std::unique_ptr<Client>, engine::PortError> make(
        rd_kafka_type_t type, const ClientOptions& options, const Settings& defaults,
        const Settings& ours, int events, const std::function<void(rd_kafka_conf_t*)>& adjust = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] rd_kafka_t* get() const noexcept { return handle_; }

    /// The error an event of the client's main queue stands for, if it is one.
    [[nodiscard]] std::optional<ClientError> error_of(rd_kafka_event_t* event) const;

    /// The document of an event of the main queue, if it is one. It dies with the event.
    [[nodiscard]] static std::optional<std::string_view> statistics_of(rd_kafka_event_t* event);

    /// What lies behind a failed call: takes all that waits in the main queue and returns the error that tells most.
    /// For clients whose main queue nobody else reads.
    [[nodiscard]] std::optional<ClientError> why();

    Client* next = nullptr;  // For HandOver.

private:
    explicit Client(const ClientOptions& options);
    [[nodiscard]] std::string scrubbed(std::string_view text) const;
    static void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text);

    LogSink log_;
    std::vector<std::string> secrets_;
    rd_kafka_t* handle_ = nullptr;
    Queue main_queue_;
};

}  // namespace velo::connectors
