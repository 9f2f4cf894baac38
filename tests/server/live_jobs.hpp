// A daemon with jobs that run until they are told otherwise: each reads a named pipe that the test holds open.
#pragma once

#include <fcntl.h>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "server/json_value.hpp"
#include "tests/support/daemon.hpp"

namespace velo::tests {

class LiveJobs {
public:
    explicit LiveJobs(const std::vector<std::string>& names, bool with_token = true,
                      const std::vector<std::string>& options = {}) {
        folder_.write("token", "sesame\n");
        folder_.write(
            "velostream.yaml",
            "http: {listen: \"127.0.0.1:0\"" +
                std::string(with_token ? ", admin_token: {file: " + folder_.file("token") + "}"
                                       : "") +
                "}\nworkers: 2\n");
        std::filesystem::create_directory(folder_.path() / "jobs");
        for (const std::string& name : names) add(name);
        std::vector<std::string> arguments{"run", "--config", folder_.file("velostream.yaml"),
                                           folder_.file("jobs")};
        arguments.insert(arguments.end(), options.begin(), options.end());
        daemon_ = std::make_unique<Daemon>(arguments);
        for (const std::string& name : names) await(name, "running");
    }
    ~LiveJobs() {
        for (const auto& [name, pipe] : pipes_) close(pipe);
    }
    LiveJobs(const LiveJobs&) = delete;
    LiveJobs& operator=(const LiveJobs&) = delete;

    [[nodiscard]] Daemon& daemon() { return *daemon_; }
    [[nodiscard]] const TestFolder& folder() const { return folder_; }
    [[nodiscard]] std::string job_file(const std::string& name) const {
        return "jobs/" + name + ".yaml";
    }

    /// Writes the file of a job that answers n > `least` into NAME.out, and makes its pipe.
    void add(const std::string& name, int least = 0) {
        if (!pipes_.contains(name)) {
            const std::string path = folder_.file(name + ".pipe");
            if (mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("no named pipe");
            pipes_[name] = open(path.c_str(), O_RDWR | O_CLOEXEC);
        }
        folder_.write(job_file(name), text(name, least));
    }
    [[nodiscard]] std::string text(const std::string& name, int least = 0) const {
        return "name: " + name +
               "\nsources:\n  s:\n    file: {path: " + folder_.file(name + ".pipe") +
               "}\n    schema: {n: BIGINT}\nquery: SELECT n FROM s WHERE n > " +
               std::to_string(least) + "\nsink: {file: {path: " + folder_.file(name + ".out") +
               "}}\nexecution: {commit_interval: 20ms}\n";
    }
    void feed(const std::string& name, const std::string& lines) {
        if (write(pipes_.at(name), lines.data(), lines.size()) !=
            static_cast<ssize_t>(lines.size()))
            throw std::runtime_error("the pipe is full");
    }

    [[nodiscard]] server::JsonValue job(const std::string& name) {
        return server::parse_json(daemon_->get("/api/v1/jobs/" + name).body)
            .value_or(server::JsonValue{});
    }
    void await(const std::string& name, const std::string& state) {
        daemon_->wait_until([&] { return job(name).text_of("state") == state; });
    }
    [[nodiscard]] Daemon::Answer post(const std::string& path,
                                      const std::string& token = "sesame") {
        return daemon_->ask("POST", path,
                            token.empty() ? "" : "Authorization: Bearer " + token + "\r\n");
    }
    /// Runs a client command against this daemon.
    [[nodiscard]] Ended client(std::vector<std::string> arguments) {
        arguments.push_back("--url");
        arguments.push_back("http://127.0.0.1:" + std::to_string(daemon_->port()));
        arguments.push_back("--token-file");
        arguments.push_back(folder_.file("token"));
        return run_velostream(arguments);
    }

private:
    TestFolder folder_;
    std::map<std::string, int> pipes_;
    std::unique_ptr<Daemon> daemon_;
};

}  // namespace velo::tests
