#include "tests/kafka/broker.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <signal.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "tests/kafka/kafka_client.hpp"

namespace velo::tests {

namespace {

constexpr auto kStartDeadline = std::chrono::seconds(60);

// What tests/kafka/fetch has made.
const std::filesystem::path kKafka = VELO_TEST_KAFKA;

bool is_free(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::close(fd);
    return bound == 0;
}

// Keeps other test programs off a port until this process ends, also while its broker is down.
bool claim(int port) {
    const auto folder = std::filesystem::temp_directory_path() / "velostream-test-ports";
    std::filesystem::create_directories(folder);
    const std::string name = (folder / std::to_string(port)).string();
    const int fd = ::open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), name);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;  // It ends with the descriptor.
    ::close(fd);
    return false;
}

// A port nobody listens at. It lies below the ports that the system deals out for outgoing
// connections: a client that keeps knocking at a dead broker would else be given that very port.
int free_port() {
    static int next = 20000 + static_cast<int>(::getpid() % 12000);
    for (int tried = 0; tried < 12000; ++tried) {
        const int port = next;
        next = next < 31999 ? next + 1 : 20000;
        if (claim(port) && is_free(port)) return port;
    }
    throw std::runtime_error("no free port between 20000 and 32000");
}

std::filesystem::path make_folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "velostream-broker-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), name);
    }
    return name;
}

}  // namespace

Broker::Broker(BrokerOptions options)
    : options_(std::move(options)),
      folder_(make_folder()),
      controller_port_(free_port()),
      address_(fmt::format("127.0.0.1:{}", free_port())) {
    if (!std::filesystem::exists(kKafka / "pom.xml")) {
        throw std::runtime_error(
            "there is no Kafka in build/deps/kafka; tests/kafka/fetch gets it");
    }
    std::filesystem::copy(kKafka / "storage", folder_ / "data",
                          std::filesystem::copy_options::recursive);
    write_properties();
    start();
}

Broker::~Broker() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Broker::write_properties() const {
    std::ofstream file(folder_ / "server.properties");
    file << fmt::format(
        R"(process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{1}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{0},CONTROLLER://127.0.0.1:{1}
advertised.listeners=PLAINTEXT://{0}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={2}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
broker.heartbeat.interval.ms=300
broker.session.timeout.ms=1500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=4194304
)",
        address_, controller_port_, (folder_ / "data").string());
    for (const std::string& setting : options_.settings) file << setting << '\n';
}

void Broker::start() {
    if (is_running()) return;
    launch();
    wait_until_it_answers();
}

void Broker::launch() {
    std::vector<std::string> words = {"java", fmt::format("-Xmx{}m", options_.heap_mib)};
    if (!options_.for_speed)
        words.insert(words.end(), {"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"});
    words.insert(words.end(), {"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                               "-Dorg.slf4j.simpleLogger.showDateTime=true", "-cp",
                               (kKafka / "jars" / "*").string(), "kafka.Kafka",
                               (folder_ / "server.properties").string()});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string log = (folder_ / "broker.log").string();

    const pid_t parent = ::getpid();
    jvm_ = ::fork();
    if (jvm_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (jvm_ > 0) return;

    // The child; only calls that are safe after a fork of a program with threads.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // The parent was faster to die than we to ask.
    ::setpgid(0, 0);                          // An interrupt from the terminal is for the parent.
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

void Broker::wait_until_it_answers() {
    const KafkaClient client(address_);
    const auto deadline = std::chrono::steady_clock::now() + kStartDeadline;
    while (!client.answers_within(std::chrono::milliseconds(200))) {
        if (::waitpid(jvm_, nullptr, WNOHANG) == jvm_) {
            jvm_ = 0;
            throw std::runtime_error("the broker ended instead of starting:\n" + end_of_log());
        }
        if (std::chrono::steady_clock::now() > deadline) {
            kill();
            throw std::runtime_error("the broker did not answer in time:\n" + end_of_log());
        }
    }
}

void Broker::stop() {
    if (!is_running()) return;
    ::kill(jvm_, SIGTERM);
    wait_for_exit();
}

void Broker::kill() {
    if (!is_running()) return;
    ::kill(jvm_, SIGKILL);
    wait_for_exit();
}

void Broker::freeze() {
    ::kill(jvm_, SIGSTOP);
    // The signal stops one thread after another; the parent is told when all of them have stopped.
    while (::waitpid(jvm_, nullptr, WUNTRACED) < 0 && errno == EINTR) {
    }
}

void Broker::thaw() { ::kill(jvm_, SIGCONT); }

void Broker::wait_for_exit() {
    while (::waitpid(jvm_, nullptr, 0) < 0 && errno == EINTR) {
    }
    jvm_ = 0;
}

std::string Broker::end_of_log() const {
    std::ifstream file(folder_ / "broker.log", std::ios::ate);
    const auto size = static_cast<std::streamoff>(file.tellg());
    file.seekg(size > 4000 ? size - 4000 : 0);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

Broker& shared_broker() {
    static Broker broker;
    return broker;
}

}  // namespace velo::tests
