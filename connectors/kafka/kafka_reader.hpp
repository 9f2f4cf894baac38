// One worker's share of a topic: its own consumers, a queue per partition, its own count of positions.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "connectors/hand_over.hpp"
#include "connectors/kafka/fetcher.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

/// What the readers of a source share with it.
struct ReaderLinks {
    HandOver<Client>
        retired;  // Clients of readers that are gone, for the control thread to destroy.
    HandOver<StatisticsReport> statistics;  // As above.
    std::atomic<std::uint64_t> ticks{
        0};  // Counts the control thread's questions for the ends, some seconds apart.
};

/// Reads the partitions it is given, from explicit offsets, committed records only.
/// Two fetchers: a broker answers a request that has nothing to deliver only after fetch.wait.max.ms, and meanwhile a full
/// queue that has been read empties in vain (one quiet partition can cost a busy one nine tenths of its speed). So quiet
/// partitions wait long on one connection, where they cost next to nothing, and the others wait briefly on another one.
/// Errors:  what passes by itself is librdkafka's business; the rest comes from take_error, and its partition stays still.
/// Thread:  the worker that made it.
/// Invariants: (1) a partition's offsets only rise: repeats are dropped, a record from before the start is fatal.
///             (2) what waits unpolled is bounded by the prefetch budget, split over the partitions there were at first.
class KafkaReader final : public engine::SourceReader {
public:
    KafkaReader(const KafkaSourceOptions& options, int wake_descriptor, std::size_t prefetch_bytes,
                ReaderLinks& links)
        : options_(options),
          wake_descriptor_(wake_descriptor),
          prefetch_bytes_(prefetch_bytes),
          links_(links) {}
    ~KafkaReader() override;
    KafkaReader(const KafkaReader&) = delete;
    KafkaReader& operator=(const KafkaReader&) = delete;

    void add(SourcePartition partition, std::int64_t next_offset,
             std::optional<std::int64_t> end_offset) override;
    [[nodiscard]] std::uint32_t poll(SourcePartition partition, std::uint32_t max_records,
                                     engine::RawBatch& into) override;
    void release(engine::RawBatch& batch) noexcept override;
    [[nodiscard]] engine::SourcePosition position(
        SourcePartition partition) const noexcept override;
    [[nodiscard]] engine::RecordHeaders headers(const engine::RawRecord& record) const override;
    [[nodiscard]] std::optional<engine::PortError> take_error() override;

private:
    enum class Pace : std::uint8_t { Brisk, Calm };

    struct Partition {
        SourcePartition id;
        std::int64_t first_offset = 0;  // Nothing before it belongs to this reader.
        std::int64_t next_offset = 0;
        std::optional<std::int64_t> end_offset;
        bool ended = false;
        bool failed = false;
        Pace pace = Pace::Brisk;
        Queue queue;                  // Empty: nothing is fetched.
        std::uint64_t data_tick = 0;  // When a record came last.
        std::size_t run_bytes = 0;    // Read since its queue was last found empty.
    };

    void begin_reading();
    void fetch(Partition& partition, Pace pace);
    void stop(Partition& partition);
    void choose_pace(Partition& partition, bool queue_was_emptied, std::size_t came_bytes);
    [[nodiscard]] Fetcher* fetcher(Pace pace);
    [[nodiscard]] std::size_t share_bytes() const noexcept { return prefetch_bytes_ / sharers_; }
    void take(Partition& partition, rd_kafka_message_t* message, engine::RawBatch& into);
    void take_notice(Partition& partition, const rd_kafka_message_t* message);
    void move_to(Partition& partition, std::int64_t next_offset) noexcept;
    void fail(Partition& partition, engine::PortError error);
    [[nodiscard]] std::string place(const Partition& partition, std::int64_t offset) const;
    [[nodiscard]] engine::RecordPlace where(const Partition& partition, std::int64_t offset) const;
    void report(engine::PortError error);

    const KafkaSourceOptions& options_;
    const int wake_descriptor_;
    const std::size_t prefetch_bytes_;
    ReaderLinks& links_;

    std::array<std::unique_ptr<Fetcher>, 2> fetchers_;  // By Pace; made when first needed.
    std::size_t sharers_ = 1;                           // Of the budget.
    std::vector<Partition> partitions_;
    std::vector<std::uint32_t> slot_of_;  // By SourcePartition: where in partitions_.
    std::size_t reading_ = 0;             // partitions_ up to here have been begun.
    std::vector<rd_kafka_message_t*> messages_;
    std::deque<engine::PortError> errors_;
};

}  // namespace velo::connectors
