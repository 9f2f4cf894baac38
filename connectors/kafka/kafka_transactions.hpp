// What the ledger of a job asks of the producer that it shares with the job's sink.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/handle.hpp"
#include "connectors/kafka/transaction_client.hpp"
#include "engine/pipeline/ledger.hpp"

namespace velo::connectors {

/// Who commits, as a broker checks it: the consumer group's generation and member. Empty: not a member any more.
using GroupMember = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                                    Destroy<rd_kafka_consumer_group_metadata_destroy>>;

/// The producer of a job: the state log is written through it, and one Kafka transaction per epoch holds the outputs, the
/// dead letters, the log records and the positions. KafkaSink::transactions() gives it; whoever holds it keeps it alive.
/// Order:   KafkaSink::open; set_oracle and set_member; init until it succeeds; set_log; then append and commit.
/// Thread:  the job's control thread only. Calls come back within about three seconds.
class KafkaTransactions {
public:
    /// Reads the note that is committed now, on a connection of its own that sees decided transactions only; empty where
    /// nothing was ever committed. Answers within seconds.
    using Oracle = std::function<std::expected<std::string, engine::PortError>()>;
    /// Asked anew for each transaction. Empty: leadership is lost, so the commit is Fenced.
    using Member = std::function<GroupMember()>;

    virtual ~KafkaTransactions() = default;

    /// Whether epochs are transactions; otherwise the producer is idempotent, init does nothing and commit is not called.
    [[nodiscard]] virtual bool is_transactional() const noexcept = 0;

    virtual void set_oracle(Oracle oracle) = 0;
    virtual void set_member(Member member) = 0;

    /// Where log records go, and where each partition ends as recovered: append() may be called from here on.
    virtual void set_log(std::string topic, std::vector<std::int64_t> ends) = 0;

    /// Ends whatever a predecessor left undecided: afterwards nothing of it can become visible. Takes the note that is
    /// committed then from the oracle. Tried again while it returns an error that is not fatal.
    [[nodiscard]] virtual std::optional<engine::PortError> init() = 0;

    /// Writes a log record under `epoch`; acknowledged with the sink's records, and kept until the epoch is committed.
    /// It may be called ahead of the epoch's transaction: then it waits for it.
    virtual void append(std::int32_t partition, EpochId epoch, std::string key,
                        std::string value) = 0;

    /// By log partition: past the last acknowledged record. After an epoch was sent anew they are other offsets.
    [[nodiscard]] virtual std::vector<std::int64_t> log_ends() const = 0;

    /// As engine::Ledger::commit. `offsets` is never empty and holds every partition of the job, moved or not; `note` goes
    /// to each of them as metadata and names its epoch, so that no two are alike.
    [[nodiscard]] virtual engine::CommitResult commit(EpochId epoch,
                                                      const std::vector<PartitionOffset>& offsets,
                                                      const std::string& note) = 0;
};

}  // namespace velo::connectors
