// What a configuration file may hold, as the code that reads it asks for it: nothing here is written by hand.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace velo::config {

/// One form a value can have.
struct FieldForm {
    enum class Kind : std::uint8_t {
        Text,
        Integer,
        Ratio,
        Boolean,
        Duration,
        Size,
        Words,    // One of `words`.
        List,     // Of FieldShape::item.
        Section,  // A mapping: FieldShape::fields.
    };
    Kind kind = Kind::Text;
    std::int64_t least = 0;  // Of an integer.
    std::int64_t most = 0;
    std::vector<std::string> words;

    [[nodiscard]] bool operator==(const FieldForm&) const = default;
};

/// One key. A Reading that has one records into it what the readers ask for, instead of reading.
struct FieldShape {
    std::string name;  // `*`: a name that the user chooses.
    bool is_required = false;
    std::vector<FieldForm> forms;  // None: any value.
    std::deque<FieldShape> fields;
    std::unique_ptr<FieldShape> item;

    /// The field of this name, made when it is new.
    FieldShape& field(std::string_view field_name) {
        for (FieldShape& each : fields) {
            if (each.name == field_name) return each;
        }
        fields.emplace_back();
        fields.back().name = field_name;
        return fields.back();
    }
    void add(FieldForm form) {
        for (const FieldForm& each : forms) {
            if (each == form) return;
        }
        forms.push_back(std::move(form));
    }
};

/// All that a job file, and a server file, may hold.
[[nodiscard]] FieldShape job_file_shape();
[[nodiscard]] FieldShape server_file_shape();

}  // namespace velo::config
