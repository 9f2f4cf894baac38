#include "config/environment.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "config/utf8.hpp"

namespace velo::config {

namespace {

bool is_name_character(char c, bool first) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

std::size_t name_length(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && is_name_character(text[length], length == 0)) ++length;
    return length;
}

// `inside` is what stands between the braces.
std::expected<std::string, std::string> value_of(std::string_view inside,
                                                 const Environment& environment) {
    const std::size_t length = name_length(inside);
    if (length == 0)
        return std::unexpected(fmt::format("'${{{}}}' names no variable; write ${{NAME}}", inside));
    const std::string name(inside.substr(0, length));
    const std::string_view rest = inside.substr(length);
    if (rest.find("${") != std::string_view::npos) {
        return std::unexpected(
            fmt::format("a variable inside '${{{}}}'; defaults are plain text", name));
    }
    std::optional<std::string> value = environment(name);
    if (value &&
        (find_invalid_utf8(*value) || value->find_first_of("\n\r\t") != std::string::npos ||
         find_control_character(*value))) {
        return std::unexpected(fmt::format(
            "environment variable '{}' holds control characters or is not UTF-8", name));
    }
    if (rest.empty()) {
        if (value) return std::move(*value);
        return std::unexpected(fmt::format(
            "environment variable '{0}' is not set; ${{{0}:-default}} gives it a default", name));
    }
    const bool is_empty = !value || value->empty();
    if (rest.starts_with(":-")) return is_empty ? std::string(rest.substr(2)) : std::move(*value);
    if (rest.starts_with(":?")) {
        if (!is_empty) return std::move(*value);
        const std::string_view message = rest.substr(2);
        return std::unexpected(fmt::format("environment variable '{}' is not set{}{}", name,
                                           message.empty() ? "" : ": ", message));
    }
    if (rest[0] == ':') {
        return std::unexpected(
            fmt::format("'${{{0}{1}}}' is not a form of variable; write ${{{0}:-{2}}}", name, rest,
                        rest.substr(1)));
    }
    return std::unexpected(
        fmt::format("'${{{}}}' is not a form of variable; write ${{NAME}}, ${{NAME:-default}} or "
                    "${{NAME:?message}}",
                    inside));
}

}  // namespace

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

std::expected<std::string, std::string> fill_in(std::string_view text,
                                                const Environment& environment) {
    std::string out;
    for (;;) {
        const std::size_t dollar = text.find("${");
        if (dollar == std::string_view::npos) break;
        if (dollar > 0 && text[dollar - 1] == '$') {  // $${ stands for ${
            out += text.substr(0, dollar - 1);
            out += "${";
            text.remove_prefix(dollar + 2);
            continue;
        }
        const std::size_t end = text.find('}', dollar);
        if (end == std::string_view::npos)
            return std::unexpected(
                std::string("'${' without its '}'; $${ stands for the two characters"));
        auto value = value_of(text.substr(dollar + 2, end - dollar - 2), environment);
        if (!value) return value;
        out += text.substr(0, dollar);
        out += *value;
        text.remove_prefix(end + 1);
    }
    out += text;
    return out;
}

}  // namespace velo::config
