// With http_client.cpp the only file that includes Beast: it costs half a minute to compile.
#include "server/http/http_server.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "engine/base/error.hpp"
#include "server/runtime/thread_name.hpp"

namespace velo::server {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

constexpr std::uint32_t kHeaderBytes = 16 * 1024;
constexpr std::uint64_t kBodyBytes = 1024 * 1024;
constexpr int kConnections = 64;
constexpr int kStreams = 32;
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

std::string_view text_of(beast::string_view text) { return {text.data(), text.size()}; }

http::status status_of(beast::error_code problem) {
    if (problem == http::error::body_limit) return http::status::payload_too_large;
    if (problem == http::error::header_limit || problem == http::error::buffer_overflow)
        return http::status::request_header_fields_too_large;
    return http::status::bad_request;
}

}  // namespace

struct HttpServer::State {
    State(Handler the_handler, HttpCounts& the_counts)
        : handler(std::move(the_handler)), counts(the_counts), acceptor(context) {}

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
        beast::error_code ignored;
        const Tcp::endpoint peer = stream.socket().remote_endpoint(ignored);
        const std::string client = peer.address().to_string() + ":" + std::to_string(peer.port());
        beast::flat_buffer buffer(kHeaderBytes + kBodyBytes);
        for (;;) {
            http::request_parser<http::string_body> parser;
            parser.header_limit(kHeaderBytes);
            parser.body_limit(kBodyBytes);
            stream.expires_after(kReadTime);
            auto [problem, size] = co_await http::async_read(stream, buffer, parser,
                                                             asio::as_tuple(asio::use_awaitable));
            if (problem == http::error::end_of_stream || problem == beast::error::timeout) break;
            HttpResponse plain;
            if (problem) {
                plain.status = static_cast<unsigned>(status_of(problem));
                plain.body =
                    "this is not a request this server understands: " + problem.message() + "\n";
            } else {
                const auto& request = parser.get();
                plain = handler({.method = text_of(request.method_string()),
                                 .target = text_of(request.target()),
                                 .host = text_of(request[http::field::host]),
                                 .origin = text_of(request[http::field::origin]),
                                 .authorization = text_of(request[http::field::authorization]),
                                 .if_none_match = text_of(request[http::field::if_none_match]),
                                 .client = client});
            }
            const bool is_head = !problem && parser.get().method() == http::verb::head;
            if (plain.next_event && !is_head) {
                if (streams < kStreams) {
                    ++streams;
                    counts.add(plain.route, plain.status);
                    co_await send_events(stream, plain);
                    --streams;
                    break;
                }
                plain = {.status = 503,
                         .body = "too many event streams are open; close one, or ask again\n",
                         .route = plain.route};
            }
            counts.add(plain.route, plain.status);
            http::response<http::string_body> response;
            response.version(parser.get().version());
            response.keep_alive(!problem && parser.get().keep_alive());
            fill(response, plain);
            response.body() = std::move(plain.body);
            response.prepare_payload();
            if (is_head) response.body().clear();
            stream.expires_after(kWriteTime);
            auto [write_problem, written] =
                co_await http::async_write(stream, response, asio::as_tuple(asio::use_awaitable));
            if (write_problem || !response.keep_alive()) break;
        }
        stream.socket().shutdown(Tcp::socket::shutdown_send, ignored);
        if (!stream.socket().is_open()) co_return;
        // What the client still sends is read and forgotten, or the reset would overtake the answer.
        stream.expires_after(kReadTime);
        std::size_t left = kHeaderBytes + 2 * kBodyBytes;
        std::array<char, 4096> forgotten;
        for (;;) {
            auto [problem, size] = co_await stream.async_read_some(
                asio::buffer(forgotten), asio::as_tuple(asio::use_awaitable));
            if (problem || size >= left) co_return;
            left -= size;
        }
    }

    template <class Body>
    static void fill(http::response<Body>& response, const HttpResponse& plain) {
        response.result(plain.status);
        response.set(http::field::server, "velostream");
        response.set(http::field::content_type, plain.content_type);
        response.set("X-Content-Type-Options", "nosniff");
        if (!plain.allow.empty()) response.set(http::field::allow, plain.allow);
        for (const auto& [name, value] : plain.headers) response.set(name, value);
    }

    // The end of the stream is the end of the connection. A slow client misses events; it never makes anyone wait.
    asio::awaitable<void> send_events(beast::tcp_stream& stream, const HttpResponse& plain) {
        http::response<http::empty_body> head;
        head.version(11);
        head.keep_alive(false);
        fill(head, plain);
        head.set(http::field::cache_control, "no-store");
        http::response_serializer<http::empty_body> serializer(head);
        stream.expires_after(kWriteTime);
        auto [problem, size] = co_await http::async_write_header(
            stream, serializer, asio::as_tuple(asio::use_awaitable));
        asio::steady_timer timer(context);
        for (unsigned frame = 1; !problem; ++frame) {
            const std::optional<std::string> event = plain.next_event();
            if (!event) break;
            if (!event->empty()) {
                stream.expires_after(kWriteTime);
                auto [write_problem, written] = co_await asio::async_write(
                    stream, asio::buffer(*event), asio::as_tuple(asio::use_awaitable));
                if (write_problem) break;
            }
            if (frame == plain.frames) break;
            stream.expires_never();
            timer.expires_after(plain.every);
            auto [timer_problem] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            if (timer_problem) break;
        }
    }

    Handler handler;
    HttpCounts& counts;
    asio::io_context context{1};
    Tcp::acceptor acceptor;
    int connections = 0;
    int streams = 0;
    std::jthread thread;
};

HttpServer::HttpServer(const std::string& listen, Handler handler, HttpCounts& counts)
    : state_(std::make_unique<State>(std::move(handler), counts)) {
    const Tcp::endpoint endpoint = endpoint_of(listen);
    beast::error_code problem;
    state_->acceptor.open(endpoint.protocol(), problem);
    if (!problem) state_->acceptor.set_option(Tcp::acceptor::reuse_address(true), problem);
    if (!problem) state_->acceptor.bind(endpoint, problem);
    if (!problem) state_->acceptor.listen(asio::socket_base::max_listen_connections, problem);
    if (problem) {
        // No mistake of the file: a predecessor may be about to let go of the port.
        throw std::runtime_error("cannot listen on " + listen + ": " + problem.message() +
                                 "; end what listens there, or choose another address with "
                                 "http.listen");
    }
    asio::co_spawn(state_->context, state_->accept(), asio::detached);
    state_->thread = std::jthread([state = state_.get()] {
        runtime::name_thread("velo-http");
        state->context.run();
    });
}

HttpServer::~HttpServer() {
    state_->context.stop();
    state_->thread.join();
}

std::uint16_t HttpServer::port() const noexcept { return state_->acceptor.local_endpoint().port(); }

}  // namespace velo::server
