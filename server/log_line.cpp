#include "server/log_line.hpp"

#include <fmt/format.h>

#include "config/json_text.hpp"

namespace velo::server {

namespace {

std::string_view level_name(config::LogLevel level) {
    for (const auto& choice : config::log_levels()) {
        if (choice.value == level) return choice.word;
    }
    return "";
}

// A message that holds data must not look like two lines, or move the cursor.
void append_printable(std::string& out, std::string_view text) {
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
}

// `2024-01-15T10:00:00.123456Z`, always six digits, so that lines sort and columns align.
std::string time_text(EventTime time) {
    std::string text = rfc3339_text(time);
    if (text.size() == 24) text.insert(23, "000");
    return text;
}

class JsonLine {
public:
    void add(std::string_view key, std::string_view value) {
        if (value.empty()) return;
        begin(key);
        config::append_json_string(line_, value);
    }
    void add(std::string_view key, const std::optional<std::int64_t>& value) {
        if (!value) return;
        begin(key);
        line_ += std::to_string(*value);
    }
    [[nodiscard]] std::string take() { return std::move(line_) + "}"; }

private:
    void begin(std::string_view key) {
        line_ += line_.size() > 1 ? ",\"" : "\"";
        line_ += key;
        line_ += "\":";
    }
    std::string line_ = "{";
};

}  // namespace

std::string text_line(EventTime time, config::LogLevel level, const LogFields& fields,
                      std::string_view message, std::uint64_t suppressed) {
    std::string out = fmt::format("{} {:<5} ", time_text(time), level_name(level));
    if (!fields.job.empty()) out += fmt::format("{}: ", fields.job);
    append_printable(out, message);
    std::string extra;
    const auto add = [&](std::string_view key, std::string_view value) {
        if (value.empty()) return;
        extra += extra.empty() ? " (" : ", ";
        extra += fmt::format("{}=", key);
        append_printable(extra, value);
    };
    const auto add_number = [&](std::string_view key, const std::optional<std::int64_t>& value) {
        if (value) add(key, std::to_string(*value));
    };
    add_number("pipeline", fields.pipeline);
    add("topic", fields.topic);
    add_number("partition", fields.partition);
    add_number("offset", fields.offset);
    add("code", fields.code);
    add("err", fields.error);
    if (suppressed > 0) add("suppressed", std::to_string(suppressed));
    if (!extra.empty()) out += extra + ")";
    return out;
}

std::string json_line(EventTime time, config::LogLevel level, const LogFields& fields,
                      std::string_view message, std::uint64_t suppressed) {
    JsonLine line;
    line.add("ts", time_text(time));
    line.add("level", level_name(level));
    line.add("logger", fields.logger);
    line.add("msg", message);
    line.add("job_name", fields.job);
    line.add("pipeline", fields.pipeline);
    line.add("topic", fields.topic);
    line.add("partition", fields.partition);
    line.add("offset", fields.offset);
    line.add("code", fields.code);
    line.add("err", fields.error);
    if (suppressed > 0) line.add("suppressed", static_cast<std::int64_t>(suppressed));
    return line.take();
}

}  // namespace velo::server
