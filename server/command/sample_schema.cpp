#include "server/command/sample_schema.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

namespace velo::server {

namespace {

using Kind = JsonValue::Kind;
using Path = std::vector<std::string>;

constexpr std::size_t kDeepest = 8;

/// What was seen at one path.
struct Seen {
    Path path;
    std::size_t texts = 0, times = 0, whole = 0, huge = 0, broken = 0, truths = 0, arrays = 0,
                objects = 0, empty_objects = 0;
    std::int64_t least = 0, most = 0;  // Of whole numbers.

    [[nodiscard]] std::size_t numbers() const { return whole + huge + broken; }
    [[nodiscard]] std::size_t scalars() const { return texts + numbers() + truths; }
};

void add_number(Seen& seen, const std::string& digits) {
    std::int64_t number = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.find_first_of(".eE") != std::string::npos) {
        ++seen.broken;
    } else if (problem != std::errc{} || end != digits.data() + digits.size()) {
        ++seen.huge;
    } else {
        seen.least = seen.whole == 0 ? number : std::min(seen.least, number);
        seen.most = seen.whole == 0 ? number : std::max(seen.most, number);
        ++seen.whole;
    }
}

/// Collects what is at every path, in the order they come.
class Collector {
public:
    void add(const JsonValue& object, const Path& above = {}) {
        std::set<std::string_view> names;
        for (const auto& [name, value] : object.fields) {
            if (!names.insert(name).second) continue;  // Of doubled fields the first counts.
            Path path = above;
            path.push_back(name);
            add_at(path, value);
        }
    }
    [[nodiscard]] const std::vector<Seen>& all() const { return all_; }

private:
    void add_at(const Path& path, const JsonValue& value) {
        const auto [found, is_new] = index_.emplace(path, all_.size());
        if (is_new) all_.push_back({.path = path});
        Seen& seen = all_[found->second];
        switch (value.kind) {
            case Kind::Null:
                break;
            case Kind::True:
            case Kind::False:
                ++seen.truths;
                break;
            case Kind::Number:
                add_number(seen, value.text);
                break;
            case Kind::String:
                ++seen.texts;
                if (parse_rfc3339(value.text)) ++seen.times;
                break;
            case Kind::Array:
                ++seen.arrays;
                break;
            case Kind::Object:
                ++seen.objects;
                if (value.fields.empty()) ++seen.empty_objects;
                if (path.size() < kDeepest) add(value, path);
                break;
        }
    }

    std::vector<Seen> all_;
    std::map<Path, std::size_t> index_;
};

// Whether people call a time so. Words are split at `_` and where a capital begins.
bool sounds_like_a_time(const std::string& name) {
    static constexpr std::array<std::string_view, 14> kWords{
        "time",    "timestamp", "ts",       "at",       "date", "when",      "datetime",
        "created", "updated",   "modified", "occurred", "ms",   "eventtime", "millis"};
    std::string word;
    const auto is_one = [&] { return std::ranges::find(kWords, to_lower(word)) != kWords.end(); };
    for (const char c : name) {
        const bool is_capital = c >= 'A' && c <= 'Z';
        const bool is_letter = is_capital || (c >= 'a' && c <= 'z');
        if (is_capital || !is_letter) {
            if (is_one()) return true;
            word.clear();
        }
        if (is_letter) word += c;
    }
    return is_one();
}

// The unit in which whole numbers are times between 2001 and 2100.
std::string_view time_unit(const Seen& seen) {
    constexpr std::int64_t kFirst = 978'307'200;
    constexpr std::int64_t kLast = 4'102'444'800;
    std::int64_t scale = 1;
    for (const std::string_view unit : {"s", "ms", "us"}) {
        if (seen.least >= kFirst * scale && seen.most < kLast * scale) return unit;
        scale *= 1000;
    }
    return {};
}

// Empty where no one type fits.
std::string type_of(const Seen& seen, std::string& unit) {
    if (seen.truths == seen.scalars()) return "BOOLEAN";
    if (seen.texts == seen.scalars()) return seen.times == seen.texts ? "TIMESTAMP" : "STRING";
    if (seen.numbers() != seen.scalars()) return {};
    if (seen.broken != 0) return "DOUBLE";
    if (seen.huge != 0) return "DECIMAL(38,0)";
    if (!sounds_like_a_time(seen.path.back())) return "BIGINT";
    unit = time_unit(seen);
    return unit.empty() ? "BIGINT" : "TIMESTAMP";
}

bool is_plain(const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

bool cannot_be_in_a_path(const std::string& name) {
    return name.empty() || std::ranges::any_of(name, [](char c) {
               return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
           });
}

std::string path_text(const Path& path) {
    std::string text = "$";
    for (const std::string& name : path) {
        if (is_plain(name)) {
            text += "." + name;
        } else {
            text += "[\"" + name + "\"]";
        }
    }
    return text;
}

// A name for SQL and YAML; names that begin with `_` are the server's own.
std::string column_name(const Path& path, std::set<std::string>& taken) {
    std::string name;
    for (const std::string& part : path) {
        if (!name.empty()) name += '_';
        for (const char c : part) name += is_plain(std::string(1, c)) ? c : '_';
    }
    if (name.empty() || name[0] == '_' || (name[0] >= '0' && name[0] <= '9'))
        name = "field_" + name;
    std::string unique = name;
    for (int i = 2; !taken.insert(to_lower(unique)).second; ++i)
        unique = fmt::format("{}_{}", name, i);
    return unique;
}

std::string path_of(const Path& path, const std::string& name) {
    return path.size() == 1 && path[0] == name ? "" : path_text(path);
}

const JsonValue* at(const JsonValue& record, const Path& path) {
    const JsonValue* value = &record;
    for (const std::string& name : path) {
        value = value->find(name);
        if (value == nullptr) return nullptr;
    }
    return value;
}

std::optional<std::int64_t> micros_of(const JsonValue* value, const std::string& unit) {
    if (value == nullptr) return std::nullopt;
    if (value->kind == Kind::String) {
        const auto time = parse_rfc3339(value->text);
        return time ? std::optional(time->time_since_epoch().count()) : std::nullopt;
    }
    std::int64_t number = 0;
    std::from_chars(value->text.data(), value->text.data() + value->text.size(), number);
    return number * (unit == "s" ? 1'000'000 : unit == "ms" ? 1000 : 1);
}

// How well a name says that this is when it happened.
int rank_of(const std::string& name) {
    const std::string lower = to_lower(name);
    for (const std::string_view best : {"event_time", "eventtime", "timestamp", "ts", "time"}) {
        if (lower == best) return 0;
    }
    return sounds_like_a_time(name) ? 1 : 2;
}

void choose_event_time(GuessedSchema& schema, const std::map<std::string, Path>& paths,
                       const std::vector<SampledObject>& records) {
    const GuessedColumn* chosen = nullptr;
    for (const GuessedColumn& column : schema.columns) {
        if (column.type != "TIMESTAMP" || column.present != records.size()) continue;
        if (chosen == nullptr || rank_of(column.name) < rank_of(chosen->name)) chosen = &column;
    }
    if (chosen == nullptr) return;
    schema.event_time = chosen->name;
    std::map<std::int32_t, std::int64_t> latest;
    for (const SampledObject& record : records) {
        const auto time = micros_of(at(record.value, paths.at(chosen->name)), chosen->unit);
        if (!time) continue;
        auto& last = latest.emplace(record.partition, *time).first->second;
        schema.out_of_order =
            std::max(schema.out_of_order, std::chrono::microseconds{last - *time});
        last = std::max(last, *time);
    }
}

}  // namespace

GuessedSchema guess_schema(const std::vector<SampledObject>& records) {
    Collector collector;
    for (const SampledObject& record : records) collector.add(record.value);
    GuessedSchema schema;
    std::set<std::string> taken;
    std::map<std::string, Path> paths;
    for (const Seen& seen : collector.all()) {
        const std::string path = path_text(seen.path).substr(2);
        const bool is_deep = seen.path.size() == kDeepest && seen.objects != 0;
        if (seen.objects > seen.empty_objects && seen.scalars() == 0 && seen.arrays == 0 &&
            !is_deep)
            continue;  // Its fields are columns.
        if (seen.arrays != 0 || seen.objects != 0) {
            schema.left_out.push_back(
                path + (seen.scalars() != 0 || (seen.arrays != 0 && seen.objects != 0)
                            ? ": values of several kinds"
                        : seen.arrays != 0 ? ": an array"
                                           : ": an object"));
            continue;
        }
        if (std::ranges::any_of(seen.path, cannot_be_in_a_path)) {
            schema.left_out.push_back(path + ": a name that no path can hold");
            continue;
        }
        if (seen.scalars() == 0) {
            schema.left_out.push_back(path + ": always null");
            continue;
        }
        GuessedColumn column;
        column.type = type_of(seen, column.unit);
        if (column.type.empty()) {
            schema.left_out.push_back(path + ": values of several kinds");
            continue;
        }
        if (schema.columns.size() == kMostGuessedColumns) {
            schema.left_out.push_back(path + ": one column too many");
            continue;
        }
        column.name = column_name(seen.path, taken);
        column.path = path_of(seen.path, column.name);
        column.present = seen.scalars();
        if (column.present < records.size())
            column.note = fmt::format("missing or null in {} of {}",
                                      records.size() - column.present, records.size());
        paths[column.name] = seen.path;
        schema.columns.push_back(std::move(column));
    }
    choose_event_time(schema, paths, records);
    return schema;
}

}  // namespace velo::server
