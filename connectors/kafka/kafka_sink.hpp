// A topic as a job's control thread writes it: one idempotent producer, topics made, acknowledgements counted by epoch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/hand_over.hpp"
#include "connectors/kafka/kafka_writer.hpp"
#include "engine/pipeline/sink.hpp"

namespace velo::connectors {

/// Every record goes to all replicas, in order within a partition, once per producer's life. A record that cannot be
/// written is never given up silently: its epoch stays unacknowledged and take_error says what to do.
/// Thread:  the control thread; make_writer by any worker. It outlives its writers.
/// Invariants: what is written and not acknowledged is bounded by budget_bytes.
class KafkaSink final : public engine::Sink {
public:
    explicit KafkaSink(KafkaSinkOptions options);
    ~KafkaSink() override;

    [[nodiscard]] std::optional<engine::PortError> open() override;
    [[nodiscard]] std::unique_ptr<engine::SinkWriter> make_writer(int wake_descriptor) override;
    void serve() override;
    [[nodiscard]] bool acknowledged(EpochId epoch) override {
        return destination_.epochs.is_settled(epoch);
    }
    void push() override;
    [[nodiscard]] std::optional<engine::PortError> take_error() override;
    [[nodiscard]] engine::SinkCounts counts() const noexcept override { return counts_; }
    [[nodiscard]] std::optional<engine::PortError> close() override;

private:
    [[nodiscard]] std::optional<engine::PortError> connect(std::size_t largest_batch);
    [[nodiscard]] std::optional<engine::PortError> provide(const std::string& topic,
                                                           const std::optional<TopicShape>& shape,
                                                           bool is_dead_letter_topic);
    void adopt_ports();
    void take_deliveries(rd_kafka_event_t* event);
    void land(Flight& flight, std::uint64_t records);
    void fail(rd_kafka_resp_err_t code, std::size_t size_bytes, bool is_dead_letter,
              std::string_view detail);
    void report(engine::PortError error);

    const KafkaSinkOptions options_;
    std::vector<std::unique_ptr<WriterPort>>
        ports_;  // Before the producer: it sends from their bytes until it is gone.
    HandOver<WriterPort> new_ports_;
    std::unique_ptr<Client> client_;
    std::size_t largest_batch_ = 0;
    Queue main_queue_;
    Destination destination_;  // After the client: its topics go first.
    engine::SinkCounts counts_;
    std::optional<engine::PortError> failure_;  // The first, reported and final.
    std::optional<engine::PortError> weather_;  // The latest.
    bool failure_taken_ = false;
    bool gave_back_ = false;  // Since writers were last woken.
};

}  // namespace velo::connectors
