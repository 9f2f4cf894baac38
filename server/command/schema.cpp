// The configuration as a JSON Schema (2020-12) and as Markdown, from what the readers of the files ask for.
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/field_docs.hpp"
#include "config/field_shape.hpp"
#include "engine/format/json_writer.hpp"
#include "server/command/commands.hpp"

namespace velo::server {

namespace {

using config::FieldDoc;
using config::FieldForm;
using config::FieldShape;
using Docs = std::span<const FieldDoc>;
using Kind = FieldForm::Kind;

constexpr std::string_view kDuration = R"(^([0-9]+(\.[0-9]+)?(us|ms|s|m|h|d|w))+$)";
constexpr std::string_view kSize = "^[0-9]+(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$";
constexpr std::string_view kVariable = R"(\$\{)";

const FieldDoc* doc_of(Docs docs, std::string_view path) {
    const auto found = std::ranges::find(docs, path, &FieldDoc::path);
    return found == docs.end() ? nullptr : &*found;
}

std::string below(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
}

/// Writes one file's schema.
class JsonSchema {
public:
    JsonSchema(std::string& out, Docs docs) : json_(out), docs_(docs) {}

    void write(std::string_view title, const FieldShape& shape) {
        json_.begin_object();
        json_.name("$schema").text("https://json-schema.org/draft/2020-12/schema");
        json_.name("title").text(title);
        section(shape, "");
        json_.end_object();
    }

private:
    void value(const FieldShape& shape, const std::string& path) {
        json_.begin_object();
        if (const FieldDoc* doc = doc_of(docs_, path)) {
            json_.name("description")
                .text(doc->default_text.empty()
                          ? std::string(doc->meaning)
                          : fmt::format("{} Default: {}.", doc->meaning, doc->default_text));
        }
        if (shape.forms.size() == 1 && !takes_variables(shape.forms[0])) {
            form(shape.forms[0], shape, path);
        } else if (!shape.forms.empty()) {
            json_.name("anyOf").begin_array();
            for (const FieldForm& each : shape.forms) {
                json_.begin_object();
                form(each, shape, path);
                json_.end_object();
            }
            if (std::ranges::any_of(shape.forms, takes_variables)) {
                json_.begin_object().name("type").text("string").name("pattern").text(kVariable);
                json_.end_object();
            }
            json_.end_array();
        }
        json_.end_object();
    }

    // Of these, ${NAME} is no text but stands for one of the kind.
    static bool takes_variables(const FieldForm& form) {
        return form.kind != Kind::Text && form.kind != Kind::List && form.kind != Kind::Section;
    }

    void form(const FieldForm& form, const FieldShape& shape, const std::string& path) {
        switch (form.kind) {
            case Kind::Text:
                json_.name("type").text("string");
                return;
            case Kind::Integer:
                json_.name("type").text("integer");
                json_.name("minimum").integer(form.least).name("maximum").integer(form.most);
                return;
            case Kind::Ratio:
                json_.name("type").text("number");
                json_.name("minimum").integer(std::int64_t{0});
                json_.name("maximum").integer(std::int64_t{1});
                return;
            case Kind::Boolean:
                json_.name("type").text("boolean");
                return;
            case Kind::Duration:
                json_.name("type").text("string").name("pattern").text(kDuration);
                return;
            case Kind::Size:
                json_.name("type").text("string").name("pattern").text(kSize);
                return;
            case Kind::Words:
                json_.name("enum").begin_array();
                for (const std::string& word : form.words) json_.text(word);
                json_.end_array();
                return;
            case Kind::List:
                json_.name("type").text("array").name("items");
                value(*shape.item, path + "[]");
                return;
            case Kind::Section:
                section(shape, path);
                return;
        }
    }

    void section(const FieldShape& shape, const std::string& path) {
        json_.name("type").text("object");
        const auto any = std::ranges::find(shape.fields, "*", &FieldShape::name);
        const bool has_names =
            std::ranges::any_of(shape.fields, [](const auto& f) { return f.name != "*"; });
        if (has_names) {
            json_.name("properties").begin_object();
            for (const FieldShape& field : shape.fields) {
                if (field.name == "*") continue;
                json_.name(field.name);
                value(field, below(path, field.name));
            }
            json_.end_object();
        }
        json_.name("additionalProperties");
        if (any == shape.fields.end()) {
            json_.boolean(false);
        } else {
            value(*any, below(path, "*"));
        }
        if (!std::ranges::any_of(shape.fields, &FieldShape::is_required)) return;
        json_.name("required").begin_array();
        for (const FieldShape& field : shape.fields) {
            if (field.is_required) json_.text(field.name);
        }
        json_.end_array();
    }

    engine::JsonWriter json_;
    const Docs docs_;
};

std::string form_text(const FieldForm& form) {
    switch (form.kind) {
        case Kind::Text:
            return "text";
        case Kind::Integer:
            return fmt::format("{} to {}", form.least, form.most);
        case Kind::Ratio:
            return "0 to 1";
        case Kind::Boolean:
            return "true, false";
        case Kind::Duration:
            return "duration";
        case Kind::Size:
            return "size";
        case Kind::Words:
            return fmt::format("`{}`", fmt::join(form.words, "`, `"));
        case Kind::List:
            return "list";
        case Kind::Section:
            return "mapping";
    }
    return "";
}

const FieldShape* shape_at(const FieldShape& shape, std::string_view path) {
    if (path.empty()) return &shape;
    if (path.starts_with("[]")) {
        path.remove_prefix(2);
        if (path.starts_with('.')) path.remove_prefix(1);
        return shape.item == nullptr ? nullptr : shape_at(*shape.item, path);
    }
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    const auto field = std::ranges::find(shape.fields, path.substr(0, end), &FieldShape::name);
    if (field == shape.fields.end()) return nullptr;
    path.remove_prefix(end);
    if (path.starts_with('.')) path.remove_prefix(1);
    return shape_at(*field, path);
}

std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

void write_table(std::ostream& out, const FieldShape& shape, Docs docs) {
    out << "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
    for (const FieldDoc& doc : docs) {
        const FieldShape* field = shape_at(shape, doc.path);
        std::vector<std::string> forms;
        for (const FieldForm& form : field->forms) forms.push_back(form_text(form));
        out << fmt::format("| `{}`{} | {} | {} | {} |\n", doc.path,
                           field->is_required ? " (required)" : "",
                           forms.empty() ? "any" : fmt::format("{}", fmt::join(forms, " or ")),
                           cell(doc.default_text), cell(doc.meaning));
    }
}

void write_properties(std::ostream& out, const FieldShape& job, const FieldShape& server) {
    const FieldShape* in_jobs = shape_at(job, "kafka.properties");
    out << "\n## Properties of the Kafka client\n\nIn job files and in the server file:\n";
    for (const FieldShape& field : in_jobs->fields) out << fmt::format("`{}`\n", field.name);
    out << "\nOnly in the server file:\n";
    for (const FieldShape& field : shape_at(server, "kafka.properties")->fields) {
        if (std::ranges::find(in_jobs->fields, field.name, &FieldShape::name) !=
            in_jobs->fields.end())
            continue;
        const bool secret = field.forms.size() == 1 && field.forms[0].kind == Kind::Section;
        out << fmt::format("`{}`{}\n", field.name, secret ? " (secret)" : "");
    }
}

void write_markdown(std::ostream& out, const FieldShape& job, const FieldShape& server) {
    out << "<!-- Made by `velostream schema --markdown`; a test fails when it is stale. -->\n"
           "# Configuration reference\n\n"
           "Every key of job files and of the server file. Unknown and doubled keys are errors.\n"
           "`*` is a name that you choose, `[]` an item of a list. Durations are written `5s`,\n"
           "`1m30s`; sizes `64MiB`, `4GiB`. `${NAME}`, `${NAME:-default}` and `${NAME:?message}`\n"
           "are filled in from the environment in addresses, topics, data files, numbers,\n"
           "durations, sizes and choices, after parsing.\n\n## Job files\n\n";
    write_table(out, job, config::job_file_docs());
    out << "\n## The server file\n\n"
           "`velostream.yaml`, found in the working directory or named by `--config`.\n\n";
    write_table(out, server, config::server_file_docs());
    write_properties(out, job, server);
}

}  // namespace

int schema(const SchemaArguments& arguments, std::ostream& out) {
    const FieldShape job = config::job_file_shape();
    const FieldShape server = config::server_file_shape();
    if (arguments.markdown) {
        write_markdown(out, job, server);
        return kExitOk;
    }
    std::string text;
    if (arguments.server) {
        JsonSchema(text, config::server_file_docs()).write("Velostream server file", server);
    } else {
        JsonSchema(text, config::job_file_docs()).write("Velostream job file", job);
    }
    out << text << '\n';
    return kExitOk;
}

}  // namespace velo::server
