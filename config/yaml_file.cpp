#include "config/yaml_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/utf8.hpp"

namespace velo::config {

namespace {

// Ends yaml-cpp's parsing: what comes after is not worth a message.
struct Stop {
    YAML::Mark mark;
    std::string text;
};

std::string_view first_line(std::string_view text) {
    text = text.substr(0, text.find('\n'));
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

// The marks of anchored values point at the anchor; a value's place is where it is written.
std::size_t skip_properties(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
        at = std::min(text.find_first_of(" \t\r\n", at), text.size());
        at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
        while (at < text.size() && text[at] == '#') {
            at = std::min(text.find('\n', at), text.size());
            at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
        }
    }
    return at;
}

Node::Style style_at(std::string_view text, std::size_t at, bool plain) {
    if (plain || at >= text.size()) return Node::Style::Plain;
    switch (text[at]) {
        case '\'':
            return Node::Style::SingleQuoted;
        case '"':
            return Node::Style::DoubleQuoted;
        case '|':
            return Node::Style::Literal;
        case '>':
            return Node::Style::Folded;
        default:
            return Node::Style::Plain;
    }
}

// The offset after the closing quote; npos when there is none (which yaml-cpp lets pass at the end of a file).
std::size_t quoted_end(std::string_view text, std::size_t at) {
    const char quote = text[at];
    for (std::size_t i = at + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
            ++i;
        }
    }
    return std::string_view::npos;
}

/// Builds the tree from yaml-cpp's events, so that nothing is built that breaks a limit.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(const YamlFile& file, std::deque<Node>& nodes, std::vector<Mistake>& mistakes)
        : file_(file), nodes_(nodes), mistakes_(mistakes) {}

    [[nodiscard]] const Node* root() const { return root_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (root_ != nullptr) throw Stop{mark, "a second document begins here; a file holds one"};
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add_leaf(make(mark, Node::Kind::Null), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end())
            throw Stop{mark, "an alias inside the value it names; the value would never end"};
        expansions_ += 1 + found->second.aliases;
        if (expansions_ > kMaxAliasExpansions) {
            throw Stop{mark,
                       fmt::format("aliases expand to more than {} values; write the values out",
                                   kMaxAliasExpansions)};
        }
        if (open_.size() + found->second.depth > kMaxYamlDepth) throw too_deep(mark);
        for (Open& open : open_) {
            open.aliases += 1 + found->second.aliases;
            open.deepest = std::max(open.deepest, open_.size() + found->second.depth);
        }
        attach(found->second.node);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check_tag(mark, tag);
        Node& node = make(mark, Node::Kind::Scalar);
        node.text = value;
        node.style = style_at(file_.text(), node.offset, tag == "?");
        const std::string_view rest = std::string_view(file_.text()).substr(node.offset);
        std::size_t length = 1;  // Block scalars: their `|`.
        if (node.style == Node::Style::SingleQuoted || node.style == Node::Style::DoubleQuoted) {
            const std::size_t end = quoted_end(rest, 0);
            if (end == std::string_view::npos)
                throw Stop{mark,
                           fmt::format("a quote that is never closed; write {} where the text ends",
                                       rest[0])};
            length = first_line(rest.substr(0, end)).size();
        } else if (node.style == Node::Style::Plain) {
            length = rest.starts_with(value) ? value.size() : first_line(rest).size();
        }
        node.length = static_cast<int>(std::max<std::size_t>(length, 1));
        add_leaf(node, anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Node::Kind::Sequence);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Node::Kind::Mapping);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        Node* node;
        YAML::anchor_t anchor;
        std::size_t aliases;  // Expansions inside this value: each alias of it costs them again.
        std::size_t deepest;
        const Node* key = nullptr;  // Of a mapping: the key that waits for its value.
        std::map<std::string_view, const Node*> known;
    };
    struct Anchor {
        const Node* node;
        std::size_t aliases;
        std::size_t depth;
    };

    Node& make(const YAML::Mark& mark, Node::Kind kind) {
        Node& node = nodes_.emplace_back();
        node.kind = kind;
        const std::string& text = file_.text();
        const std::size_t marked = std::min(static_cast<std::size_t>(mark.pos), text.size());
        node.offset = kind == Node::Kind::Null ? marked : skip_properties(text, marked);
        const std::string_view between =
            std::string_view(text).substr(marked, node.offset - marked);
        const std::size_t line_break = between.rfind('\n');
        node.line = mark.line + 1 + static_cast<int>(std::ranges::count(between, '\n'));
        node.column = line_break == std::string_view::npos
                          ? mark.column + 1 + static_cast<int>(between.size())
                          : static_cast<int>(between.size() - line_break);
        return node;
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!")
            throw Stop{mark, "a YAML tag ('!…'); values here have no tags, leave it out"};
    }

    static Stop too_deep(const YAML::Mark& mark) {
        return {mark,
                fmt::format("nested more than {} deep; no key here needs that", kMaxYamlDepth)};
    }

    void add_leaf(Node& node, YAML::anchor_t anchor) {
        if (anchor != 0) anchors_[anchor] = {&node, 0, 0};
        attach(&node);
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              Node::Kind kind) {
        check_tag(mark, tag);
        if (open_.size() >= kMaxYamlDepth) throw too_deep(mark);
        Node& node = make(mark, kind);
        open_.push_back({&node, anchor, 0, open_.size() + 1, nullptr, {}});
        for (Open& open : open_) open.deepest = std::max(open.deepest, open_.size());
    }

    void close() {
        const Open done = std::move(open_.back());
        open_.pop_back();
        if (done.anchor != 0)
            anchors_[done.anchor] = {done.node, done.aliases, done.deepest - open_.size()};
        attach(done.node);
    }

    void attach(const Node* node) {
        if (open_.empty()) {
            root_ = node;
            return;
        }
        Open& parent = open_.back();
        if (parent.node->kind == Node::Kind::Sequence) {
            parent.node->items.push_back(node);
        } else if (parent.key == nullptr) {
            parent.key = node;
        } else {
            add_entry(parent, parent.key, node);
            parent.key = nullptr;
        }
    }

    void add_entry(Open& parent, const Node* key, const Node* value) {
        if (key->kind != Node::Kind::Scalar) {
            mistakes_.push_back(
                {file_.place(*key), "a key that is not a word; write 'key: value'"});
        } else if (const auto [first, is_new] = parent.known.emplace(key->text, key); !is_new) {
            mistakes_.push_back(
                {file_.place(*key), fmt::format("duplicate key '{}'; it is already in line {}",
                                                key->text, first->second->line)});
        } else {
            parent.node->entries.push_back({key, value});
        }
    }

    const YamlFile& file_;
    std::deque<Node>& nodes_;
    std::vector<Mistake>& mistakes_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchor>
        anchors_;  // Only finished values: an alias cannot name what it is in.
    std::size_t expansions_ = 0;
    const Node* root_ = nullptr;
};

// yaml-cpp's words for the mistakes people make most, in ours.
std::string syntax_text(const std::string& message, std::string_view line) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kWords{{
        {"illegal map value",
         "a second ': ' in one line; put quotes around a text that holds ': '"},
        {"illegal tab when looking for indentation",
         "a tab in the indentation; indent with spaces"},
        {"end of map flow not found", "a '{' without its '}'"},
        {"end of sequence flow not found", "a '[' without its ']'"},
        {"end of map not found", "a line that does not fit the indentation of the lines above"},
        {"unknown token", "a character that cannot begin a value; put quotes around the text"},
        {"the referenced anchor is not defined", "an alias ('*…') without its anchor ('&…') above"},
    }};
    if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos)
        return "not valid YAML: a tab in the indentation; indent with spaces";
    std::string text = fmt::format("not valid YAML: {}", message);
    for (const auto& [theirs, ours] : kWords) {
        if (message.starts_with(theirs)) text = fmt::format("not valid YAML: {}", ours);
    }
    if (line.find("${") != std::string_view::npos && line.find('{') != line.find("${") + 1) {
        text += "; inside { } put quotes around it: \"${…}\"";
    }
    return text;
}

std::string_view line_of(std::string_view text, int line) {
    for (; line > 0; --line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return first_line(text);
}

Place place_of_offset(const std::string& file, std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const std::size_t line_start =
        before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return {file, static_cast<int>(std::ranges::count(before, '\n')) + 1,
            static_cast<int>(offset - line_start) + 1, 1};
}

}  // namespace

YamlFile::YamlFile(std::string name, std::string text, std::vector<Mistake>& mistakes)
    : name_(std::move(name)), text_(std::move(text)) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
    // yaml-cpp guesses UTF-16 from zero bytes and ends at character 4; neither may reach it.
    if (const auto at = find_invalid_utf8(text_)) {
        mistakes.push_back(
            {place_of_offset(name_, text_, *at), "not valid UTF-8; save the file as UTF-8"});
        return;
    }
    if (const auto at = find_control_character(text_)) {
        mistakes.push_back({place_of_offset(name_, text_, *at),
                            "a control character; a configuration file is text"});
        return;
    }
    TreeBuilder tree(*this, nodes_, mistakes);
    std::istringstream stream(text_);
    const auto refuse = [&](const YAML::Mark& mark, std::string what) {
        mistakes.push_back({Place{name_, mark.line + 1, mark.column + 1, 1}, std::move(what)});
    };
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(tree)) {
        }
    } catch (const Stop& stop) {
        refuse(stop.mark, stop.text);
        return;
    } catch (const YAML::Exception& error) {
        refuse(error.mark, syntax_text(error.msg, line_of(text_, error.mark.line)));
        return;
    }
    root_ = tree.root();
    if (root_ == nullptr || root_->kind == Node::Kind::Null) {
        mistakes.push_back({Place{name_, 1, 1, 1}, "the file is empty"});
        root_ = nullptr;
    }
}

std::expected<std::string, Mistake> read_text_file(const std::string& path) {
    const auto refuse = [&](std::string text) {
        return std::unexpected(Mistake{Place{path, 0, 0, 1}, std::move(text)});
    };
    std::error_code problem;
    const auto status = std::filesystem::status(path, problem);
    if (!std::filesystem::exists(status)) return refuse("no such file");
    if (std::filesystem::is_directory(status)) return refuse("a folder, not a file");
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return refuse(fmt::format("cannot be read: {}", std::strerror(errno)));
    std::string text(kMaxFileBytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) return refuse("cannot be read");
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMaxFileBytes)
        return refuse("larger than 1 MiB; a configuration file never is");
    return text;
}

}  // namespace velo::config
