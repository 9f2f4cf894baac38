#include "config/job_test_spec.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/json_text.hpp"

namespace velo::config {

namespace {

using Row = JobTestSpec::Row;

constexpr std::string_view kTombstone = "$tombstone";

// The field of a record's object that a column reads: its own name, or where its path begins.
std::string_view field_of(const ColumnSpec& column) {
    std::string_view path = column.path.value;
    if (!path.starts_with("$.")) return path.empty() ? column.name.value : std::string_view{};
    path.remove_prefix(2);
    return path.substr(0, path.find_first_of(".["));
}

bool declares(const SourceSpec* source, std::string_view name) {
    return source != nullptr && std::ranges::any_of(source->schema, [&](const ColumnSpec& column) {
               return column.name.value == name;
           });
}

void read_timestamp(const Value& value, Row& row) {
    const auto text = value.text(Variables::Verbatim);
    if (!text) return;
    if (const auto time = parse_rfc3339(*text)) {
        row.timestamp = *time;
    } else if (const auto millis = value.integer(-62'135'596'800'000, 253'402'300'799'999)) {
        row.timestamp = EventTime{std::chrono::milliseconds{*millis}};
    }
}

// Whether the entry is the record's own: then it is taken out of the payload.
bool read_own(const std::string& name, const Value& value, Row& row) {
    if (name == "_key") {
        row.key = value.text(Variables::Verbatim);
    } else if (name == "_timestamp") {
        read_timestamp(value, row);
    } else if (name == "_partition") {
        if (const auto partition = value.integer(0, JobTestSpec::kMostPartitions - 1))
            row.partition = static_cast<std::uint32_t>(*partition);
    } else {
        return false;
    }
    return true;
}

void check_field(const Placed<std::string>& field, const SourceSpec& source, Reading& reading) {
    std::vector<std::string_view> fields;
    for (const ColumnSpec& column : source.schema) fields.push_back(field_of(column));
    // A path this file cannot read could begin with any field.
    if (std::ranges::find(fields, std::string_view{}) != fields.end() ||
        std::ranges::find(fields, std::string_view(field.value)) != fields.end())
        return;
    const std::string hint = did_you_mean(field.value, fields);
    reading.mistakes.push_back(
        {field.place,
         fmt::format("source '{}' declares no field '{}'{}", source.name.value, field.value,
                     hint.empty() ? "; to test what is ignored, write the row as a text" : hint)});
}

Row read_row(const Value& value, const SourceSpec* source) {
    Row row;
    const Node& node = value.node();
    if (value.is_recorded()) {
        static_cast<void>(value.text(Variables::Verbatim));
        static_cast<void>(value.section("row").all());
        return row;
    }
    row.payload.place = value.place();
    row.is_null = node.kind == Node::Kind::Null;
    if (node.kind == Node::Kind::Scalar) row.payload.value = node.text;
    if (node.kind == Node::Kind::Sequence)
        value.refuse("an input row must be a mapping, {column: value, …}, or a text");
    if (node.kind != Node::Kind::Mapping) return row;
    Node payload = node;
    payload.entries.clear();
    Section section = value.section("row");
    std::size_t at = 0;
    for (const auto& [name, each] : section.all()) {
        const Node::Entry& entry = node.entries[at++];
        if (!declares(source, name.value) && read_own(name.value, each, row)) continue;
        if (source != nullptr && source->columns_are_known)
            check_field(name, *source, value.reading());
        payload.entries.push_back(entry);
    }
    section.finish();
    row.payload.value = json_text(payload);
    return row;
}

const SourceSpec* find_source(const Placed<std::string>& name,
                              const std::vector<SourceSpec>& sources, Reading& reading) {
    const auto found = std::ranges::find(sources, name.value,
                                         [](const SourceSpec& each) { return each.name.value; });
    if (found != sources.end()) return &*found;
    std::vector<std::string_view> names;
    for (const SourceSpec& source : sources) names.push_back(source.name.value);
    const std::string hint = did_you_mean(name.value, names);
    if (!names.empty()) {
        reading.mistakes.push_back(
            {name.place,
             fmt::format("the job has no source '{}'{}", name.value,
                         hint.empty() ? fmt::format("; its sources are {}", fmt::join(names, ", "))
                                      : hint)});
    }
    return nullptr;
}

JobTestSpec::Expected read_expected(const Value& value) {
    JobTestSpec::Expected expected;
    expected.row = {json_text(value.node()), value.place()};
    if (!value.is_mapping()) {
        value.refuse("an expected row must be a mapping, {column: value, …}");
        return expected;
    }
    Section section = value.section("expected row");
    for (const auto& [name, each] : section.all()) {
        if (name.value != kTombstone) expected.columns.push_back(name);
    }
    section.finish();
    return expected;
}

JobTestSpec read_test(const Value& value, const std::vector<SourceSpec>& sources) {
    JobTestSpec test;
    Section section = value.section("test");
    section.need_text("name", test.name, Variables::Verbatim);
    if (const auto input = section.need("input")) {
        Section names = input->section("input");
        for (const auto& [source, rows] : names.all()) {
            const SourceSpec* declared = find_source(source, sources, value.reading());
            JobTestSpec::Input& into = test.inputs.emplace_back(JobTestSpec::Input{source, {}});
            for (const Value& row : rows.items()) into.rows.push_back(read_row(row, declared));
        }
        names.finish();
    }
    if (const auto output = section.need("output")) {
        for (const Value& row : output->items()) test.output.push_back(read_expected(row));
    }
    section.integer("late", test.late, 0, 1'000'000'000);
    section.integer("dead_lettered", test.dead_lettered, 0, 1'000'000'000);
    section.boolean("ordered", test.ordered);
    section.boolean("partial", test.partial);
    section.finish();
    return test;
}

}  // namespace

std::vector<JobTestSpec> read_job_tests(const Value& value,
                                        const std::vector<SourceSpec>& sources) {
    std::vector<JobTestSpec> tests;
    std::set<std::string> names;
    for (const Value& each : value.items()) {
        const Placed<std::string>& name = tests.emplace_back(read_test(each, sources)).name;
        if (name.value.empty() || names.insert(name.value).second) continue;
        each.reading().mistakes.push_back(
            {name.place,
             fmt::format("a second test '{}'; names tell them apart in the report", name.value)});
    }
    return tests;
}

}  // namespace velo::config
