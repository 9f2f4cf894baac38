// The only file that includes Beast: it costs half a minute to compile.
#include "server/http/http_server.hpp"

#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "engine/base/error.hpp"

namespace velo::server {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

constexpr std::uint32_t kHeaderBytes = 16 * 1024;
constexpr std::uint64_t kBodyBytes = 1024 * 1024;
constexpr int kConnections = 64;
constexpr std::chrono::seconds kReadTime{5};
constexpr std::chrono::seconds kWriteTime{30};

Tcp::endpoint endpoint_of(const std::string& listen) {
    const std::size_t colon = listen.rfind(':');
    std::string host = colon == std::string::npos ? listen : listen.substr(0, colon);
    if (host.size() > 1 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    const std::string_view digits = colon == std::string::npos
                                        ? std::string_view{}
                                        : std::string_view(listen).substr(colon + 1);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    beast::error_code bad_address;
    const auto address =
        asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, bad_address);
    if (digits.empty() || problem != std::errc{} || end != digits.data() + digits.size() ||
        bad_address) {
        throw Error(Place{}, "http.listen '" + listen +
                                 "' is not an address and a port; write it like 127.0.0.1:8080");
    }
    return {address, port};
}

}  // namespace

struct HttpServer::State {
    explicit State(Handler the_handler) : handler(std::move(the_handler)), acceptor(context) {}

    asio::awaitable<void> accept() {
        for (;;) {
            auto [problem, socket] =
                co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
            if (problem == asio::error::operation_aborted) co_return;
            if (problem) continue;
            if (connections >= kConnections)
                continue;  // Closes the socket: the client sees a reset, never a hang.
            ++connections;
            asio::co_spawn(context, serve(beast::tcp_stream(std::move(socket))),
                           [this](const std::exception_ptr&) { --connections; });
        }
    }

    asio::awaitable<void> serve(beast::tcp_stream stream) {
        beast::flat_buffer buffer(kHeaderBytes + kBodyBytes);
        for (;;) {
            http::request_parser<http::string_body> parser;
            parser.header_limit(kHeaderBytes);
            parser.body_limit(kBodyBytes);
            stream.expires_after(kReadTime);
            auto [problem, size] = co_await http::async_read(stream, buffer, parser,
                                                             asio::as_tuple(asio::use_awaitable));
            if (problem == http::error::end_of_stream || problem == beast::error::timeout) break;
            http::response<http::string_body> response;
            if (problem) {
                response.result(problem == http::error::body_limit ? http::status::payload_too_large
                                                                   : http::status::bad_request);
                response.body() =
                    "this is not a request this server understands: " + problem.message() + "\n";
                response.keep_alive(false);
            } else {
                const auto& request = parser.get();
                const auto method = request.method_string();
                const auto target = request.target();
                HttpResponse plain =
                    handler({{method.data(), method.size()}, {target.data(), target.size()}});
                response.result(plain.status);
                response.version(request.version());
                response.set(http::field::content_type, plain.content_type);
                if (!plain.allow.empty()) response.set(http::field::allow, plain.allow);
                response.keep_alive(request.keep_alive());
                response.body() = std::move(plain.body);
            }
            response.set(http::field::server, "velostream");
            response.prepare_payload();
            if (!problem && parser.get().method() == http::verb::head) response.body().clear();
            stream.expires_after(kWriteTime);
            auto [write_problem, written] =
                co_await http::async_write(stream, response, asio::as_tuple(asio::use_awaitable));
            if (write_problem || !response.keep_alive()) break;
        }
        beast::error_code ignored;
        stream.socket().shutdown(Tcp::socket::shutdown_send, ignored);
    }

    Handler handler;
    asio::io_context context{1};
    Tcp::acceptor acceptor;
    int connections = 0;
    std::jthread thread;
};

HttpServer::HttpServer(const std::string& listen, Handler handler)
    : state_(std::make_unique<State>(std::move(handler))) {
    const Tcp::endpoint endpoint = endpoint_of(listen);
    beast::error_code problem;
    state_->acceptor.open(endpoint.protocol(), problem);
    if (!problem) state_->acceptor.set_option(Tcp::acceptor::reuse_address(true), problem);
    if (!problem) state_->acceptor.bind(endpoint, problem);
    if (!problem) state_->acceptor.listen(asio::socket_base::max_listen_connections, problem);
    if (problem) {
        throw Error(Place{}, "cannot listen on " + listen + ": " + problem.message() +
                                 "; choose another address with http.listen");
    }
    asio::co_spawn(state_->context, state_->accept(), asio::detached);
    state_->thread = std::jthread([state = state_.get()] { state->context.run(); });
}

HttpServer::~HttpServer() {
    state_->context.stop();
    state_->thread.join();
}

std::uint16_t HttpServer::port() const noexcept { return state_->acceptor.local_endpoint().port(); }

}  // namespace velo::server
