// docs/openapi.yaml against what the program really answers: every field is described, and is what it is said to be.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "config/yaml_file.hpp"
#include "tests/server/live_jobs.hpp"

using namespace velo;
using namespace velo::tests;
using velo::config::Node;
using velo::server::JsonValue;
using velo::server::parse_json;

namespace {

const Node* entry(const Node* mapping, std::string_view key) {
    if (mapping == nullptr) return nullptr;
    for (const Node::Entry& each : mapping->entries) {
        if (each.key->text == key) return each.value;
    }
    return nullptr;
}

bool is_of_type(const JsonValue& value, std::string_view type) {
    using Kind = JsonValue::Kind;
    switch (value.kind) {
        case Kind::Null:
            return type == "null";
        case Kind::False:
        case Kind::True:
            return type == "boolean";
        case Kind::Number:
            return type == "number" ||
                   (type == "integer" && value.text.find_first_of(".eE") == std::string::npos);
        case Kind::String:
            return type == "string";
        case Kind::Array:
            return type == "array";
        case Kind::Object:
            return type == "object";
    }
    return false;
}

/// Judges values by schemas of the file: type, enum, required, properties, items, allOf and $ref, all that it uses. Stricter
/// than the standard: an object that has properties has no others.
class Schemas {
public:
    Schemas()
        : file_("docs/openapi.yaml", config::read_text_file("docs/openapi.yaml").value(),
                mistakes_) {
        REQUIRE(mistakes_.empty());
    }

    /// The schema of an answer, null where none is given.
    [[nodiscard]] const Node* answer(const std::string& path, const std::string& method, int code,
                                     const std::string& type = "application/json") const {
        const Node* operation = entry(entry(entry(file_.root(), "paths"), path), method);
        const Node* response = resolved(entry(entry(operation, "responses"), std::to_string(code)));
        return entry(entry(entry(response, "content"), type), "schema");
    }
    /// What of the value does not fit the schema, one line each.
    [[nodiscard]] std::string mismatches(const JsonValue& value, const Node* schema) const {
        std::string out;
        if (schema == nullptr) return "there is no schema\n";
        judge(value, *schema, "$", out);
        return out;
    }

private:
    [[nodiscard]] const Node* resolved(const Node* node) const {
        const Node* reference = entry(node, "$ref");
        if (reference == nullptr) return node;
        const Node* at = file_.root();
        std::string_view path = std::string_view(reference->text).substr(2);
        while (!path.empty()) {
            const std::string_view step = path.substr(0, path.find('/'));
            at = entry(at, step);
            path.remove_prefix(std::min(path.size(), step.size() + 1));
        }
        return at;
    }
    // A schema's own words, and those of all its allOf has.
    [[nodiscard]] std::vector<const Node*> parts(const Node* schema) const {
        schema = resolved(schema);
        std::vector<const Node*> all{schema};
        if (const Node* several = entry(schema, "allOf")) {
            for (const Node* one : several->items) {
                for (const Node* part : parts(one)) all.push_back(part);
            }
        }
        return all;
    }
    void judge(const JsonValue& value, const Node& schema, const std::string& at,
               std::string& out) const {
        bool has_properties = false;
        for (const Node* part : parts(&schema)) {
            judge_type(value, part, at, out);
            for (const Node* item = entry(part, "items"); item != nullptr; item = nullptr) {
                for (std::size_t i = 0; i < value.items.size(); ++i)
                    judge(value.items[i], *item, at + "[" + std::to_string(i) + "]", out);
            }
            if (const Node* required = entry(part, "required")) {
                for (const Node* name : required->items) {
                    if (value.find(name->text) == nullptr)
                        out += at + "." + name->text + " is missing\n";
                }
            }
            has_properties = has_properties || entry(part, "properties") != nullptr;
        }
        if (!has_properties) return;
        for (const auto& [name, field] : value.fields) {
            const Node* described = nullptr;
            for (const Node* part : parts(&schema)) {
                if (const Node* found = entry(entry(part, "properties"), name)) described = found;
            }
            if (described == nullptr)
                out += at + "." + name + " is not described\n";
            else
                judge(field, *described, at + "." + name, out);
        }
    }
    static void judge_type(const JsonValue& value, const Node* schema, const std::string& at,
                           std::string& out) {
        if (const Node* type = entry(schema, "type")) {
            bool fits = type->kind == Node::Kind::Scalar && is_of_type(value, type->text);
            for (const Node* one : type->items) fits = fits || is_of_type(value, one->text);
            if (!fits) out += at + " is of another type\n";
        }
        if (const Node* words = entry(schema, "enum")) {
            bool is_one = false;
            for (const Node* word : words->items) is_one = is_one || word->text == value.text;
            if (!is_one) out += at + " is '" + value.text + "', which is not listed\n";
        }
        if (entry(schema, "format") != nullptr && value.kind == JsonValue::Kind::String &&
            (value.text.size() < 20 || value.text[10] != 'T' || value.text.back() != 'Z'))
            out += at + " is no RFC 3339 time\n";
    }

    std::vector<Mistake> mistakes_;
    const config::YamlFile file_;
};

/// The data of the first event of that name.
std::string data_of(const std::string& stream, const std::string& event) {
    const std::size_t begin = stream.find("event: " + event + "\ndata: ");
    if (begin == std::string::npos) return {};
    const std::size_t data = stream.find("data: ", begin) + 6;
    return stream.substr(data, stream.find('\n', data) - data);
}

}  // namespace

TEST_CASE("what the API answers is what docs/openapi.yaml describes", "[api][openapi]") {
    const Schemas schemas;
    LiveJobs live({"a"});
    live.feed("a", "{\"n\":1}\n{\"n\":0}\n{broken\n");
    live.daemon().wait_until([&] { return live.job("a").number_of("records_dead_lettered") == 1; });
    const auto check = [&](const std::string& path, const std::string& method, int code,
                           const Daemon::Answer& answer) {
        INFO(method << ' ' << path << ' ' << code << ": " << answer.body);
        CHECK(answer.status == code);
        const auto body = parse_json(answer.body);
        REQUIRE(body);
        CHECK(schemas.mismatches(*body, schemas.answer(path, method, code)).empty());
    };
    const auto get = [&](const std::string& path) { return live.daemon().get(path); };
    check("/api/v1", "get", 200, get("/api/v1"));
    check("/api/v1/version", "get", 200, get("/api/v1/version"));
    check("/api/v1/jobs", "get", 200, get("/api/v1/jobs"));
    check("/api/v1/jobs/{name}", "get", 200, get("/api/v1/jobs/a"));
    check("/api/v1/jobs/{name}", "get", 404, get("/api/v1/jobs/b"));
    check("/api/v1/jobs/{name}/tap", "get", 400, get("/api/v1/jobs/a/tap?point=middle"));
    for (const std::string action : {"pause", "resume", "restart", "drain"}) {
        const std::string path = "/api/v1/jobs/{name}/" + action;
        check(path, "post", 401, live.post("/api/v1/jobs/a/" + action, "wrong"));
        check(path, "post", 404, live.post("/api/v1/jobs/b/" + action));
        check(path, "post", 403,
              live.daemon().ask("POST", "/api/v1/jobs/a/" + action,
                                "Origin: http://elsewhere\r\nAuthorization: Bearer sesame\r\n"));
    }
    check("/api/v1/jobs/{name}/resume", "post", 409, live.post("/api/v1/jobs/a/resume"));
    check("/api/v1/jobs/{name}/pause", "post", 202, live.post("/api/v1/jobs/a/pause"));
    live.await("a", "paused");
    check("/api/v1/jobs/{name}/resume", "post", 202, live.post("/api/v1/jobs/a/resume"));
    live.await("a", "running");
    check("/api/v1/reload", "post", 200, live.post("/api/v1/reload"));
    live.folder().write("jobs/b.yaml", "nmae: b\n");
    check("/api/v1/reload", "post", 422, live.post("/api/v1/reload"));
    check("/api/v1/reload", "post", 401, live.post("/api/v1/reload", ""));
}

TEST_CASE("events and samples are what docs/openapi.yaml describes", "[api][openapi]") {
    const Schemas schemas;
    Daemon demo({"demo", "--port", "0"});
    const auto check = [&](const std::string& text, const Node* schema) {
        INFO(text);
        const auto value = parse_json(text);
        REQUIRE(value);
        CHECK(schemas.mismatches(*value, schema).empty());
    };
    check(data_of(demo.get("/api/v1/events?frames=1").body, "snapshot"),
          schemas.answer("/api/v1/events", "get", 200, "text/event-stream"));
    for (const std::string point : {"source", "sink", "dlq"}) {
        check(data_of(demo.get("/api/v1/jobs/moving_average/tap?limit=1&point=" + point).body,
                      "sample"),
              schemas.answer("/api/v1/jobs/{name}/tap", "get", 200, "text/event-stream"));
    }
    // With brokers, faults and partitions of a topic.
    demo.wait_until([&] {
        const auto job = parse_json(demo.get("/api/v1/jobs/ohlc_1s").body);
        return job && !job->find("brokers")->items.empty() && !job->find("faults")->items.empty();
    });
    check(demo.get("/api/v1/jobs/ohlc_1s").body, schemas.answer("/api/v1/jobs/{name}", "get", 200));
}

TEST_CASE("the judge of schemas finds what does not fit", "[openapi]") {
    const Schemas schemas;
    const Node* schema = schemas.answer("/api/v1/jobs/{name}/pause", "post", 202);
    const auto mismatches = [&](const char* text) {
        return schemas.mismatches(*parse_json(text), schema);
    };
    CHECK(mismatches(R"({"name":"a","state":"paused","asked":"pause"})").empty());
    CHECK(mismatches(R"({"name":"a","state":"paused"})") == "$.asked is missing\n");
    CHECK(mismatches(R"({"name":1,"state":"s","asked":"pause"})") == "$.name is of another type\n");
    CHECK(mismatches(R"({"name":"a","state":"s","asked":"rest"})") ==
          "$.asked is 'rest', which is not listed\n");
    CHECK(mismatches(R"({"name":"a","state":"s","asked":"pause","more":1})") ==
          "$.more is not described\n");
}
