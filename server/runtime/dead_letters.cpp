#include "server/runtime/dead_letters.hpp"

#include <utility>

namespace velo::runtime {

namespace {

const std::string kLateText = "late: every window that holds the row had closed before it came";

template <class Enum>
std::size_t index_of(Enum value) noexcept {
    return static_cast<std::size_t>(value);
}

}  // namespace

std::optional<Failure> DeadLetters::take(const engine::FaultList& faults,
                                         std::span<const engine::RawRecord> records,
                                         const engine::SourceReader& reader, EpochId epoch) {
    for (const engine::RowFault& fault : faults.all()) {
        const engine::RawRecord& record = records[fault.row];
        counters_.faults[index_of(fault.stage)][index_of(fault.code)].add(1);
        switch (run_.options.faults.action(fault.stage)) {
            case FaultAction::Fail:
                return failure(record, fault.stage, fault.code, fault.text);
            case FaultAction::Drop:
                counters_.dropped[index_of(fault.stage)].add(1);
                break;
            case FaultAction::DeadLetter:
                counters_.dead_lettered[index_of(fault.stage)].add(1);
                add(record, reader, fault.stage, fault.code, fault.text, epoch);
                break;
        }
    }
    return std::nullopt;
}

std::optional<Failure> DeadLetters::take_late(std::span<const std::uint32_t> rows,
                                              std::span<const engine::RawRecord> records,
                                              const engine::SourceReader& reader, EpochId epoch) {
    const FaultAction action = run_.options.faults.late;
    if (action == FaultAction::Drop) {
        counters_.late_dropped.add(rows.size());
        return std::nullopt;
    }
    for (const std::uint32_t row : rows) {
        const engine::RawRecord& record = records[row];
        if (action == FaultAction::Fail)
            return failure(record, engine::FaultStage::Late, engine::FaultCode::Late, kLateText);
        counters_.late_dead_lettered.add(1);
        add(record, reader, engine::FaultStage::Late, engine::FaultCode::Late, kLateText, epoch);
    }
    return std::nullopt;
}

std::optional<Failure> DeadLetters::take_late_rows(std::span<const std::uint32_t> rows,
                                                   const engine::Batch& batch,
                                                   std::span<const engine::RawRecord> records,
                                                   const engine::SourceReader& reader,
                                                   EpochId epoch) {
    while (!rows.empty()) {
        const std::uint32_t record = batch.record_of[rows.front()];
        bool counts = false;
        for (; !rows.empty() && batch.record_of[rows.front()] == record; rows = rows.subspan(1))
            counts = counts || batch.counts[rows.front()] != 0;
        auto failure = counts ? take_late({&record, 1}, records, reader, epoch)
                              : take_late_part(record, records, reader, epoch);
        if (failure) return failure;
    }
    return std::nullopt;
}

std::optional<Failure> DeadLetters::take_late_part(std::uint32_t record,
                                                   std::span<const engine::RawRecord> records,
                                                   const engine::SourceReader& reader,
                                                   EpochId epoch) {
    counters_.faults[index_of(engine::FaultStage::Late)][index_of(engine::FaultCode::Late)].add(1);
    const FaultAction action = run_.options.faults.late;
    if (action == FaultAction::Drop) return std::nullopt;
    if (action == FaultAction::Fail)
        return failure(records[record], engine::FaultStage::Late, engine::FaultCode::Late,
                       kLateText);
    add(records[record], reader, engine::FaultStage::Late, engine::FaultCode::Late, kLateText,
        epoch);
    return std::nullopt;
}

std::optional<Failure> DeadLetters::take(std::vector<engine::OutputFault>& faults, EpochId epoch) {
    for (engine::OutputFault& fault : faults) {
        counters_.output_faults.add(1);
        counters_.faults[index_of(fault.stage)][index_of(fault.code)].add(1);
        const FaultAction action = run_.options.faults.action(fault.stage);
        if (action == FaultAction::Fail) {
            return Failure{.may_retry = false,
                           .code = std::string(engine::fault_code_name(fault.code)),
                           .text = "a finished group (key " + fault.key +
                                   ") could not be written: " + fault.text +
                                   "; on_error says fail"};
        }
        if (action == FaultAction::Drop) continue;
        engine::DeadLetter letter;
        letter.offset = -1;
        letter.partition = -1;
        letter.stage = std::string(engine::fault_stage_name(fault.stage));
        letter.code = std::string(engine::fault_code_name(fault.code));
        letter.error = std::move(fault.text);
        letter.has_key = fault.has_key;
        letter.key = std::move(fault.key);
        keep(std::move(letter), epoch);
    }
    return std::nullopt;
}

bool DeadLetters::flush(engine::SinkWriter& writer) {
    while (!waiting_.empty()) {
        if (!writer.try_write(waiting_.front().letter, waiting_.front().epoch)) return false;
        waiting_.pop_front();
    }
    return true;
}

void DeadLetters::add(const engine::RawRecord& record, const engine::SourceReader& reader,
                      engine::FaultStage stage, engine::FaultCode code, const std::string& text,
                      EpochId epoch) {
    engine::DeadLetter letter;
    const PartitionCounters& name = run_.partitions.at(record.partition);
    letter.topic = name.topic;
    letter.partition = name.partition;
    letter.offset = record.offset;
    letter.stage = std::string(engine::fault_stage_name(stage));
    letter.code = std::string(engine::fault_code_name(code));
    letter.error = text;
    letter.has_key = record.has_key;
    letter.has_value = record.has_value;
    letter.key = std::string(record.key);
    letter.value = std::string(record.value);
    letter.headers = reader.headers(record);
    keep(std::move(letter), epoch);
}

void DeadLetters::keep(engine::DeadLetter letter, EpochId epoch) {
    if (TapLane* tap = counters_.tap.wanted(TapPoint::Dlq)) tap_dead_letter(*tap, letter);
    waiting_.push_back({std::move(letter), epoch});
}

Failure DeadLetters::failure(const engine::RawRecord& record, engine::FaultStage stage,
                             engine::FaultCode code, const std::string& text) const {
    const PartitionCounters& name = run_.partitions.at(record.partition);
    return {.may_retry = false,
            .code = std::string(engine::fault_code_name(code)),
            .text = name.topic + " partition " + std::to_string(name.partition) + " offset " +
                    std::to_string(record.offset) + ": " + text + "; on_error." +
                    std::string(engine::fault_stage_name(stage)) +
                    " says fail, so nothing of this epoch was committed",
            .where = {.topic = name.topic, .partition = name.partition, .offset = record.offset}};
}

}  // namespace velo::runtime
