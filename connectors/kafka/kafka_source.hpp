// A topic as a job's control thread sees it: its partitions, where to start, what has been committed, where it ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/handle.hpp"
#include "connectors/kafka/kafka_reader.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

/// One topic; source partition i is partition i of the topic. Offsets are kept under the group velostream.<job>; jobs with
/// a ledger commit them there and not here, for a group with members refuses outsiders.
/// Errors:  every call comes back within seconds; silence is an error that is tried again.
/// Thread:  the control thread; make_reader by any worker. It outlives its readers.
class KafkaSource final : public engine::Source {
public:
    explicit KafkaSource(KafkaSourceOptions options);
    ~KafkaSource() override;

    [[nodiscard]] std::optional<engine::PortError> refresh_partitions(
        std::vector<engine::PartitionName>& partitions) override;
    [[nodiscard]] std::optional<engine::PortError> start_offsets(std::uint32_t first,
                                                                 std::uint32_t count,
                                                                 engine::Offsets& offsets) override;
    [[nodiscard]] std::optional<engine::PortError> end_offsets(
        const std::vector<SourcePartition>& partitions, engine::Offsets& ends) override;
    [[nodiscard]] std::optional<engine::PortError> commit(const engine::Offsets& offsets) override;
    [[nodiscard]] std::unique_ptr<engine::SourceReader> make_reader(
        int wake_descriptor, std::size_t prefetch_bytes) override;
    [[nodiscard]] const engine::ConnectionFigures* connections() override;
    [[nodiscard]] bool is_bounded() const noexcept override { return false; }
    [[nodiscard]] bool is_durable() const noexcept override { return true; }

private:
    [[nodiscard]] std::optional<engine::PortError> connect();
    [[nodiscard]] std::optional<engine::PortError> committed(
        std::span<const SourcePartition> partitions, engine::Offsets& offsets);
    /// Asks the partitions' leaders; `spec` is a time in milliseconds or one of librdkafka's logical offsets.
    [[nodiscard]] std::optional<engine::PortError> ask_offsets(
        std::span<const SourcePartition> partitions, std::int64_t spec, engine::Offsets& offsets);
    [[nodiscard]] std::optional<engine::PortError> starts_as_configured(
        std::span<const SourcePartition> partitions, engine::Offsets& offsets);
    [[nodiscard]] engine::PortError error(rd_kafka_resp_err_t code, std::string_view action);
    [[nodiscard]] engine::PortError at_topic(engine::PortError error) const;

    const KafkaSourceOptions options_;
    std::unique_ptr<Client> client_;
    std::uint32_t known_partitions_ = 0;
    ReaderLinks links_;
    ClientStatistics statistics_;
};

}  // namespace velo::connectors
