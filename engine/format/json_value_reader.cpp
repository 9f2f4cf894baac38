#include "engine/format/json_value_reader.hpp"

#include "engine/data/nested.hpp"

namespace velo::engine {

namespace {

SourcePlan plan_of(const Type& type) {
    SourcePlan plan;
    plan.declared.push_back({.name = "value", .type = type, .path = {}, .time_unit = {}});
    plan.columns.push_back(
        {.type = type, .early = true});  // The first fault is all there is to say.
    return plan;
}

}  // namespace

JsonValueReader::JsonValueReader(const Type& type, Arena& arena)
    : plan_(plan_of(type)), reader_(plan_) {
    batch_.columns.resize(1);
    batch_.columns.front().reset(type, 1);
    texts_.start(arena);
    reader_.start(batch_, texts_);
}

bool JsonValueReader::read(std::string_view text, Column& into, std::uint32_t row) {
    if (text.empty() || text.size() > kMaxNestedBytes) return false;
    Column& value = batch_.columns.front();
    value.set_valid(0);
    if (reader_.read_alone(text, 0) != JsonRecordReader::Outcome::Read) return false;
    put_element(into, row, element_at(value, 0));
    return true;
}

}  // namespace velo::engine
