// The committed records that lie in a topic now, for commands that look into it. Belongs to no group, commits nothing.
// Plain: it names nothing of librdkafka.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/options.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

using StoredHeaders = engine::RecordHeaders;

struct StoredRecord {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp_us = 0;  // Since 1970; 0: none.
    std::optional<std::string> key, value;
    StoredHeaders headers;
};

/// Thread:  one. A read is given up when nothing comes for ten seconds.
class StoredRecords {
public:
    /// Looks the topic up; an error of code `topic_missing`: it is not there.
    [[nodiscard]] static std::expected<std::unique_ptr<StoredRecords>, engine::PortError> open(
        const ClientOptions& options, const std::string& topic);
    ~StoredRecords();
    StoredRecords(const StoredRecords&) = delete;
    StoredRecords& operator=(const StoredRecords&) = delete;

    [[nodiscard]] std::uint32_t partitions() const noexcept;

    /// Calls `visit` with each record up to the end that was there when this was opened, each partition's in order of
    /// offset, until it returns false. `last` not 0: at most so many of each partition, the latest.
    [[nodiscard]] std::optional<engine::PortError> read(
        std::int64_t last, const std::function<bool(const StoredRecord&)>& visit);

private:
    struct Reading;
    explicit StoredRecords(std::unique_ptr<Reading> reading);
    std::unique_ptr<Reading> reading_;
};

}  // namespace velo::connectors
