// One consumer client that fetches partitions into queues of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "connectors/hand_over.hpp"
#include "connectors/kafka/client_statistics.hpp"
#include "connectors/kafka/handle.hpp"

namespace velo::connectors {

/// Fetches committed records from explicit offsets. It belongs to no group and stores no offsets: it only reads.
/// A partition whose queue is full is left alone until the queue has been read; nothing is ever paused.
/// Thread:  one thread's, as batch calls on one client must be.
class Fetcher {
public:
    /// What a waiting record costs besides its bytes. librdkafka bounds the bytes; without a bound on the number, too, small
    /// records would take many times their share.
    static constexpr std::size_t kBytesPerRecord = 350;

    /// `share_bytes` bounds what waits in each partition's queue, with what librdkafka needs besides the bytes; `wait_ms` is
    /// how long a broker may hold a request while it has nothing. `wake_descriptor` is written when a queue stops being empty.
    /// What the client tells of itself goes to `statistics`, some kilobytes every few seconds.
    [[nodiscard]] static std::expected<std::unique_ptr<Fetcher>, engine::PortError> make(
        const KafkaSourceOptions& options, std::size_t share_bytes, int wait_ms,
        int wake_descriptor, HandOver<StatisticsReport>& statistics);

    /// Begins to fetch the partition at `offset`. The queue holds nothing from before; it must go before the fetcher does.
    [[nodiscard]] std::expected<Queue, rd_kafka_resp_err_t> start(std::int32_t partition,
                                                                  std::int64_t offset);
    void stop(std::int32_t partition, Queue queue);

    /// What the client says by itself about its connections.
    [[nodiscard]] std::optional<ClientError> next_error();

    /// Ends it. Destroying the client may take a while and is left to who calls this; all its records were released.
    [[nodiscard]] static std::unique_ptr<Client> retire(std::unique_ptr<Fetcher> fetcher);

private:
    Fetcher(std::unique_ptr<Client> client, const std::string& topic, int wake_descriptor,
            HandOver<StatisticsReport>& statistics);

    std::unique_ptr<Client> client_;
    Topic topic_;
    Queue main_queue_;
    const int wake_descriptor_;
    HandOver<StatisticsReport>& statistics_;
};

}  // namespace velo::connectors
