// Passwords and tokens: where one is kept, and the value that never prints itself.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "config/section.hpp"

namespace velo::config {

/// A password or token in memory. Prints as ***, whoever prints it, and is zeroed at its end.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    ~Secret() { forget(); }
    Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.forget(); }
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    /// For the library that needs it, and nobody else.
    [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
    /// Compares in a time that does not depend on where the first difference is.
    [[nodiscard]] bool equals(std::string_view other) const noexcept;

private:
    void forget() noexcept;
    std::string value_;
};

std::ostream& operator<<(std::ostream& out, const Secret&);

/// Where a secret is kept: `{file: /run/secrets/x}` or `{credential: name}`, which is $CREDENTIALS_DIRECTORY/name.
struct SecretSource {
    enum class Kind : std::uint8_t { File, Credential };
    Kind kind = Kind::File;
    std::string name;
    Place place;

    [[nodiscard]] bool operator==(const SecretSource&) const = default;
    /// Reads it now, without the line break at its end. Throws Error when it is missing, empty or over 64 KiB.
    [[nodiscard]] Secret read(const Environment& environment) const;
};

/// `value` as a SecretSource; a plain text is refused, so that no secret stands in a configuration file.
[[nodiscard]] std::optional<SecretSource> read_secret_source(const Value& value);

}  // namespace velo::config
