// Writes a first job file for a topic: samples it, guesses a schema, and proves the result before it is written.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/utf8.hpp"
#include "config/yaml_file.hpp"
#include "connectors/kafka/cluster_look.hpp"
#include "connectors/kafka/stored_records.hpp"
#include "engine/base/error.hpp"
#include "server/command/commands.hpp"
#include "server/command/job_text.hpp"
#include "server/command/test_compare.hpp"
#include "server/command/test_run.hpp"
#include "server/job/job_builder.hpp"
#include "server/job/job_files.hpp"
#include "server/job/plan_job.hpp"
#include "server/record_text.hpp"

namespace velo::server {

namespace {

namespace fs = std::filesystem;
using connectors::StoredRecord;

constexpr std::int64_t kSampled = 200;
constexpr std::size_t kMostTestBytes = 2000;
constexpr std::size_t kTestRows = 2;
constexpr std::size_t kShownBytes = 80;

int fail(std::ostream& err, const std::string& text, int code = kExitFailed) {
    err << "velostream: " << text << '\n';
    return code;
}

int fail(std::ostream& err, const engine::PortError& error) {
    return fail(err, error.text, error.fatal ? kExitFailed : kExitUnreachable);
}

/// What was found in the topic.
struct Sample {
    std::vector<SampledObject> objects;
    std::vector<std::string> texts;  // Of the objects.
    std::size_t tombstones = 0;
    std::size_t others = 0;   // Payloads that are no JSON object.
    std::string first_other;  // Where it is and what it looks like.
    std::uint32_t partitions = 1;
};

// What a payload that is no JSON object may be.
std::string looks_like(std::string_view bytes) {
    if (bytes.size() > 5 && bytes[0] == '\0') {
        std::uint32_t id = 0;
        for (std::size_t i = 1; i < 5; ++i) id = id << 8 | static_cast<unsigned char>(bytes[i]);
        return fmt::format("it looks like Avro or Protobuf with schema {} of a registry", id);
    }
    if (config::find_invalid_utf8(bytes)) return "it is no text";
    if (const auto json = parse_json(bytes))
        return json->kind == JsonValue::Kind::Array ? "it is a JSON array" : "it is one JSON value";
    if (bytes.find(',') != std::string_view::npos && bytes.find('{') == std::string_view::npos)
        return "it looks like CSV";
    return "it is text";
}

void add(Sample& sample, const StoredRecord& record) {
    if (!record.value) {
        ++sample.tombstones;
        return;
    }
    auto json = parse_json(*record.value);
    if (json && json->kind == JsonValue::Kind::Object &&
        !config::find_invalid_utf8(*record.value)) {
        sample.objects.push_back({std::move(*json), record.partition});
        sample.texts.push_back(*record.value);
        return;
    }
    if (sample.others++ != 0) return;
    const std::string_view shown = std::string_view(*record.value).substr(0, kShownBytes);
    sample.first_other = fmt::format(
        "partition {} offset {}: {}{}", record.partition, record.offset, looks_like(*record.value),
        config::find_invalid_utf8(shown) ? "" : ", '" + printable(shown) + "'");
}

// The exit code when there is nothing to learn from, with `err` told why.
std::expected<Sample, int> sample_topic(const connectors::ClientOptions& client,
                                        const std::string& topic, std::ostream& err) {
    auto cluster = connectors::ClusterLook::open(client);
    if (!cluster) return std::unexpected(fail(err, cluster.error()));
    auto records = connectors::StoredRecords::open(client, topic);
    if (!records && records.error().code == "topic_missing") {
        std::vector<std::string_view> names;
        for (const std::string& name : (*cluster)->topics()) {
            if (!name.starts_with("__") && !name.starts_with("velostream.")) names.push_back(name);
        }
        return std::unexpected(fail(
            err, fmt::format("topic '{}' does not exist{}", topic, did_you_mean(topic, names))));
    }
    if (!records) return std::unexpected(fail(err, records.error()));
    Sample sample;
    sample.partitions = (*records)->partitions();
    const std::int64_t each = std::max<std::int64_t>(1, kSampled / sample.partitions);
    const auto problem = (*records)->read(each, [&](const StoredRecord& record) {
        add(sample, record);
        return true;
    });
    if (problem) return std::unexpected(fail(err, *problem));
    const std::size_t all = sample.objects.size() + sample.others + sample.tombstones;
    if (all == 0) {
        return std::unexpected(
            fail(err, fmt::format("topic '{}' is empty: there is nothing to learn from; write some "
                                  "records to it first",
                                  topic)));
    }
    if (sample.objects.empty() || sample.objects.size() < sample.others) {
        return std::unexpected(fail(
            err,
            sample.others == 0
                ? fmt::format("the {} records sampled of topic '{}' have no payload", all, topic)
                : fmt::format("{} of {} records sampled of topic '{}' are no JSON objects, "
                              "which this version reads; the first is in {}",
                              sample.others, all, topic, sample.first_other)));
    }
    return sample;
}

// Whether YAML takes all of it inside quotes on one line.
bool fits_a_file(const std::string& text) {
    if (text.size() > kMostTestBytes || text.find('\x7F') != std::string::npos ||
        text.find("\xEF\xBB\xBF") != std::string::npos)
        return false;
    for (std::size_t at = text.find('\xC2'); at != std::string::npos;
         at = text.find('\xC2', at + 1)) {
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return false;
    }
    return true;
}

/// The job of a text, as lint would read it.
struct Read {
    config::JobSpec spec;
    engine::Plan plan;
};
Read read_back(const std::string& text, const config::Environment& environment) {
    std::vector<Mistake> mistakes;
    const config::YamlFile file("init", text, mistakes);
    config::JobSpec spec = config::read_job(file, environment, mistakes);
    if (!mistakes.empty()) throw Error(std::move(mistakes));
    engine::Plan plan = plan_job(spec, false);
    return {.spec = std::move(spec), .plan = std::move(plan)};
}

config::JobTestSpec test_over(const std::string& source, const std::vector<std::string>& rows) {
    config::JobTestSpec test;
    config::JobTestSpec::Input& input = test.inputs.emplace_back();
    input.source.value = source;
    for (const std::string& row : rows) {
        config::JobTestSpec::Row record;
        record.payload.value = row;
        input.rows.push_back(std::move(record));
    }
    return test;
}

bool passes_its_tests(const NewJob& job, TestBench& bench, const config::Environment& environment) {
    try {
        const Read whole = read_back(job_text(job), environment);
        return std::ranges::all_of(whole.spec.tests, [&](const config::JobTestSpec& test) {
            return differences(test, whole.plan.output, bench.run(whole.spec, whole.plan, test), 1)
                .empty();
        });
    } catch (const Error&) {
        return false;
    }
}

// Runs the sample through the job: what it says about itself is then known and not guessed.
void prove(NewJob& job, const Sample& sample, const config::Environment& environment) {
    const Read read = read_back(job_text(job), environment);
    TestBench bench(1);
    const TestResult all = bench.run(read.spec, read.plan, test_over(job.source, sample.texts));
    if (!all.failure.empty()) throw Error(Place{}, all.failure);
    if (all.dead_lettered != 0) {
        job.remarks.push_back(
            fmt::format("{} of them could not be read so: {}", all.dead_lettered,
                        all.dead_letters.empty() ? "" : printable(all.dead_letters.front())));
    }
    // Those that show the most columns, and can stand in a file.
    std::vector<std::pair<std::size_t, std::string>> candidates;
    for (std::size_t i = 0; i < sample.texts.size(); ++i) {
        std::string line = on_one_line(sample.texts[i]);
        if (fits_a_file(line))
            candidates.emplace_back(sample.objects[i].value.fields.size(), std::move(line));
    }
    std::ranges::stable_sort(candidates, std::ranges::greater{},
                             [](const auto& candidate) { return candidate.first; });
    for (const auto& [fields, line] : candidates) {
        if (job.test_input.size() == kTestRows) break;
        if (std::ranges::find(job.test_input, line) != job.test_input.end()) continue;
        const TestResult one = bench.run(read.spec, read.plan, test_over(job.source, {line}));
        if (one.rows.size() != 1 || one.dead_lettered != 0 || !fits_a_file(one.rows[0].json))
            continue;
        job.test_input.push_back(line);
        job.test_output.push_back(one.rows[0].json);
    }
    if (passes_its_tests(job, bench, environment)) return;
    // Its records hold something that a file does not give back: better no test than one that fails.
    job.test_input.clear();
    job.test_output.clear();
    job.remarks.push_back("none of them could be made a test of");
    (void)read_back(job_text(job), environment);
}

std::vector<std::string> remarks_on(const Sample& sample) {
    const std::size_t all = sample.objects.size() + sample.others + sample.tombstones;
    std::vector<std::string> remarks;
    if (sample.others != 0)
        remarks.push_back(fmt::format("{} of {} records are no JSON objects; the first is in {}",
                                      sample.others, all, sample.first_other));
    if (sample.tombstones != 0)
        remarks.push_back(fmt::format("{} of {} records have no payload", sample.tombstones, all));
    return remarks;
}

// False: it cannot be written. Never over what is there.
bool write_new_file(const std::string& path, const std::string& text) {
    std::error_code ignored;
    const fs::path folder = fs::path(path).parent_path();
    if (!folder.empty()) fs::create_directories(folder, ignored);
    // As the system has it, nobody else's file is taken for ours in between.
    std::FILE* file = std::fopen(path.c_str(), "wbx");
    if (file == nullptr) return false;
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    return std::fclose(file) == 0 && written;
}

// The server file says where Kafka is: without one, the job would look for it on this machine.
void provide_server_file(const InitArguments& arguments, const config::ServerSpec& server,
                         std::ostream& err) {
    const std::string& configured = server.kafka.bootstrap_servers.value;
    if (arguments.brokers.empty() || arguments.brokers == configured) return;
    if (!server.file.empty()) {
        err << fmt::format("{} says that Kafka is at {}, not {}: correct it before the job runs\n",
                           server.file, configured, arguments.brokers);
        return;
    }
    const std::string text =
        fmt::format("kafka: {{bootstrap_servers: \"{}\"}}\n", arguments.brokers);
    if (write_new_file("velostream.yaml", text))
        err << "wrote velostream.yaml, which says where Kafka is\n";
}

}  // namespace

int init(const InitArguments& arguments, const config::Environment& environment, std::ostream& out,
         std::ostream& err) {
    std::error_code ignored;
    if (!arguments.file.empty() && fs::exists(arguments.file, ignored))
        return fail(err, fmt::format("'{}' is there already and is not overwritten; name another "
                                     "file with -o",
                                     arguments.file));
    const LoadedFiles files = load_server_file(arguments.server_file, environment);
    if (!files.mistakes.empty()) {
        err << files.mistakes.text();
        return kExitConfiguration;
    }
    const BuildContext context{
        .server = files.server, .environment = environment, .client_log = {}};
    connectors::ClientOptions client = client_options(config::JobSpec{}, context);
    client.client_id = "velostream.init";
    if (!arguments.brokers.empty()) client.bootstrap_servers = arguments.brokers;
    const auto sample = sample_topic(client, arguments.topic, err);
    if (!sample) return sample.error();
    NewJob job;
    job.name = job_name_of(arguments.topic);
    job.source = source_name_of(arguments.topic);
    job.topic = arguments.topic;
    job.sink_topic = arguments.topic + ".answers";
    job.partitions = sample->partitions;
    job.sampled = sample->objects.size() + sample->others + sample->tombstones;
    job.skip_tombstones = sample->tombstones != 0;
    job.remarks = remarks_on(*sample);
    job.schema = guess_schema(sample->objects);
    if (job.schema.columns.empty())
        return fail(err, fmt::format("no field of topic '{}' can be a column: {}", arguments.topic,
                                     job.schema.left_out.empty() ? "its records have none"
                                                                 : job.schema.left_out.front()));
    try {
        prove(job, *sample, environment);
    } catch (const Error& error) {
        return fail(err, fmt::format("the job made for topic '{}' is not right; please report "
                                     "this: {}",
                                     arguments.topic, error.what()));
    }
    const std::string text = job_text(job);
    if (arguments.file.empty()) {
        out << text;
        return kExitOk;
    }
    if (!write_new_file(arguments.file, text))
        return fail(err, fmt::format("'{}' cannot be written", arguments.file));
    err << fmt::format("wrote {}: {} columns, guessed from {} records\n", arguments.file,
                       job.schema.columns.size(), job.sampled);
    provide_server_file(arguments, files.server, err);
    const std::string config =
        arguments.server_file ? " --config " + *arguments.server_file : std::string{};
    err << fmt::format(
        "next: velostream test {0}{1}\n      velostream lint {0}{1} --check-kafka\n"
        "      velostream run {0}{1}\n",
        arguments.file, config);
    return kExitOk;
}

}  // namespace velo::server
