// JSON piece by piece, for whoever writes some that is not rows: pages, plans, dead letters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/int128.hpp"

namespace velo::engine {

/// Appends to a string; sets the commas. Names and values must alternate as JSON wants them, which is the caller's part.
///     JsonWriter json(text);
///     json.begin_object().name("jobs").begin_array().text("trades").end_array().end_object();
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object() { return begin('{'); }
    JsonWriter& end_object() { return end('}'); }
    JsonWriter& begin_array() { return begin('['); }
    JsonWriter& end_array() { return end(']'); }
    /// The name of the member whose value comes next.
    JsonWriter& name(std::string_view name);

    JsonWriter& text(std::string_view text);
    JsonWriter& integer(std::int64_t value);
    JsonWriter& integer(Int128 value) { return decimal(value, 0); }
    JsonWriter& decimal(Int128 value, int scale);
    /// NaN and infinity, which JSON does not know, are null.
    JsonWriter& number(double value);
    JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
    JsonWriter& null() { return raw("null"); }
    /// A value that is JSON already.
    JsonWriter& raw(std::string_view json);

private:
    JsonWriter& begin(char bracket);
    JsonWriter& end(char bracket);
    void separate();

    std::string& out_;
    bool comma_ = false;  // Before the next name or value.
};

}  // namespace velo::engine
