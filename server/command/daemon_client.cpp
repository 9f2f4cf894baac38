#include "server/command/daemon_client.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/secret.hpp"
#include "engine/base/error.hpp"
#include "server/http/http_client.hpp"
#include "server/job/job_files.hpp"

namespace velo::server {

DaemonClient::DaemonClient(const DaemonAddress& address, const config::Environment& environment)
    : url_(address.url) {
    std::optional<config::SecretSource> token;
    if (!address.token_file.empty())
        token = config::SecretSource{config::SecretSource::Kind::File, address.token_file, {}};
    if (url_.empty()) {
        const LoadedFiles files = load_server_file(address.server_file, environment);
        if (!files.mistakes.empty()) throw Error(files.mistakes.mistakes());
        const config::HttpSpec http = files.server.http.value_or(config::HttpSpec{});
        config::ListenAddress listen = http.listen.value;
        if (listen.host == "0.0.0.0") listen.host = "127.0.0.1";
        if (listen.host == "::") listen.host = "::1";
        url_ = "http://" + listen.text();
        if (!token) token = http.admin_token;
    }
    if (token) token_ = token->read(environment).reveal();
}

std::expected<std::string, std::string> DaemonClient::get(const std::string& target) const {
    return ask("GET", target);
}

std::expected<std::string, std::string> DaemonClient::post(const std::string& target) const {
    return ask("POST", target);
}

std::expected<std::string, std::string> DaemonClient::ask(const std::string& method,
                                                          const std::string& target) const {
    auto answer = ask_http({.url = url_, .method = method, .target = target, .token = token_});
    if (!answer) return std::unexpected(std::move(answer.error()));
    if (answer->status < 300) return std::move(answer->body);
    return std::unexpected(refusal(answer->status, answer->body));
}

std::optional<std::string> DaemonClient::follow(
    const std::string& target,
    const std::function<bool(std::string_view name, std::string_view data)>& take) const {
    std::string rest;
    bool goes_on = true;
    const auto take_piece = [&](std::string_view piece) {
        rest += piece;
        for (std::size_t end = rest.find("\n\n"); goes_on && end != std::string::npos;
             end = rest.find("\n\n")) {
            std::string_view name, data;
            std::string_view event = std::string_view(rest).substr(0, end);
            while (!event.empty()) {
                const std::string_view line = event.substr(0, event.find('\n'));
                if (line.starts_with("event: ")) name = line.substr(7);
                if (line.starts_with("data: ")) data = line.substr(6);
                event.remove_prefix(std::min(event.size(), line.size() + 1));
            }
            if (!name.empty()) goes_on = take(name, data);
            rest.erase(0, end + 2);
        }
        return goes_on;
    };
    const auto answer =
        stream_http({.url = url_, .method = "GET", .target = target, .token = token_}, take_piece);
    if (!answer) return answer.error();
    if (answer->status >= 300) return refusal(answer->status, answer->body);
    return std::nullopt;
}

std::string DaemonClient::refusal(unsigned status, const std::string& body) const {
    const auto json = parse_json(body);
    std::string why = json ? json->text_of("error") : "";
    if (why.empty()) why = "it answers " + std::to_string(status);
    if (status == 401 && token_.empty()) why += "; name it with --token-file";
    return url_ + ": " + why;
}

std::string short_count(double count) {
    static constexpr std::array<char, 4> kUnits{'k', 'M', 'G', 'T'};
    if (count < 10 && count != static_cast<double>(static_cast<long long>(count)))
        return fmt::format("{:.1f}", count);
    if (count < 1000) return fmt::format("{:.0f}", count);
    std::size_t unit = 0;
    for (count /= 1000; count >= 999.95 && unit + 1 < kUnits.size(); ++unit) count /= 1000;
    return fmt::format("{:.1f}{}", count, kUnits[unit]);
}

}  // namespace velo::server
