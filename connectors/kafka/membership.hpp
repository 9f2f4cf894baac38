// Which of the processes that run a job is the active one: the owner of a topic's only partition in the job's group.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connectors/kafka/handle.hpp"
#include "connectors/kafka/kafka_transactions.hpp"
#include "connectors/kafka/options.hpp"
#include "engine/pipeline/ledger.hpp"

namespace velo::connectors {

/// velostream.<job>: the group whose members are the processes that run the job, and under which it commits.
[[nodiscard]] std::string group_of(const std::string& job);
[[nodiscard]] std::string lead_topic_of(const std::string& job);

/// A member of the job's group.
///     asking → making → asking → joining → waiting ⇄ (rebalances) → active → lost
/// A partition stays where it is when others join: the assignor is the sticky one and hands partitions over one by one.
/// Thread:  the control thread. Heartbeats are the client's own business, but a member that is not served for a minute is
///          taken for stuck and loses the job.
/// Invariants: (1) Lost is for good. (2) nothing is ever fetched from the topic.
class Membership {
public:
    explicit Membership(const KafkaLedgerOptions& options);
    ~Membership();

    /// As engine::Ledger::lead. Waits up to 50 ms for an answer while the topic is looked up or made, else not at all.
    [[nodiscard]] engine::Leadership serve(std::optional<engine::PortError>& error);

    [[nodiscard]] engine::Leadership state() const noexcept { return state_; }

    /// Who commits. Empty unless active.
    [[nodiscard]] GroupMember member() const;

    /// The group's client, for commits that the group checks. Only while active.
    [[nodiscard]] Client& client() noexcept { return *client_; }

    /// Leaves the group, so that another member owns the partition at once. Up to ten seconds while the cluster is silent.
    void leave();

private:
    enum class Step : std::uint8_t { Asking, Making, Joined, Left };

    [[nodiscard]] std::optional<engine::PortError> connect();
    void ask();
    [[nodiscard]] std::optional<engine::PortError> look_at_answer();
    [[nodiscard]] std::optional<engine::PortError> make_topic();
    [[nodiscard]] std::optional<engine::PortError> join();
    [[nodiscard]] std::optional<engine::PortError> drain(int wait_ms);
    void rebalance(rd_kafka_event_t* event);
    void lose(engine::PortError why);
    [[nodiscard]] bool is_fenced();

    const KafkaLedgerOptions options_;
    const std::string topic_;
    std::unique_ptr<Client> client_;
    Queue answers_;      // Of requests about the topic.
    Queue group_queue_;  // Of the consumer.
    bool asked_ = false;
    Step step_ = Step::Asking;
    engine::Leadership state_ = engine::Leadership::Joining;
    std::optional<engine::PortError> why_lost_;
};

}  // namespace velo::connectors
