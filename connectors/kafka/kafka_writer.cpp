#include "connectors/kafka/kafka_writer.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/crash_point.hpp"

namespace velo::connectors {

namespace {

// What librdkafka holds for each record besides its value.
constexpr std::size_t kRecordOverhead = 256;
constexpr std::size_t kSpareFlights =
    8;  // More keep their place but not their bytes: a burst must not hold memory for ever.

}  // namespace

bool KafkaWriter::try_write(std::unique_ptr<engine::OutputChunk>& chunk) {
    serve();
    const std::size_t bytes = chunk->bytes.size() + chunk->records.size() * kRecordOverhead;
    std::size_t charged = 0;
    if (!has_room(chunk->epoch, bytes, charged)) return false;
    Flight& flight = board(chunk->epoch, chunk->records.size(), charged);
    flight.kind = Flight::Kind::Output;
    std::swap(
        flight.chunk,
        chunk);  // The pipeline gets the chunk of an earlier flight to fill again, if there is one.
    send(flight);
    return true;
}

bool KafkaWriter::try_write(const engine::DeadLetter& letter, EpochId epoch) {
    serve();
    std::size_t charged = 0;
    if (!has_room(epoch, letter.key.size() + letter.value.size() + 4 * kRecordOverhead, charged))
        return false;
    Flight& flight = board(epoch, 1, charged);
    flight.kind = Flight::Kind::DeadLetter;
    flight.letter = letter;
    send(flight);
    return true;
}

void KafkaWriter::append(std::int32_t partition, EpochId epoch, std::string key,
                         std::string value) {
    serve();
    Flight& flight = board(epoch, 1, 0);
    flight.kind = Flight::Kind::Log;
    flight.log = {.partition = partition, .key = std::move(key), .value = std::move(value)};
    send(flight);
}

void KafkaWriter::serve() {
    while (!port_.held.empty() && try_send(*port_.held.front())) port_.held.pop_front();
}

bool KafkaWriter::has_room(EpochId epoch, std::size_t bytes, std::size_t& charged) {
    const bool may_leave = epoch.value <= port_.open_epoch.load(std::memory_order_relaxed);
    if (destination_.keeps_epochs && may_leave && goes_first(epoch)) return true;
    if (!destination_.budget.try_take(bytes, port_.room)) return false;
    charged = bytes;
    return true;
}

// A place for what is about to leave; whatever has landed is cleared for the next ones.
Flight& KafkaWriter::board(EpochId epoch, std::uint64_t records, std::size_t charged_bytes) {
    port_.landed.take_all([&](Flight& flight) {
        flight.letter = {};
        flight.log = {};
        if (port_.spare.size() >= kSpareFlights) flight.chunk.reset();
        if (flight.chunk) flight.chunk->clear();
        port_.spare.push_back(&flight);
    });
    if (port_.spare.empty()) {
        port_.flights.push_back(std::make_unique<Flight>());
        port_.spare.push_back(port_.flights.back().get());
    }
    Flight& flight = *port_.spare.back();
    port_.spare.pop_back();
    flight.port = &port_;
    flight.epoch = epoch;
    flight.records = flight.waiting = records;
    flight.given = 0;
    flight.is_kept = flight.is_awaited = flight.is_done = false;
    flight.charged_bytes = charged_bytes;
    destination_.epochs.written(epoch, records);
    return flight;
}

bool KafkaWriter::goes_first(EpochId epoch) const noexcept {
    return port_.held.empty() || epoch < port_.held.front()->epoch;
}

// A reader may be an epoch ahead of the answers written beside it: behind its dead letter they would wait for ever.
void KafkaWriter::send(Flight& flight) {
    if (goes_first(flight.epoch) && try_send(flight)) return;
    const auto later = std::ranges::upper_bound(
        port_.held, flight.epoch, {}, [](const Flight* waiting) { return waiting->epoch; });
    port_.held.insert(later, &flight);
}

// Whether the flight is out of the writer's hands. It may have landed already then, and is not touched any more.
bool KafkaWriter::try_send(Flight& flight) {
    const Lease lease(port_);
    if (!lease.covers(flight.epoch)) return false;
    if (destination_.keeps_epochs) {
        if (flight.is_done) {
            port_.landed.push(flight);
            return true;
        }
        if (!flight.is_kept) {
            flight.is_kept = true;
            port_.sent.push_back(&flight);
            destination_.budget.give_back(std::exchange(flight.charged_bytes, 0));
        }
        flight.is_awaited = false;
        if (flight.given == flight.records) return true;  // The control thread has sent it anew.
    }
    Answer answer = destination_.client.produce(flight);
    if (answer.demand == Demand::Patience) {
        // Announce, then try again: room that came in between would otherwise wake nobody.
        port_.wants_room.store(true, std::memory_order_seq_cst);
        answer = destination_.client.produce(flight);
        if (answer.demand == Demand::Patience) {
            flight.is_awaited = true;
            return false;
        }
    }
    if (!answer.is_done()) refuse(std::move(answer));
    crash_point("mid_produce");
    return true;
}

void KafkaWriter::refuse(Answer answer) {
    if (std::exchange(port_.has_refused, true)) return;
    port_.refusal.answer = std::move(answer);
    port_.refused.push(port_.refusal);
    write_wake(destination_.control_wake);
}

}  // namespace velo::connectors
