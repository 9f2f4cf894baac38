#include "tests/support/daemon.hpp"

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <regex>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace velo::tests {

namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void redirect(const std::string& path, int flags, int descriptor) {
    const int file = open(path.c_str(), flags | O_CLOEXEC, 0600);
    dup2(file, descriptor);
}

}  // namespace

TestFolder::TestFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "velostream-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("cannot make a folder for the test");
    path_ = pattern;
}

TestFolder::~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TestFolder::write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return file(name);
}

std::string TestFolder::read(const std::string& name) const { return read_file(path_ / name); }

Daemon::Daemon(const std::vector<std::string>& arguments, const std::string& input,
               const std::vector<std::pair<std::string, std::string>>& environment) {
    const std::string input_file = folder_.write("input", input);
    std::vector<std::string> words{VELO_DAEMON};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const std::string out = folder_.file("out");
    const std::string err = folder_.file("err");
    process_ = fork();
    if (process_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
        redirect(input_file, O_RDONLY, STDIN_FILENO);
        redirect(out, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
        redirect(err, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
        execv(pointers.front(), pointers.data());
        _exit(127);
    }
}

Daemon::~Daemon() {
    if (is_running()) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
}

void Daemon::signal(int number) const { kill(process_, number); }

bool Daemon::is_running() {
    if (status_) return false;
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) != process_) return true;
    status_ = status;
    return false;
}

Ended Daemon::wait(std::chrono::seconds deadline) {
    wait_until([this] { return !is_running(); }, deadline);
    Ended ended;
    ended.exit_code = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
    ended.out = folder_.read("out");
    ended.err = folder_.read("err");
    return ended;
}

std::string Daemon::err() const { return folder_.read("err"); }

std::uint16_t Daemon::port() {
    static const std::regex kLine("listening on .*?([0-9]+)\n");
    wait_until([this] {
        std::smatch match;
        const std::string log = err();
        if (port_ == 0 && std::regex_search(log, match, kLine))
            port_ = static_cast<std::uint16_t>(std::stoi(match[1]));
        return port_ != 0;
    });
    return port_;
}

Daemon::Answer Daemon::get(const std::string& path) { return ask("GET", path); }

Daemon::Answer Daemon::ask(const std::string& method, const std::string& path,
                           const std::string& headers) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::string text;
    if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        const std::string request = method + " " + path +
                                    " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                                    headers + "\r\n";
        if (send(connection, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
            char bytes[65536];
            for (ssize_t size = 0; (size = recv(connection, bytes, sizeof bytes, 0)) > 0;)
                text.append(bytes, static_cast<std::size_t>(size));
        }
    }
    close(connection);
    if (text.size() < 12) return {};
    const std::size_t body = text.find("\r\n\r\n");
    return {std::stoi(text.substr(9, 3)), body == std::string::npos ? "" : text.substr(body + 4)};
}

std::optional<double> Daemon::metric(const std::string& name, const std::string& labels) {
    std::istringstream lines(get("/metrics").body);
    std::optional<double> sum;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(name) || (line[name.size()] != '{' && line[name.size()] != ' '))
            continue;
        if (line.find(labels) == std::string::npos) continue;
        sum = sum.value_or(0) + std::stod(line.substr(line.rfind(' ')));
    }
    return sum;
}

std::string Daemon::report() {
    std::string report = "its log:\n" + err();
    if (!is_running()) return report + "\nit has ended, status " + std::to_string(*status_);
    if (port_ != 0) report += "\nits jobs:\n" + get("/api/v1/jobs").body;
    return report;
}

void Daemon::give_up_after(std::chrono::steady_clock::time_point end) {
    if (std::chrono::steady_clock::now() > end)
        throw std::runtime_error("the daemon did not come that far; " + report());
    std::this_thread::sleep_for(std::chrono::milliseconds{
        5});  // Only paces the asking; what is waited for is the condition.
}

Ended run_velostream(const std::vector<std::string>& arguments, const std::string& input) {
    Daemon daemon(arguments, input);
    return daemon.wait();
}

Summary summary_of(const std::string& job, const std::string& err) {
    static const std::string kNumber = " ([0-9]+)";
    const std::regex line(job + ": in" + kNumber + " answered" + kNumber + " filtered" + kNumber +
                          " late" + kNumber + " dead-lettered" + kNumber + " dropped" + kNumber +
                          " out" + kNumber + " seconds [0-9]+\\.[0-9][0-9]\n");
    std::smatch match;
    if (!std::regex_search(err, match, line))
        throw std::runtime_error("no summary line of " + job + " in:\n" + err);
    const auto number = [&](std::size_t i) { return std::stoull(match[i]); };
    return {number(1), number(2), number(3), number(4), number(5), number(6), number(7)};
}

std::string json_field(const std::string& json, const std::string& name) {
    const std::string label = "\"" + name + "\":";
    const std::size_t at = json.find(label);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + label.size();
    std::size_t end = begin;
    if (json[begin] == '"') {
        end = json.find('"', begin + 1) + 1;
    } else {
        while (end < json.size() && json[end] != ',' && json[end] != '}') ++end;
    }
    return json.substr(begin, end - begin);
}

}  // namespace velo::tests
