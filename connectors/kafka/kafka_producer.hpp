// librdkafka's producer as the transactions of a job use it; also the plain idempotent one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/client_statistics.hpp"
#include "connectors/kafka/flight.hpp"
#include "connectors/kafka/handle.hpp"
#include "connectors/kafka/kafka_transactions.hpp"
#include "connectors/kafka/options.hpp"
#include "connectors/kafka/transaction_client.hpp"

namespace velo::connectors {

/// Thread:  as TransactionClient; get() by the control thread.
/// Invariants: what librdkafka calls an error is judged here and nowhere else: docs/delivery.md has the table.
class KafkaProducer final : public TransactionClient {
public:
    explicit KafkaProducer(const KafkaSinkOptions& options);
    ~KafkaProducer() override;

    [[nodiscard]] bool is_transactional() const noexcept {
        return !options_.transactional_id.empty();
    }
    /// Empty before the first replace().
    [[nodiscard]] Client* get() noexcept { return client_.get(); }
    [[nodiscard]] std::size_t largest_batch() const noexcept { return largest_batch_; }
    /// As serve() has heard last.
    [[nodiscard]] const engine::ConnectionFigures& connections() const noexcept {
        return statistics_.figures();
    }

    /// Both for the next replace().
    void set_largest_batch(std::size_t bytes) noexcept { largest_batch_ = bytes; }
    void set_largest_dead_letter(std::size_t bytes) noexcept { largest_dead_letter_ = bytes; }
    void set_log_topic(std::string topic);
    void set_member(KafkaTransactions::Member member) { member_ = std::move(member); }

    [[nodiscard]] Answer replace() override;
    [[nodiscard]] Answer init(Limit limit) override;
    [[nodiscard]] Answer ready(Limit limit) override;
    [[nodiscard]] Answer begin() override;
    [[nodiscard]] Answer produce(Flight& flight) override;
    [[nodiscard]] Answer send_offsets(const std::vector<PartitionOffset>& offsets,
                                      const std::string& note, Limit limit) override;
    [[nodiscard]] Answer commit(Limit limit) override;
    [[nodiscard]] Answer abort(Limit limit) override;
    [[nodiscard]] std::uint64_t ends_sent() const noexcept override {
        return ends_sent_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool is_member() const override;
    [[nodiscard]] Answer serve(const Written& written, Limit limit) override;
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override;

private:
    [[nodiscard]] Answer produce_chunk(Flight& flight);
    [[nodiscard]] Answer produce_letter(Flight& flight);
    [[nodiscard]] Answer produce_revisions(Flight& flight);
    /// Null pointer: it has been taken.
    [[nodiscard]] rd_kafka_error_t* produce_record(Flight& flight, std::size_t number);
    [[nodiscard]] Answer produce_log(Flight& flight);
    [[nodiscard]] Answer taken(Flight& flight) const;
    [[nodiscard]] Answer not_taken(rd_kafka_resp_err_t code, const Flight& flight,
                                   std::size_t size_bytes, std::string_view detail) const;
    [[nodiscard]] rd_kafka_resp_err_t cause_of(rd_kafka_resp_err_t code) const;
    [[nodiscard]] Answer judge_call(rd_kafka_error_t* error, std::string_view what) const;
    void take_deliveries(rd_kafka_event_t* event, const Written& written, Answer& gravest) const;
    [[nodiscard]] Answer judge_event(const ClientError& error) const;
    [[nodiscard]] const std::string& topic_of(const Flight& flight) const;
    [[nodiscard]] Topic topic_handle(const std::string& name) const;

    const KafkaSinkOptions options_;
    std::string log_topic_;
    std::size_t largest_batch_ = 0;
    std::size_t largest_dead_letter_ = 0;
    KafkaTransactions::Member member_;
    std::atomic<std::uint64_t> ends_sent_{0};  // By librdkafka's threads.
    std::unique_ptr<Client> client_;
    Queue main_queue_;
    Topic topic_;
    Topic dead_letters_;
    Topic log_;
    GroupMember group_;  // Of the commit under way.
    ClientStatistics statistics_;
};

}  // namespace velo::connectors
