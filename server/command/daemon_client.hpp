// Commands that ask a running daemon: where it is, and what it says.
#pragma once

#include <expected>
#include <string>

#include "config/environment.hpp"
#include "server/command/command_line.hpp"
#include "server/json_value.hpp"

namespace velo::server {

/// One daemon, as its server file, the environment or the command line names it.
class DaemonClient {
public:
    /// Errors: throws Error when the server file has mistakes, or the token cannot be read.
    DaemonClient(const DaemonAddress& address, const config::Environment& environment);

    /// The answer's JSON text; the error is for people.
    [[nodiscard]] std::expected<std::string, std::string> get(const std::string& target) const;
    [[nodiscard]] std::expected<std::string, std::string> post(const std::string& target) const;

private:
    [[nodiscard]] std::expected<std::string, std::string> ask(const std::string& method,
                                                              const std::string& target) const;

    std::string url_;
    std::string token_;
};

/// `12.3k`, `4.0M`: a count in at most six characters.
[[nodiscard]] std::string short_count(double count);

}  // namespace velo::server
