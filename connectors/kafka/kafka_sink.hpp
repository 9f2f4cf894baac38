// A topic as a job's control thread writes it: topics made, records acknowledged, the producer shared with the ledger.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connectors/kafka/job_producer.hpp"
#include "engine/pipeline/sink.hpp"

namespace velo::connectors {

/// Every record goes to all replicas, in order within a partition, once per producer's life; with a transactional id,
/// once for good: an epoch's records become visible together, when the ledger has committed it. A record that cannot be
/// written is never given up silently: its epoch stays unacknowledged and take_error says what to do.
/// Thread:  the control thread; make_writer by any worker. It outlives its writers.
/// Invariants: what is written and not acknowledged (with transactions: what waits for its epoch) is bounded by
///             budget_bytes.
class KafkaSink final : public engine::Sink {
public:
    explicit KafkaSink(KafkaSinkOptions options);

    /// For the ledger, which commits through it; open() first.
    [[nodiscard]] std::shared_ptr<KafkaTransactions> transactions() const { return producer_; }

    [[nodiscard]] std::optional<engine::PortError> open() override;
    void begin_at(EpochId first) override { producer_->begin_at(first); }
    [[nodiscard]] std::unique_ptr<engine::SinkWriter> make_writer(int wake_descriptor) override;
    void serve() override { producer_->serve(); }
    [[nodiscard]] bool acknowledged(EpochId epoch) override {
        return producer_->acknowledged(epoch);
    }
    void push() override;
    [[nodiscard]] std::optional<engine::PortError> take_error() override {
        return producer_->take_error();
    }
    [[nodiscard]] engine::SinkCounts counts() const noexcept override {
        return producer_->counts();
    }
    [[nodiscard]] const engine::ConnectionFigures* connections() override {
        return &producer_->connections();
    }
    [[nodiscard]] std::optional<engine::PortError> close() override;

private:
    [[nodiscard]] std::optional<engine::PortError> connect(std::size_t largest_batch);
    [[nodiscard]] std::optional<engine::PortError> provide(const std::string& topic,
                                                           const std::optional<TopicShape>& shape,
                                                           bool is_dead_letter_topic);

    const KafkaSinkOptions options_;
    // Shared: the log is written through it by the ledger, and neither knows who ends first.
    const std::shared_ptr<JobProducer> producer_;
    bool is_open_ = false;
};

}  // namespace velo::connectors
