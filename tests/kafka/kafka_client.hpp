// What tests and benchmarks do to a broker from outside: topics, records, transactions, offsets.
// It shares nothing with connectors/kafka, so it can bear witness for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct rd_kafka_s;

namespace velo::tests {

struct Header {
    std::string name;
    std::optional<std::string> value;
    bool operator==(const Header&) const = default;
};

struct Record {
    std::optional<std::string> key;
    std::optional<std::string> value;  ///< nullopt: a tombstone
    std::vector<Header> headers;
    std::int32_t partition = -1;    ///< To produce: -1 lets the key choose.
    std::int64_t timestamp_ms = 0;  ///< To produce: 0 is now.
    std::int64_t offset = -1;       ///< Of consumed records.
    bool operator==(const Record&) const = default;
};

struct CommittedOffset {
    std::int64_t offset = 0;
    std::string metadata;
    bool operator==(const CommittedOffset&) const = default;
};

enum class Isolation : std::uint8_t { ReadCommitted, ReadUncommitted };

/// Destroys a librdkafka handle.
struct CloseHandle {
    void operator()(rd_kafka_s* handle) const noexcept;
};
using Handle = std::unique_ptr<rd_kafka_s, CloseHandle>;

/// One call, one answer. Every failure, and every wait over its deadline, is a std::runtime_error.
class KafkaClient {
public:
    explicit KafkaClient(std::string bootstrap_servers);

    [[nodiscard]] bool answers_within(std::chrono::milliseconds deadline) const;

    /// Makes the topic, and returns when its partitions have leaders.
    void create_topic(const std::string& topic, int partitions,
                      const std::map<std::string, std::string>& configuration = {}) const;
    /// Raises the number of partitions, and returns when the new ones have leaders.
    void grow_topic(const std::string& topic, int partitions) const;
    void delete_topic(const std::string& topic) const;
    [[nodiscard]] std::vector<std::string> topics() const;

    /// Returns when all records are acknowledged; their order is kept within a partition.
    void produce(const std::string& topic, const std::vector<Record>& records) const;

    /// All that a reader sees from the beginning to the end, by partition, then offset.
    [[nodiscard]] std::vector<Record> consume(const std::string& topic,
                                              Isolation isolation = Isolation::ReadCommitted) const;

    /// Consumes again and again until there are at least `count` records.
    [[nodiscard]] std::vector<Record> consume_at_least(
        const std::string& topic, std::size_t count, std::chrono::milliseconds deadline,
        Isolation isolation = Isolation::ReadCommitted) const;

    /// The offset after the last record that such a reader can reach.
    [[nodiscard]] std::int64_t end_offset(const std::string& topic, std::int32_t partition,
                                          Isolation isolation = Isolation::ReadCommitted) const;

    /// What the group has committed; a position in an open transaction is waited for.
    [[nodiscard]] std::optional<CommittedOffset> committed(const std::string& group,
                                                           const std::string& topic,
                                                           std::int32_t partition) const;

private:
    std::string bootstrap_servers_;
    Handle handle_;
};

/// One transaction of a producer of its own, begun when made. Left without commit() or abort(), it
/// stays open for readers until its timeout, as if its producer had died.
class Transaction {
public:
    Transaction(const std::string& bootstrap_servers, const std::string& transactional_id,
                std::chrono::milliseconds timeout = std::chrono::seconds(60));

    void produce(const std::string& topic, const std::vector<Record>& records);
    void commit();
    void abort();

private:
    Handle handle_;
};

}  // namespace velo::tests
