// Configuration as text in tests: read it, and see its mistakes as the lines a user would see.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/job_spec.hpp"
#include "config/server_spec.hpp"
#include "config/yaml_file.hpp"

namespace velo::config {

inline Environment variables(std::map<std::string, std::string> values) {
    return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

inline std::vector<std::string> lines_of(const std::vector<Mistake>& mistakes) {
    std::vector<std::string> lines;
    for (const Mistake& mistake : mistakes) lines.push_back(mistake.line());
    return lines;
}

using Lines = std::vector<std::string>;

/// A job that is right; tests replace parts of it.
inline const std::string kJob =
    "name: j\n"
    "sources: {s: {kafka: {topic: t}, schema: {a: STRING}}}\n"
    "query: SELECT a FROM s\n"
    "sink: {kafka: {topic: o}}\n";

/// A job file read from text: what is in it, and what is wrong with it.
struct ReadJob {
    explicit ReadJob(const std::string& text, const Environment& environment = variables({}))
        : file("j.yaml", text, mistakes), job(read_job(file, environment, mistakes)) {}

    [[nodiscard]] Lines lines() const { return lines_of(mistakes); }

    std::vector<Mistake> mistakes;
    YamlFile file;
    JobSpec job;
};

struct ReadServer {
    explicit ReadServer(const std::string& text, const Environment& environment = variables({}))
        : file("etc/velostream.yaml", text, mistakes),
          server(read_server(file, environment, mistakes)) {}

    [[nodiscard]] Lines lines() const { return lines_of(mistakes); }

    std::vector<Mistake> mistakes;
    YamlFile file;
    ServerSpec server;
};

/// A YAML file and its mistakes.
struct ReadYaml {
    explicit ReadYaml(const std::string& text) : file("f.yaml", text, mistakes) {}

    [[nodiscard]] Lines lines() const { return lines_of(mistakes); }
    /// The value of a key of the root.
    [[nodiscard]] const Node& at(std::string_view key) const {
        for (const Node::Entry& entry : file.root()->entries) {
            if (entry.key->text == key) return *entry.value;
        }
        throw std::out_of_range(std::string(key));
    }

    std::vector<Mistake> mistakes;
    YamlFile file;
};

}  // namespace velo::config
