#include "config/job_spec.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include <fmt/format.h>

namespace velo::config {

namespace {

constexpr std::array kDeliveries{
    Choice<Delivery>{"exactly_once", Delivery::ExactlyOnce},
    Choice<Delivery>{"at_least_once", Delivery::AtLeastOnce},
};
constexpr std::array kActions{
    Choice<ErrorAction>{"dlq", ErrorAction::Dlq},
    Choice<ErrorAction>{"drop", ErrorAction::Drop},
    Choice<ErrorAction>{"fail", ErrorAction::Fail},
    Choice<ErrorAction>{"apply_if_open", ErrorAction::ApplyIfOpen},
};
constexpr std::array kStrategies{
    Choice<StrategyChoice>{"auto", StrategyChoice::Auto},
    Choice<StrategyChoice>{"hash", StrategyChoice::Hash},
    Choice<StrategyChoice>{"sticky", StrategyChoice::Sticky},
    Choice<StrategyChoice>{"round_robin", StrategyChoice::RoundRobin},
    Choice<StrategyChoice>{"fan_in", StrategyChoice::FanIn},
};

constexpr std::size_t kMaxNameBytes = 63;

bool is_job_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, fits);
}

void read_name(Section& section, Placed<std::string>& name) {
    const auto value = section.need("name");
    if (!value) return;
    const auto text = value->text(Variables::Verbatim);
    if (!text) return;
    name = {*text, value->place()};
    if (is_job_name(*text)) return;
    value->refuse(fmt::format(
        "job name '{}' does not fit; it is part of topic names: 1 to 63 of a-z, 0-9, _ and -",
        *text));
}

void read_query(Section& section, SqlText& query) {
    const auto value = section.need("query");
    if (!value) return;
    const auto text = value->text(Variables::Verbatim);
    if (!text) return;
    query = SqlText(section.reading().file, value->node());
    if (text->find_first_not_of(" \t\r\n") == std::string::npos) value->refuse("'query' is empty");
    if (const auto comment = query.joined_comment()) {
        section.reading().mistakes.push_back({*comment,
                                              "'--' hides the lines below it, which YAML joins to "
                                              "this one; write 'query: |' and the SQL below it"});
    }
}

void read_on_error(const Value& value, OnErrorSpec& on_error) {
    const std::span without_apply = std::span(kActions).first(3);
    Section section = value.section("on_error");
    section.choice("decode", on_error.decode, without_apply);
    section.choice("evaluate", on_error.evaluate, without_apply);
    section.choice("late", on_error.late, kActions);
    section.choice("encode", on_error.encode, without_apply);
    section.ratio("max_ratio", on_error.max_ratio);
    section.finish();
}

void read_execution(const Value& value, ExecutionSpec& execution) {
    Section section = value.section("execution");
    if (const auto partitions = section.find("partitions")) {
        if (!partitions->is_word("auto")) {
            if (const auto count = partitions->integer(1, 1024))
                execution.partitions.value = static_cast<std::uint32_t>(*count);
        }
        execution.partitions.place = partitions->place();
    }
    section.choice("strategy", execution.strategy, kStrategies);
    section.duration("commit_interval", execution.commit_interval, std::chrono::milliseconds{1});
    if (const auto batch = section.find("batch")) {
        Section batch_section = batch->section("batch");
        batch_section.integer("records", execution.batch_records, 1, 1'000'000);
        batch_section.finish();
    }
    section.finish();
}

void read_state(const Value& value, StateSpec& state) {
    Section section = value.section("state");
    section.duration("ttl", state.ttl);
    section.size("memory_limit", state.memory_limit);
    section.finish();
    if (state.memory_limit.value == 0) {
        section.reading().mistakes.push_back(
            {state.memory_limit.place,
             "'memory_limit' is 0; a query needs some memory, such as 64MiB"});
    }
}

void read_kafka(const Value& value, JobKafkaSpec& kafka) {
    Section section = value.section("kafka");
    section.text("connection", kafka.connection, Variables::FilledIn);
    if (const auto properties = section.find("properties"))
        kafka.properties = read_kafka_properties(*properties, PropertyScope::Job);
    section.finish();
}

void read_sources(Section& section, JobSpec& job) {
    const auto value = section.need("sources");
    if (!value) return;
    Section sources = value->section("sources");
    for (const auto& [name, each] : sources.all()) job.sources.push_back(read_source(name, each));
    sources.finish();
    if (value->is_mapping() && value->node().entries.empty())
        value->refuse("'sources' is empty; a job reads at least one");
}

bool can_be_planned(const JobSpec& job) {
    const auto is_query = job.query.text().find_first_not_of(" \t\r\n") != std::string::npos;
    return is_query && !job.sources.empty() &&
           std::ranges::all_of(job.sources, &SourceSpec::columns_are_known);
}

// What no single section can see.
void check_standard_input(const JobSpec& job, std::vector<Mistake>& mistakes) {
    const Placed<std::string>* input = nullptr;
    for (const SourceSpec& source : job.sources) {
        const auto* file = std::get_if<FileSourceSpec>(&source.from);
        if (file == nullptr) continue;
        for (const Placed<std::string>& path : file->paths) {
            if (path.value != "-") continue;
            if (input != nullptr)
                mistakes.push_back(
                    {path.place, "standard input ('-') is read twice; one source can have it"});
            input = &path;
        }
    }
}

// What a sink and a dlq write to, as their users call it.
std::string target_name(const SinkTarget& target) {
    if (const auto* kafka = std::get_if<KafkaSinkSpec>(&target))
        return fmt::format("topic '{}'", kafka->topic.value);
    return fmt::format("file '{}'", std::get<FileSinkSpec>(target).path.value);
}

void check_dlq(const JobSpec& job, const Value& dlq) {
    if (job.sink.to.index() != job.dlq.to.index()) {
        // Outputs and dead letters of an epoch are committed together.
        dlq.refuse(std::holds_alternative<KafkaSinkSpec>(job.sink.to)
                       ? "the dead letters of a Kafka sink go to a topic; write kafka: {topic: …}"
                       : "the dead letters of a file sink go to a file; write file: {path: …}");
    } else if (target_name(job.sink.to) == target_name(job.dlq.to)) {
        dlq.refuse(fmt::format("sink and dlq both write {}; give one another name",
                               target_name(job.dlq.to)));
    }
}

void read_dead_letters(Section& section, JobSpec& job) {
    const auto dlq = section.find("dlq");
    std::vector<Mistake>& mistakes = section.reading().mistakes;
    const std::size_t before = mistakes.size();
    job.dlq = dlq ? read_dlq(*dlq) : default_dlq(job.name.value, job.sink.to);
    if (dlq && mistakes.size() == before && job.sink.place.line > 0) check_dlq(job, *dlq);
}

}  // namespace

std::string_view delivery_name(Delivery delivery) noexcept {
    return word_of(kDeliveries, delivery);
}
std::string_view action_name(ErrorAction action) noexcept { return word_of(kActions, action); }
std::string_view strategy_name(StrategyChoice strategy) noexcept {
    return word_of(kStrategies, strategy);
}

JobSpec read_job(const YamlFile& file, const Environment& environment,
                 std::vector<Mistake>& mistakes) {
    JobSpec job;
    job.file = file.name();
    if (file.root() == nullptr) return job;
    Reading reading{file, environment, mistakes};
    return read_job(Value(*file.root(), file.place(*file.root()), "the file", reading));
}

JobSpec read_job(const Value& root) {
    JobSpec job;
    job.file = root.reading().file.name();
    if (!root.is_mapping()) {
        root.refuse("a job file is a mapping; write name: …, sources: …, query: …, sink: …");
        return job;
    }
    Section section = root.section("job");
    read_name(section, job.name);
    section.text("description", job.description, Variables::Verbatim);
    read_sources(section, job);
    read_query(section, job.query);
    job.can_be_planned = can_be_planned(job);
    if (const auto sink = section.need("sink")) job.sink = read_sink(*sink);
    section.choice("delivery", job.delivery, kDeliveries);
    if (const auto on_error = section.find("on_error")) read_on_error(*on_error, job.on_error);
    read_dead_letters(section, job);
    if (const auto execution = section.find("execution")) read_execution(*execution, job.execution);
    if (const auto state = section.find("state")) read_state(*state, job.state);
    if (const auto kafka = section.find("kafka")) read_kafka(*kafka, job.kafka);
    if (const auto tests = section.find("tests")) job.tests = read_job_tests(*tests, job.sources);
    section.finish();
    check_standard_input(job, root.reading().mistakes);
    return job;
}

}  // namespace velo::config
