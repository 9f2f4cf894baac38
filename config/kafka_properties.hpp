// Which properties of the Kafka client a user may set, and why not the others. Any property could be code execution (some
// load libraries or run commands), so only those listed here pass.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "config/secret.hpp"
#include "config/section.hpp"

namespace velo::config {

/// One `name: value` of a `properties:` section, as the client library knows it. The library judges the value.
struct KafkaProperty {
    std::string name;
    std::variant<std::string, SecretSource> value;
    Place place;

    [[nodiscard]] bool operator==(const KafkaProperty&) const = default;
};

/// Who may set a property: tuning stands in both files, security and credentials only in the server file.
enum class PropertyScope : std::uint8_t { Job, Server };

/// The allow-listed properties of the section `value`; each other one is a mistake that says why.
[[nodiscard]] std::vector<KafkaProperty> read_kafka_properties(const Value& value,
                                                               PropertyScope scope);

}  // namespace velo::config
