// A transactional producer as the transactions of a job need it: small enough to be simulated without a broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/pipeline/source.hpp"

namespace velo::connectors {

struct Flight;

/// What an answer demands, mildest first.
enum class Demand : std::uint8_t {
    Nothing,   // Done.
    Patience,  // The same call again, with the same arguments.
    Resend,    // The transaction cannot be committed: abort it, and send its records anew.
    Rebuild,   // The producer is of no use any more: another one has to take over.
    Stop,      // Another instance uses our transactional id.
    Fail,      // It will never work.
};

struct Answer {
    Demand demand = Demand::Nothing;
    engine::PortError error;  // What happened, where something did. Fatal only with Fail and Stop.

    [[nodiscard]] bool is_done() const noexcept { return demand == Demand::Nothing; }
};

/// A source partition's committed position: the next offset to be read.
struct PartitionOffset {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;

    bool operator==(const PartitionOffset&) const = default;
};

/// Thread:  the job's control thread; produce() also by writers' threads at the same time, but not during replace().
class TransactionClient {
public:
    using Limit = std::chrono::milliseconds;
    /// Records of one flight that were written; for a log record the offset of it.
    using Written =
        std::function<void(Flight& flight, std::uint64_t records, std::int64_t last_offset)>;

    virtual ~TransactionClient() = default;

    /// A new producer takes the place of the old one, if there is one, and nothing of that one is heard of any more.
    [[nodiscard]] virtual Answer replace() = 0;
    /// Decides what the transactional id has open, and locks out whoever used it so far.
    [[nodiscard]] virtual Answer init(Limit limit) = 0;
    /// Whether every topic that is written can be.
    [[nodiscard]] virtual Answer ready(Limit limit) = 0;
    [[nodiscard]] virtual Answer begin() = 0;
    /// Takes the flight's records from the first one not yet taken (Flight::given). Patience: no room for the rest now.
    /// Unless the flight is kept it may have landed when this returns, so it is not to be touched then.
    [[nodiscard]] virtual Answer produce(Flight& flight) = 0;
    [[nodiscard]] virtual Answer send_offsets(const std::vector<PartitionOffset>& offsets,
                                              const std::string& note, Limit limit) = 0;
    [[nodiscard]] virtual Answer commit(Limit limit) = 0;
    [[nodiscard]] virtual Answer abort(Limit limit) = 0;

    /// Requests to end a transaction that have left since begin().
    [[nodiscard]] virtual std::uint64_t ends_sent() const noexcept = 0;
    /// Whether this instance still leads the job, as far as it knows.
    [[nodiscard]] virtual bool is_member() const = 0;

    /// Tells of what was written and returns the gravest failure that has come; waits up to `limit` for the first news.
    [[nodiscard]] virtual Answer serve(const Written& written, Limit limit) = 0;

    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
};

}  // namespace velo::connectors
