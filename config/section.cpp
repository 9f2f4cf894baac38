#include "config/section.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace velo::config {

namespace {

std::string_view kind_name(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::Null:
            return "nothing";
        case Node::Kind::Scalar:
            return "a single value";
        case Node::Kind::Sequence:
            return "a list";
        case Node::Kind::Mapping:
            return "a mapping";
    }
    return "";
}

struct Unit {
    std::string_view name;
    std::uint64_t bytes;
};
constexpr std::array<Unit, 9> kUnits{{{"B", 1},
                                      {"kB", 1000},
                                      {"MB", 1000 * 1000},
                                      {"GB", 1000 * 1000 * 1000},
                                      {"TB", 1000ULL * 1000 * 1000 * 1000},
                                      {"KiB", 1ULL << 10},
                                      {"MiB", 1ULL << 20},
                                      {"GiB", 1ULL << 30},
                                      {"TiB", 1ULL << 40}}};

}  // namespace

void Value::refuse(std::string text) const {
    reading_->mistakes.push_back({place_, std::move(text)});
}

bool Value::is_word(std::string_view word) const {
    if (shape_ != nullptr)
        shape_->add({.kind = FieldForm::Kind::Words, .words = {std::string(word)}});
    if (node_->kind != Node::Kind::Scalar) return false;
    if (node_->text.find("${") == std::string::npos)
        return node_->style == Node::Style::Plain && node_->text == word;
    const auto filled = fill_in(node_->text, reading_->environment);
    return filled && *filled == word;
}

std::optional<Value::Scalar> Value::scalar(std::string_view kind, Variables variables) const {
    if (node_->kind != Node::Kind::Scalar) {
        refuse(fmt::format("'{}' is {}; it must be {}", name_, kind_name(node_->kind), kind));
        return std::nullopt;
    }
    const bool quoted = node_->style != Node::Style::Plain;
    if (variables == Variables::Verbatim || node_->text.find("${") == std::string::npos)
        return Scalar{node_->text, quoted};
    auto filled = fill_in(node_->text, reading_->environment);
    if (!filled) {
        refuse(filled.error());
        return std::nullopt;
    }
    return Scalar{std::move(*filled), false};
}

std::optional<std::string> Value::unquoted(std::string_view kind) const {
    auto found = scalar(kind, Variables::FilledIn);
    if (!found) return std::nullopt;
    if (found->quoted) {
        refuse(fmt::format("'{}' is the text \"{}\"; write {} without quotes", name_, found->text,
                           kind));
        return std::nullopt;
    }
    return std::move(found->text);
}

std::optional<std::string> Value::text(Variables variables) const {
    if (shape_ != nullptr) return shape_->add({}), std::nullopt;
    auto found = scalar("a text", variables);
    if (!found) return std::nullopt;
    if (found->text.empty()) {
        refuse(fmt::format("'{}' is empty", name_));
        return std::nullopt;
    }
    return std::move(found->text);
}

std::optional<std::int64_t> Value::integer(std::int64_t least, std::int64_t most) const {
    if (shape_ != nullptr) {
        shape_->add({.kind = FieldForm::Kind::Integer, .least = least, .most = most, .words = {}});
        return std::nullopt;
    }
    const auto text = unquoted("a whole number");
    if (!text) return std::nullopt;
    std::int64_t number = 0;
    const char* end = text->data() + text->size();
    const auto [stop, problem] = std::from_chars(text->data(), end, number);
    const bool is_number = stop == end && !text->empty() &&
                           (problem == std::errc{} || problem == std::errc::result_out_of_range);
    if (!is_number || problem != std::errc{} || number < least || number > most) {
        refuse(fmt::format("'{}' is {}; it must be a whole number from {} to {}", name_,
                           is_number ? *text : fmt::format("'{}'", *text), least, most));
        return std::nullopt;
    }
    return number;
}

std::optional<double> Value::ratio() const {
    if (shape_ != nullptr)
        return shape_->add({.kind = FieldForm::Kind::Ratio, .words = {}}), std::nullopt;
    const auto text = unquoted("a number");
    if (!text) return std::nullopt;
    double number = 0;
    const char* end = text->data() + text->size();
    const auto [stop, problem] =
        std::from_chars(text->data(), end, number, std::chars_format::fixed);
    if (problem != std::errc{} || stop != end || !(number >= 0 && number <= 1)) {
        refuse(fmt::format("'{}' is '{}'; it must be a number from 0 to 1", name_, *text));
        return std::nullopt;
    }
    return number;
}

std::optional<bool> Value::boolean() const {
    if (shape_ != nullptr)
        return shape_->add({.kind = FieldForm::Kind::Boolean, .words = {}}), std::nullopt;
    const auto text = unquoted("true or false");
    if (!text) return std::nullopt;
    if (*text == "true") return true;
    if (*text == "false") return false;
    refuse(fmt::format("'{}' is '{}'; it must be true or false", name_, *text));
    return std::nullopt;
}

std::optional<Duration> Value::duration(Duration least) const {
    if (shape_ != nullptr)
        return shape_->add({.kind = FieldForm::Kind::Duration, .words = {}}), std::nullopt;
    const auto found = scalar("a duration such as 5s", Variables::FilledIn);
    if (!found) return std::nullopt;
    if (!found->text.empty() && found->text.find_first_not_of("0123456789.") == std::string::npos) {
        refuse(fmt::format("'{0}' is {1} without a unit; write {1}s or {1}ms", name_, found->text));
        return std::nullopt;
    }
    const auto duration = parse_duration(found->text);
    if (!duration) {
        refuse(fmt::format("'{}': {}", name_, duration.error()));
        return std::nullopt;
    }
    if (*duration < least) {
        refuse(fmt::format("'{}' is {}; it must be at least {}", name_, found->text,
                           duration_text(least)));
        return std::nullopt;
    }
    return *duration;
}

std::optional<std::uint64_t> Value::size() const {
    if (shape_ != nullptr)
        return shape_->add({.kind = FieldForm::Kind::Size, .words = {}}), std::nullopt;
    const auto found = scalar("a size such as 64MiB", Variables::FilledIn);
    if (!found) return std::nullopt;
    std::uint64_t number = 0;
    const char* end = found->text.data() + found->text.size();
    const auto [stop, problem] = std::from_chars(found->text.data(), end, number);
    if (problem == std::errc{} && stop == end) {
        refuse(
            fmt::format("'{0}' is {1} without a unit; write {1}MiB or {1}GiB", name_, found->text));
        return std::nullopt;
    }
    const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
    const auto known = std::ranges::find(kUnits, unit, &Unit::name);
    if (problem == std::errc{} && known == kUnits.end()) {
        std::vector<std::string_view> names;
        for (const Unit& each : kUnits) names.push_back(each.name);
        const std::string hint = did_you_mean(unit, names);
        refuse(fmt::format("'{}': unknown unit '{}'{}", name_, unit,
                           hint.empty() ? "; write 64MiB or 4GiB" : hint));
        return std::nullopt;
    }
    if (problem != std::errc{} ||
        number > std::numeric_limits<std::int64_t>::max() / known->bytes) {
        refuse(fmt::format("'{}' is '{}'; it must be a size such as 64MiB", name_, found->text));
        return std::nullopt;
    }
    return number * known->bytes;
}

std::optional<std::size_t> Value::word(const std::vector<std::string_view>& words) const {
    if (shape_ != nullptr) {
        shape_->add({.kind = FieldForm::Kind::Words, .words = {words.begin(), words.end()}});
        return std::nullopt;
    }
    const auto found =
        scalar(fmt::format("one of {}", fmt::join(words, ", ")), Variables::FilledIn);
    if (!found) return std::nullopt;
    const auto at = std::ranges::find(words, std::string_view(found->text));
    if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
    const std::string hint = did_you_mean(found->text, words);
    refuse(
        fmt::format("unknown value '{}' for '{}'{}", found->text, name_,
                    hint.empty() ? fmt::format("; it can be {}", fmt::join(words, ", ")) : hint));
    return std::nullopt;
}

std::vector<Value> Value::items() const {
    std::vector<Value> values;
    if (shape_ != nullptr) {
        shape_->add({.kind = FieldForm::Kind::List, .words = {}});
        if (shape_->item == nullptr) shape_->item = std::make_unique<FieldShape>();
        values.emplace_back(*node_, place_, name_, *reading_, shape_->item.get());
        return values;
    }
    if (!is_sequence()) {
        refuse(fmt::format("'{}' is {}; it must be a list", name_, kind_name(node_->kind)));
        return values;
    }
    for (const Node* item : node_->items)
        values.emplace_back(*item, reading_->file.place(*item), name_, *reading_);
    return values;
}

std::vector<Value> Value::one_or_more() const {
    if (!is_sequence() && !is_recorded()) return {*this};
    std::vector<Value> values = items();
    if (is_recorded()) values.push_back(*this);
    return values;
}

Section Value::section(std::string noun) const {
    if (shape_ != nullptr) {
        shape_->add({.kind = FieldForm::Kind::Section, .words = {}});
        return {node_, place_, std::move(noun), *reading_, shape_};
    }
    if (is_mapping()) return {node_, place_, std::move(noun), *reading_};
    refuse(fmt::format("'{}' is {}; it must be a mapping", name_, kind_name(node_->kind)));
    return {nullptr, place_, std::move(noun), *reading_};
}

std::optional<Value> Section::find(std::string_view key) {
    asked_.push_back(key);
    if (shape_ != nullptr)
        return Value(*mapping_, place_, std::string(key), *reading_, &shape_->field(key));
    if (mapping_ == nullptr) return std::nullopt;
    const auto entry = std::ranges::find(mapping_->entries, key, [](const Node::Entry& each) {
        return std::string_view(each.key->text);
    });
    if (entry == mapping_->entries.end()) return std::nullopt;
    if (entry->value->kind == Node::Kind::Null) {
        reading_->mistakes.push_back(
            {reading_->file.place(*entry->key),
             fmt::format("'{}' has no value; write one or leave the key out", key)});
        return std::nullopt;
    }
    return Value(*entry->value, reading_->file.place(*entry->value), std::string(key), *reading_);
}

std::optional<Value> Section::need(std::string_view key) {
    auto value = find(key);
    if (shape_ != nullptr) shape_->field(key).is_required = true;
    if (value || mapping_ == nullptr) return value;
    const bool written = std::ranges::any_of(
        mapping_->entries, [&](const Node::Entry& each) { return each.key->text == key; });
    if (!written) refuse(fmt::format("{} has no '{}'", noun_, key));
    return std::nullopt;
}

std::vector<std::pair<Placed<std::string>, Value>> Section::all() {
    std::vector<std::pair<Placed<std::string>, Value>> values;
    any_key_ = true;
    if (shape_ != nullptr) {
        values.emplace_back(Placed<std::string>{"*", place_},
                            Value(*mapping_, place_, "*", *reading_, &shape_->field("*")));
        return values;
    }
    if (mapping_ == nullptr) return values;
    for (const Node::Entry& entry : mapping_->entries) {
        const std::string& name = entry.key->text;
        const bool is_null = entry.value->kind == Node::Kind::Null;  // It has no place of its own.
        const Place place = reading_->file.place(is_null ? *entry.key : *entry.value);
        values.emplace_back(Placed<std::string>{name, reading_->file.place(*entry.key)},
                            Value(*entry.value, place, name, *reading_));
    }
    return values;
}

void Section::finish() {
    if (mapping_ == nullptr || any_key_) return;
    for (const Node::Entry& entry : mapping_->entries) {
        const std::string& key = entry.key->text;
        if (std::ranges::find(asked_, std::string_view(key)) != asked_.end()) continue;
        std::string hint = did_you_mean(key, asked_);
        if (key == "<<") hint = "; YAML merge keys are not supported, write the keys out";
        if (hint.empty()) hint = fmt::format("; its keys are {}", fmt::join(asked_, ", "));
        reading_->mistakes.push_back({reading_->file.place(*entry.key),
                                      fmt::format("unknown key '{}' in {}{}", key, noun_, hint)});
    }
}

void Section::refuse(std::string text) const {
    reading_->mistakes.push_back({place_, std::move(text)});
}

}  // namespace velo::config
