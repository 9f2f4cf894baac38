#include "server/job/job_builder.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <variant>

#include "connectors/connector_list.hpp"
#include "engine/base/assert.hpp"
#include "engine/plan/state_shape.hpp"
#include "server/job/effective_configuration.hpp"
#include "server/job/plan_job.hpp"
#include "server/runtime/source_set.hpp"

namespace velo::server {

namespace {

using config::JobSpec;
using namespace std::chrono_literals;

// Shared by all jobs of the daemon; each has its part, and never less than one fetch and a cut's worth of output.
constexpr std::size_t kPrefetchBytes = 256U << 20;
constexpr std::size_t kLeastPrefetch = 8U << 20;
constexpr std::size_t kMostPrefetch = 64U << 20;
constexpr std::size_t kSinkBytes = 256U << 20;
constexpr std::size_t kLeastSink = 8U << 20;
constexpr std::size_t kMostSink = 64U << 20;

std::string secret_or_text(const config::KafkaProperty& property,
                           const config::Environment& environment) {
    if (const auto* text = std::get_if<std::string>(&property.value)) return *text;
    return std::get<config::SecretSource>(property.value).read(environment).reveal();
}

connectors::StartAt start_of(const config::StartPosition& start) {
    switch (start.kind) {
        case config::StartPosition::Kind::Earliest:
            return {.kind = connectors::StartAt::Kind::Earliest};
        case config::StartPosition::Kind::Latest:
            return {.kind = connectors::StartAt::Kind::Latest};
        case config::StartPosition::Kind::Time:
            return {.kind = connectors::StartAt::Kind::Time, .time = start.time};
    }
    return {};
}

connectors::SourceOptions source_options(const JobSpec& spec, const std::string& name,
                                         const BuildContext& context) {
    const auto source =
        std::ranges::find_if(spec.sources, [&](const auto& one) { return one.name.value == name; });
    if (const auto* files = std::get_if<config::FileSourceSpec>(&source->from)) {
        connectors::FileSourceOptions options;
        for (const auto& path : files->paths) options.paths.push_back(path.value);
        return options;
    }
    const auto& kafka = std::get<config::KafkaSourceSpec>(source->from);
    return connectors::KafkaSourceOptions{.client = client_options(spec, context),
                                          .job = spec.name.value,
                                          .topic = kafka.topic.value,
                                          .start = start_of(kafka.start.value)};
}

// In the order of the plan's sources.
std::vector<connectors::SourceOptions> all_source_options(const JobSpec& spec,
                                                          const engine::Plan& plan,
                                                          const BuildContext& context) {
    std::vector<connectors::SourceOptions> options;
    for (std::size_t i = 0; i < plan.input_count(); ++i)
        options.push_back(source_options(spec, plan.input(i).name, context));
    return options;
}

std::optional<connectors::TopicShape> shape_of(
    const std::optional<config::CreateTopicSpec>& create) {
    if (!create) return std::nullopt;
    return connectors::TopicShape{
        .partitions = static_cast<std::int32_t>(create->partitions.value),
        .replication =
            create->replication.value ? static_cast<std::int32_t>(*create->replication.value) : -1};
}

connectors::SinkOptions sink_options(const JobSpec& spec, const engine::Plan& plan,
                                     const BuildContext& context) {
    const bool dead_letters = writes_dead_letters(spec);
    if (const auto* file = std::get_if<config::FileSinkSpec>(&spec.sink.to)) {
        const auto* letters = std::get_if<config::FileSinkSpec>(&spec.dlq.to);
        VELO_ASSERT(!dead_letters || letters != nullptr,
                    "plan_job refuses dead letters of another kind than the sink");
        return connectors::FileSinkOptions{
            .path = file->path.value,
            .dead_letter_path = dead_letters ? letters->path.value : "",
            .key = key_form(plan.output.key)};
    }
    const auto& kafka = std::get<config::KafkaSinkSpec>(spec.sink.to);
    const auto* letters = std::get_if<config::KafkaSinkSpec>(&spec.dlq.to);
    VELO_ASSERT(!dead_letters || letters != nullptr,
                "plan_job refuses dead letters of another kind than the sink");
    connectors::KafkaSinkOptions options;
    options.client = client_options(spec, context);
    options.job = spec.name.value;
    options.topic = kafka.topic.value;
    options.create = shape_of(kafka.create);
    if (dead_letters) options.dead_letter_topic = letters->topic.value;
    if (dead_letters && letters->create) options.dead_letter_shape = *shape_of(letters->create);
    options.budget_bytes =
        std::clamp(kSinkBytes / std::max(1U, context.jobs), kLeastSink, kMostSink);
    return options;
}

// How long the broker waits for a silent transaction: several epochs, or one that is slow to commit.
std::chrono::milliseconds transaction_timeout(const JobSpec& spec) {
    const auto interval =
        std::chrono::duration_cast<std::chrono::milliseconds>(spec.execution.commit_interval.value);
    return std::max<std::chrono::milliseconds>(10s, 3 * interval + 5s);
}

std::string instance_of(const config::ServerSpec& server) {
    if (!server.instance.empty()) return server.instance;
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) host.front() = '\0';
    const config::ListenAddress listen =
        server.http ? server.http->listen.value : config::ListenAddress{};
    return std::string(host.data()) + ":" + listen.text();
}

std::unique_ptr<engine::Source> source_over(const std::vector<connectors::SourceOptions>& options) {
    std::vector<std::unique_ptr<engine::Source>> sources;
    for (const connectors::SourceOptions& each : options)
        sources.push_back(connectors::make_source(each));
    return runtime::as_one(std::move(sources));
}

// What makes the ports of a run; Kafka jobs get a ledger, whose progress outlasts them.
std::function<runtime::Ports(int)> port_maker(const JobSpec& spec, const engine::Plan& plan,
                                              const BuildContext& context) {
    auto source = all_source_options(spec, plan, context);
    auto sink = sink_options(spec, plan, context);
    const auto* from = std::get_if<connectors::KafkaSourceOptions>(&source.front());
    auto* to = std::get_if<connectors::KafkaSinkOptions>(&sink);
    if (from == nullptr || to == nullptr) {
        return [source, sink](int wake) mutable {
            std::visit([wake](auto& options) { options.wake_descriptor = wake; }, sink);
            return runtime::Ports{.source = source_over(source),
                                  .sink = connectors::make_sink(sink),
                                  .ledger = nullptr};
        };
    }
    if (spec.delivery.value == config::Delivery::ExactlyOnce) {
        to->transactional_id = "velostream." + spec.name.value;
        to->transaction_timeout = transaction_timeout(spec);
    }
    connectors::KafkaLedgerOptions ledger;
    ledger.client = from->client;
    ledger.job = spec.name.value;
    ledger.topic = from->topic;
    ledger.instance = instance_of(context.server);
    return [source, to = *to, ledger](int wake) mutable {
        to.wake_descriptor = wake;
        ledger.wake_descriptor = wake;
        auto made = connectors::make_sink_and_ledger(to, ledger);
        return runtime::Ports{.source = source_over(source),
                              .sink = std::move(made.sink),
                              .ledger = std::move(made.ledger)};
    };
}

runtime::FaultAction action_of(config::ErrorAction action) {
    switch (action) {
        case config::ErrorAction::Dlq:
            return runtime::FaultAction::DeadLetter;
        case config::ErrorAction::Drop:
            return runtime::FaultAction::Drop;
        case config::ErrorAction::Fail:
            return runtime::FaultAction::Fail;
        case config::ErrorAction::ApplyIfOpen:
            break;  // The plan applies them; what no window takes is dropped.
    }
    return runtime::FaultAction::Drop;
}

runtime::RunOptions run_options(const JobSpec& spec, const engine::Plan& plan,
                                std::uint32_t workers, std::uint32_t jobs) {
    runtime::RunOptions options;
    options.pipelines = std::min(spec.execution.partitions.value.value_or(workers), workers);
    options.batch_records = spec.execution.batch_records.value;
    options.prefetch_bytes =
        std::clamp(kPrefetchBytes / std::max(1U, jobs), kLeastPrefetch, kMostPrefetch);
    options.commit_interval =
        std::chrono::duration_cast<std::chrono::milliseconds>(spec.execution.commit_interval.value);
    options.round_robin = plan.strategy == engine::Strategy::RoundRobin;
    options.state_bytes = spec.state.memory_limit.value;
    options.job = spec.name.value;
    options.state_shape = engine::state_shape(plan);
    options.faults.decode = action_of(spec.on_error.decode.value);
    options.faults.evaluate = action_of(spec.on_error.evaluate.value);
    options.faults.late = action_of(spec.on_error.late.value);
    options.faults.encode = action_of(spec.on_error.encode.value);
    options.faults.max_ratio = spec.on_error.max_ratio;
    return options;
}

bool reaches_kafka(const JobSpec& spec) {
    return std::holds_alternative<config::KafkaSinkSpec>(spec.sink.to) ||
           std::ranges::any_of(spec.sources, [](const config::SourceSpec& source) {
               return std::holds_alternative<config::KafkaSourceSpec>(source.from);
           });
}

// Those of the connection, as they are now: a file that has changed is another secret.
std::string secrets_of(const config::KafkaConnectionSpec& connection,
                       const config::Environment& environment) {
    std::string secrets;
    for (const config::KafkaProperty& property : connection.properties) {
        if (std::holds_alternative<config::SecretSource>(property.value))
            secrets.append(property.name)
                .append("=")
                .append(secret_or_text(property, environment) + '\0');
    }
    return secrets;
}

// What a user would otherwise learn from a restart.
std::vector<std::string> warnings_for(const JobSpec& spec, const engine::Plan& plan) {
    if (reads_files(spec)) {
        const auto* file = std::get_if<config::FileSinkSpec>(&spec.sink.to);
        const bool truncates = file != nullptr && file->path.value != "-";
        return {"files keep no position: a restart reads them from the beginning" +
                (truncates ? " and writes " + file->path.value + " anew" : std::string{})};
    }
    if (!std::holds_alternative<config::FileSinkSpec>(spec.sink.to)) return {};
    std::string text =
        "a file sink knows no transactions: a crash repeats the outputs since the last commit";
    if (plan.keyed) text += ", and state does not survive it";
    return {std::move(text)};
}

}  // namespace

connectors::ClientOptions client_options(const JobSpec& spec, const BuildContext& context) {
    const auto connection = config::kafka_connection(context.server, spec);
    if (!connection) throw Error({connection.error()});
    connectors::ClientOptions options;
    options.bootstrap_servers = connection->bootstrap_servers.value;
    options.client_id = "velostream." + spec.name.value;
    options.log = context.client_log;
    for (const config::KafkaProperty& property : connection->properties) {
        options.properties[property.name] = secret_or_text(property, context.environment);
    }
    for (const connectors::PropertyMistake& mistake :
         connectors::judge_properties(options.properties)) {
        const auto at =
            std::ranges::find(connection->properties, mistake.name, &config::KafkaProperty::name);
        throw Error(at == connection->properties.end() ? Place{} : at->place, mistake.text);
    }
    return options;
}

connectors::KeyForm key_form(const engine::OutputKey& key) {
    if (key.kind != engine::OutputKey::Kind::Text) return {};
    const engine::TypeKind kind = key.columns.front().expression->type.kind;
    const bool bare = kind == engine::TypeKind::Boolean || kind == engine::TypeKind::Bigint ||
                      kind == engine::TypeKind::Double || kind == engine::TypeKind::Decimal;
    return {.column = key.columns.front().name, .is_quoted = !bare};
}

JobDefinition define_job(const JobSpec& spec, engine::Plan plan, std::uint32_t workers,
                         std::uint32_t jobs) {
    JobDefinition job;
    job.name = spec.name.value;
    job.description = spec.description;
    job.file = spec.file;
    job.plan = std::make_shared<const engine::Plan>(std::move(plan));
    job.options = run_options(spec, *job.plan, workers, jobs);
    job.formats = {
        .make_decoder = engine::make_json_decoder,
        .make_encoder = engine::make_json_encoder,
        .encode = {.timestamps = spec.sink.timestamps.value == config::TimestampFormat::EpochMillis
                                     ? engine::TimestampStyle::EpochMs
                                     : engine::TimestampStyle::Rfc3339}};
    return job;
}

JobDefinition build_job(const JobSpec& spec, engine::Plan plan, const BuildContext& context) {
    JobDefinition job = define_job(spec, std::move(plan), context.workers, context.jobs);
    job.options.until_end = context.until_end || reads_files(spec);
    const auto connection = config::kafka_connection(context.server, spec);
    if (!connection) throw Error({connection.error()});
    job.delivery = config::delivery_name(spec.delivery.value);
    job.configuration = effective_configuration(spec, *connection);
    job.fingerprint = configuration_fingerprint(
        job.configuration, reaches_kafka(spec) ? secrets_of(*connection, context.environment) : "");
    job.warnings = warnings_for(spec, *job.plan);
    job.make_ports = port_maker(spec, *job.plan, context);
    return job;
}

}  // namespace velo::server
