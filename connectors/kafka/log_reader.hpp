// A stretch of one partition, read to its very end: past markers and records that were never committed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/handle.hpp"
#include "engine/pipeline/ledger.hpp"

namespace velo::connectors {

/// Reads a state log.
/// Thread:  one; it asks `may_go_on` at least every 100 ms.
class LogReader {
public:
    LogReader(ClientOptions options, std::string job, std::function<bool()> may_go_on);

    /// As engine::Ledger::read_log. Fatal, code `state_log_damaged`: the stretch is not there as a whole any more.
    [[nodiscard]] std::optional<engine::PortError> read(
        std::int32_t partition, std::int64_t from, std::int64_t to,
        const std::function<void(const engine::LogRecord&)>& visit);

private:
    struct Stretch;

    [[nodiscard]] std::optional<engine::PortError> connect();
    [[nodiscard]] std::optional<engine::PortError> read(Stretch& stretch);
    [[nodiscard]] std::optional<engine::PortError> check_bounds(const Stretch& stretch);
    [[nodiscard]] std::optional<engine::PortError> follow(Stretch& stretch,
                                                          rd_kafka_queue_t* queue);
    [[nodiscard]] std::optional<engine::PortError> take_some(Stretch& stretch,
                                                             rd_kafka_queue_t* queue);
    [[nodiscard]] std::optional<engine::PortError> take(Stretch& stretch,
                                                        const rd_kafka_message_t& message) const;
    [[nodiscard]] engine::PortError damaged(const Stretch& stretch, std::string_view how) const;
    [[nodiscard]] std::string place(const Stretch& stretch) const;

    const ClientOptions options_;
    const std::string job_;
    const std::string topic_name_;
    const std::function<bool()> may_go_on_;
    std::unique_ptr<Client> client_;
    Topic topic_;
    std::vector<rd_kafka_message_t*> messages_;
};

}  // namespace velo::connectors
