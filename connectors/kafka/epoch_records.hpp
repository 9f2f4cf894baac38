// Everything a job has written and not yet committed: who writes, what the gate lets through, what is sent again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/kafka_writer.hpp"

namespace velo::connectors {

/// The writers of a job as its control thread sees them. Without transactions the gate is always open and a flight is
/// given back when it is acknowledged; with them one epoch is open at a time, and flights are given back when committed.
/// Thread:  the control thread; make_writer by any worker. It outlives its writers and the producer, which sends from its bytes.
class EpochRecords {
public:
    EpochRecords(TransactionClient& client, bool keeps_epochs, std::size_t budget_bytes,
                 int control_wake);
    ~EpochRecords();
    EpochRecords(const EpochRecords&) = delete;
    EpochRecords& operator=(const EpochRecords&) = delete;

    /// `wake_descriptor` is written when room has come or an epoch has been opened.
    [[nodiscard]] std::unique_ptr<engine::SinkWriter> make_writer(int wake_descriptor);

    /// A record of the state log.
    void append(std::int32_t partition, EpochId epoch, std::string key, std::string value) {
        log_writer_.append(partition, epoch, std::move(key), std::move(value));
    }
    void set_log_ends(std::vector<std::int64_t> ends) { log_ends_ = std::move(ends); }
    [[nodiscard]] const std::vector<std::int64_t>& log_ends() const noexcept { return log_ends_; }

    /// Lets records of `epoch` go out, and wakes the writers.
    void open(EpochId epoch);
    /// Returns when no writer is inside any more: the producer is the control thread's alone until open().
    void close();

    /// Gate closed, producer replaced: nothing of the open epoch counts as sent.
    void rewind();
    /// Gate closed: sends it all again, every writer's flights in their order, the log last. Patience: to be gone on with.
    [[nodiscard]] Answer resend();
    /// Gate closed, epoch committed: its flights go back to their writers.
    void recycle();

    /// Acknowledged; `last_offset` of a log record.
    void land(Flight& flight, std::uint64_t records, std::int64_t last_offset);
    /// Wakes who can go on, and returns the gravest refusal of a record since the last call.
    [[nodiscard]] Answer serve();

    [[nodiscard]] bool is_settled(EpochId epoch) noexcept {
        return destination_.epochs.is_settled(epoch);
    }
    [[nodiscard]] const engine::SinkCounts& counts() const noexcept { return counts_; }

private:
    void adopt();
    template <class Visit>
    void each_port(Visit&& visit);
    void count(const Flight& flight, std::uint64_t records);

    Destination destination_;
    std::vector<std::unique_ptr<WriterPort>> ports_;
    HandOver<WriterPort> new_ports_;
    WriterPort log_port_;
    KafkaWriter log_writer_;
    std::uint64_t open_epoch_ = 0;
    std::size_t resend_port_ = 0;  // Where resend() goes on: ports_, then the log.
    std::size_t resend_flight_ = 0;
    bool gave_back_ = false;  // Since writers were last woken.
    std::vector<std::int64_t> log_ends_;
    engine::SinkCounts counts_;
};

/// Keeps the graver of two answers.
void keep_gravest(Answer& kept, Answer other);

}  // namespace velo::connectors
