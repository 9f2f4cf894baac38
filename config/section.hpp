// Typed reads of one mapping: each value with its place, every mistake collected, no key left unread. Knows no key by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/choice.hpp"
#include "config/environment.hpp"
#include "config/field_shape.hpp"
#include "config/yaml_file.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

namespace velo::config {

/// A value and where it was written; a default has no place.
template <class T>
struct Placed {
    T value{};
    Place place;

    [[nodiscard]] bool operator==(const Placed&) const = default;
};

/// What reading a file needs and collects. Lives longer than the Sections and Values that refer to it.
struct Reading {
    const YamlFile& file;
    const Environment& environment;
    std::vector<Mistake>& mistakes;
};

/// Whether ${…} in a text is filled in. It is in addresses, topics and data files, and in all numbers, durations and choices;
/// never in names, SQL and the places of credentials, where it could carry a secret to where it is shown.
enum class Variables : std::uint8_t { Verbatim, FilledIn };

class Section;

/// One value. Each read adds a mistake and returns nothing when the value is not of its kind. With a `shape`, nothing is
/// read: each read records there what it asks for, and every key is there once.
class Value {
public:
    Value(const Node& node, Place place, std::string name, Reading& reading,
          FieldShape* shape = nullptr)
        : node_(&node),
          place_(std::move(place)),
          name_(std::move(name)),
          reading_(&reading),
          shape_(shape) {}

    /// Reads record instead of reading: what a file holds must not decide what is asked for.
    [[nodiscard]] bool is_recorded() const noexcept { return shape_ != nullptr; }

    [[nodiscard]] const Node& node() const noexcept { return *node_; }
    [[nodiscard]] const Place& place() const noexcept { return place_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] Reading& reading() const noexcept { return *reading_; }
    [[nodiscard]] bool is_mapping() const noexcept {
        return node_->kind == Node::Kind::Mapping || is_recorded();
    }
    [[nodiscard]] bool is_sequence() const noexcept { return node_->kind == Node::Kind::Sequence; }
    /// It is exactly this word, such as `auto`, without quotes.
    [[nodiscard]] bool is_word(std::string_view word) const;

    [[nodiscard]] std::optional<std::string> text(Variables variables) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::int64_t least, std::int64_t most) const;
    [[nodiscard]] std::optional<double> ratio() const;  // 0 to 1
    [[nodiscard]] std::optional<bool> boolean() const;  // true or false, no other word
    [[nodiscard]] std::optional<Duration> duration(Duration least) const;  // Needs a unit.
    [[nodiscard]] std::optional<std::uint64_t> size() const;  // Bytes; needs a unit: 64MiB
    /// The number of the word among `words`.
    [[nodiscard]] std::optional<std::size_t> word(const std::vector<std::string_view>& words) const;
    /// The values of a list.
    [[nodiscard]] std::vector<Value> items() const;
    /// The values of a list; of anything else, itself.
    [[nodiscard]] std::vector<Value> one_or_more() const;
    /// The mapping this is; an empty one after a mistake.
    [[nodiscard]] Section section(std::string noun) const;

    /// Adds a mistake at this value.
    void refuse(std::string text) const;

private:
    // A scalar's text, variables filled in; `kind` is what it should have been. Filling in makes a quoted text plain.
    struct Scalar {
        std::string text;
        bool quoted;
    };
    [[nodiscard]] std::optional<Scalar> scalar(std::string_view kind, Variables variables) const;
    [[nodiscard]] std::optional<std::string> unquoted(std::string_view kind) const;

    const Node* node_;
    Place place_;
    std::string name_;
    Reading* reading_;
    FieldShape* shape_;
};

/// One mapping. `noun` is how mistakes call it: unknown key 'topc' in kafka source.
/// Invariants: (1) finish() has been called before the Section is left, or a key nobody reads would pass.
class Section {
public:
    Section(const Node* mapping, Place place, std::string noun, Reading& reading,
            FieldShape* shape = nullptr)
        : mapping_(mapping),
          place_(std::move(place)),
          noun_(std::move(noun)),
          reading_(&reading),
          shape_(shape) {}

    [[nodiscard]] const Place& place() const noexcept { return place_; }
    [[nodiscard]] Reading& reading() const noexcept { return *reading_; }

    /// The value of `key`. A key without a value is a mistake, and as if it were not there.
    [[nodiscard]] std::optional<Value> find(std::string_view key);
    /// As find; its absence is a mistake.
    [[nodiscard]] std::optional<Value> need(std::string_view key);
    /// All keys with their values, where the keys are names that the user chooses.
    [[nodiscard]] std::vector<std::pair<Placed<std::string>, Value>> all();
    /// Refuses the keys that nobody asked for.
    void finish();
    /// Adds a mistake at the section.
    void refuse(std::string text) const;

    // Into `target` (a T or a Placed<T>) when the key is there and right; the default stays otherwise.
    template <class Target>
    void text(std::string_view key, Target& target, Variables variables) {
        if (const auto value = find(key)) keep(target, value->text(variables), value->place());
    }
    template <class Target>
    void need_text(std::string_view key, Target& target, Variables variables) {
        if (const auto value = need(key)) keep(target, value->text(variables), value->place());
    }
    template <class Target>
    void integer(std::string_view key, Target& target, std::int64_t least, std::int64_t most) {
        if (const auto value = find(key)) keep(target, value->integer(least, most), value->place());
    }
    template <class Target>
    void ratio(std::string_view key, Target& target) {
        if (const auto value = find(key)) keep(target, value->ratio(), value->place());
    }
    template <class Target>
    void boolean(std::string_view key, Target& target) {
        if (const auto value = find(key)) keep(target, value->boolean(), value->place());
    }
    template <class Target>
    void duration(std::string_view key, Target& target, Duration least = Duration::zero()) {
        if (const auto value = find(key)) keep(target, value->duration(least), value->place());
    }
    template <class Target>
    void size(std::string_view key, Target& target) {
        if (const auto value = find(key)) keep(target, value->size(), value->place());
    }
    /// `choices` is a range of Choice.
    template <class Target, class Choices>
    void choice(std::string_view key, Target& target, const Choices& choices) {
        const auto value = find(key);
        if (!value) return;
        std::vector<std::string_view> words;
        for (const auto& choice : choices) words.push_back(choice.word);
        if (const auto index = value->word(words))
            keep(target, std::optional(choices[*index].value), value->place());
    }

private:
    template <class T, class Read>
    static void keep(Placed<T>& target, std::optional<Read> read, const Place& place) {
        if (read) target = Placed<T>{static_cast<T>(std::move(*read)), place};
    }
    template <class T, class Read>
    static void keep(T& target, std::optional<Read> read, const Place&) {
        if (read) target = static_cast<T>(std::move(*read));
    }

    const Node* mapping_;  // Null pointer: there is none, after a mistake.
    Place place_;
    std::string noun_;
    Reading* reading_;
    FieldShape* shape_;
    std::vector<std::string_view> asked_;  // The keys this section has.
    bool any_key_ = false;                 // all() has been asked for.
};

}  // namespace velo::config
