// Commands that ask a running daemon: where it is, and what it says.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

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
    /// A stream of server-sent events: calls `take` with the name and the data of each until the stream ends or `take`
    /// returns false. The error is for people.
    [[nodiscard]] std::optional<std::string> follow(
        const std::string& target,
        const std::function<bool(std::string_view name, std::string_view data)>& take) const;

private:
    [[nodiscard]] std::expected<std::string, std::string> ask(const std::string& method,
                                                              const std::string& target) const;
    [[nodiscard]] std::string refusal(unsigned status, const std::string& body) const;

    std::string url_;
    std::string token_;
};

/// `12.3k`, `4.0M`: a count in at most six characters.
[[nodiscard]] std::string short_count(double count);

}  // namespace velo::server
