#include "server/job/effective_configuration.hpp"

#include <string_view>
#include <variant>

#include "engine/base/hash.hpp"
#include "engine/format/json_writer.hpp"

namespace velo::server {

namespace {

using config::JobSpec;
using engine::JsonWriter;

std::string start_text(const config::StartPosition& start) {
    switch (start.kind) {
        case config::StartPosition::Kind::Earliest:
            return "earliest";
        case config::StartPosition::Kind::Latest:
            return "latest";
        case config::StartPosition::Kind::Time:
            break;
    }
    return rfc3339_text(start.time);
}

void write_column(JsonWriter& json, const config::ColumnSpec& column) {
    json.name(column.name.value);
    if (column.path.value.empty() && column.nullable && column.unit.place.line == 0) {
        json.text(column.type.value);
        return;
    }
    json.begin_object().name("type").text(column.type.value);
    if (!column.path.value.empty()) json.name("path").text(column.path.value);
    json.name("nullable").boolean(column.nullable);
    if (column.unit.place.line > 0) json.name("unit").text(config::unit_name(column.unit.value));
    json.end_object();
}

void write_source(JsonWriter& json, const config::SourceSpec& source) {
    json.name(source.name.value).begin_object();
    if (const auto* kafka = std::get_if<config::KafkaSourceSpec>(&source.from)) {
        json.name("kafka").begin_object().name("topic").text(kafka->topic.value);
        json.name("start").text(start_text(kafka->start.value)).end_object();
    } else {
        json.name("file").begin_object().name("paths").begin_array();
        for (const auto& path : std::get<config::FileSourceSpec>(source.from).paths)
            json.text(path.value);
        json.end_array().end_object();
    }
    json.name("format").text(config::format_name(source.format.value));
    json.name("schema").begin_object();
    for (const config::ColumnSpec& column : source.schema) write_column(json, column);
    json.end_object();
    json.name("event_time").begin_object();
    if (!source.event_time.column.value.empty())
        json.name("column").text(source.event_time.column.value);
    json.name("lateness").text(duration_text(source.event_time.lateness.value));
    const auto& idle = source.event_time.idle_after.value;
    json.name("idle_after").text(idle ? duration_text(*idle) : "never");
    json.end_object();
    json.name("tombstones").text(source.skip_tombstones ? "skip" : "fault");
    json.end_object();
}

void write_target(JsonWriter& json, const config::SinkTarget& target) {
    if (const auto* file = std::get_if<config::FileSinkSpec>(&target)) {
        json.name("file").begin_object().name("path").text(file->path.value).end_object();
        return;
    }
    const auto& kafka = std::get<config::KafkaSinkSpec>(target);
    json.name("kafka").begin_object().name("topic").text(kafka.topic.value);
    if (kafka.create) {
        json.name("create").begin_object();
        json.name("partitions").integer(std::int64_t{kafka.create->partitions.value});
        if (const auto replication = kafka.create->replication.value)
            json.name("replication").integer(std::int64_t{*replication});
        json.end_object();
    }
    json.end_object();
}

void write_policies(JsonWriter& json, const JobSpec& spec) {
    json.name("delivery").text(config::delivery_name(spec.delivery.value));
    json.name("on_error").begin_object();
    json.name("decode").text(config::action_name(spec.on_error.decode.value));
    json.name("evaluate").text(config::action_name(spec.on_error.evaluate.value));
    json.name("late").text(config::action_name(spec.on_error.late.value));
    json.name("encode").text(config::action_name(spec.on_error.encode.value));
    json.name("max_ratio").number(spec.on_error.max_ratio);
    json.end_object();
    json.name("dlq").begin_object();
    write_target(json, spec.dlq.to);
    json.end_object();
}

void write_execution(JsonWriter& json, const JobSpec& spec) {
    json.name("execution").begin_object().name("partitions");
    if (const auto partitions = spec.execution.partitions.value) {
        json.integer(std::int64_t{*partitions});
    } else {
        json.text("auto");
    }
    json.name("strategy").text(config::strategy_name(spec.execution.strategy.value));
    json.name("commit_interval").text(duration_text(spec.execution.commit_interval.value));
    json.name("batch").begin_object();
    json.name("records").integer(std::int64_t{spec.execution.batch_records.value});
    json.end_object().end_object();
    json.name("state").begin_object();
    json.name("ttl").text(duration_text(spec.state.ttl.value));
    json.name("memory_limit").text(std::to_string(spec.state.memory_limit.value) + "B");
    json.end_object();
}

void write_kafka(JsonWriter& json, const config::KafkaConnectionSpec& connection) {
    json.name("kafka").begin_object();
    if (!connection.name.value.empty()) json.name("connection").text(connection.name.value);
    json.name("bootstrap_servers").text(connection.bootstrap_servers.value);
    json.name("properties").begin_object();
    for (const config::KafkaProperty& property : connection.properties) {
        const auto* text = std::get_if<std::string>(&property.value);
        json.name(property.name).text(text != nullptr ? std::string_view(*text) : "***");
    }
    json.end_object().end_object();
}

}  // namespace

std::string effective_configuration(const JobSpec& spec,
                                    const config::KafkaConnectionSpec& connection) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().name("name").text(spec.name.value);
    json.name("description").text(spec.description);
    json.name("sources").begin_object();
    for (const config::SourceSpec& source : spec.sources) write_source(json, source);
    json.end_object();
    json.name("query").text(spec.query.text());
    json.name("sink").begin_object();
    write_target(json, spec.sink.to);
    json.name("format").text(config::format_name(spec.sink.format.value));
    if (!spec.sink.key.empty()) {
        json.name("key").begin_array();
        for (const auto& column : spec.sink.key) json.text(column.value);
        json.end_array();
    }
    json.name("timestamps").text(config::timestamps_name(spec.sink.timestamps.value));
    json.end_object();
    write_policies(json, spec);
    write_execution(json, spec);
    write_kafka(json, connection);
    json.end_object();
    return out;
}

std::uint64_t configuration_fingerprint(const std::string& configuration,
                                        const std::string& secrets) {
    return hash_bytes(configuration + '\0' + secrets);
}

}  // namespace velo::server
