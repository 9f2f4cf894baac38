// The dead letters of a job as a command sees them: those that are asked for, and which of them have been replayed.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "connectors/kafka/replay.hpp"
#include "connectors/kafka/stored_records.hpp"
#include "engine/base/time.hpp"

namespace velo::server {

/// Which dead letters are meant.
struct LetterFilter {
    std::string reason;                     // A reason or a stage; empty: any.
    std::optional<EventTime> since;         // Of the dead letter's own time.
    std::optional<std::int32_t> partition;  // With `offset`: of this partition, from there on.
    std::int64_t offset = 0;

    /// From the words of --reason and --from; the error says what would be right.
    [[nodiscard]] static std::expected<LetterFilter, std::string> make(const std::string& reason,
                                                                       const std::string& from,
                                                                       EventTime now);
    [[nodiscard]] bool takes(const connectors::StoredRecord& record,
                             const connectors::DeadLetterFacts& facts) const;
};

struct SeenLetter {
    const connectors::StoredRecord& record;
    const connectors::DeadLetterFacts& facts;
    bool is_replayed;
};

class DeadLetterView {
public:
    /// Looks the topic up and reads which letters have been replayed. nullptr: there is no such topic yet.
    [[nodiscard]] static std::expected<std::unique_ptr<DeadLetterView>, engine::PortError> open(
        const connectors::ClientOptions& client, const std::string& topic, const std::string& job);

    /// Calls `visit` with each letter of the job that `filter` takes, until it returns false.
    [[nodiscard]] std::optional<engine::PortError> read(
        const LetterFilter& filter, const std::function<bool(const SeenLetter&)>& visit);

private:
    DeadLetterView(std::unique_ptr<connectors::StoredRecords> records, std::string job)
        : records_(std::move(records)), job_(std::move(job)) {}

    std::unique_ptr<connectors::StoredRecords> records_;
    std::string job_;                                          // Several jobs may share a topic.
    std::map<std::int32_t, std::set<std::int64_t>> replayed_;  // By partition.
};

/// How many letters of one kind there are.
struct LetterKind {
    std::string stage, reason, source;  // `trades partition 3`; empty: of finished groups.
    auto operator<=>(const LetterKind&) const = default;
};
struct LetterCount {
    std::uint64_t count = 0, replayed = 0;
    std::int64_t first_us = 0, last_us = 0;
};

[[nodiscard]] std::string kinds_text(const std::string& topic,
                                     const std::map<LetterKind, LetterCount>& kinds);
[[nodiscard]] std::string kinds_json(const std::string& topic,
                                     const std::map<LetterKind, LetterCount>& kinds);
/// One letter, over several lines or as one line of JSON.
[[nodiscard]] std::string letter_text(const std::string& topic, const SeenLetter& letter);
[[nodiscard]] std::string letter_json(const std::string& topic, const SeenLetter& letter);

}  // namespace velo::server
