// What each command of the built program ends with: scripts, service managers and pipelines go by it.
#include <arpa/inet.h>
#include <csignal>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/server/live_jobs.hpp"

using namespace velo::tests;

namespace {

using Words = std::vector<std::string>;

/// A port of this machine that is taken.
class TakenPort {
public:
    TakenPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(listen(socket_, 16) == 0);
        REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    ~TakenPort() { close(socket_); }
    TakenPort(const TakenPort&) = delete;
    TakenPort& operator=(const TakenPort&) = delete;

    [[nodiscard]] const std::string& address() const noexcept { return address_; }

private:
    const int socket_;
    std::string address_;
};

std::string file_job(const TestFolder& folder, const std::string& more = "") {
    return "name: numbers\nsources:\n  s:\n    file: {path: " +
           folder.write("in", "{\"n\":1}\nx\n") +
           "}\n    schema: {n: BIGINT}\nquery: SELECT n FROM s\nsink: {file: {path: " +
           folder.file("out") + "}}\n" + more;
}

constexpr const char* kKafkaJob =
    "name: remote\nsources: {s: {kafka: {topic: t}, schema: {n: BIGINT}}}\n"
    "query: SELECT n FROM s\nsink: {kafka: {topic: o}}\n";

std::string server_file(const std::string& brokers, const std::string& listen = "127.0.0.1:0") {
    return "kafka: {bootstrap_servers: \"" + brokers + "\"}\nhttp: {listen: \"" + listen +
           "\"}\nshutdown_deadline: 100ms\n";
}

const Words kCommands{"run", "lint", "explain", "test",   "demo",       "jobs",   "top",
                      "tap", "init", "dlq",     "schema", "completion", "version"};

}  // namespace

TEST_CASE("help is no failure, and a word that a command does not know is 2", "[exit]") {
    CHECK(run_velostream({"--help"}).exit_code == 0);
    CHECK(run_velostream({"--version"}).exit_code == 0);
    CHECK(run_velostream({}).exit_code == 2);
    CHECK(run_velostream({"frobnicate"}).exit_code == 2);
    for (const std::string& command : kCommands) {
        INFO(command);
        const Ended help = run_velostream({command, "--help"});
        CHECK(help.exit_code == 0);
        CHECK(help.err.empty());
        const Ended wrong = run_velostream({command, "--frobnicate"});
        CHECK(wrong.exit_code == 2);
        CHECK(wrong.out.empty());
        CHECK(wrong.err.find("'--frobnicate'") != std::string::npos);
    }
}

TEST_CASE("every command ends as the manual says", "[exit]") {
    const TestFolder folder;
    const TakenPort taken;
    const std::string good = folder.write("good.yaml", file_job(folder));
    const std::string broken = folder.write("broken.yaml", "name: [\n");
    const std::string wrong = folder.write("wrong.yaml", file_job(folder, "quary: x\n"));
    const std::string failing =
        folder.write("failing.yaml", file_job(folder, "on_error: {decode: fail}\n"));
    const std::string tested = folder.write(
        "tested.yaml",
        file_job(folder, "tests: [{name: t, input: {s: [{n: 1}]}, output: [{n: 1}]}]\n"));
    const std::string untrue = folder.write(
        "untrue.yaml",
        file_job(folder, "tests: [{name: t, input: {s: [{n: 1}]}, output: [{n: 2}]}]\n"));
    const std::string remote = folder.write("remote.yaml", kKafkaJob);
    const std::string away = folder.write("away.yaml", server_file("127.0.0.1:1"));
    const std::string port = folder.write("port.yaml", server_file("127.0.0.1:1", taken.address()));
    const std::string secret = folder.write(
        "secret.yaml", "http: {listen: \"127.0.0.1:0\", admin_token: {file: /no/such}}\n");
    const std::string missing = folder.file("missing.yaml");
    const Words nobody{"--url", "http://127.0.0.1:1"};
    struct Case {
        int code;
        Words words;
    };
    const std::vector<Case> cases{
        {0, {"lint", good}},
        {78, {"lint", broken}},
        {78, {"lint", wrong}},
        {78, {"lint", missing}},
        {78, {"lint", wrong, "--output", "json"}},
        {69, {"lint", remote, "--check-kafka", "--config", away}},
        {2, {"lint"}},
        {0, {"explain", good}},
        {78, {"explain", broken}},
        {78, {"explain", missing}},
        {2, {"explain"}},
        {0, {"test", tested}},
        {1, {"test", untrue}},
        {78, {"test", wrong}},
        {2, {"test"}},
        {0, {"run", "--until-end", good}},
        {1, {"run", "--until-end", failing}},
        {78, {"run", "--until-end", broken}},
        {78, {"run", "--until-end", missing}},
        {78, {"run", "--config", missing, good}},
        {78, {"run", "--config", secret, good}},
        {1, {"run", "--config", port, good}},  // Whoever has the port may go: no mistake of a file.
        {2, {"run", "--workers", "0", good}},
        {2, {"demo", "--port", "70000"}},
        {1, {"demo", "--port", taken.address().substr(taken.address().find(':') + 1)}},
        {1, {"jobs", "list", nobody[0], nobody[1]}},
        {2, {"jobs", "pause"}},
        {2, {"jobs", "frobnicate"}},
        {69, {"jobs", "reset", "remote", "--config", away}},
        {1, {"top", "--once", nobody[0], nobody[1]}},
        {1, {"tap", "numbers", nobody[0], nobody[1]}},
        {2, {"tap"}},
        {2, {"tap", "numbers.middle"}},
        {69, {"init", "--brokers", "127.0.0.1:1", "--topic", "t"}},
        {2, {"init"}},
        {69, {"dlq", "list", remote, "--config", away}},
        {69, {"dlq", "replay", remote, "--config", away}},
        {78, {"dlq", "show", broken, "--config", away}},
        {2, {"dlq", "list"}},
        {2, {"dlq", "burn", remote}},
        {0, {"schema"}},
        {0, {"completion", "bash"}},
        {2, {"completion", "tcsh"}},
        {0, {"version"}},
    };
    for (const Case& each : cases) {
        const Ended ended = run_velostream(each.words);
        std::string line;
        for (const std::string& word : each.words) line += word + ' ';
        INFO(line << '\n' << ended.out << ended.err);
        CHECK(ended.exit_code == each.code);
        // What is wrong stands on standard error, where no program takes it for an answer.
        if (each.code != 0) CHECK_FALSE(ended.err.empty());
    }
}

TEST_CASE("a daemon that is asked to stop ends with 0, and with 3 when draining takes too long",
          "[exit]") {
    {
        LiveJobs live({"a"});
        live.daemon().signal(SIGTERM);
        CHECK(live.daemon().wait().exit_code == 0);
        LiveJobs again({"a"});
        again.daemon().signal(SIGINT);
        CHECK(again.daemon().wait().exit_code == 0);
    }
    const TestFolder folder;
    // Opening a named pipe waits for its reader, who never comes.
    REQUIRE(mkfifo(folder.file("out").c_str(), 0600) == 0);
    Daemon daemon({"run", "--config", folder.write("velostream.yaml", server_file("127.0.0.1:1")),
                   folder.write("job.yaml", file_job(folder))});
    daemon.wait_until([&] { return daemon.err().find("numbers: starting") != std::string::npos; });
    daemon.signal(SIGTERM);
    const Ended ended = daemon.wait();
    INFO(ended.err);
    CHECK(ended.exit_code == 3);
    CHECK(ended.err.find("shutdown_deadline has passed") != std::string::npos);
}
