#include "config/source_spec.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace velo::config {

namespace {

constexpr std::array kFormats{
    Choice<Format>{"json", Format::Json},     Choice<Format>{"csv", Format::Csv},
    Choice<Format>{"avro", Format::Avro},     Choice<Format>{"protobuf", Format::Protobuf},
    Choice<Format>{"string", Format::String}, Choice<Format>{"bytes", Format::Bytes},
};
constexpr std::array kTombstones{Choice<bool>{"fault", false}, Choice<bool>{"skip", true}};
constexpr std::array kUnits{
    Choice<TimeUnit>{"s", TimeUnit::Seconds},
    Choice<TimeUnit>{"ms", TimeUnit::Milliseconds},
    Choice<TimeUnit>{"us", TimeUnit::Microseconds},
};

void read_start(Section& section, Placed<StartPosition>& start) {
    const auto value = section.find("start");
    if (!value) return;
    const auto text = value->text(Variables::FilledIn);
    if (!text) return;
    start.place = value->place();
    if (*text == "earliest" || *text == "latest") {
        start.value.kind =
            *text == "latest" ? StartPosition::Kind::Latest : StartPosition::Kind::Earliest;
        return;
    }
    const auto time = parse_rfc3339(*text);
    if (time) {
        start.value = {StartPosition::Kind::Time, *time};
        return;
    }
    const std::string hint = did_you_mean(*text, {"earliest", "latest"});
    value->refuse(fmt::format(
        "unknown value '{}' for 'start'{}", *text,
        hint.empty() ? "; it can be earliest, latest or a time such as 2024-01-15T10:00:00Z"
                     : hint));
}

KafkaSourceSpec read_kafka(const Value& value) {
    KafkaSourceSpec kafka;
    Section section = value.section("kafka source");
    section.need_text("topic", kafka.topic, Variables::FilledIn);
    read_start(section, kafka.start);
    section.finish();
    return kafka;
}

FileSourceSpec read_file(const Value& value) {
    FileSourceSpec file;
    Section section = value.section("file source");
    const auto path = section.find("path");
    const auto paths = section.find("paths");
    section.finish();
    if (path.has_value() == paths.has_value() && !value.is_recorded()) {
        if (value.is_mapping()) section.refuse("file source needs either 'path' or 'paths'");
        return file;
    }
    std::set<std::string> known;
    std::vector<Value> all = paths ? paths->items() : std::vector<Value>{};
    if (path) all.push_back(*path);
    for (const Value& each : all) {
        auto text = each.text(Variables::FilledIn);
        if (!text) continue;
        if (!known.insert(*text).second)
            each.refuse(fmt::format("path '{}' is there twice; its rows would count twice", *text));
        file.paths.push_back({std::move(*text), each.place()});
    }
    if (paths && paths->is_sequence() && paths->node().items.empty())
        paths->refuse("'paths' is an empty list");
    return file;
}

ColumnSpec read_column(const Placed<std::string>& name, const Value& value) {
    ColumnSpec column;
    column.name = name;
    if (!value.is_mapping() || value.is_recorded()) {
        if (const auto type = value.text(Variables::Verbatim)) column.type = {*type, value.place()};
        if (!value.is_recorded()) return column;
    }
    Section section = value.section(fmt::format("column '{}'", name.value));
    section.need_text("type", column.type, Variables::Verbatim);
    section.text("path", column.path, Variables::Verbatim);
    section.boolean("nullable", column.nullable);
    section.choice("unit", column.unit, kUnits);
    section.finish();
    return column;
}

// {price: DECIMAL(10,2)} is, to YAML, price: 'DECIMAL(10' and a key '2)' without a value.
bool is_cut_at_comma(const Value& value) {
    const std::string& text = value.node().text;
    return value.node().kind == Node::Kind::Scalar && value.node().style == Node::Style::Plain &&
           (std::ranges::count(text, '(') > std::ranges::count(text, ')') ||
            std::ranges::count(text, '<') > std::ranges::count(text, '>'));
}

std::vector<ColumnSpec> read_schema(const Value& value) {
    std::vector<ColumnSpec> columns;
    Section section = value.section("schema");
    bool cut = false;
    for (const auto& [name, each] : section.all()) {
        if (std::exchange(cut, cut && each.node().kind == Node::Kind::Null))
            continue;  // The rest of the type before.
        if (is_cut_at_comma(each)) {
            each.refuse(fmt::format(
                "the type of '{}' ends at its comma; put quotes around it: \"DECIMAL(10,2)\"",
                name.value));
            cut = true;
        } else if (each.node().kind == Node::Kind::Null) {
            each.refuse(fmt::format("column '{}' has no type", name.value));
        } else {
            columns.push_back(read_column(name, each));
        }
    }
    section.finish();
    if (value.is_mapping() && value.node().entries.empty())
        value.refuse("'schema' is empty; write column: TYPE");
    return columns;
}

EventTimeSpec read_event_time(const Value& value) {
    EventTimeSpec time;
    Section section = value.section("event_time");
    section.text("column", time.column, Variables::Verbatim);
    section.duration("lateness", time.lateness);
    if (const auto idle = section.find("idle_after")) {
        if (idle->is_word("never")) {
            time.idle_after = {std::nullopt, idle->place()};
        } else if (const auto duration = idle->duration(std::chrono::milliseconds{1})) {
            time.idle_after = {*duration, idle->place()};
        }
    }
    section.finish();
    return time;
}

}  // namespace

std::string_view format_name(Format format) noexcept { return word_of(kFormats, format); }
std::string_view unit_name(TimeUnit unit) noexcept { return word_of(kUnits, unit); }

void read_format(Section& section, Placed<Format>& format) {
    section.choice("format", format, kFormats);
}

SourceSpec read_source(const Placed<std::string>& name, const Value& value) {
    SourceSpec source;
    source.name = name;
    Section section = value.section(fmt::format("source '{}'", name.value));
    const auto kafka = section.find("kafka");
    const auto file = section.find("file");
    read_format(section, source.format);
    const std::vector<Mistake>& mistakes = section.reading().mistakes;
    const std::size_t before_all = mistakes.size();
    const auto schema = section.find("schema");
    if (schema) {
        const std::size_t before = mistakes.size();
        source.schema = read_schema(*schema);
        source.schema_place = schema->place();
        source.columns_are_known = mistakes.size() == before;
    }
    if (const auto time = section.find("event_time")) source.event_time = read_event_time(*time);
    section.choice("tombstones", source.skip_tombstones, kTombstones);
    section.finish();
    if (!schema)
        source.columns_are_known = mistakes.size() == before_all;  // It may have been misspelled.
    if (kafka) source.from = read_kafka(*kafka);
    if (file) source.from = read_file(*file);
    if (kafka && file)
        section.reading().mistakes.push_back(
            {file->place(),
             fmt::format("source '{}' has both 'kafka' and 'file'; keep one", name.value)});
    if (!kafka && !file && value.is_mapping()) {
        section.reading().mistakes.push_back(
            {name.place,
             fmt::format("source '{}' has neither 'kafka' nor 'file'; write kafka: {{topic: …}}",
                         name.value)});
    }
    return source;
}

}  // namespace velo::config
