// The HTTP listener as a client sees it.
#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/base/error.hpp"
#include "server/http/http_server.hpp"
#include "tests/support/daemon.hpp"

using namespace velo;
using namespace velo::tests;
using velo::server::HttpCounts;
using velo::server::HttpRequest;
using velo::server::HttpResponse;
using velo::server::HttpServer;

namespace {

HttpResponse echo(const HttpRequest& request) {
    return {.body = std::string(request.method) + " " + std::string(request.target)};
}

int connect_to(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return connection;
}

/// Sends raw bytes and returns all that comes back until the server closes.
std::string send_raw(std::uint16_t port, const std::string& bytes) {
    const int connection = connect_to(port);
    static_cast<void>(!send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    std::string text;
    char part[4096];
    for (ssize_t size = 0; (size = recv(connection, part, sizeof part, 0)) > 0;)
        text.append(part, static_cast<std::size_t>(size));
    close(connection);
    return text;
}

}  // namespace

TEST_CASE("a request gets its answer", "[http]") {
    HttpCounts counts;
    const HttpServer server("127.0.0.1:0", echo, counts);
    const std::string answer =
        send_raw(server.port(), "GET /path?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.ends_with("\r\n\r\nGET /path?x=1"));
}

TEST_CASE("garbage and headers over 16 KiB are refused, and the server goes on", "[http]") {
    HttpCounts counts;
    const HttpServer server("127.0.0.1:0", echo, counts);
    CHECK(send_raw(server.port(), "nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    const std::string large = "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n";
    CHECK(send_raw(server.port(), large).starts_with("HTTP/1.1 431"));
    const std::string body = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n";
    CHECK(send_raw(server.port(), body).starts_with("HTTP/1.1 413"));
    for (const unsigned code : {400U, 431U, 413U}) CHECK(counts.all().at({"other", code}) == 1);
    CHECK(send_raw(server.port(), "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200"));
}

TEST_CASE("an address that is taken or wrong is refused by the key to change", "[http]") {
    HttpCounts counts;
    const HttpServer first("127.0.0.1:0", echo, counts);
    const auto text_of = [&counts](const std::string& listen) {
        try {
            const HttpServer server(listen, echo, counts);
        } catch (const Error& error) {
            return "mistake: " + std::string(error.what());
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(text_of("127.0.0.1:" + std::to_string(first.port())).ends_with("with http.listen"));
    CHECK(text_of("nowhere").find("mistake: http.listen 'nowhere'") == 0);
}

TEST_CASE("who does not finish a request is not waited for", "[http]") {
    HttpCounts counts;
    const HttpServer server("127.0.0.1:0", echo, counts);
    const auto begun = std::chrono::steady_clock::now();
    CHECK(send_raw(server.port(), "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ").empty());
    CHECK(send_raw(server.port(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
              .empty());
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds{30});
    CHECK(send_raw(server.port(), "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200"));
}

TEST_CASE("event streams have a bound, and leave room for other requests", "[http]") {
    HttpCounts counts;
    const auto answer = [](const HttpRequest& request) {
        if (request.target != "/events") return echo(request);
        HttpResponse response{.content_type = "text/event-stream"};
        response.next_event = [] { return std::optional<std::string>("data: x\n\n"); };
        return response;
    };
    const HttpServer server("127.0.0.1:0", answer, counts);
    std::vector<int> streams;
    for (int i = 0; i < 32; ++i) {
        streams.push_back(connect_to(server.port()));
        const std::string request = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";
        static_cast<void>(!send(streams.back(), request.data(), request.size(), MSG_NOSIGNAL));
        char first = 0;
        CHECK(recv(streams.back(), &first, 1, 0) == 1);  // Now it is one.
    }
    CHECK(send_raw(server.port(), "GET /events HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 503"));
    CHECK(send_raw(server.port(), "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200"));
    for (const int stream : streams) close(stream);
}

TEST_CASE("the daemon answers health, metrics, unknown paths and wrong methods", "[http]") {
    const TestFolder folder;
    folder.write("velostream.yaml", "http: {listen: \"127.0.0.1:0\"}\n");
    folder.write("job.yaml", R"(name: quick
sources:
  s:
    file: {path: "-"}
    schema: {n: BIGINT}
query: SELECT n FROM s WHERE n > 1
sink:
  file: {path: "-"}
)");
    Daemon daemon({"run", "--config", folder.file("velostream.yaml"), folder.file("job.yaml")},
                  "{\"n\":1}\n{\"n\":2}\n");
    daemon.wait_until(
        [&] { return daemon.metric("velostream_records_out_total", "job_name=\"quick\"") == 1.0; });
    CHECK(daemon.get("/livez").status == 200);
    daemon.wait_until([&] { return daemon.get("/readyz").status == 200; });
    CHECK(daemon.get("/nothing").status == 404);
    CHECK(send_raw(daemon.port(),
                   "POST /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: "
                   "close\r\nContent-Length: 0\r\n\r\n")
              .starts_with("HTTP/1.1 405"));
    const std::string metrics = daemon.get("/metrics").body;
    for (const char* name : {"velostream_records_in_total{",
                             "velostream_records_answered_total{",
                             "velostream_records_filtered_total{",
                             "velostream_late_records_total{",
                             "velostream_dlq_records_total{",
                             "velostream_records_dropped_total{",
                             "velostream_records_out_total{",
                             "velostream_pipeline_time_seconds_total{",
                             "velostream_pipeline_records_total{",
                             "velostream_state_keys{",
                             "velostream_state_bytes{",
                             "velostream_bytes_in_total{",
                             "velostream_job_info{",
                             "velostream_job_start_timestamp_seconds{",
                             "velostream_restore_duration_seconds{",
                             "velostream_log_messages_total{level=\"info\"}",
                             "velostream_state_saved_entries_total{",
                             "velostream_state_saved_bytes_total{",
                             "velostream_windows_open{",
                             "velostream_processing_latency_seconds_bucket{",
                             "velostream_end_to_end_latency_seconds_bucket{",
                             "velostream_commit_duration_seconds_bucket{",
                             "velostream_job_state{",
                             "velostream_build_info{",
                             "process_cpu_seconds_total "}) {
        INFO(name);
        CHECK(metrics.find(std::string("\n") + name) != std::string::npos);
    }
    CHECK(daemon.metric("velostream_records_filtered_total", "job_name=\"quick\"") == 1.0);
    CHECK(daemon.metric("velostream_batch_records_sum", "job_name=\"quick\"") == 2.0);
    const auto requests = [&](const std::string& labels) {
        return daemon.metric("velostream_http_requests_total", labels);
    };
    CHECK(requests("route=\"/livez\",code=\"200\"") == 1.0);
    CHECK(requests("route=\"other\",code=\"404\"") == 1.0);
    CHECK(requests("route=\"/metrics\",code=\"405\"") == 1.0);
    daemon.signal(SIGTERM);
    CHECK(daemon.wait().exit_code == 0);
}
