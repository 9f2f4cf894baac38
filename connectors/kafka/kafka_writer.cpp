#include "connectors/kafka/kafka_writer.hpp"

#include <utility>

#include "connectors/kafka/dead_letter_record.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

// What librdkafka holds for each record besides its value.
constexpr std::size_t kRecordOverhead = 256;
constexpr std::size_t kSpareFlights =
    8;  // More keep their place but not their bytes: a burst must not hold memory for ever.

void* unconst(std::string_view bytes) noexcept {
    return const_cast<char*>(bytes.data());  // librdkafka's signature; it only reads.
}

}  // namespace

bool KafkaWriter::try_write(std::unique_ptr<engine::OutputChunk>& chunk) {
    const std::size_t charge = chunk->bytes.size() + chunk->records.size() * kRecordOverhead;
    if (!destination_.budget.try_take(charge, port_.room)) return false;
    Flight& flight = board(chunk->epoch, chunk->records.size(), charge);
    flight.is_dead_letter = false;
    std::swap(
        flight.chunk,
        chunk);  // The pipeline gets the chunk of an earlier flight to fill again, if there is one.
    const engine::OutputChunk& sent = *flight.chunk;

    messages_.clear();
    for (const auto& record : sent.records) {
        rd_kafka_message_t& message = messages_.emplace_back();
        message._private = &flight;
        if (record.key_size != engine::OutputChunk::kNone) {
            message.key = unconst(sent.key(record));
            message.key_len = record.key_size;
        }
        if (record.value_size != engine::OutputChunk::kNone) {
            message.payload = unconst(sent.value(record));
            message.len = record.value_size;
        }
    }
    const auto count = static_cast<int>(messages_.size());
    // After this call the flight may have landed already: nothing of it is touched any more.
    if (rd_kafka_produce_batch(destination_.topic.get(), RD_KAFKA_PARTITION_UA, 0, messages_.data(),
                               count) == count)
        return true;
    for (const rd_kafka_message_t& message : messages_) {
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR)
            refuse(message.err, message.len + message.key_len, false);
    }
    return true;
}

bool KafkaWriter::try_write(const engine::DeadLetter& letter, EpochId epoch) {
    VELO_ASSERT(destination_.dead_letter_topic,
                "a job whose policy writes dead letters has a topic for them");
    const std::size_t charge = letter.key.size() + letter.value.size() + 4 * kRecordOverhead;
    if (!destination_.budget.try_take(charge, port_.room)) return false;
    Flight& flight = board(epoch, 1, charge);
    flight.is_dead_letter = true;
    flight.letter = letter;
    const DeadLetterRecord record =
        dead_letter_record(flight.letter, destination_.job, destination_.largest_dead_letter);

    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
        rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
    }
    rd_kafka_vu_t parts[6];
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = destination_.dead_letter_topic.get();
    parts[1].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[1].u.ptr = &flight;
    parts[2].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[2].u.headers = headers;
    std::size_t count = 3;
    const auto add = [&](rd_kafka_vtype_t type, const std::optional<std::string_view>& bytes) {
        if (!bytes) return;
        parts[count].vtype = type;
        parts[count].u.mem.ptr = unconst(*bytes);
        parts[count].u.mem.size = bytes->size();
        ++count;
    };
    add(RD_KAFKA_VTYPE_KEY, record.key);
    add(RD_KAFKA_VTYPE_VALUE, record.value);
    const std::size_t size = record.size();
    const Failed failed{rd_kafka_produceva(producer_, parts, count)};
    if (failed) {
        rd_kafka_headers_destroy(headers);  // They were not taken.
        refuse(rd_kafka_error_code(failed.get()), size, true);
    }
    return true;
}

// A place for what is about to leave; whatever has landed is cleared for the next ones.
Flight& KafkaWriter::board(EpochId epoch, std::uint64_t records, std::size_t charged_bytes) {
    port_.landed.take_all([&](Flight& flight) {
        flight.letter = {};
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
    flight.waiting = records;
    flight.charged_bytes = charged_bytes;
    destination_.epochs.written(epoch, records);
    return flight;
}

void KafkaWriter::refuse(rd_kafka_resp_err_t code, std::size_t size_bytes, bool is_dead_letter) {
    if (std::exchange(has_refused_, true)) return;
    port_.refusal = {
        .code = code, .size_bytes = size_bytes, .is_dead_letter = is_dead_letter, .next = nullptr};
    port_.refused.push(port_.refusal);
    write_wake(destination_.control_wake);
}

}  // namespace velo::connectors
