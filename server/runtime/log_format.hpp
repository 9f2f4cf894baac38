// What stands in a job's state log and in the note of its commits, as bytes.
//
//   chunk   key c<round mod 4>.<number in the round>   saved entries of one log partition, packed
//   header  key h<epoch mod 4>                         what a reader needs to trust the partition up to here; the last
//                                                      record of the partition in its epoch
//   note    on every committed offset                  which epoch that is, and how far each log partition counts
//
// Keys come round again, so that compaction may drop what is obsolete; nothing depends on when, or whether, it does.
// Numbers are little-endian; every record ends with an XXH3 of what stands before.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/base/strong_id.hpp"
#include "engine/base/time.hpp"
#include "engine/pipeline/ledger.hpp"
#include "engine/plan/state_shape.hpp"

namespace velo::runtime {

inline constexpr std::uint32_t kLogPartitions = engine::Ledger::kLogPartitions;

/// Which log partition holds a shard's entries.
[[nodiscard]] constexpr std::uint32_t log_partition_of(std::uint32_t shard) noexcept {
    return shard * kLogPartitions / kShards;
}

/// A stretch of one log partition: from `start` on it holds every entry that was alive when the round began or has changed
/// since, once the round is complete.
struct LogRound {
    std::uint64_t number = 0;
    std::uint64_t first_epoch = 0;
    std::int64_t start = 0;    // Offset.
    std::uint64_t chunks = 0;  // How many the round has written here, …
    std::uint64_t hash = 0;    // … and the sum of their payloads' hashes.

    [[nodiscard]] bool operator==(const LogRound&) const = default;
};

/// The epochs one run of the job has committed; what carries its mark but no such epoch was never committed.
struct LogLife {
    std::uint64_t run = 0;
    std::uint64_t first_epoch = 0;
    std::uint64_t last_epoch = 0;

    [[nodiscard]] bool operator==(const LogLife&) const = default;
};

/// Where a source partition stood at the cut.
struct SourceMark {
    SourcePartition partition;
    std::int64_t next_offset = 0;
    EventTime watermark = kBeforeAllTime;

    [[nodiscard]] bool operator==(const SourceMark&) const = default;
};

/// What a source partition is called, whatever its number in a run.
struct MarkName {
    std::string topic;
    std::int32_t partition = 0;

    [[nodiscard]] bool operator==(const MarkName&) const = default;
};

/// What is said once per epoch, in the header of log partition 0.
struct JobHeader {
    std::vector<engine::StatePart> shape;  // What the saved state depends on.
    std::vector<LogLife> lives;
    std::vector<SourceMark> marks;
    std::vector<EventTime> answered_to;  // By pipeline of the run that wrote it.
    /// By mark, of a job with several sources. Empty: it has one, and partitions have their numbers.
    std::vector<MarkName> names = {};

    [[nodiscard]] bool operator==(const JobHeader&) const = default;
};

struct LogHeader {
    std::uint64_t run = 0;
    std::uint64_t epoch = 0;
    LogRound complete;  // Restoring starts here …
    LogRound current;   // … and goes on here.
    std::optional<JobHeader> job;

    [[nodiscard]] bool operator==(const LogHeader&) const = default;
};

struct LogChunk {
    std::uint64_t run = 0;
    std::uint64_t epoch = 0;
    std::uint64_t round = 0;
    std::string_view entries;  // As engine::SavedEntries packs them; lives in what was decoded.
};

/// Which epoch a commit is, and which part of each log partition belongs to it.
struct CommitNote {
    std::uint64_t epoch = 0;
    std::uint64_t run = 0;
    struct Range {
        std::int64_t start = 0;  // Where restoring starts.
        std::int64_t end = 0;    // Past the header. 0: nothing has ever been written there.

        [[nodiscard]] bool operator==(const Range&) const = default;
    };
    std::array<Range, kLogPartitions> log;

    [[nodiscard]] bool operator==(const CommitNote&) const = default;
};

[[nodiscard]] std::string chunk_key(std::uint64_t round, std::uint64_t number);
[[nodiscard]] std::string header_key(std::uint64_t epoch);
[[nodiscard]] bool is_chunk_key(std::string_view key) noexcept;

[[nodiscard]] std::string encode_chunk(const LogChunk& chunk);
[[nodiscard]] std::optional<LogChunk> decode_chunk(std::string_view value);
[[nodiscard]] std::string encode_header(const LogHeader& header);
[[nodiscard]] std::optional<LogHeader> decode_header(std::string_view value);
/// Printable ASCII, under 500 bytes.
[[nodiscard]] std::string encode_note(const CommitNote& note);
[[nodiscard]] std::optional<CommitNote> decode_note(std::string_view text);

/// What a chunk adds to its round's hash.
[[nodiscard]] std::uint64_t chunk_hash(std::string_view entries) noexcept;

}  // namespace velo::runtime
