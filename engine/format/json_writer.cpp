#include "engine/format/json_writer.hpp"

#include <array>
#include <cmath>

#include "engine/data/decimal.hpp"
#include "engine/format/json_text.hpp"

namespace velo::engine {

namespace {

void append_string(std::string& out, std::string_view text) {
    const std::size_t start = out.size();
    out.resize_and_overwrite(start + json_string_size(text), [&](char* bytes, std::size_t) {
        return static_cast<std::size_t>(write_json_string(bytes + start, text) - bytes);
    });
}

}  // namespace

void JsonWriter::separate() {
    if (comma_) out_ += ',';
    comma_ = true;
}

JsonWriter& JsonWriter::begin(char bracket) {
    separate();
    out_ += bracket;
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
    out_ += bracket;
    comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::name(std::string_view name) {
    separate();
    append_string(out_, name);
    out_ += ':';
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::text(std::string_view text) {
    separate();
    append_string(out_, text);
    return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
    std::array<char, kNumberSize> digits;
    return raw({digits.data(), write_integer(digits.data(), value)});
}

JsonWriter& JsonWriter::decimal(Int128 value, int scale) {
    std::array<char, kDecimalSize> digits;
    return raw({digits.data(), write_decimal(digits.data(), value, scale)});
}

JsonWriter& JsonWriter::number(double value) {
    if (!std::isfinite(value)) return null();
    std::array<char, kNumberSize> digits;
    return raw({digits.data(), write_double(digits.data(), value)});
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace velo::engine
