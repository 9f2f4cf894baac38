#include "connectors/kafka/epoch_records.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/crash_point.hpp"

namespace velo::connectors {

namespace {

std::uint64_t bytes_of(const Flight& flight) {
    std::uint64_t bytes = 0;
    for (const auto& record : flight.chunk->records) {
        if (record.key_size != engine::OutputChunk::kNone) bytes += record.key_size;
        if (record.value_size != engine::OutputChunk::kNone) bytes += record.value_size;
    }
    return bytes;
}

}  // namespace

void keep_gravest(Answer& kept, Answer other) {
    if (other.demand > kept.demand) kept = std::move(other);
}

EpochRecords::EpochRecords(TransactionClient& client, bool keeps_epochs, std::size_t budget_bytes,
                           int control_wake)
    : destination_{.client = client,
                   .keeps_epochs = keeps_epochs,
                   .control_wake = control_wake,
                   .budget = ByteBudget{budget_bytes},
                   .epochs = {}},
      log_port_(control_wake),
      log_writer_(destination_, log_port_),
      open_epoch_(keeps_epochs ? 0 : WriterPort::kAlwaysOpen) {
    log_port_.open_epoch = open_epoch_;
}

EpochRecords::~EpochRecords() { adopt(); }

std::unique_ptr<engine::SinkWriter> EpochRecords::make_writer(int wake_descriptor) {
    auto port = std::make_unique<WriterPort>(wake_descriptor);
    // With transactions it stays closed until the control thread has adopted it, so close() misses nobody.
    if (!destination_.keeps_epochs) port->open_epoch = WriterPort::kAlwaysOpen;
    auto writer = std::make_unique<KafkaWriter>(destination_, *port);
    new_ports_.push(*port.release());
    write_wake(destination_.control_wake);
    return writer;
}

void EpochRecords::adopt() {
    new_ports_.take_all([this](WriterPort& port) {
        ports_.emplace_back(&port);
        if (!destination_.keeps_epochs || open_epoch_ == 0) return;
        port.open_epoch.store(open_epoch_, std::memory_order_seq_cst);
        write_wake(port.room.wake_descriptor);
    });
}

template <class Visit>
void EpochRecords::each_port(Visit&& visit) {
    for (const auto& port : ports_) visit(*port);
    visit(log_port_);
}

void EpochRecords::open(EpochId epoch) {
    VELO_ASSERT(destination_.keeps_epochs && epoch.value > 0, "epochs are numbered from 1");
    open_epoch_ = epoch.value;
    each_port([&](WriterPort& port) {
        port.open_epoch.store(open_epoch_, std::memory_order_seq_cst);
        write_wake(port.room.wake_descriptor);
    });
    log_writer_.serve();
}

void EpochRecords::close() {
    open_epoch_ = 0;
    each_port([](WriterPort& port) {
        port.open_epoch.store(0, std::memory_order_seq_cst);
        // Inside, a writer hands one flight to the producer and never waits.
        while (port.inside.load(std::memory_order_seq_cst)) std::this_thread::yield();
    });
}

void EpochRecords::rewind() {
    resend_port_ = resend_flight_ = 0;
    each_port([this](WriterPort& port) {
        port.refused.take_all([](Refusal&) {});
        port.has_refused = false;
        for (Flight* flight : port.sent) {
            destination_.epochs.written(flight->epoch, flight->records - flight->waiting);
            flight->waiting = flight->records;
            flight->given = 0;
        }
    });
}

Answer EpochRecords::resend() {
    for (; resend_port_ <= ports_.size(); ++resend_port_, resend_flight_ = 0) {
        WriterPort& port = resend_port_ < ports_.size() ? *ports_[resend_port_] : log_port_;
        for (; resend_flight_ < port.sent.size(); ++resend_flight_) {
            crash_point("in_resend");
            Flight& flight = *port.sent[resend_flight_];
            if (flight.given == flight.records) continue;
            if (Answer answer = destination_.client.produce(flight); !answer.is_done())
                return answer;
        }
    }
    return {};
}

void EpochRecords::recycle() {
    each_port([this](WriterPort& port) {
        for (Flight* flight : port.sent) {
            VELO_ASSERT(flight->waiting == 0, "only what is acknowledged is committed");
            count(*flight, flight->records);
            if (flight->is_awaited) {
                flight->is_done = true;  // The writer has it in its hands still.
            } else {
                port.landed.push(*flight);
            }
        }
        port.sent.clear();
    });
}

void EpochRecords::land(Flight& flight, std::uint64_t records, std::int64_t last_offset) {
    VELO_ASSERT(flight.waiting >= records, "a record is acknowledged once");
    flight.waiting -= records;
    destination_.epochs.acknowledged(flight.epoch, records);
    if (flight.kind == Flight::Kind::Log) {
        const auto at = static_cast<std::size_t>(flight.log.partition);
        if (at >= log_ends_.size()) log_ends_.resize(at + 1);
        log_ends_[at] = std::max(log_ends_[at], last_offset + 1);
    }
    gave_back_ = true;
    if (destination_.keeps_epochs) return;
    count(flight, records);
    if (flight.waiting != 0) return;
    destination_.budget.give_back(flight.charged_bytes);
    flight.port->landed.push(flight);
}

// Output bytes are counted with a flight's last record, because a part of a chunk has no size of its own.
void EpochRecords::count(const Flight& flight, std::uint64_t records) {
    if (flight.kind == Flight::Kind::DeadLetter) counts_.dead_letters += records;
    if (flight.kind != Flight::Kind::Output) return;
    counts_.records += records;
    if (flight.waiting == 0) counts_.bytes += bytes_of(flight);
}

Answer EpochRecords::serve() {
    adopt();
    Answer gravest;
    const bool gave_back = std::exchange(gave_back_, false);
    each_port([&](WriterPort& port) {
        if (gave_back) {
            ByteBudget::answer(port.room);
            if (port.wants_room.exchange(false, std::memory_order_seq_cst))
                write_wake(port.room.wake_descriptor);
        }
        port.refused.take_all(
            [&](Refusal& refusal) { keep_gravest(gravest, std::move(refusal.answer)); });
    });
    log_writer_.serve();
    return gravest;
}

}  // namespace velo::connectors
