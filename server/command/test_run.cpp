#include "server/command/test_run.hpp"

#include <algorithm>
#include <utility>

#include "connectors/file/dead_letter_line.hpp"
#include "connectors/memory/memory_sink.hpp"
#include "connectors/memory/memory_source.hpp"
#include "server/job/job.hpp"
#include "server/job/job_builder.hpp"
#include "server/runtime/source_set.hpp"

namespace velo::server {

namespace {

constexpr std::size_t kShownDeadLetters = 5;

/// A record without a time of its own, in a job whose rows have one: all at the beginning of 1970.
std::int64_t time_of(const config::JobTestSpec::Row& row, bool has_timestamps) {
    if (row.timestamp) return row.timestamp->time_since_epoch().count();
    return has_timestamps ? 0 : engine::kNoTimestamp;
}

connectors::MemoryInput input_of(const config::JobSpec& job, const std::string& name,
                                 const config::JobTestSpec& test) {
    connectors::MemoryInput input{.topic = name, .partitions = {{}}};
    const auto source = std::ranges::find_if(
        job.sources, [&](const auto& each) { return each.name.value == name; });
    const bool has_timestamps = std::holds_alternative<config::KafkaSourceSpec>(source->from);
    for (const config::JobTestSpec::Input& rows : test.inputs) {
        if (rows.source.value != name) continue;
        for (const config::JobTestSpec::Row& row : rows.rows) {
            if (input.partitions.size() <= row.partition)
                input.partitions.resize(row.partition + 1);
            connectors::MemoryRecord& record = input.partitions[row.partition].emplace_back();
            record.key = row.key;
            if (!row.is_null) record.value = row.payload.value;
            record.timestamp = time_of(row, has_timestamps);
        }
    }
    return input;
}

// `inputs` outlives it.
std::unique_ptr<engine::Source> source_over(const std::vector<connectors::MemoryInput>& inputs) {
    std::vector<std::unique_ptr<engine::Source>> sources;
    for (const connectors::MemoryInput& input : inputs)
        sources.push_back(std::make_unique<connectors::MemorySource>(input));
    return runtime::as_one(std::move(sources));
}

std::string tombstone(std::string_view key, const connectors::KeyForm& form) {
    std::string line;
    connectors::append_tombstone(line, key, form);
    line.pop_back();  // The line break.
    return line;
}

class EndListener final : public JobEvents {
public:
    EndListener() { wake_.arm(); }
    void happened(const std::string&, Severity, const std::string&, const std::string&) override {}
    void ended() override { wake_.notify(); }
    void wait() { wake_.wait(std::chrono::seconds{1}); }

private:
    runtime::Wake wake_;
};

void collect(const Job& job, const connectors::MemoryOutput& output,
             const connectors::KeyForm& form, TestResult& result) {
    const runtime::Law law = runtime::law_of(job.counters());
    result.late = law.late;
    result.dead_lettered = law.dead_lettered;
    if (job.result()->end != runtime::RunResult::End::Finished) result.failure = job.trouble();
    for (const connectors::MemoryOutputRecord& record : output.records) {
        result.rows.push_back(
            {record.key, record.value ? *record.value : tombstone(record.key.value_or(""), form)});
    }
    for (const engine::DeadLetter& letter : output.dead_letters) {
        if (result.dead_letters.size() == kShownDeadLetters) break;
        result.dead_letters.push_back("row " + std::to_string(letter.offset) + " (" + letter.stage +
                                      "): " + letter.error);
    }
}

}  // namespace

TestBench::TestBench(std::uint32_t pipelines) {
    for (std::uint32_t i = 0; i < pipelines; ++i)
        workers_.push_back(std::make_unique<runtime::Worker>());
}

TestResult TestBench::run(const config::JobSpec& spec, const engine::Plan& plan,
                          const config::JobTestSpec& test) {
    std::vector<connectors::MemoryInput> inputs;
    for (std::size_t i = 0; i < plan.input_count(); ++i)
        inputs.push_back(input_of(spec, plan.input(i).name, test));
    connectors::MemoryOutput output;
    engine::Plan still = plan;
    if (still.emit.every) still.emit.every = std::chrono::hours{24 * 365};
    JobDefinition definition = define_job(spec, std::move(still), pipelines());
    definition.options.pipelines = pipelines();
    definition.options.until_end = true;
    definition.make_ports = [&](int wake) {
        return runtime::Ports{.source = source_over(inputs),
                              .sink = std::make_unique<connectors::MemorySink>(
                                  connectors::MemorySinkOptions{.wake_descriptor = wake}, output),
                              .ledger = nullptr};
    };
    EndListener events;
    TestResult result;
    Job job(std::move(definition), workers_, books_, events);
    for (;;) {
        {
            const std::lock_guard lock(books_);
            if (job.result()) {
                collect(job, output, key_form(plan.output.key), result);
                return result;
            }
        }
        events.wait();
    }
}

}  // namespace velo::server
