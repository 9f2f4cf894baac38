// A broker inside this process, for the demo: the client library's mock cluster behind a real port of 127.0.0.1.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace velo::connectors {

class Client;

/// What it is not: it keeps nothing on disk, makes no topics when asked by the protocol, hides nothing of open or aborted
/// transactions, and forgets the oldest records of a partition beyond 5 MiB. So who writes must not run ahead of who reads,
/// and nothing about exactly-once can be seen here.
/// Errors:  the constructor throws std::runtime_error when no broker can be started.
/// Thread:  one.
class EmbeddedBroker {
public:
    EmbeddedBroker();
    ~EmbeddedBroker();
    EmbeddedBroker(const EmbeddedBroker&) = delete;
    EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

    /// `127.0.0.1:40123`
    [[nodiscard]] const std::string& address() const noexcept { return address_; }

    /// Throws std::runtime_error when it is there already.
    void make_topic(const std::string& topic, std::int32_t partitions);

    /// Copies the record into the queue of what is to be sent, at the latest after 25 ms. False: the queue is full, try again after serve().
    [[nodiscard]] bool try_write(const std::string& topic, std::int32_t partition,
                                 std::string_view value);
    /// Takes what the broker has answered. True: nothing waits any more.
    [[nodiscard]] bool serve();
    /// Records that the broker did not take.
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

    /// How many records the topic has ever got, from whomever.
    [[nodiscard]] std::uint64_t records_of(const std::string& topic);

private:
    struct Topics;
    std::unique_ptr<Client> client_;
    std::string address_;
    std::unique_ptr<Topics> topics_;
    std::uint64_t refused_ = 0;
};

}  // namespace velo::connectors
