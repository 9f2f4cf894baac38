// With http_server.cpp the only file that includes Beast: it costs half a minute to compile.
#include "server/http/http_client.hpp"

#include <optional>
#include <string_view>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace velo::server {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Answer = std::expected<HttpAnswer, std::string>;

constexpr std::uint64_t kMostBytes = 64U << 20;

struct Address {
    std::string host;
    std::string port;
    std::string text;  // As a Host header says it.
};

std::optional<Address> parse_url(std::string_view url) {
    if (url.starts_with("http://")) url.remove_prefix(7);
    if (url.find("://") != std::string_view::npos) return std::nullopt;
    while (url.ends_with('/')) url.remove_suffix(1);
    Address address{.host = {}, .port = "80", .text = std::string(url)};
    const std::size_t colon = url.rfind(':');
    const std::size_t bracket = url.rfind(']');
    std::string_view host = url;
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon)) {
        address.port = url.substr(colon + 1);
        host = url.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    address.host = host;
    if (host.empty() || address.port.empty() ||
        address.port.find_first_not_of("0123456789") != std::string::npos ||
        host.find('/') != std::string_view::npos)
        return std::nullopt;
    return address;
}

using Take = std::function<bool(std::string_view)>;
using Parser = http::response_parser<http::string_body>;

// Hands on what has come until there is no more; false: the connection broke.
asio::awaitable<bool> hand_on(beast::tcp_stream& stream, beast::flat_buffer& buffer, Parser& parser,
                              const Take& take) {
    for (;;) {
        std::string& body = parser.get().body();
        if (!body.empty() && !take(body)) co_return true;
        body.clear();
        if (parser.is_done()) co_return true;
        stream.expires_never();
        auto [problem, size] = co_await http::async_read_some(stream, buffer, parser,
                                                              asio::as_tuple(asio::use_awaitable));
        if (problem) co_return false;
    }
}

asio::awaitable<void> converse(const HttpQuestion& question, const Address& address,
                               const Take& take, Answer& answer) {
    const auto executor = co_await asio::this_coro::executor;
    const auto fail = [&](std::string_view at, beast::error_code problem) {
        answer = std::unexpected(std::string(at) + " " + question.url + ": " + problem.message());
    };
    Tcp::resolver resolver(executor);
    auto [no_name, endpoints] = co_await resolver.async_resolve(
        address.host, address.port, asio::as_tuple(asio::use_awaitable));
    if (no_name) co_return fail("cannot find", no_name);
    beast::tcp_stream stream(executor);
    stream.expires_after(question.deadline);
    auto [no_way, endpoint] =
        co_await stream.async_connect(endpoints, asio::as_tuple(asio::use_awaitable));
    if (no_way) {
        fail("no daemon answers at", no_way);
        answer.error() += "; start one with 'velostream run', or say with --url where it listens";
        co_return;
    }
    http::request<http::empty_body> request;
    request.version(11);
    request.method_string(question.method);
    request.target(question.target);
    request.set(http::field::host, address.text);
    request.set(http::field::user_agent, "velostream");
    if (!question.token.empty())
        request.set(http::field::authorization, "Bearer " + question.token);
    request.keep_alive(false);
    request.prepare_payload();
    auto [not_sent, sent] =
        co_await http::async_write(stream, request, asio::as_tuple(asio::use_awaitable));
    if (not_sent) co_return fail("cannot ask", not_sent);
    beast::flat_buffer buffer;
    Parser parser;
    parser.body_limit(take ? boost::none : boost::optional<std::uint64_t>(kMostBytes));
    auto [no_head, head_size] = co_await http::async_read_header(
        stream, buffer, parser, asio::as_tuple(asio::use_awaitable));
    if (no_head) co_return fail("no answer from", no_head);
    const unsigned status = parser.get().result_int();
    if (take && status == 200) {
        answer = HttpAnswer{status, {}};
        if (!co_await hand_on(stream, buffer, parser, take))
            answer = std::unexpected("the daemon at " + question.url + " has gone");
        co_return;
    }
    auto [no_answer, size] =
        co_await http::async_read(stream, buffer, parser, asio::as_tuple(asio::use_awaitable));
    if (no_answer) co_return fail("no answer from", no_answer);
    answer = HttpAnswer{status, std::move(parser.get().body())};
}

Answer ask_whoever(const HttpQuestion& question, const Take& take) {
    const auto address = parse_url(question.url);
    if (!address) {
        return std::unexpected("'" + question.url +
                               "' is no address of a daemon; write http://127.0.0.1:8080");
    }
    Answer answer = std::unexpected(std::string("no answer"));
    asio::io_context context{1};
    asio::co_spawn(context, converse(question, *address, take, answer), asio::detached);
    context.run();
    return answer;
}

}  // namespace

Answer ask_http(const HttpQuestion& question) { return ask_whoever(question, {}); }

Answer stream_http(const HttpQuestion& question, const Take& take) {
    return ask_whoever(question, take);
}

}  // namespace velo::server
