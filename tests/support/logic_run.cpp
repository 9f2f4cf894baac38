#include "tests/support/logic_run.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"

namespace velo::engine {

namespace {

constexpr Duration kTick = std::chrono::milliseconds{100};  // How finely the wall clock goes on.

std::vector<std::unique_ptr<Decoder>> decoders(const Plan& plan,
                                               const std::vector<PartitionName>& names) {
    std::vector<std::unique_ptr<Decoder>> all;
    for (std::size_t i = 0; i < plan.input_count(); ++i)
        all.push_back(make_json_decoder(plan.input(i), names));
    return all;
}

}  // namespace

/// One worker's share: a reader over its partitions, and the keys of its shards.
struct LogicRun::Pipeline {
    Pipeline(const Plan& plan, const std::vector<PartitionName>& names)
        : read(plan, decoders(plan, names)), answer(plan, make_json_encoder(plan.output, {})) {}

    ReadStage read;
    AnswerStage answer;
    std::vector<std::uint32_t> partitions;  // Dealt to its reader.
    Watermarks inboxes;                     // From each reader.
    EventTime advanced_to = kBeforeAllTime;
    std::optional<Duration> all_idle_since;
    EventTime idle_base = kBeforeAllTime;
    Batch batch;
    ReadOutcome read_outcome;
    AnswerOutcome answer_outcome;
    OutputChunk chunk;
};

std::string LogicShape::text() const {
    return fmt::format(
        "{} pipeline{}, {}", pipelines, pipelines == 1 ? "" : "s",
        batch_rows == 0 ? "a push is a batch" : fmt::format("batches of {}", batch_rows));
}

LogicRun::LogicRun(const Plan& plan, LogicShape shape, const std::vector<std::uint32_t>& partitions)
    : plan_(plan), shape_(shape) {
    for (std::uint32_t i = 0; i < partitions.size(); ++i) {
        first_of_.push_back(static_cast<std::uint32_t>(names_.size()));
        for (std::uint32_t p = 0; p < partitions[i]; ++p)
            names_.push_back({plan.input(i).name, static_cast<std::int32_t>(p), i});
    }
    next_offset_.resize(names_.size(), 0);
    last_data_.resize(names_.size(), Duration::zero());
    for (const OutputColumn& column : plan.output.columns)
        columns_.push_back({column.name, column.expression->type});
    for (std::uint32_t i = 0; i < shape.pipelines; ++i) {
        pipelines_.push_back(std::make_unique<Pipeline>(plan, names_));
        for (std::uint32_t reader = 0; reader < shape.pipelines; ++reader)
            pipelines_.back()->inboxes.add();
    }
    for (std::uint32_t p = 0; p < names_.size(); ++p) {
        Pipeline& reader = *pipelines_[p % shape.pipelines];
        reader.partitions.push_back(p);
        reader.read.add(SourcePartition{p}, kBeforeAllTime, names_[p].input);
    }
    for (std::uint32_t reader = 0; reader < shape.pipelines; ++reader) {
        if (pipelines_[reader]->partitions.empty()) send_watermark(reader);
    }
    next_flush_ = plan.emit.every.value_or(Duration::zero());
}

LogicRun::~LogicRun() = default;

LogicResult LogicRun::push(std::uint32_t input, std::uint32_t partition_of_input,
                           const std::vector<RecordLiteral>& records) {
    const std::uint32_t partition = first_of_[input] + partition_of_input;
    std::vector<RawRecord> raw;
    for (const RecordLiteral& record : records) {
        RawRecord out;
        out.has_key = record.key.has_value();
        out.has_value = record.value.has_value();
        if (record.key) out.key = *record.key;
        if (record.value) out.value = *record.value;
        out.offset = next_offset_[partition]++;
        out.timestamp = record.timestamp.value_or(0);
        out.partition = SourcePartition{partition};
        raw.push_back(out);
    }
    rows_in_ += raw.size();
    const std::size_t cut = shape_.batch_rows == 0 ? raw.size() : shape_.batch_rows;
    for (std::size_t from = 0; from < raw.size(); from += cut) {
        const std::size_t to = std::min(raw.size(), from + cut);
        read(partition, {raw.begin() + static_cast<std::ptrdiff_t>(from),
                         raw.begin() + static_cast<std::ptrdiff_t>(to)});
    }
    return take_result();
}

void LogicRun::read(std::uint32_t partition, const std::vector<RawRecord>& records) {
    const std::uint32_t number = partition % shape_.pipelines;
    Pipeline& reader = *pipelines_[number];
    last_data_[partition] = now_;
    reader.read.set_idle(SourcePartition{partition}, false);
    const std::size_t taken = reader.read.read(records, reader.batch, reader.read_outcome);
    result_.filtered += reader.read_outcome.filtered;
    result_.late += reader.read_outcome.late.size();
    rows_settled_ += reader.read_outcome.filtered + reader.read_outcome.late.size() +
                     reader.read_outcome.faults.size();
    for (const RowFault& fault : reader.read_outcome.faults.all())
        ++result_.faults[std::string(fault_code_name(fault.code))];
    route(number, reader.read_outcome.accepted, reader.batch);
    send_watermark(number);
    if (taken < records.size())
        read(partition, {records.begin() + static_cast<std::ptrdiff_t>(taken), records.end()});
}

// Hands each accepted row to the pipeline that answers it.
void LogicRun::route(std::uint32_t reader, const std::vector<std::uint32_t>& rows,
                     const Batch& batch) {
    const std::uint32_t stateless_to =
        plan_.strategy == Strategy::RoundRobin ? turn_++ % shape_.pipelines : reader;
    std::vector<std::vector<std::uint32_t>> rows_of(shape_.pipelines);
    for (const std::uint32_t row : rows) {
        rows_of[plan_.keyed ? pipeline_of(shard_of(batch.hashes[row]), shape_.pipelines)
                            : stateless_to]
            .push_back(row);
    }
    for (std::uint32_t i = 0; i < shape_.pipelines; ++i) {
        if (rows_of[i].empty()) continue;
        answer(
            *pipelines_[i], batch,
            rows_of[i].size() == batch.rows ? Selection::all(batch.rows) : Selection(rows_of[i]));
    }
}

void LogicRun::answer(Pipeline& pipeline, const Batch& batch, Selection rows) {
    pipeline.answer.take(batch, rows, pipeline.chunk, pipeline.answer_outcome);
    collect(pipeline, pipeline.answer_outcome);
}

// Tells every pipeline how far a reader has come.
void LogicRun::send_watermark(std::uint32_t reader) {
    ReadStage& stage = pipelines_[reader]->read;
    const bool none = pipelines_[reader]->partitions.empty();
    for (const auto& pipeline : pipelines_) {
        pipeline->inboxes.advance(reader, none ? kBeforeAllTime : stage.watermark());
        pipeline->inboxes.set_idle(reader, none || stage.all_idle());
    }
    for (const auto& pipeline : pipelines_) advance(*pipeline);
}

void LogicRun::advance(Pipeline& pipeline) {
    EventTime watermark = pipeline.inboxes.current();
    if (!pipeline.inboxes.all_idle()) {
        pipeline.all_idle_since.reset();
    } else {
        if (!pipeline.all_idle_since) {
            pipeline.all_idle_since = now_;
            pipeline.idle_base = watermark;
        }
        if (pipeline.idle_base != kBeforeAllTime) {
            pipeline.inboxes.raise(pipeline.idle_base + (now_ - *pipeline.all_idle_since));
            watermark = pipeline.inboxes.current();
        }
    }
    if (watermark <= pipeline.advanced_to) return;
    pipeline.advanced_to = watermark;
    for (bool done = false; !done;) {
        done = pipeline.answer.advance(watermark, pipeline.chunk, pipeline.answer_outcome);
        collect(pipeline, pipeline.answer_outcome);
    }
}

LogicResult LogicRun::tick(Duration time) {
    const Duration end = now_ + time;
    while (now_ < end) {
        now_ = std::min(end, now_ + kTick);
        grow_idle();
        for (const auto& pipeline : pipelines_) advance(*pipeline);
        if (!plan_.emit.every || now_ < next_flush_) continue;
        next_flush_ = now_ + *plan_.emit.every;
        flush();
    }
    return take_result();
}

void LogicRun::grow_idle() {
    for (std::uint32_t reader = 0; reader < shape_.pipelines; ++reader) {
        bool news = false;
        for (const std::uint32_t partition : pipelines_[reader]->partitions) {
            const SourcePartition id{partition};
            const auto& idle_after = plan_.input(names_[partition].input).idle_after;
            if (!idle_after || pipelines_[reader]->read.is_idle(id) ||
                now_ < last_data_[partition] + *idle_after)
                continue;
            pipelines_[reader]->read.set_idle(id, true);
            news = true;
        }
        if (news) send_watermark(reader);
    }
}

void LogicRun::flush() {
    for (const auto& pipeline : pipelines_) {
        for (bool done = false; !done;) {
            done = pipeline->answer.flush(pipeline->chunk, pipeline->answer_outcome);
            collect(*pipeline, pipeline->answer_outcome);
        }
    }
}

LogicResult LogicRun::finish() {
    for (std::uint32_t reader = 0; reader < shape_.pipelines; ++reader) {
        for (const std::uint32_t partition : pipelines_[reader]->partitions) {
            pipelines_[reader]->read.set_idle(SourcePartition{partition}, false);
            pipelines_[reader]->read.end(SourcePartition{partition});
        }
        send_watermark(reader);
    }
    for (const auto& pipeline : pipelines_) {
        for (bool done = false; !done;) {
            done = pipeline->answer.finish(pipeline->chunk, pipeline->answer_outcome);
            collect(*pipeline, pipeline->answer_outcome);
        }
    }
    if (plan_.emit.every) flush();
    return take_result();
}

void LogicRun::collect(Pipeline& pipeline, const AnswerOutcome& outcome) {
    result_.late += outcome.late_records;
    rows_settled_ += outcome.answered + outcome.late_records + outcome.faults.size();
    for (const RowFault& fault : outcome.faults.all())
        ++result_.faults[std::string(fault_code_name(fault.code))];
    for (const OutputFault& fault : outcome.output_faults)
        ++result_.output_faults[std::string(fault_code_name(fault.code))];
    for (const OutputChunk::Record& record : pipeline.chunk.records) {
        LogicRow& row = result_.rows.emplace_back();
        if (record.key_size != OutputChunk::kNone)
            row.key = std::string(pipeline.chunk.key(record));
        row.revision = record.revision;
        row.tombstone = record.value_size == OutputChunk::kNone;
        if (!row.tombstone) row.cells = message_cells(pipeline.chunk.value(record), columns_);
    }
    pipeline.chunk.clear();
}

LogicResult LogicRun::take_result() {
    VELO_ASSERT(rows_in_ == rows_settled_, "every row is answered, filtered, late or faulted");
    return std::exchange(result_, LogicResult{});
}

}  // namespace velo::engine
