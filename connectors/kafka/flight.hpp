// What a writer has given to the producer and what has not been acknowledged yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "connectors/byte_budget.hpp"
#include "connectors/hand_over.hpp"
#include "connectors/kafka/handle.hpp"
#include "engine/format/output.hpp"

namespace velo::connectors {

struct WriterPort;

/// The records of one write. Their bytes are sent from here without a copy, so it stays until all are acknowledged.
/// Thread:  filled by its writer; after that the control thread's, until it comes back through WriterPort::landed.
struct Flight {
    WriterPort* port = nullptr;
    std::unique_ptr<engine::OutputChunk> chunk;  // Output records, or …
    engine::DeadLetter letter;                   // … one dead letter.
    bool is_dead_letter = false;
    EpochId epoch;
    std::uint64_t waiting = 0;  // Records not acknowledged yet.
    std::size_t charged_bytes = 0;
    Flight* next = nullptr;  // For HandOver.
};

/// What librdkafka did not even take.
struct Refusal {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::size_t size_bytes = 0;
    bool is_dead_letter = false;
    Refusal* next = nullptr;  // For HandOver.
};

/// What one writer and the control thread share; the sink owns it and it outlives the producer.
struct WriterPort {
    explicit WriterPort(int wake_descriptor) : room(wake_descriptor) {}

    RoomRequest room;
    HandOver<Flight> landed;     // From the control thread: acknowledged, to be used again.
    HandOver<Refusal> refused;   // To the control thread; at most one, the first.
    WriterPort* next = nullptr;  // For HandOver.

    // The writer's own.
    std::vector<std::unique_ptr<Flight>> flights;  // All there are, wherever they are.
    std::vector<Flight*> spare;
    Refusal refusal;
};

}  // namespace velo::connectors
