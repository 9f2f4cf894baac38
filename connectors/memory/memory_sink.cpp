#include "connectors/memory/memory_sink.hpp"

#include <atomic>
#include <utility>

namespace velo::connectors {

namespace {

std::optional<std::string> owned(std::string_view bytes, std::uint32_t size) {
    return size == engine::OutputChunk::kNone ? std::nullopt : std::optional<std::string>(bytes);
}

}  // namespace

/// One write on its way to the control thread, which destroys it.
struct MemorySink::Parcel {
    std::unique_ptr<engine::OutputChunk> chunk;  // Output records, or …
    engine::DeadLetter letter;                   // … one dead letter.
    EpochId epoch;
    std::size_t charged_bytes = 0;
    Parcel* next = nullptr;  // For HandOver.
};

/// What one writer and the control thread share. Counts have one writer and are read by the control thread.
struct MemorySink::Port {
    explicit Port(int wake_descriptor) : room(wake_descriptor) {}

    RoomRequest room;
    HandOver<Parcel> sent;
    std::atomic<std::uint64_t> records{0};
    std::atomic<std::uint64_t> bytes{0};
    Port* next = nullptr;  // For HandOver.
};

class MemorySink::Writer final : public engine::SinkWriter {
public:
    Writer(MemorySink& sink, Port& port) : sink_(sink), port_(port) {}

    [[nodiscard]] bool try_write(std::unique_ptr<engine::OutputChunk>& chunk) override {
        if (!sink_.options_.keeps_records) {
            add(port_.records, chunk->records.size());
            add(port_.bytes, chunk->bytes.size());
            chunk->clear();
            return true;
        }
        const std::size_t charge = chunk->bytes.size() + chunk->records.size();
        if (!sink_.budget_.try_take(charge, port_.room)) return false;
        auto parcel = std::make_unique<Parcel>();
        parcel->epoch = chunk->epoch;
        sink_.epochs_.written(chunk->epoch, chunk->records.size());
        parcel->chunk = std::move(chunk);
        send(std::move(parcel), charge);
        return true;
    }

    [[nodiscard]] bool try_write(const engine::DeadLetter& letter, EpochId epoch) override {
        const std::size_t charge = letter.key.size() + letter.value.size();
        if (!sink_.budget_.try_take(charge, port_.room)) return false;
        auto parcel = std::make_unique<Parcel>();
        parcel->letter = letter;
        parcel->epoch = epoch;
        sink_.epochs_.written(epoch, 1);
        send(std::move(parcel), charge);
        return true;
    }

private:
    static void add(std::atomic<std::uint64_t>& count, std::uint64_t more) noexcept {
        count.store(count.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }

    void send(std::unique_ptr<Parcel> parcel, std::size_t charge) {
        parcel->charged_bytes = charge;
        if (port_.sent.push(*parcel.release())) write_wake(sink_.options_.wake_descriptor);
    }

    MemorySink& sink_;
    Port& port_;
};

MemorySink::MemorySink(MemorySinkOptions options, MemoryOutput& output)
    : options_(options), output_(output), budget_(options.budget_bytes) {}

MemorySink::~MemorySink() { serve(); }

std::unique_ptr<engine::SinkWriter> MemorySink::make_writer(int wake_descriptor) {
    auto port = std::make_unique<Port>(wake_descriptor);
    auto writer = std::make_unique<Writer>(*this, *port);
    new_ports_.push(*port.release());
    return writer;
}

void MemorySink::adopt_ports() {
    new_ports_.take_all([this](Port& port) { ports_.emplace_back(&port); });
}

void MemorySink::serve() {
    adopt_ports();
    for (const auto& port : ports_) {
        port->sent.take_all([this](Parcel& sent) {
            const std::unique_ptr<Parcel> parcel(&sent);
            keep(*parcel);
            budget_.give_back(parcel->charged_bytes);
        });
    }
    for (const auto& port : ports_) ByteBudget::answer(port->room);
}

void MemorySink::keep(Parcel& parcel) {
    if (!parcel.chunk) {
        output_.dead_letters.push_back(std::move(parcel.letter));
        ++counts_.dead_letters;
        epochs_.acknowledged(parcel.epoch, 1);
        return;
    }
    const engine::OutputChunk& chunk = *parcel.chunk;
    for (const auto& record : chunk.records) {
        output_.records.push_back({owned(chunk.key(record), record.key_size),
                                   owned(chunk.value(record), record.value_size), chunk.epoch});
    }
    counts_.records += chunk.records.size();
    counts_.bytes += chunk.bytes.size();
    epochs_.acknowledged(parcel.epoch, chunk.records.size());
}

engine::SinkCounts MemorySink::counts() const noexcept {
    engine::SinkCounts sum = counts_;
    for (const auto& port : ports_) {
        sum.records += port->records.load(std::memory_order_relaxed);
        sum.bytes += port->bytes.load(std::memory_order_relaxed);
    }
    return sum;
}

std::optional<engine::PortError> MemorySink::close() {
    serve();
    return std::nullopt;
}

}  // namespace velo::connectors
