// Regular expressions by RE2: REGEXP_LIKE and its family, SIMILAR TO. Patterns are literals, compiled at bind time.
#include <array>
#include <memory>

#include <re2/re2.h>
#include <re2/stringpiece.h>

#include "engine/expression/functions.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/text_builder.hpp"
#include "engine/expression/utf8.hpp"

namespace velo::engine {

namespace {

constexpr int kMostGroups = 16;
constexpr std::size_t kMostPrograms = 1U << 20U;  // Bytes of one compiled pattern.

struct PreparedPattern : Prepared {
    PreparedPattern(const std::string& pattern, const RE2::Options& options)
        : regex(pattern, options) {}
    RE2 regex;
    int group = 0;
    std::string replacement;  // As RE2 writes it: \0 to \9 are groups.
};

const PreparedPattern& pattern_of(const KernelCall& call) {
    return static_cast<const PreparedPattern&>(*call.prepared);
}

using Groups = std::array<re2::StringPiece, kMostGroups + 1>;

bool match(const PreparedPattern& pattern, std::string_view text, std::size_t from, Groups& groups,
           int count) {
    return pattern.regex.Match({text.data(), text.size()}, from, text.size(), RE2::UNANCHORED,
                               groups.data(), count);
}

std::size_t start_of(const re2::StringPiece& group, std::string_view text) {
    return static_cast<std::size_t>(group.data() - text.data());
}

// Where the search for the next match begins; an empty one is followed by a character that no match holds.
std::size_t after(const re2::StringPiece& found, std::string_view text) {
    const std::size_t end = start_of(found, text) + found.size();
    if (!found.empty() || end >= text.size()) return found.empty() ? end + 1 : end;
    return end + character_size(text[end]);
}

void like(const KernelCall& call) {
    const PreparedPattern& pattern = pattern_of(call);
    map_unary<std::string_view, std::uint8_t>(call, [&](std::string_view text) {
        Groups none;
        return static_cast<std::uint8_t>(match(pattern, text, 0, none, 0));
    });
}

void similar(const KernelCall& call) {
    const RE2& regex = pattern_of(call).regex;
    map_unary<std::string_view, std::uint8_t>(call, [&](std::string_view text) {
        return static_cast<std::uint8_t>(regex.Match(re2::StringPiece(text.data(), text.size()), 0,
                                                     text.size(), RE2::ANCHOR_BOTH, nullptr, 0));
    });
}

void count(const KernelCall& call) {
    const PreparedPattern& pattern = pattern_of(call);
    map_unary<std::string_view, std::int64_t>(call, [&](std::string_view text) {
        std::int64_t matches = 0;
        Groups groups;
        for (std::size_t at = 0; at <= text.size() && match(pattern, text, at, groups, 1);
             at = after(groups[0], text))
            ++matches;
        return matches;
    });
}

void instr(const KernelCall& call) {
    const PreparedPattern& pattern = pattern_of(call);
    map_unary<std::string_view, std::int64_t>(call, [&](std::string_view text) {
        Groups groups;
        if (!match(pattern, text, 0, groups, 1)) return std::int64_t{0};
        return static_cast<std::int64_t>(
                   count_characters(text.substr(0, start_of(groups[0], text)))) +
               1;
    });
}

void extract(const KernelCall& call) {
    const PreparedPattern& pattern = pattern_of(call);
    const Reader<std::string_view> texts(*call.args[0]);
    auto* out = call.out.values<std::string_view>();
    const auto group = static_cast<std::size_t>(pattern.group);
    call.rows.each([&](std::uint32_t row) {
        const std::string_view text = texts.at(row);
        Groups groups;
        out[row] = {};
        if (!match(pattern, text, 0, groups, pattern.group + 1) ||
            groups[group].data() == nullptr) {
            call.out.set_null(row);
        } else {
            out[row] = text.substr(start_of(groups[group], text), groups[group].size());
        }
    });
}

Built replace_all(const PreparedPattern& pattern, std::string_view text, std::string& out) {
    Groups groups;
    const int wanted = 1 + RE2::MaxSubmatch(pattern.replacement);
    std::size_t copied = 0;
    std::size_t at = 0;
    while (at <= text.size() && match(pattern, text, at, groups, wanted)) {
        const std::size_t start = start_of(groups[0], text);
        out += text.substr(copied, start - copied);
        pattern.regex.Rewrite(&out, pattern.replacement, groups.data(), wanted);
        if (out.size() > kMaxTextBytes) return Built::TooLarge;
        copied = start + groups[0].size();
        at = after(groups[0], text);
    }
    out += text.substr(copied);
    return Built::Text;
}

void replace(const KernelCall& call) {
    const PreparedPattern& pattern = pattern_of(call);
    const Reader<std::string_view> texts(*call.args[0]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        return replace_all(pattern, texts.at(row), text);
    });
}

using Compiled = std::expected<std::shared_ptr<PreparedPattern>, std::string>;

Compiled compile(std::string pattern, std::string_view flags) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(kMostPrograms);
    for (const char flag : flags) {
        switch (flag) {
            case 'i':
                options.set_case_sensitive(false);
                break;
            case 's':
                options.set_dot_nl(true);
                break;
            case 'm':
                pattern.insert(0, "(?m)");
                break;
            case 'g':  // All matches: REGEXP_REPLACE in PostgreSQL.
                break;
            default:
                return std::unexpected(std::string("does not know the flag '") + flag +
                                       "'; there are i (any case), m (lines) and s (point takes "
                                       "newlines)");
        }
    }
    auto prepared = std::make_shared<PreparedPattern>(pattern, options);
    if (!prepared->regex.ok())
        return std::unexpected("has a wrong pattern: " + shortened(prepared->regex.error()) +
                               "; the syntax is that of RE2");
    if (prepared->regex.NumberOfCapturingGroups() > kMostGroups) {
        return std::unexpected("has a pattern of more than " + std::to_string(kMostGroups) +
                               " groups; write (?:…) for groups that nobody reads");
    }
    return prepared;
}

std::string text_of(const Value* literal) {
    return literal == nullptr ? std::string() : std::get<std::string>(literal->data);
}

bool any_null(Literals literals) {
    for (const Value* literal : literals) {
        if (literal != nullptr && literal->is_null()) return true;
    }
    return false;
}

PreparedResult as_prepared(Compiled compiled) {
    if (!compiled) return std::unexpected(compiled.error());
    return std::shared_ptr<const Prepared>(std::move(*compiled));
}

// All but the text are literals.
Resolved resolve_pattern(Types types, Literals literals, std::vector<Type> wanted,
                         std::size_t optional, Type result, Kernel kernel) {
    auto signature = resolve_optional(types, std::move(wanted), optional, result, kernel);
    if (!signature) return signature;
    for (std::size_t i = 1; i < types.size(); ++i) {
        if (literals[i] == nullptr) {
            return std::unexpected(
                std::string("takes only literals beside its text, so that the pattern is compiled "
                            "once; CONTAINS and REPLACE take columns"));
        }
    }
    return signature;
}

// \1 and $1 are groups, \\ and $$ the characters themselves.
std::string replacement_of(std::string_view written) {
    std::string out;
    const auto is_digit = [&](std::size_t i) {
        return i < written.size() && written[i] >= '0' && written[i] <= '9';
    };
    for (std::size_t i = 0; i < written.size(); ++i) {
        const char c = written[i];
        const bool doubled = i + 1 < written.size() && written[i + 1] == c;
        if (c == '$' && is_digit(i + 1)) {
            out += '\\';
        } else if (c == '$') {
            out += c;
            i += doubled ? 1 : 0;
        } else if (c == '\\' && !is_digit(i + 1)) {
            out += "\\\\";
            i += doubled ? 1 : 0;
        } else {
            out += c;
        }
    }
    return out;
}

// % and _ as in LIKE; | * + ? { } ( ) [ ] as in regular expressions; a backslash makes the next character itself.
std::string regex_of_similar(std::string_view pattern) {
    std::string out;
    bool in_class = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '\\' && i + 1 < pattern.size()) {
            const std::size_t size = character_size(pattern[i + 1]);
            out += RE2::QuoteMeta({pattern.data() + i + 1, size});
            i += size;
        } else if (in_class || c == '[') {
            in_class = c != ']';
            out += c;
        } else if (c == '%') {
            out += ".*";
        } else if (c == '_') {
            out += '.';
        } else {
            if (c == '.' || c == '^' || c == '$' || c == '\\') out += '\\';
            out += c;
        }
    }
    return out;
}

}  // namespace

Resolved resolve_regexp_like(Types types, Literals literals) {
    return resolve_pattern(types, literals, {kString, kString, kString}, 1, kBoolean, like);
}
Resolved resolve_regexp_count(Types types, Literals literals) {
    return resolve_pattern(types, literals, {kString, kString, kString}, 1, kBigint, count);
}
Resolved resolve_regexp_instr(Types types, Literals literals) {
    return resolve_pattern(types, literals, {kString, kString, kString}, 1, kBigint, instr);
}
Resolved resolve_regexp_extract(Types types, Literals literals) {
    return resolve_pattern(types, literals, {kString, kString, kBigint}, 1, kString, extract);
}
Resolved resolve_regexp_replace(Types types, Literals literals) {
    return resolve_pattern(types, literals, {kString, kString, kString, kString}, 1, kString,
                           replace);
}
Resolved resolve_similar(Types types, Literals literals) {
    return resolve_pattern(types, literals, {kString, kString}, 0, kBoolean, similar);
}

PreparedResult prepare_regexp(Types, Literals literals) {
    if (any_null(literals)) return nullptr;  // Every answer is NULL.
    return as_prepared(
        compile(text_of(literals[1]), text_of(literals.size() == 3 ? literals[2] : nullptr)));
}

PreparedResult prepare_similar(Types, Literals literals) {
    if (any_null(literals)) return nullptr;
    return as_prepared(compile(regex_of_similar(text_of(literals[1])), "s"));
}

PreparedResult prepare_regexp_extract(Types, Literals literals) {
    if (any_null(literals)) return nullptr;
    auto compiled = compile(text_of(literals[1]), "");
    if (compiled && literals.size() == 3) {
        const std::int64_t group = std::get<std::int64_t>(literals[2]->data);
        const int groups = (*compiled)->regex.NumberOfCapturingGroups();
        if (group < 0 || group > groups) {
            return std::unexpected("has no group " + std::to_string(group) +
                                   " in its pattern; 0 is all of it, and it has " +
                                   std::to_string(groups) + " groups");
        }
        (*compiled)->group = static_cast<int>(group);
    }
    return as_prepared(std::move(compiled));
}

PreparedResult prepare_regexp_replace(Types, Literals literals) {
    if (any_null(literals)) return nullptr;
    auto compiled =
        compile(text_of(literals[1]), text_of(literals.size() == 4 ? literals[3] : nullptr));
    if (compiled) {
        PreparedPattern& prepared = **compiled;
        prepared.replacement = replacement_of(text_of(literals[2]));
        const int wanted = RE2::MaxSubmatch(prepared.replacement);
        const int groups = prepared.regex.NumberOfCapturingGroups();
        if (wanted > groups) {
            return std::unexpected("has no group " + std::to_string(wanted) +
                                   " for its replacement; its pattern has " +
                                   std::to_string(groups) + ", and $$ is a dollar sign");
        }
    }
    return as_prepared(std::move(compiled));
}

}  // namespace velo::engine
