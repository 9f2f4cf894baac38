// The rules of the house that a program can check. Every failure names its remedy.
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace fs = std::filesystem;

namespace {

constexpr std::array kFolders = {"engine", "config", "connectors", "server", "tests", "perf"};
constexpr std::size_t kLinesMax = 600;

/// Something that only the named places may write, in code: comments and texts are not looked at.
/// A home is a path, and all paths that begin with it.
struct Rule {
    std::string_view token;
    std::vector<std::string_view> homes;
    std::string_view remedy;
};

const std::vector<Rule> kRules = {
    {"rd_kafka", {"connectors/kafka/", "tests/kafka/", "perf/"}, "wrap it in connectors/kafka/"},
    {"librdkafka/", {"connectors/kafka/", "tests/kafka/", "perf/"}, "wrap it in connectors/kafka/"},
    {"date/tz", {"engine/expression/time_zone"}, "take a TimeZone"},
    {"openssl/", {"engine/expression/digest_functions"}, "the digests are functions of SQL"},
    {"YAML::", {"config/yaml_file"}, "take a Section; config/yaml_file makes it"},
    {"yaml-cpp/", {"config/yaml_file"}, "take a Section; config/yaml_file makes it"},
    {"prometheus::", {"server/metrics/"}, "count in counters; server/metrics/ exports them"},
    {"spdlog", {"server/log"}, "log through server/log.hpp"},
    {"CLI::", {"server/main", "server/command/"}, "read arguments in server/command/"},
    {"boost/beast", {"server/http/", "perf/"}, "it costs 30 s a file; stay behind server/http/"},
    {"boost/asio", {"server/", "tests/", "perf/"}, "only the daemon does its own input and output"},

    {"std::thread",
     {"server/", "tests/", "perf/"},
     "threads belong to server/runtime/ and server/job/"},
    {"std::jthread",
     {"server/", "tests/", "perf/"},
     "threads belong to server/runtime/ and server/job/"},
    {"std::mutex",
     {"server/", "tests/", "perf/"},
     "move a batch through an SpscRing instead of locking"},
    {"std::shared_mutex", {}, "move a batch through an SpscRing instead of locking"},
    {"thread_local", {}, "give the object to its owner, or hand it in"},
    {"system_clock::now", {"server/", "tests/", "perf/"}, "take the time as an argument"},
    {"steady_clock::now",
     {"server/", "tests/", "perf/", "connectors/kafka/kafka_producer"},
     "take the time as an argument"},
    {"high_resolution_clock", {}, "use steady_clock"},
    {"clock_gettime", {"server/", "perf/"}, "take the time as an argument"},
    {"gettimeofday", {}, "take the time as an argument"},
    {"sleep_for",
     {"tests/kafka/", "tests/support/daemon", "perf/"},
     "wait for what must happen; in tests use the manual clock"},
    {"sleep_until", {"perf/"}, "wait for what must happen; in tests use the manual clock"},

    {"std::regex", {"tests/", "perf/"}, "use RE2: std::regex recurses on what users write"},
    {"std::endl", {}, "write '\\n'"},
};

constexpr std::array kVagueWords = {"manager", "helper", "helpers", "util", "utils", "impl", "v2"};

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string read(const fs::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// All files of our folders with one of these extensions, as paths from the root, sorted.
std::vector<fs::path> files(const std::vector<std::string_view>& extensions) {
    REQUIRE(fs::exists("engine/CMakeLists.txt"));  // Run it in the root of the repository.
    std::vector<fs::path> result;
    for (const std::string_view folder : kFolders) {
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
            const std::string extension = entry.path().extension().string();
            if (entry.is_regular_file() &&
                std::ranges::find(extensions, extension) != extensions.end()) {
                result.push_back(entry.path());
            }
        }
    }
    std::ranges::sort(result);
    return result;
}

/// Copies the program text without comments and without what stands in quotes, except file names to
/// include. Line breaks stay.
class CodeOnly {
public:
    explicit CodeOnly(std::string_view text) : text_(text) {}

    std::string take() {
        while (at_ < text_.size()) step();
        return std::move(code_);
    }

private:
    void step() {
        if (starts("//")) return skip_to("\n");
        if (starts("/*")) return skip_past("*/");
        if (starts("#include")) return copy_line();
        if (starts("R\"") && !after_word()) return skip_raw();
        if (text_[at_] == '"' || (text_[at_] == '\'' && !after_word())) return skip_quoted();
        code_ += text_[at_++];
    }

    [[nodiscard]] bool starts(std::string_view with) const {
        return text_.substr(at_).starts_with(with);
    }
    [[nodiscard]] bool after_word() const { return at_ > 0 && is_word_char(text_[at_ - 1]); }

    void skip_to(std::string_view end) {
        const std::size_t found = std::min(text_.find(end, at_), text_.size());
        for (; at_ < found; ++at_) {
            if (text_[at_] == '\n') code_ += '\n';
        }
    }

    void skip_past(std::string_view end) {
        skip_to(end);
        at_ = std::min(at_ + end.size(), text_.size());
    }

    void skip_raw() {
        const std::size_t open = std::min(text_.find('(', at_), text_.size());
        const std::string end = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
        skip_past(end);
    }

    void skip_quoted() {
        const char quote = text_[at_++];
        while (at_ < text_.size() && text_[at_] != quote) at_ += text_[at_] == '\\' ? 2U : 1U;
        ++at_;
    }

    void copy_line() {
        while (at_ < text_.size() && text_[at_] != '\n') code_ += text_[at_++];
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string code_;
};

std::size_t line_of(std::string_view code, std::size_t at) {
    return static_cast<std::size_t>(std::ranges::count(code.substr(0, at), '\n')) + 1;
}

/// The lines that write the token as a word of its own.
std::vector<std::size_t> lines_with(std::string_view code, std::string_view token) {
    std::vector<std::size_t> lines;
    for (std::size_t at = code.find(token); at != code.npos; at = code.find(token, at + 1)) {
        const bool inside_word =
            at > 0 && is_word_char(code[at - 1]) && is_word_char(token.front());
        const std::size_t end = at + token.size();
        const bool goes_on = token != "rd_kafka" && end < code.size() && is_word_char(code[end]) &&
                             is_word_char(token.back());
        if (!inside_word && !goes_on) lines.push_back(line_of(code, at));
    }
    return lines;
}

/// "KeyedStateImpl" and "keyed_state_impl" are the words keyed, state, impl.
std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words(1);
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto c = static_cast<unsigned char>(name[i]);
        const bool starts_word = std::isupper(c) != 0 && i > 0 &&
                                 std::isupper(static_cast<unsigned char>(name[i - 1])) == 0;
        if (c == '_' || starts_word) words.emplace_back();
        if (c != '_') words.back() += static_cast<char>(std::tolower(c));
    }
    return words;
}

bool is_vague(std::string_view name) {
    const std::vector<std::string> words = words_of(name);
    return words.back() == "common" ||  // A common_type says what is common.
           std::ranges::any_of(words, [](const std::string& word) {
               return std::ranges::find(kVagueWords, word) != kVagueWords.end();
           });
}

/// The names that follow class, struct, enum, union, concept and using.
std::vector<std::string> declared_types(const std::string& code) {
    std::vector<std::string> names;
    std::istringstream words(code);
    for (std::string word, previous; words >> word; previous = word) {
        if (previous != "class" && previous != "struct" && previous != "enum" &&
            previous != "union" && previous != "concept" && previous != "using") {
            continue;
        }
        const auto end = std::ranges::find_if_not(word, is_word_char);
        names.emplace_back(word.begin(), end);
    }
    return names;
}

}  // namespace

TEST_CASE("a file has at most 600 lines", "[tidy]") {
    for (const fs::path& path : files({".hpp", ".cpp", ".py", ".slt"})) {
        const std::string text = read(path);
        const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
        if (lines <= kLinesMax) continue;
        FAIL_CHECK(path.string() << " has " << lines << " lines; split it: one idea per file");
    }
}

TEST_CASE("what only some places may use is used only there", "[tidy]") {
    for (const fs::path& path : files({".hpp", ".cpp"})) {
        const std::string name = path.generic_string();
        const std::string code = CodeOnly(read(path)).take();
        for (const Rule& rule : kRules) {
            const auto is_home = [&](std::string_view home) { return name.starts_with(home); };
            if (std::ranges::any_of(rule.homes, is_home)) continue;
            for (const std::size_t line : lines_with(code, rule.token)) {
                FAIL_CHECK(name << ':' << line << ": '" << rule.token << "' here; " << rule.remedy);
            }
        }
    }
}

TEST_CASE("names say what their parts have in common", "[tidy]") {
    for (const fs::path& path : files({".hpp", ".cpp", ".py", ".slt"})) {
        for (const fs::path& part : path.parent_path() / path.stem()) {
            if (!is_vague(part.string())) continue;
            FAIL_CHECK(path.string() << ": '" << part.string() << "' is vague; name the idea");
        }
        if (path.extension() != ".hpp" && path.extension() != ".cpp") continue;
        for (const std::string& type : declared_types(CodeOnly(read(path)).take())) {
            if (!is_vague(type)) continue;
            FAIL_CHECK(path.string() << ": type '" << type << "' is vague; name the idea");
        }
    }
}

TEST_CASE("every source is in its folder's CMakeLists.txt", "[tidy]") {
    for (const fs::path& path : files({".cpp"})) {
        const fs::path folder = *path.begin();
        const std::string source = path.lexically_relative(folder).generic_string();
        std::istringstream list(read(folder / "CMakeLists.txt"));
        const bool is_listed = std::any_of(
            std::istream_iterator<std::string>(list), std::istream_iterator<std::string>(),
            [&](const std::string& word) { return word == source || word == source + ")"; });
        if (is_listed) continue;
        FAIL_CHECK(path.string() << " is not built; add the line " << source << " to "
                                 << (folder / "CMakeLists.txt").string());
    }
}

// Headers without a source are compiled each by itself: tests/CMakeLists.txt, headers_alone.
TEST_CASE("a header compiles alone: its source includes it first", "[tidy]") {
    for (const fs::path& path : files({".cpp"})) {
        const fs::path header = fs::path(path).replace_extension(".hpp");
        if (!fs::exists(header)) continue;
        const std::string code = CodeOnly(read(path)).take();
        const std::size_t first = code.find("#include");
        const std::string wanted = "#include \"" + header.generic_string() + "\"";
        if (first != code.npos && code.substr(first).starts_with(wanted)) continue;
        FAIL_CHECK(path.string() << ": the first include must be " << wanted);
    }
}

TEST_CASE("a header is included once, whoever includes it", "[tidy]") {
    for (const fs::path& path : files({".hpp"})) {
        if (read(path).find("\n#pragma once\n") != std::string::npos) continue;
        FAIL_CHECK(path.string() << " lacks #pragma once; put it after the opening comment");
    }
}

TEST_CASE("a TODO has an issue number", "[tidy]") {
    for (const fs::path& path : files({".hpp", ".cpp", ".py", ".slt"})) {
        const std::string text = read(path);
        const std::string todo = std::string("TO") + "DO";
        for (std::size_t at = text.find(todo); at != text.npos; at = text.find(todo, at + 1)) {
            if (text.substr(at + todo.size(), 2) == "(#" || path == "tests/tidy_test.cpp") continue;
            FAIL_CHECK(path.string()
                       << ':' << line_of(text, at) << ": write " << todo << "(#number), or do it");
        }
    }
}

TEST_CASE("comments and texts are not code", "[tidy]") {
    CHECK(CodeOnly("a // b\nc /* d\n */ e").take() == "a \nc \n e");
    CHECK(CodeOnly("f(\"a\\\"b\", 'x', 1'000) R\"(\")\" g").take() == "f(, , 1'000)  g");
    CHECK(CodeOnly("#include \"a/b.hpp\"\n").take() == "#include \"a/b.hpp\"\n");
    CHECK(lines_with("rd_kafka_new\nlibrdkafka/\nrd_kafka_t", "rd_kafka") ==
          std::vector<std::size_t>{1, 3});
    CHECK(lines_with("std::threads\nstd::thread x", "std::thread") == std::vector<std::size_t>{2});
    CHECK(is_vague("RingImpl"));
    CHECK(is_vague("string_utils"));
    CHECK(is_vague("kafka_common"));
    CHECK_FALSE(is_vague("common_type"));
    CHECK_FALSE(is_vague("Implicit"));
    CHECK_FALSE(is_vague("CommonalityUtilization"));
    CHECK(declared_types("class A {}; enum class B : int; struct C;") ==
          std::vector<std::string>{"A", "class", "B", "C"});
}
