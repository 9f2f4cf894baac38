// One pipeline's way into the producer that all writers of a job share.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "connectors/epoch_counts.hpp"
#include "connectors/kafka/flight.hpp"
#include "engine/pipeline/sink.hpp"

namespace velo::connectors {

/// What the writers of a job share.
struct Destination {
    TransactionClient& client;
    const bool
        keeps_epochs;  // Transactions: flights are kept until their epoch is committed, the next epoch waits.
    const int control_wake;
    ByteBudget
        budget;  // Of what is not acknowledged; with transactions, of what waits for its epoch.
    EpochCounts epochs;
};

/// Hands chunks to the producer by reference. What the producer refuses is told to the control thread; until that has
/// dealt with it the epoch is not settled, so nothing of it is committed.
/// Thread:  the worker that made it (for the state log: the control thread).
/// Invariants: (1) flights of an epoch are sent in the order they came, epochs one after the other. (2) With transactions what is of the open epoch is always
///             taken, or an epoch could wait for room that only its own commit makes.
class KafkaWriter final : public engine::SinkWriter {
public:
    KafkaWriter(Destination& destination, WriterPort& port)
        : destination_(destination), port_(port) {}

    [[nodiscard]] bool try_write(std::unique_ptr<engine::OutputChunk>& chunk) override;
    [[nodiscard]] bool try_write(const engine::DeadLetter& letter, EpochId epoch) override;
    void serve() override;

    /// A record of the state log; always taken.
    void append(std::int32_t partition, EpochId epoch, std::string key, std::string value);

private:
    [[nodiscard]] bool has_room(EpochId epoch, std::size_t bytes, std::size_t& charged);
    [[nodiscard]] bool goes_first(EpochId epoch) const noexcept;
    [[nodiscard]] Flight& board(EpochId epoch, std::uint64_t records, std::size_t charged_bytes);
    void send(Flight& flight);
    [[nodiscard]] bool try_send(Flight& flight);
    void refuse(Answer answer);

    Destination& destination_;
    WriterPort& port_;
};

}  // namespace velo::connectors
