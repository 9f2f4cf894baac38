// One pipeline's way into the producer that all writers of a job share.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "connectors/epoch_counts.hpp"
#include "connectors/kafka/flight.hpp"
#include "engine/pipeline/sink.hpp"

namespace velo::connectors {

/// What the writers of a sink share; constant while they exist, but for the counts.
struct Destination {
    Topic topic;
    Topic dead_letter_topic;
    std::string job;
    std::size_t largest_dead_letter = 0;
    int control_wake = -1;
    ByteBudget budget;
    EpochCounts epochs;
};

/// Hands chunks to the producer by reference. What the producer refuses is told to the control thread, once: its epoch is
/// then never settled, so nothing of it is committed.
/// Thread:  the worker that made it.
class KafkaWriter final : public engine::SinkWriter {
public:
    KafkaWriter(rd_kafka_t* producer, Destination& destination, WriterPort& port)
        : producer_(producer), destination_(destination), port_(port) {}

    [[nodiscard]] bool try_write(std::unique_ptr<engine::OutputChunk>& chunk) override;
    [[nodiscard]] bool try_write(const engine::DeadLetter& letter, EpochId epoch) override;

private:
    [[nodiscard]] Flight& board(EpochId epoch, std::uint64_t records, std::size_t charged_bytes);
    void refuse(rd_kafka_resp_err_t code, std::size_t size_bytes, bool is_dead_letter);

    rd_kafka_t* const producer_;
    Destination& destination_;
    WriterPort& port_;
    bool has_refused_ = false;
    std::vector<rd_kafka_message_t> messages_;  // Scratch, kept for its capacity.
};

}  // namespace velo::connectors
