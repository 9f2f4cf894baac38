#include "tests/support/logic_file.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/sql/parser.hpp"

namespace velo::engine {

namespace {

constexpr std::string_view kRule = "----";

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool is_empty(std::string_view line) noexcept {
    return line.find_first_not_of(" \t") == std::string_view::npos;
}

/// Takes a line apart, word by word.
class Words {
public:
    explicit Words(std::string_view line) : rest_(line) { skip(); }

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
    std::string_view next() noexcept { return take(std::min(rest_.find(' '), rest_.size())); }
    bool accept(std::string_view word) noexcept {
        if (rest_ != word && !rest_.starts_with(std::string(word) + " ")) return false;
        take(word.size());
        return true;
    }
    /// Everything up to the parenthesis that closes the one here, both left out; empty when there is none.
    std::string_view parenthesized() noexcept {
        int depth = 0;
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            if (rest_[i] == '(') ++depth;
            if (rest_[i] == ')' && --depth == 0) return take(i + 1).substr(1, i - 1);
        }
        return {};
    }

private:
    std::string_view take(std::size_t count) noexcept {
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        skip();
        return taken;
    }
    void skip() noexcept {
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    }
    std::string_view rest_;
};

/// `a TYPE(1,2), b MAP<STRING, TYPE>` at its commas outside brackets.
std::vector<std::string_view> split_columns(std::string_view text) {
    std::vector<std::string_view> parts;
    int depth = 0;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i == text.size() || (text[i] == ',' && depth == 0)) {
            parts.push_back(text.substr(start, i - start));
            start = i + 1;
        } else if (text[i] == '(' || text[i] == '<') {
            ++depth;
        } else if (text[i] == ')' || text[i] == '>') {
            --depth;
        }
    }
    return parts;
}

class FileParser {
public:
    explicit FileParser(LogicFile& file) : file_(file) {}

    void run() {
        while (at_ < file_.lines.size()) {
            const std::string line = file_.lines[at_];
            if (is_empty(line) || line.starts_with('#')) {
                ++at_;
                continue;
            }
            block(Words(line));
        }
    }

private:
    void block(Words words) {
        if (words.accept("stream")) return stream(words);
        if (words.accept("query")) return query(words);
        if (words.accept("error")) return error(words);
        if (words.accept("push")) return push(words);
        if (words.accept("tick")) return tick(words);
        if (words.accept("finish")) return finish();
        wrong("a block begins with stream, query, error, push, tick or finish");
    }

    void stream(Words words) {
        SourceDeclaration source;
        source.name = std::string(words.next());
        for (const SourceDeclaration& other : sources_) {
            if (other.name == source.name)
                wrong(fmt::format("stream '{}' is declared twice", source.name));
        }
        // Without a watermark the record timestamp is the event time.
        for (const std::string_view column : split_columns(words.parenthesized()))
            source.schema.push_back(field(column));
        std::uint32_t partitions = 1;
        while (!words.at_end()) {
            if (words.accept("watermark")) {
                source.event_time_column = std::string(words.next());
                if (words.accept("-")) source.lateness = duration(words.next());
            } else if (words.accept("partitions")) {
                partitions = number(words.next());
            } else if (words.accept("idle")) {
                source.idle_after =
                    words.accept("never") ? std::nullopt : std::optional(duration(words.next()));
            } else if (words.accept("no timestamps")) {
                source.record_timestamps = false;
            } else if (words.accept("skip tombstones")) {
                source.skip_tombstones = true;
            } else {
                wrong(fmt::format("'{}' is no part of a stream", words.rest()));
            }
        }
        sources_.push_back(std::move(source));
        partitions_.push_back(partitions);
        ++at_;
    }

    // `name TYPE [NOT NULL] [path $.a.b] [unit s]`
    Field field(std::string_view text) {
        Words words(text);
        Field field;
        field.name = std::string(words.next());
        std::string type;
        while (!words.at_end()) {
            if (words.accept("NOT NULL")) {
                field.nullable = false;
            } else if (words.accept("path")) {
                field.path = std::string(words.next());
            } else if (words.accept("unit")) {
                field.time_unit = std::string(words.next());
            } else {
                type += std::string(words.next()) + " ";
            }
        }
        try {
            field.type = sql::parse_type(type);
        } catch (const Error& error) {
            wrong(error.what());
        }
        return field;
    }

    void query(Words words) {
        LogicCase& test = begin_case(words);
        ++at_;
        while (at_ < file_.lines.size() && !is_empty(file_.lines[at_]))
            test.sql += file_.lines[at_++] + "\n";
    }

    void error(Words words) {
        LogicCase& test = begin_case(words);
        test.is_error = true;
        LogicStep& step = begin_step(LogicStep::Kind::Finish);
        ++at_;
        while (at_ < file_.lines.size() && file_.lines[at_] != kRule)
            test.sql += file_.lines[at_++] + "\n";
        if (!test.sql.empty()) test.sql.pop_back();
        expected(step);
    }

    void push(Words words) {
        LogicStep& step = begin_step(LogicStep::Kind::Push);
        step.stream = std::string(words.next());
        if (words.accept("partition")) step.partition = number(words.next());
        if (!words.at_end()) wrong(fmt::format("'{}' is no part of a push", words.rest()));
        ++at_;
        for (; at_ < file_.lines.size() && file_.lines[at_] != kRule; ++at_) {
            const std::string& line = file_.lines[at_];
            if (is_empty(line)) wrong("a push ends without ----");
            if (!line.starts_with('#')) step.rows.push_back(line);
        }
        expected(step);
    }

    void tick(Words words) {
        LogicStep& step = begin_step(LogicStep::Kind::Tick);
        step.time = duration(words.next());
        ++at_;
        expected(step);
    }

    void finish() {
        LogicStep& step = begin_step(LogicStep::Kind::Finish);
        ++at_;
        expected(step);
    }

    // From `----` to the empty line.
    void expected(LogicStep& step) {
        if (at_ >= file_.lines.size() || file_.lines[at_] != kRule)
            wrong("---- has to stand before what is expected");
        ++at_;
        step.expected_line = static_cast<int>(at_) + 1;
        for (; at_ < file_.lines.size() && !is_empty(file_.lines[at_]); ++at_) {
            if (!file_.lines[at_].starts_with('#')) step.expected.push_back(file_.lines[at_]);
        }
        step.expected_end = static_cast<int>(at_) + 1;
    }

    LogicCase& begin_case(Words words) {
        LogicCase& test = file_.cases.emplace_back();
        test.line = static_cast<int>(at_) + 1;
        test.options.sources = sources_;
        test.partitions_of = partitions_;
        while (!words.at_end()) {
            if (words.accept("keys")) {
                test.shows_keys = true;
            } else if (words.accept("bounded")) {
                test.options.bounded = true;
            } else if (words.accept("apply_if_open")) {
                test.options.applies_late = true;
            } else if (words.accept("strategy")) {
                test.options.strategy = strategy(words.next());
            } else if (words.accept("ttl")) {
                test.options.ttl = duration(words.next());
            } else if (words.accept("key")) {
                for (const std::string_view column : split_columns(words.next()))
                    test.options.sink_key.emplace_back(column);
            } else {
                wrong(fmt::format("'{}' is no option of a query", words.rest()));
            }
        }
        return test;
    }

    LogicStep& begin_step(LogicStep::Kind kind) {
        if (file_.cases.empty()) wrong("a query has to stand before what is pushed");
        LogicCase& test = file_.cases.back();
        const bool ended = !test.steps.empty() && test.steps.back().kind == LogicStep::Kind::Finish;
        if (ended) wrong("nothing can come after finish; begin another query");
        LogicStep& step = test.steps.emplace_back();
        step.kind = kind;
        step.line = static_cast<int>(at_) + 1;
        return step;
    }

    Strategy strategy(std::string_view name) {
        for (const Strategy strategy :
             {Strategy::Sticky, Strategy::Hash, Strategy::RoundRobin, Strategy::FanIn}) {
            if (strategy_name(strategy) == name) return strategy;
        }
        wrong(fmt::format("there is no strategy '{}'", name));
    }

    Duration duration(std::string_view text) {
        const auto duration = parse_duration(text);
        if (!duration) wrong(duration.error());
        return *duration;
    }

    std::uint32_t number(std::string_view text) {
        std::uint32_t value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
            wrong(fmt::format("'{}' is no number", text));
        return value;
    }

    [[noreturn]] void wrong(std::string text) const {
        throw Error(Place{file_.path, static_cast<int>(at_) + 1, 1, 1}, std::move(text));
    }

    LogicFile& file_;
    std::size_t at_ = 0;
    std::vector<SourceDeclaration> sources_;
    std::vector<std::uint32_t> partitions_;
};

}  // namespace

LogicFile read_logic_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw Error(Place{path, 0, 0, 1}, "there is no such file");
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    return parse_logic_file(path, text);
}

LogicFile parse_logic_file(std::string path, const std::string& text) {
    LogicFile file;
    file.path = std::move(path);
    file.lines = lines_of(text);
    FileParser(file).run();
    return file;
}

}  // namespace velo::engine
