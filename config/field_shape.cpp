#include "config/field_shape.hpp"

#include "config/job_spec.hpp"
#include "config/server_spec.hpp"

namespace velo::config {

namespace {

// Has `read` ask for all it knows, of a file that holds nothing.
template <class Read>
FieldShape shape_of(Read read) {
    std::vector<Mistake> ignored;
    const YamlFile nothing("", "{}", ignored);
    const Environment no_variables = [](const std::string&) { return std::nullopt; };
    Reading reading{nothing, no_variables, ignored};
    const Node empty{.kind = Node::Kind::Mapping, .text = {}, .items = {}, .entries = {}};
    FieldShape shape;
    static_cast<void>(read(Value(empty, {}, "the file", reading, &shape)));
    return shape;
}

}  // namespace

FieldShape job_file_shape() {
    return shape_of([](const Value& root) { return read_job(root); });
}

FieldShape server_file_shape() {
    return shape_of([](const Value& root) { return read_server(root); });
}

}  // namespace velo::config
