// What stands in deploy/: held against the program it is for, with the tools of its own world where they are installed.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "config/server_spec.hpp"
#include "config/yaml_file.hpp"
#include "tests/server/live_jobs.hpp"

using namespace velo;
using namespace velo::tests;
using velo::config::Node;

namespace {

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool has(const std::string& program) {
    return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

/// Runs a shell command; what it wrote is shown when a check fails.
struct Ran {
    explicit Ran(const std::string& command, const TestFolder& folder) {
        code = std::system(("( " + command + " ) > " + folder.file("said") + " 2>&1").c_str());
        said = folder.read("said");
    }
    int code;
    std::string said;
};

std::set<std::string> metric_names(const std::string& text) {
    static const std::regex kName("velostream_[a-z_]+");
    static const std::regex kSuffix("_(bucket|sum|count)$");
    std::set<std::string> names;
    for (std::sregex_iterator at(text.begin(), text.end(), kName), end; at != end; ++at)
        names.insert(std::regex_replace(at->str(), kSuffix, ""));
    return names;
}

/// The documents of a YAML file that has several.
std::vector<std::string> documents(const std::string& text) {
    std::vector<std::string> all(1);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line == "---") {
            all.emplace_back();
        } else {
            all.back() += line + '\n';
        }
    }
    return all;
}

const Node* entry(const Node* mapping, std::string_view key) {
    if (mapping == nullptr) return nullptr;
    for (const Node::Entry& each : mapping->entries) {
        if (each.key->text == key) return each.value;
    }
    return nullptr;
}

std::vector<std::string> mistakes_of_server_file(const std::string& text) {
    std::vector<Mistake> mistakes;
    const config::YamlFile file("velostream.yaml", text, mistakes);
    static_cast<void>(config::read_server(
        file, [](const std::string&) { return std::optional<std::string>("pod-0"); }, mistakes));
    std::vector<std::string> lines;
    for (const Mistake& mistake : mistakes) lines.push_back(mistake.line());
    return lines;
}

/// Where systemd would listen.
class NoticeSocket {
public:
    explicit NoticeSocket(const TestFolder& folder) : path_(folder.file("notify")) {
        descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
        const timeval patience{30, 0};
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~NoticeSocket() { close(descriptor_); }
    NoticeSocket(const NoticeSocket&) = delete;
    NoticeSocket& operator=(const NoticeSocket&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Reads until one begins so; all of it, or nothing when none comes.
    [[nodiscard]] std::string await(const std::string& beginning) const {
        char bytes[1024];
        for (;;) {
            const ssize_t size = recv(descriptor_, bytes, sizeof bytes, 0);
            if (size <= 0) return {};
            const std::string text(bytes, static_cast<std::size_t>(size));
            if (text.starts_with(beginning)) return text;
        }
    }

private:
    std::string path_;
    int descriptor_;
};

/// What the demo serves once there is something to say in every family.
std::string all_metrics(Daemon& demo) {
    const auto is_there = [&](const char* name, const char* labels) {
        return demo.metric(name, labels).has_value();
    };
    demo.wait_until([&] {
        return is_there("velostream_errors_total", "job_name=\"ohlc_1s\"") &&
               is_there("velostream_consumer_lag_records", "job_name=\"ohlc_1s\"") &&
               is_there("velostream_watermark_lag_seconds", "job_name=\"ohlc_1s\"") &&
               is_there("velostream_kafka_broker_up", "client=\"source\"") &&
               is_there("velostream_kafka_broker_up", "client=\"sink\"");
    });
    return demo.get("/metrics").body;
}

}  // namespace

TEST_CASE("the service manager hears of start, life, reload and end", "[deployment]") {
    const TestFolder folder;
    const NoticeSocket notices(folder);
    setenv("NOTIFY_SOCKET", notices.path().c_str(), 1);
    setenv("WATCHDOG_USEC", "4000000", 1);
    LiveJobs live({"a"});
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    CHECK(notices.await("READY=1") == "READY=1");
    CHECK(notices.await("WATCHDOG=1") == "WATCHDOG=1");
    live.daemon().signal(SIGHUP);
    CHECK(notices.await("RELOADING=1").find("\nMONOTONIC_USEC=") != std::string::npos);
    CHECK(notices.await("READY=1") == "READY=1");
    live.daemon().signal(SIGTERM);
    CHECK(notices.await("STOPPING=1") == "STOPPING=1");
    CHECK(live.daemon().wait().exit_code == 0);
}

TEST_CASE("systemctl status has a line about the jobs", "[deployment]") {
    const TestFolder folder;
    const NoticeSocket notices(folder);
    setenv("NOTIFY_SOCKET", notices.path().c_str(), 1);
    LiveJobs live({"a", "b"});
    unsetenv("NOTIFY_SOCKET");
    CHECK(notices.await("STATUS=").starts_with("STATUS=2 jobs"));
}

TEST_CASE("the unit is right, and little can be done from inside it", "[deployment]") {
    if (!has("systemd-analyze")) {
        WARN("no systemd-analyze here");
        return;
    }
    const TestFolder folder;
    std::string unit = read("deploy/systemd/velostream.service");
    unit = std::regex_replace(unit, std::regex("/usr/bin/velostream"), VELO_DAEMON);
    folder.write("velostream.service", unit);
    const Ran verify("systemd-analyze verify " + folder.file("velostream.service"), folder);
    INFO(verify.said);
    CHECK(verify.code == 0);
    CHECK(verify.said.empty());
    const Ran security("systemd-analyze security --offline=true --threshold=20 " +
                           folder.file("velostream.service"),
                       folder);
    INFO(security.said);
    CHECK(security.code == 0);
}

TEST_CASE("installing puts a program that runs where it says, and takes it away again",
          "[deployment]") {
    const TestFolder folder;
    const std::string root = folder.file("root");
    const std::string install =
        "VELOSTREAM_PROGRAM=" VELO_DAEMON " deploy/install --prefix /usr --root " + root;
    const Ran installed(install, folder);
    INFO(installed.said);
    REQUIRE(installed.code == 0);
    CHECK(Ran(root + "/usr/bin/velostream version", folder).said.starts_with("velostream "));
    CHECK(Ran(root + "/usr/bin/velostream test deploy/examples/01_filter.yaml", folder).code == 0);
    CHECK(read(root + "/etc/systemd/system/velostream.service")
              .find("ExecStart=/usr/bin/velostream run") != std::string::npos);
    CHECK(read(root + "/usr/share/bash-completion/completions/velostream").find("_velostream") !=
          std::string::npos);
    // What a person has changed stays.
    std::ofstream(root + "/etc/velostream/velostream.yaml") << "workers: 3\n";
    CHECK(Ran(install, folder).code == 0);
    CHECK(read(root + "/etc/velostream/velostream.yaml") == "workers: 3\n");
    CHECK(Ran("deploy/install --uninstall --prefix /usr --root " + root, folder).code == 0);
    CHECK_FALSE(std::filesystem::exists(root + "/usr/bin/velostream"));
    CHECK(std::filesystem::exists(root + "/etc/velostream/velostream.yaml"));
    CHECK(Ran("deploy/install --nonsense", folder).code != 0);
}

TEST_CASE("the Debian package holds a program that runs", "[deployment]") {
    if (!has("dpkg-shlibdeps")) {
        WARN("no dpkg-shlibdeps here; Debian has it in the package dpkg-dev");
        return;
    }
    const TestFolder folder;
    const std::string build = std::filesystem::path(VELO_DAEMON).parent_path().string();
    const Ran packed("cd " + build + " && cpack -G DEB -B " + folder.file("package"), folder);
    INFO(packed.said);
    REQUIRE(packed.code == 0);
    const std::string root = folder.file("root");
    CHECK(Ran("dpkg-deb -x " + folder.file("package") + "/velostream_*.deb " + root, folder).code ==
          0);
    CHECK(Ran(root + "/usr/bin/velostream version", folder).said.starts_with("velostream "));
    CHECK(std::filesystem::exists(root + "/usr/lib/systemd/system/velostream.service"));
    CHECK(std::filesystem::exists(root + "/etc/velostream/velostream.yaml"));
    const Ran facts("dpkg-deb -f " + folder.file("package") + "/velostream_*.deb", folder);
    INFO(facts.said);
    CHECK(facts.said.find("Depends: ca-certificates, tzdata, libc6") != std::string::npos);
}

TEST_CASE("a container's root holds all that the program needs", "[deployment]") {
    const TestFolder folder;
    const std::string image = folder.file("image");
    const Ran collected("deploy/docker/collect " VELO_DAEMON " " + image, folder);
    INFO(collected.said);
    REQUIRE(collected.code == 0);
    CHECK_FALSE(std::filesystem::exists(image + "/bin/sh"));
    if (geteuid() != 0) {
        WARN("only root can change its root to try the image");
        return;
    }
    CHECK(Ran("chroot --userspec=10001:10001 " + image + " /usr/bin/velostream version", folder)
              .said.starts_with("velostream "));
}

TEST_CASE("the server files that ship have no mistakes", "[deployment]") {
    using Lines = std::vector<std::string>;
    CHECK(mistakes_of_server_file(read("deploy/systemd/velostream.yaml")) == Lines{});
    CHECK(mistakes_of_server_file(read("deploy/docker/velostream.yaml")) == Lines{});
    bool seen = false;
    for (const std::string& text : documents(read("deploy/kubernetes/velostream.yaml"))) {
        std::vector<Mistake> mistakes;
        const config::YamlFile file("velostream.yaml", text, mistakes);
        REQUIRE(mistakes.empty());
        const Node* server = entry(entry(file.root(), "data"), "velostream.yaml");
        if (server == nullptr) continue;
        seen = true;
        CHECK(mistakes_of_server_file(server->text) == Lines{});
    }
    CHECK(seen);
}

TEST_CASE("probes ask paths that answer, and programs are started with words they know",
          "[deployment]") {
    LiveJobs live({"a"});
    const std::string manifest = read("deploy/kubernetes/velostream.yaml");
    static const std::regex kProbe("path: (/[a-z]+), port: http");
    std::size_t probes = 0;
    for (std::sregex_iterator at(manifest.begin(), manifest.end(), kProbe), end; at != end; ++at) {
        ++probes;
        INFO(at->str(1));
        live.daemon().wait_until([&] { return live.daemon().get(at->str(1)).status == 200; });
    }
    CHECK(probes == 3);
    CHECK(manifest.find("args: [run, --watch]") != std::string::npos);
    CHECK(live.client({"jobs", "list"}).exit_code == 0);  // The image's health check.
}

TEST_CASE("the page works in a browser", "[deployment][page]") {
    REQUIRE(has("chromedriver"));
    const TestFolder folder;
    LiveJobs live({"calm", "troubled"});
    live.feed("calm", "{\"n\":1}\n{\"n\":2}\n");
    live.feed("troubled", "{broken\n");
    const Ran page("python3 tests/server/page_test.py jobs http://127.0.0.1:" +
                       std::to_string(live.daemon().port()) + " " + folder.path().string() +
                       " sesame",
                   folder);
    INFO(page.said);
    CHECK(page.code == 0);
    CHECK(live.job("calm").text_of("state") == "paused");
}

TEST_CASE("the page shows a live stream, and its records, in a browser", "[deployment][page]") {
    REQUIRE(has("chromedriver"));
    const TestFolder folder;
    Daemon demo({"demo", "--port", "0"});
    const Ran page("python3 tests/server/page_test.py demo http://127.0.0.1:" +
                       std::to_string(demo.port()) + " " + folder.path().string(),
                   folder);
    INFO(page.said);
    CHECK(page.code == 0);
    // The picture of the manual.
    if (std::getenv("VELO_REWRITE") != nullptr)
        std::filesystem::copy_file(folder.file("demo.png"), "docs/status-page.png",
                                   std::filesystem::copy_options::overwrite_existing);
}

TEST_CASE("dashboards, alerts and the manual name metrics that exist", "[deployment]") {
    const std::set<std::string> documented = metric_names(read("docs/metrics.md"));
    for (const char* file : {"deploy/grafana/velostream.json", "deploy/prometheus/alerts.yaml"}) {
        for (const std::string& name : metric_names(read(file))) {
            INFO(file << " names " << name);
            CHECK(documented.contains(name));
        }
    }
    Daemon demo({"demo", "--port", "0"});
    std::set<std::string> served;
    std::istringstream lines(all_metrics(demo));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# TYPE velostream_"))
            served.insert(line.substr(7, line.find(' ', 7) - 7));
    }
    CHECK(served.size() > 20);
    for (const std::string& name : served) {
        INFO(name << " is served and not in docs/metrics.md");
        CHECK(documented.contains(name));
    }
    for (const std::string& name : documented) {
        INFO(name << " is in docs/metrics.md and not served");
        CHECK(served.contains(name));
    }
}

TEST_CASE("Prometheus accepts the metrics, and its rules do what they say", "[deployment]") {
    REQUIRE(has("promtool"));
    const TestFolder folder;
    const Ran rules(
        "cd deploy/prometheus && promtool check rules alerts.yaml && promtool test "
        "rules alerts_test.yaml",
        folder);
    INFO(rules.said);
    CHECK(rules.code == 0);
    Daemon demo({"demo", "--port", "0"});
    folder.write("metrics", all_metrics(demo));
    const Ran metrics("promtool check metrics < " + folder.file("metrics"), folder);
    INFO(metrics.said);
    CHECK(metrics.code == 0);
    CHECK(metrics.said.empty());
}
