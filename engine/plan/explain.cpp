// A plan's outline as text for people, JSON for programs and DOT for pictures.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "engine/plan/binder.hpp"
#include "engine/plan/outline.hpp"

namespace velo::engine {

namespace {

std::string value_text(const Fact& fact) {
    return fact.values.empty() ? "-" : fmt::format("{}", fmt::join(fact.values, ", "));
}

void append_facts(std::string& out, const Outline& section) {
    std::size_t width = 0;
    for (const Fact& fact : section.facts) width = std::max(width, fact.name.size());
    for (const Fact& fact : section.facts)
        out += fmt::format("  {:<{}}  {}\n", fact.name, width, value_text(fact));
}

// `source trades`
std::string heading(const Outline& section) {
    return section.name.empty() ? std::string(section.title)
                                : fmt::format("{} {}", section.title, section.name);
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string json_name(std::string_view name) {
    std::string out(name);
    std::ranges::replace(out, ' ', '_');
    return json_string(out);
}

std::string json_fact(const Fact& fact) {
    if (!fact.list)
        return fmt::format("{}: {}", json_name(fact.name), json_string(fact.values.front()));
    std::vector<std::string> values;
    values.reserve(fact.values.size());
    for (const std::string& value : fact.values) values.push_back(json_string(value));
    return fmt::format("{}: [{}]", json_name(fact.name), fmt::join(values, ", "));
}

std::string json_facts(const Outline& section) {
    std::vector<std::string> facts;
    facts.reserve(section.facts.size());
    for (const Fact& fact : section.facts) facts.push_back(json_fact(fact));
    return fmt::format("{}", fmt::join(facts, ", "));
}

// Inside a DOT string, where \l ends a line and sets it to the left.
std::string dot_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

}  // namespace

std::string explain_text(const Plan& plan) {
    const std::vector<Outline> sections = outline(plan);
    std::string out;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        out += i == 0 ? heading(sections[i]) + "\n"
                      : fmt::format("\n{} {}\n", i, heading(sections[i]));
        append_facts(out, sections[i]);
    }
    return out;
}

std::string explain_json(const Plan& plan) {
    const std::vector<Outline> sections = outline(plan);
    std::string out = fmt::format("{{{}, \"operators\": [", json_facts(sections.front()));
    for (std::size_t i = 1; i < sections.size(); ++i) {
        const std::string name = sections[i].name.empty()
                                     ? ""
                                     : fmt::format("\"name\": {}, ", json_string(sections[i].name));
        out += fmt::format("{}{{\"operator\": {}, {}{}}}", i == 1 ? "" : ", ",
                           json_string(sections[i].title), name, json_facts(sections[i]));
    }
    return out + "]}\n";
}

std::string explain_dot(const Plan& plan) {
    const std::vector<Outline> sections = outline(plan);
    std::string out = "digraph plan {\n  rankdir=LR;\n  node [shape=box, fontname=monospace];\n";
    for (std::size_t i = 1; i < sections.size(); ++i) {
        std::string label = dot_text(heading(sections[i])) + "\\l";
        for (const Fact& fact : sections[i].facts)
            label += fmt::format("{}: {}\\l", fact.name, dot_text(value_text(fact)));
        out += fmt::format("  n{} [label=\"{}\"];\n", i, label);
        // The sources of a UNION ALL come together in what follows them.
        if (sections[i].title == "source") continue;
        for (std::size_t from = i - 1; from > 0; --from) {
            out += fmt::format("  n{} -> n{};\n", from, i);
            if (sections[from].title != "source") break;
        }
    }
    return out + "}\n";
}

}  // namespace velo::engine
