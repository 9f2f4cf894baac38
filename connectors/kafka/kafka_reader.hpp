// One worker's share of a topic: its own consumer, its own queue per partition, its own count of positions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "connectors/hand_over.hpp"
#include "connectors/kafka/handle.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

/// Reads the partitions it is given, from explicit offsets, committed records only.
/// Back-pressure is not polling: librdkafka stops fetching a partition whose queue is full, the others flow on. Pausing is
/// never used (it repeats or loses records in several versions), nor the position that librdkafka keeps.
/// Errors:  what passes by itself is librdkafka's business; the rest comes from take_error, and its partition stays still.
/// Thread:  the worker that made it. A handle must not see two batch calls at once, so handles are never shared.
/// Invariants: (1) a partition's offsets only rise: repeats are dropped, a record from before the start is fatal.
///             (2) what waits unpolled is bounded by the prefetch budget, split over the partitions.
class KafkaReader final : public engine::SourceReader {
public:
    /// `retired` takes the client at the end, so that the worker does not wait for its threads.
    KafkaReader(const KafkaSourceOptions& options, int wake_descriptor, std::size_t prefetch_bytes, HandOver<Client>& retired)
        : options_(options), wake_descriptor_(wake_descriptor), prefetch_bytes_(prefetch_bytes), retired_(retired) {}
    ~KafkaReader() override;
    KafkaReader(const KafkaReader&) = delete;
    KafkaReader& operator=(const KafkaReader&) = delete;

    void add(SourcePartition partition, std::int64_t next_offset, std::optional<std::int64_t> end_offset) override;
    [[nodiscard]] std::uint32_t poll(SourcePartition partition, std::uint32_t max_records, engine::RawBatch& into) override;
    void release(engine::RawBatch& batch) noexcept override;
    [[nodiscard]] engine::SourcePosition position(SourcePartition partition) const noexcept override;
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> headers(const engine::RawRecord& record) const override;
    [[nodiscard]] std::optional<engine::PortError> take_error() override;

private:
    struct Partition {
        SourcePartition id;
        std::int64_t first_offset = 0;  // Nothing before it belongs to this reader.
        std::int64_t next_offset = 0;
        std::optional<std::int64_t> end_offset;
        bool ended = false;
        bool failed = false;
        Queue queue;  // Empty until reading has begun.
    };

    void begin_reading();
    [[nodiscard]] bool make_client();
    void take(Partition& partition, rd_kafka_message_t* message, engine::RawBatch& into);
    void take_notice(Partition& partition, const rd_kafka_message_t* message);
    void move_to(Partition& partition, std::int64_t next_offset) noexcept;
    void fail(Partition& partition, engine::PortError error);
    [[nodiscard]] std::string place(const Partition& partition, std::int64_t offset) const;
    void report(engine::PortError error);

    const KafkaSourceOptions& options_;
    const int wake_descriptor_;
    const std::size_t prefetch_bytes_;
    HandOver<Client>& retired_;

    std::unique_ptr<Client> client_;  // Made when reading begins: by then it is known how many partitions share the budget.
    Queue main_queue_;
    bool broken_ = false;             // The client could not be made; the error has been reported.
    std::vector<Partition> partitions_;
    std::vector<std::uint32_t> slot_of_;  // By SourcePartition: where in partitions_.
    std::size_t reading_ = 0;             // partitions_ up to here have been assigned.
    std::vector<rd_kafka_message_t*> messages_;
    std::deque<engine::PortError> errors_;
};

}  // namespace velo::connectors
