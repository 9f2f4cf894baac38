#include "server/job/plan_job.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "connectors/kafka/options.hpp"
#include "engine/plan/binder.hpp"
#include "engine/sql/parser.hpp"

namespace velo::server {

namespace {

using config::JobSpec;
using config::SourceSpec;
using Mistakes = std::vector<Mistake>;

void judge_format(const config::Placed<config::Format>& format, const char* of,
                  Mistakes& mistakes) {
    if (format.value == config::Format::Json) return;
    mistakes.push_back({format.place, "format '" + std::string(config::format_name(format.value)) +
                                          "' of the " + of +
                                          " is not supported in this version; json is"});
}

std::optional<engine::Type> column_type(const config::ColumnSpec& column, Mistakes& mistakes) {
    try {
        return engine::sql::parse_type(column.type.value);
    } catch (const Error& error) {
        for (const Mistake& mistake : error.mistakes()) {
            Place place = column.type.place;
            if (mistake.place.column > 0) place.column += mistake.place.column - 1;
            place.length = mistake.place.length;
            mistakes.push_back({place, mistake.text});
        }
        return std::nullopt;
    }
}

engine::Schema schema_of(const SourceSpec& source, Mistakes& mistakes) {
    engine::Schema schema;
    if (source.schema.empty()) {
        mistakes.push_back({source.schema_place.line > 0 ? source.schema_place : source.name.place,
                            "source '" + source.name.value +
                                "' has no schema; list its columns under schema: as name: TYPE"});
    }
    for (const config::ColumnSpec& column : source.schema) {
        const bool twice = std::ranges::any_of(
            schema, [&](const engine::Field& field) { return field.name == column.name.value; });
        if (twice)
            mistakes.push_back(
                {column.name.place, "column '" + column.name.value + "' is declared twice"});
        // A column of an unknown type is still a column: the query is not blamed for it.
        const auto known = column_type(column, mistakes);
        const engine::Type type = known.value_or(engine::kNullType);
        if (known && column.unit.place.line > 0 && type.kind != engine::TypeKind::Timestamp) {
            mistakes.push_back({column.unit.place, "unit is for TIMESTAMP columns; '" +
                                                       column.name.value + "' is " + type.text()});
        }
        schema.push_back({.name = column.name.value,
                          .type = type,
                          .nullable = column.nullable,
                          .path = column.path.value,
                          .time_unit = std::string(config::unit_name(column.unit.value))});
    }
    return schema;
}

void judge_event_time(const SourceSpec& source, const engine::Schema& schema, bool schema_is_whole,
                      Mistakes& mistakes) {
    const std::string& wanted = source.event_time.column.value;
    if (wanted.empty() || !schema_is_whole) return;
    const auto found = std::ranges::find_if(schema, [&](const engine::Field& field) {
        return equals_ignoring_case(field.name, wanted);
    });
    if (found == schema.end()) {
        std::vector<std::string_view> names;
        for (const engine::Field& field : schema) names.push_back(field.name);
        mistakes.push_back(
            {source.event_time.column.place,
             "unknown column '" + wanted + "' in event_time" + did_you_mean(wanted, names)});
    } else if (found->type.kind != engine::TypeKind::Timestamp) {
        mistakes.push_back({source.event_time.column.place, "event_time column '" + wanted +
                                                                "' is " + found->type.text() +
                                                                "; it must be TIMESTAMP"});
    }
}

engine::SourceDeclaration declare(const SourceSpec& source, Mistakes& mistakes) {
    judge_format(source.format, "source", mistakes);
    const std::size_t before = mistakes.size();
    engine::SourceDeclaration declaration;
    declaration.name = source.name.value;
    declaration.schema = schema_of(source, mistakes);
    judge_event_time(source, declaration.schema, mistakes.size() == before, mistakes);
    declaration.event_time_column = source.event_time.column.value;
    declaration.record_timestamps = std::holds_alternative<config::KafkaSourceSpec>(source.from);
    declaration.lateness = source.event_time.lateness.value;
    declaration.idle_after = source.event_time.idle_after.value;
    declaration.skip_tombstones = source.skip_tombstones;
    return declaration;
}

std::optional<engine::Strategy> strategy_of(config::StrategyChoice choice) {
    switch (choice) {
        case config::StrategyChoice::Auto:
            return std::nullopt;
        case config::StrategyChoice::Hash:
            return engine::Strategy::Hash;
        case config::StrategyChoice::Sticky:
            return engine::Strategy::Sticky;
        case config::StrategyChoice::RoundRobin:
            return engine::Strategy::RoundRobin;
        case config::StrategyChoice::FanIn:
            return engine::Strategy::FanIn;
    }
    return std::nullopt;
}

// Settings of the file that this version cannot honour: better refused than believed.
void judge_settings(const JobSpec& spec, Mistakes& mistakes) {
    judge_format(spec.sink.format, "sink", mistakes);
    const bool to_file = std::holds_alternative<config::FileSinkSpec>(spec.sink.to);
    if (writes_dead_letters(spec) &&
        to_file != std::holds_alternative<config::FileSinkSpec>(spec.dlq.to)) {
        mistakes.push_back(
            {spec.sink.place,
             to_file
                 ? "a file sink's dead letters go to a file; write dlq: {file: {path: …}}"
                 : "a Kafka sink's dead letters go to a topic; write dlq: {kafka: {topic: …}}"});
    }
    std::map<std::string, std::string> properties;
    for (const config::KafkaProperty& property : spec.kafka.properties) {
        if (const auto* text = std::get_if<std::string>(&property.value))
            properties[property.name] = *text;
    }
    for (const connectors::PropertyMistake& mistake : connectors::judge_properties(properties)) {
        const auto at =
            std::ranges::find(spec.kafka.properties, mistake.name, &config::KafkaProperty::name);
        mistakes.push_back({at == spec.kafka.properties.end() ? Place{} : at->place, mistake.text});
    }
}

bool is_read(const SourceSpec& source, const engine::Plan& plan) {
    for (std::size_t i = 0; i < plan.input_count(); ++i) {
        if (plan.input(i).name == source.name.value) return true;
    }
    return false;
}

// What two sources of a job may not both be: kinds whose progress lasts in different ways, or the same records, each of
// which is to count once.
void judge_pair(const SourceSpec& first, const SourceSpec& second, Mistakes& mistakes) {
    if (first.from.index() != second.from.index()) {
        mistakes.push_back({second.name.place,
                            "sources '" + first.name.value + "' and '" + second.name.value +
                                "' are a topic and a file; Kafka keeps positions and files have "
                                "none, so read both from topics or both from files"});
        return;
    }
    const auto twice = [&](const Place& place, const std::string& what) {
        mistakes.push_back({place, what + " is read by the sources '" + first.name.value +
                                       "' and '" + second.name.value +
                                       "', but a record is answered once; declare one source and "
                                       "write one SELECT with WHERE … OR …"});
    };
    if (const auto* kafka = std::get_if<config::KafkaSourceSpec>(&first.from)) {
        const auto& other = std::get<config::KafkaSourceSpec>(second.from);
        if (kafka->topic.value == other.topic.value)
            twice(other.topic.place, "topic '" + other.topic.value + "'");
        return;
    }
    for (const auto& path : std::get<config::FileSourceSpec>(second.from).paths) {
        for (const auto& other : std::get<config::FileSourceSpec>(first.from).paths) {
            // Standard input that is read twice has been refused.
            if (path.value == other.value && path.value != "-")
                twice(path.place, "file '" + path.value + "'");
        }
    }
}

void judge_members(const JobSpec& spec, const engine::Plan& plan, Mistakes& mistakes) {
    for (std::size_t i = 0; i < spec.sources.size(); ++i) {
        for (std::size_t j = i + 1; j < spec.sources.size(); ++j) {
            if (is_read(spec.sources[i], plan) && is_read(spec.sources[j], plan))
                judge_pair(spec.sources[i], spec.sources[j], mistakes);
        }
    }
}

// What its tests expect must be what the query answers.
void judge_tests(const JobSpec& spec, const engine::Plan& plan, Mistakes& mistakes) {
    std::vector<std::string_view> names;
    for (const engine::OutputColumn& column : plan.output.columns) names.push_back(column.name);
    for (const config::JobTestSpec& test : spec.tests) {
        for (const config::JobTestSpec::Expected& row : test.output) {
            for (const config::Placed<std::string>& column : row.columns) {
                if (std::ranges::find(names, std::string_view(column.value)) != names.end())
                    continue;
                std::string hint = did_you_mean(column.value, names);
                if (hint.empty()) {
                    hint = "; it answers";
                    for (const std::string_view name : names) hint.append(" ").append(name);
                }
                mistakes.push_back(
                    {column.place, "the query answers no column '" + column.value + "'" + hint});
            }
        }
    }
}

}  // namespace

bool reads_files(const JobSpec& spec) noexcept {
    return std::ranges::any_of(spec.sources, [](const SourceSpec& source) {
        return std::holds_alternative<config::FileSourceSpec>(source.from);
    });
}

bool writes_dead_letters(const JobSpec& spec) noexcept {
    const config::OnErrorSpec& on = spec.on_error;
    return std::ranges::any_of(
        std::array{&on.decode, &on.evaluate, &on.late, &on.encode},
        [](const auto* action) { return action->value == config::ErrorAction::Dlq; });
}

engine::Plan plan_job(const JobSpec& spec, bool bounded) {
    Mistakes mistakes;
    engine::BindOptions options;
    for (const SourceSpec& source : spec.sources)
        options.sources.push_back(declare(source, mistakes));
    if (spec.state.ttl.value != Duration::zero()) options.ttl = spec.state.ttl.value;
    options.strategy = strategy_of(spec.execution.strategy.value);
    for (const auto& column : spec.sink.key) options.sink_key.push_back(column.value);
    options.bounded = bounded || reads_files(spec);
    options.applies_late = spec.on_error.late.value == config::ErrorAction::ApplyIfOpen;
    judge_settings(spec, mistakes);
    std::optional<engine::Plan> plan;
    try {
        plan = engine::bind_query(spec.query.text(), options);
    } catch (const Error& error) {
        for (const Mistake& mistake : spec.query.in_file(error.mistakes()))
            mistakes.push_back(mistake);
    }
    if (plan) {
        judge_members(spec, *plan, mistakes);
        for (const SourceSpec& source : spec.sources) {
            if (is_read(source, *plan)) continue;
            mistakes.push_back({source.name.place, "source '" + source.name.value +
                                                       "' is not used by the query; remove it"});
        }
    }
    if (plan) judge_tests(spec, *plan, mistakes);
    if (!mistakes.empty()) throw Error(std::move(mistakes));
    return std::move(*plan);
}

}  // namespace velo::server
