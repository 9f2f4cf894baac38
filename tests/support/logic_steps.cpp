#include "tests/support/logic_steps.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/error.hpp"

namespace velo::engine {

namespace {

std::vector<std::size_t> sources_of(const Plan& plan, const BindOptions& options) {
    std::vector<std::size_t> sources;
    for (std::size_t i = 0; i < plan.input_count(); ++i) {
        const auto found =
            std::ranges::find(options.sources, plan.input(i).name, &SourceDeclaration::name);
        sources.push_back(static_cast<std::size_t>(found - options.sources.begin()));
    }
    return sources;
}

std::vector<std::uint32_t> partitions_of(const LogicCase& test,
                                         const std::vector<std::size_t>& sources) {
    std::vector<std::uint32_t> partitions;
    for (const std::size_t source : sources) partitions.push_back(test.partitions_of[source]);
    return partitions;
}

}  // namespace

LogicSteps::LogicSteps(const LogicCase& test, const Plan& plan, LogicShape shape)
    : test_(test),
      sources_(sources_of(plan, test.options)),
      run_(plan, shape, partitions_of(test, sources_)) {}

LogicResult LogicSteps::run(const LogicStep& step) {
    switch (step.kind) {
        case LogicStep::Kind::Tick:
            return run_.tick(step.time);
        case LogicStep::Kind::Finish:
            return run_.finish();
        case LogicStep::Kind::Push:
            break;
    }
    const auto input = std::ranges::find_if(sources_, [&](std::size_t source) {
        return test_.options.sources[source].name == step.stream;
    });
    if (input == sources_.end())
        throw Error(Place{},
                    fmt::format("the query reads '{}', not '{}'",
                                test_.options.sources[sources_.front()].name, step.stream));
    const SourceDeclaration& declared = test_.options.sources[*input];
    if (step.partition >= test_.partitions_of[*input])
        throw Error(Place{}, fmt::format("'{}' has no partition {}", step.stream, step.partition));
    std::vector<RecordLiteral> records;
    records.reserve(step.rows.size());
    for (const std::string& row : step.rows)
        records.push_back(record_literal(row, declared.schema));
    return run_.push(static_cast<std::uint32_t>(input - sources_.begin()), step.partition, records);
}

}  // namespace velo::engine
