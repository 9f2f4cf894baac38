#include "config/job_test_spec.hpp"

#include <set>

#include <fmt/format.h>

#include "config/json_text.hpp"

namespace velo::config {

namespace {

JobTestSpec read_test(const Value& value) {
    JobTestSpec test;
    Section section = value.section("test");
    section.need_text("name", test.name, Variables::Verbatim);
    if (const auto input = section.need("input")) {
        Section sources = input->section("input");
        for (const auto& [source, rows] : sources.all()) {
            JobTestSpec::Input& into = test.inputs.emplace_back(JobTestSpec::Input{source, {}});
            for (const Value& row : rows.items()) {
                const bool is_text = row.node().kind == Node::Kind::Scalar;
                into.rows.push_back(
                    {is_text ? row.node().text : json_text(row.node()), row.place()});
            }
        }
        sources.finish();
    }
    if (const auto output = section.need("output")) {
        for (const Value& row : output->items()) {
            if (!row.is_mapping())
                row.refuse("an expected row must be a mapping, {column: value, …}");
            test.output.push_back({json_text(row.node()), row.place()});
        }
    }
    section.integer("late", test.late, 0, 1'000'000'000);
    section.boolean("ordered", test.ordered);
    section.boolean("partial", test.partial);
    section.finish();
    return test;
}

}  // namespace

std::vector<JobTestSpec> read_job_tests(const Value& value) {
    std::vector<JobTestSpec> tests;
    std::set<std::string> names;
    for (const Value& each : value.items()) {
        const Placed<std::string>& name = tests.emplace_back(read_test(each)).name;
        if (name.value.empty() || names.insert(name.value).second) continue;
        each.reading().mistakes.push_back(
            {name.place,
             fmt::format("a second test '{}'; names tell them apart in the report", name.value)});
    }
    return tests;
}

}  // namespace velo::config
