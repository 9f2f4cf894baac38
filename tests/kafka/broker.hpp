// A real Apache Kafka for tests and benchmarks: start it, stop it, kill it, freeze it.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace velo::tests {

struct BrokerOptions {
    int heap_mib = 512;
    bool for_speed = false;  ///< All of the JVM's compilers; a test starts sooner without.
    std::vector<std::string> settings;  ///< Lines of server.properties; they win over ours.
};

/// One node, broker and controller, on free ports of 127.0.0.1, with a folder of its own. Topics are
/// never made by themselves, have one replica, and offsets and transactions are kept in few partitions.
/// Invariants: (1) The JVM dies with the thread that started it, however that ends.
///             (2) Port and data stay the same from one start() to the next.
/// Errors:  std::runtime_error with the end of the broker's log, when it does not come up in time.
class Broker {
public:
    /// Starts it, and returns when it answers.
    explicit Broker(BrokerOptions options = {});
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    /// "127.0.0.1:20123"
    [[nodiscard]] const std::string& bootstrap_servers() const noexcept { return address_; }

    void start();   ///< After stop() or kill(); returns when it answers.
    void stop();    ///< SIGTERM: an orderly shutdown, waited for.
    void kill();    ///< SIGKILL: no orderly anything, waited for.
    void freeze();  ///< SIGSTOP: connections stay open and nobody answers.
    void thaw();    ///< SIGCONT

    [[nodiscard]] bool is_running() const noexcept { return jvm_ > 0; }
    [[nodiscard]] pid_t process_id() const noexcept { return jvm_; }

private:
    void write_properties() const;
    void launch();
    void wait_until_it_answers();
    void wait_for_exit();
    [[nodiscard]] std::string end_of_log() const;

    BrokerOptions options_;
    std::filesystem::path folder_;
    int controller_port_ = 0;
    std::string address_;
    pid_t jvm_ = 0;
};

/// The broker that the cases of one test program share. Whoever stops, kills or freezes it has it
/// running again at the end of the case; a case that needs other settings makes its own.
[[nodiscard]] Broker& shared_broker();

}  // namespace velo::tests
