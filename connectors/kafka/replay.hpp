// Dead letters back to where they came from, each once: a transaction holds the records and the note that they are back.
// Plain: it names nothing of librdkafka.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/kafka/stored_records.hpp"

namespace velo::connectors {

/// What a dead letter's headers say.
struct DeadLetterFacts {
    std::string topic;  // Empty: of a finished group, which comes from no single record.
    std::int32_t partition = -1;
    std::int64_t offset = -1;
    std::string job, stage, reason, text;
    std::optional<std::string> full_size;  // Set: the payload is cut.
    StoredHeaders own;                     // The record's own headers.
};
/// nullopt: the record is no dead letter.
[[nodiscard]] std::optional<DeadLetterFacts> dead_letter_facts(const StoredRecord& record);

/// A note of a replay lies in the dead-letter topic, in the partition of what has been replayed: the offsets it names.
/// nullopt: the record is no such note.
[[nodiscard]] std::optional<std::vector<std::int64_t>> replayed_offsets(const StoredRecord& record);

/// Replays of one job; a second one that begins meanwhile ends this one.
/// Thread:  one. Every call comes back within a minute.
class Replay {
public:
    /// Ends what an earlier replay left undecided: what is read afterwards is all there is.
    [[nodiscard]] static std::expected<std::unique_ptr<Replay>, engine::PortError> begin(
        const ClientOptions& options, const std::string& job, const std::string& dead_letter_topic);
    ~Replay();
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    /// Writes the records (key, value and own headers) to `to`, into their old partition where `keep_partition` and there
    /// is one, and that they are written, all or nothing.
    [[nodiscard]] std::optional<engine::PortError> write(const std::string& to, bool keep_partition,
                                                         const std::vector<StoredRecord>& letters);

private:
    struct Writing;
    explicit Replay(std::unique_ptr<Writing> writing);
    std::unique_ptr<Writing> writing_;
};

}  // namespace velo::connectors
