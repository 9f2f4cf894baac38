// The words of the manual and what the readers ask for are the same set of keys.
#include "config/field_docs.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "config/field_shape.hpp"

using namespace velo::config;

namespace {

using Paths = std::set<std::string>;

void add_paths(const FieldShape& shape, const std::string& path, Paths& paths) {
    // The client's own names are an allow-list of its manual's.
    const bool properties = path == "kafka.properties" || path.ends_with(".properties");
    if (shape.item != nullptr) {
        paths.insert(path + "[]");
        add_paths(*shape.item, path + "[]", paths);
    }
    if (properties) return;
    for (const FieldShape& field : shape.fields) {
        const std::string below = path.empty() ? field.name : path + "." + field.name;
        paths.insert(below);
        add_paths(field, below, paths);
    }
}

Paths documented(std::span<const FieldDoc> docs) {
    Paths paths;
    for (const FieldDoc& doc : docs) {
        INFO(doc.path);
        CHECK(paths.insert(std::string(doc.path)).second);
        CHECK(doc.meaning.ends_with('.'));
    }
    return paths;
}

Paths asked_for(const FieldShape& shape) {
    Paths paths;
    add_paths(shape, "", paths);
    return paths;
}

}  // namespace

TEST_CASE("every key that is read is documented, and no other", "[config][schema]") {
    CHECK(documented(job_file_docs()) == asked_for(job_file_shape()));
    CHECK(documented(server_file_docs()) == asked_for(server_file_shape()));
}

TEST_CASE("the shape of a file is what its readers check", "[config][schema]") {
    FieldShape job = job_file_shape();
    CHECK(job.field("name").is_required);
    CHECK_FALSE(job.field("description").is_required);
    FieldShape& execution = job.field("execution");
    REQUIRE(execution.field("partitions").forms.size() == 2);
    CHECK(execution.field("partitions").forms[0].words == std::vector<std::string>{"auto"});
    CHECK(execution.field("partitions").forms[1].most == 1024);
    CHECK(job.field("on_error").field("late").forms[0].words.size() == 4);
    CHECK(job.field("on_error").field("decode").forms[0].words.size() == 3);
    CHECK(job.field("kafka").field("properties").fields.size() > 20);
    FieldShape server = server_file_shape();
    CHECK(server.field("kafka").field("properties").fields.size() >
          job.field("kafka").field("properties").fields.size());
    CHECK(server.field("jobs").forms.size() == 2);
}
