// What a writer has given to the producer and what has not been acknowledged, or not been committed, yet.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "connectors/byte_budget.hpp"
#include "connectors/hand_over.hpp"
#include "connectors/kafka/transaction_client.hpp"
#include "engine/format/output.hpp"

namespace velo::connectors {

struct WriterPort;

/// The records of one write. Their bytes are sent from here without a copy, so it stays until all are acknowledged; with
/// transactions until they are committed, because they may have to be sent again.
/// Thread:  filled and sent by its writer; `waiting` is the control thread's, and after landing all of it is the writer's.
struct Flight {
    enum class Kind : std::uint8_t { Output, DeadLetter, Log };
    struct LogBytes {
        std::int32_t partition = 0;
        std::string key;
        std::string value;
    };

    WriterPort* port = nullptr;
    Kind kind = Kind::Output;
    std::unique_ptr<engine::OutputChunk> chunk;
    engine::DeadLetter letter;
    LogBytes log;
    EpochId epoch;
    std::uint64_t records = 0;
    std::uint64_t given =
        0;  // Records the producer has taken; not kept up once all are, unless the flight is kept.
    std::uint64_t waiting = 0;  // Records not acknowledged yet.
    std::size_t charged_bytes = 0;
    bool is_kept = false;  // It stands in WriterPort::sent.
    bool is_awaited =
        false;  // It stands there, and in WriterPort::held for what the producer had no room for.
    bool is_done = false;  // Awaited, but the control thread has sent it anew and it is committed.
    Flight* next = nullptr;  // For HandOver.
};

/// What the producer did not even take.
struct Refusal {
    Answer answer;
    Refusal* next = nullptr;  // For HandOver.
};

/// What one writer and the control thread share; it outlives the writer and the producer.
/// The gate: a writer sends only inside a lease and only what is of an open epoch. The control thread closes the gate,
/// waits until the writer has left, and then has the producer and `sent` for itself until it opens the gate again.
struct WriterPort {
    static constexpr std::uint64_t kAlwaysOpen = std::numeric_limits<std::uint64_t>::max();

    explicit WriterPort(int wake_descriptor) : room(wake_descriptor) {}

    std::atomic<std::uint64_t> open_epoch{0};  // What is of this epoch or older may be sent.
    std::atomic<bool> inside{false};
    std::vector<Flight*> sent;  // Of the open epoch, in order, to be sent again if it must be.
    bool has_refused = false;   // Since the gate was closed last. As `sent`.

    RoomRequest room;
    std::atomic<bool> wants_room{false};  // The producer's own queue was full.
    HandOver<Flight> landed;              // From the control thread: to be used again.
    HandOver<Refusal> refused;            // To the control thread; at most one at a time.
    WriterPort* next = nullptr;           // For HandOver.

    // The writer's own.
    std::vector<std::unique_ptr<Flight>> flights;  // All there are, wherever they are.
    std::vector<Flight*> spare;
    std::deque<Flight*>
        held;  // Not yet sent, by epoch and in order: theirs is not open, or the producer is full.
    Refusal refusal;
};

/// A writer's stay inside the gate. It never waits.
class Lease {
public:
    // Both sides store first and look then (all sequentially consistent), so at least one of them sees the other.
    explicit Lease(WriterPort& port) noexcept : port_(port) {
        port_.inside.store(true, std::memory_order_seq_cst);
        open_ = port_.open_epoch.load(std::memory_order_seq_cst);
    }
    ~Lease() { port_.inside.store(false, std::memory_order_release); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    [[nodiscard]] bool covers(EpochId epoch) const noexcept { return epoch.value <= open_; }

private:
    WriterPort& port_;
    std::uint64_t open_ = 0;
};

}  // namespace velo::connectors
