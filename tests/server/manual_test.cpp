// What the manual and the README show works: jobs pass lint and their tests, queries can be planned, sessions print what
// is printed there, commands exist with these options, and links lead somewhere.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "engine/expression/fault.hpp"
#include "server/json_value.hpp"
#include "tests/support/daemon.hpp"
#include "tests/support/markdown.hpp"

using namespace velo::tests;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> pages() {
    std::vector<fs::path> all{"README.md"};
    for (const auto& entry : fs::recursive_directory_iterator("docs")) {
        if (entry.path().extension() == ".md") all.push_back(entry.path());
    }
    std::ranges::sort(all);
    return all;
}

/// What a block is about: its page and line, for messages.
std::string place(const fs::path& page, const CodeBlock& block) {
    return page.string() + ":" + std::to_string(block.line);
}

/// Runs a shell command in a folder, with the program on its path; what it writes to standard output.
struct Shell {
    Shell(const TestFolder& folder, const std::string& command) {
        const std::string script = "cd " + folder.path().string() + " && export PATH=" +
                                   fs::path(VELO_DAEMON).parent_path().string() + ":$PATH && " +
                                   command;
        code = std::system(
            ("( " + script + " ) >" + folder.file(".out") + " 2>" + folder.file(".err")).c_str());
        out = folder.read(".out");
        err = folder.read(".err");
    }
    int code;
    std::string out, err;
};

// The keys at the left margin, each with its lines.
std::vector<std::pair<std::string, std::string>> top_keys(const std::string& yaml) {
    std::vector<std::pair<std::string, std::string>> keys;
    std::istringstream lines(yaml);
    for (std::string line; std::getline(lines, line);) {
        const bool starts_key = !line.empty() && line.front() != ' ' && line.front() != '#';
        if (starts_key) keys.emplace_back(line.substr(0, line.find(':')), "");
        if (!keys.empty()) keys.back().second += line + '\n';
    }
    return keys;
}

bool has_key(const std::string& yaml, const std::string& key) {
    const auto keys = top_keys(yaml);
    return std::ranges::any_of(keys, [&](const auto& each) { return each.first == key; });
}

// A job that lacks what a snippet says nothing about.
std::string completed(const std::string& snippet, const std::string& before) {
    std::string job = snippet;
    for (const auto& [key, text] : top_keys(before)) {
        if (!has_key(snippet, key)) job += text;
    }
    return job;
}

const std::string kSomeJob = R"(name: some_job
sources:
  trades:
    kafka: {topic: trades}
    schema: {trader_id: STRING, symbol: STRING, price: DOUBLE, quantity: BIGINT, at: TIMESTAMP}
    event_time: {column: at, lateness: 5s}
query: |
  SELECT symbol, price FROM trades
sink:
  kafka: {topic: some_job}
)";

bool is_server_file(const std::string& yaml) {
    static const std::set<std::string> kKeys{
        "kafka",    "kafka_connections", "connections",      "jobs", "workers", "http", "log",
        "instance", "core_affinity",     "shutdown_deadline"};
    const auto keys = top_keys(yaml);
    return std::ranges::all_of(keys, [](const auto& key) { return kKeys.contains(key.first); });
}

std::string problem_of_yaml(const std::string& yaml, std::string& last_job) {
    const TestFolder folder;
    if (is_server_file(yaml)) {
        fs::create_directory(folder.path() / "jobs");
        const std::string job = folder.write("jobs/job.yaml", kSomeJob);
        const Shell lint(folder, "velostream lint --config " +
                                     folder.write("velostream.yaml", yaml) + " " + job);
        return lint.code == 0 ? "" : lint.out + lint.err;
    }
    const std::string job =
        completed(yaml, has_key(yaml, "tests") && !last_job.empty() ? last_job : kSomeJob);
    if (has_key(yaml, "query")) last_job = yaml;
    static_cast<void>(folder.write("job.yaml", job));
    const Shell lint(folder, "velostream lint job.yaml");
    if (lint.code != 0) return lint.out + lint.err;
    if (!has_key(job, "tests")) return "";
    const Shell test(folder, "velostream test job.yaml");
    return test.code == 0 ? "" : test.out + test.err;
}

std::string problem_of_sql(const std::string& sql) {
    const TestFolder folder;
    std::string job = kSomeJob.substr(0, kSomeJob.find("query:")) + "query: |\n";
    std::istringstream lines(sql);
    for (std::string line; std::getline(lines, line);) job += "  " + line + '\n';
    job += "sink:\n  kafka: {topic: some_job}\n";
    static_cast<void>(folder.write("job.yaml", job));
    const Shell explain(folder, "velostream explain job.yaml");
    return explain.code == 0 ? "" : explain.err;
}

/// A command line that is not run: its program and its options are known all the same.
std::string problem_of_command(const std::string& line) {
    std::istringstream words(line);
    std::string program, word;
    words >> program;
    if (program.starts_with("deploy/") || program.starts_with("tests/") ||
        program.starts_with("perf/")) {
        const auto mode = fs::status(program).permissions();
        return (mode & fs::perms::owner_exec) != fs::perms::none ? "" : program + " cannot be run";
    }
    static const std::set<std::string> kOthers{
        "cp",         "curl",     "docker", "kubectl",         "systemctl",
        "journalctl", "promtool", "cmake",  "kafka-topics.sh", "git",
        "cd",         "sudo",     "dpkg"};
    if (program != "velostream")
        return kOthers.contains(program) ? "" : "who is '" + program + "'?";
    std::string command;
    words >> command;
    const Ended help = run_velostream({command, "--help"});
    if (help.exit_code != 0) return "there is no 'velostream " + command + "'";
    while (words >> word && !word.starts_with("#")) {
        if (!word.starts_with("--")) continue;
        const std::string option = word.substr(0, word.find('='));
        if (help.out.find(option) == std::string::npos) return command + " has no option " + option;
    }
    return "";
}

/// A session: `$ command` and what it prints, with the notices on standard error or without. `$ cat FILE` says what is in
/// the file.
std::string problem_of_session(const TestFolder& folder, const std::string& session) {
    std::istringstream lines(session);
    std::vector<std::pair<std::string, std::string>> steps;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("$ ")) {
            steps.emplace_back(line.substr(2), "");
        } else if (!steps.empty()) {
            steps.back().second += line + '\n';
        }
    }
    for (const auto& [command, printed] : steps) {
        if (command.starts_with("cat ") && !printed.empty()) {
            static_cast<void>(folder.write(command.substr(4), printed));
        } else if (command.starts_with("velostream ")) {
            const Shell shell(folder, command);
            if (shell.out != printed && shell.out + shell.err != printed)
                return "'" + command + "' prints\n" + shell.out + shell.err + "and not\n" + printed;
        } else if (const std::string problem = problem_of_command(command); !problem.empty()) {
            return problem;
        }
    }
    return "";
}

}  // namespace

TEST_CASE("every block of the manual says what it is, and what it shows works", "[manual]") {
    for (const fs::path& page : pages()) {
        const TestFolder
            folder;  // Of the page: sessions find the files that blocks above them name.
        std::string last_job;
        for (const CodeBlock& block : code_blocks(read(page))) {
            INFO(place(page, block) << "\n" << block.text);
            std::string problem;
            if (block.language == "yaml") {
                // `# name.yaml: …` in the first line is the file that later sessions use.
                const std::string first = block.text.substr(0, block.text.find('\n'));
                const std::size_t end = first.find(".yaml");
                if (first.starts_with("# ") && end != std::string::npos)
                    static_cast<void>(folder.write(first.substr(2, end + 3), block.text));
                problem = problem_of_yaml(block.text, last_job);
            } else if (block.language == "sql") {
                problem = problem_of_sql(block.text);
            } else if (block.language == "console") {
                problem = problem_of_session(folder, block.text);
            } else if (block.language == "sh") {
                std::istringstream lines(block.text);
                for (std::string line; std::getline(lines, line) && problem.empty();) {
                    if (!line.empty() && line.front() != '#') problem = problem_of_command(line);
                }
            } else if (block.language == "json") {
                problem = velo::server::parse_json(block.text) ? "" : "this is no JSON";
            } else if (block.language == "promql") {
                std::string rules = "groups:\n- name: manual\n  rules:\n";
                std::istringstream lines(block.text);
                for (std::string line; std::getline(lines, line);)
                    rules += "  - record: manual:rule\n    expr: |\n      " + line + "\n";
                const TestFolder scratch;
                const Shell check(scratch, "promtool check rules --lint=none " +
                                               scratch.write("rules.yaml", rules));
                problem = check.code == 0 ? "" : check.out + check.err;
            } else if (block.language != "text") {
                // These two have tests of their own.
                const bool is_sql = page.string().starts_with("docs/sql");
                if (!is_sql)
                    problem =
                        "what is it? yaml, sql, console, sh, json, promql, or text for what only "
                        "shows";
            }
            CHECK(problem == "");
        }
    }
}

TEST_CASE("commands that the manual names are there, with these options", "[manual]") {
    static const std::regex kNamed("`(velostream [a-z]+[^`]*)`");
    std::set<std::string> named;
    for (const fs::path& page : pages()) {
        const std::string text = read(page);
        for (std::sregex_iterator at(text.begin(), text.end(), kNamed), end; at != end; ++at)
            named.insert(at->str(1));
    }
    CHECK(named.size() > 10);
    for (const std::string& command : named) {
        // A synopsis puts what may be left out in brackets.
        INFO(command);
        CHECK(problem_of_command(std::regex_replace(command, std::regex(R"([\[\]])"), " ")) == "");
    }
}

TEST_CASE("links of the manual lead to files that are there", "[manual]") {
    for (const fs::path& page : pages()) {
        for (const std::string& target : links(read(page))) {
            if (target.starts_with("http") || target.starts_with("#")) continue;
            INFO(page.string() << " links to " << target);
            CHECK(fs::exists(page.parent_path() / target.substr(0, target.find('#'))));
        }
    }
}

TEST_CASE("every page is found from the README, and every folder is on its map", "[manual]") {
    const std::string readme = read("README.md");
    for (const fs::path& page : pages()) {
        if (page == "README.md" || page.parent_path() != "docs") continue;
        INFO(page.string());
        CHECK(readme.find("(" + page.string() + ")") != std::string::npos);
    }
    for (const char* root :
         {"config", "connectors", "deploy", "docs", "engine", "perf", "server", "tests"}) {
        CHECK(readme.find("`" + std::string(root) + "/`") != std::string::npos);
        if (std::string(root) == "tests") continue;  // It mirrors the others.
        for (const auto& entry : fs::directory_iterator(root)) {
            if (!entry.is_directory()) continue;
            INFO(entry.path().string());
            CHECK(readme.find("`" + entry.path().string() + "/`") != std::string::npos);
        }
    }
}

TEST_CASE("every code of a fault or a failure is explained", "[manual]") {
    const std::string page = read("docs/troubleshooting.md");
    const auto check = [&](const std::string& code, const std::string& where) {
        INFO(code << " of " << where);
        CHECK(page.find('`' + code + '`') != std::string::npos);
    };
    for (int i = 0; i <= static_cast<int>(velo::engine::FaultCode::Late); ++i)
        check(std::string(velo::engine::fault_code_name(static_cast<velo::engine::FaultCode>(i))),
              "rows");
    // Failures have their codes where they are made; so has what the log says beside them.
    static const std::regex kCode(R"re((?:\.code = |Remedy::(?:Retry|Fatal), )"([a-z_]+)")re");
    static const std::set<std::string> kOnlyLogged{"operator", "reload", "reload_server",
                                                   "kafka_client"};
    std::size_t found = 0;
    for (const char* root : {"connectors", "server"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            if (entry.path().extension() != ".cpp") continue;
            const std::string text = read(entry.path());
            for (std::sregex_iterator at(text.begin(), text.end(), kCode), end; at != end; ++at) {
                if (kOnlyLogged.contains(at->str(1))) continue;
                check(at->str(1), entry.path().string());
                ++found;
            }
        }
    }
    CHECK(found > 30);
}
