// The ports of a Kafka job as a test drives them, without a runtime: readers polled, sinks served, all with deadlines.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "connectors/connector_list.hpp"
#include "tests/connectors/scratch_folder.hpp"
#include "tests/kafka/broker.hpp"
#include "tests/kafka/kafka_client.hpp"

namespace velo::tests {

/// What a reader delivered, copied.
struct ReadRecord {
    std::uint32_t partition = 0;
    std::int64_t offset = 0;
    std::string value;
    bool operator==(const ReadRecord&) const = default;
};

inline connectors::ClientOptions client_of(const Broker& broker) {
    connectors::ClientOptions options;
    options.bootstrap_servers = broker.bootstrap_servers();
    options.properties = {{"reconnect.backoff.ms", "20"}, {"reconnect.backoff.max.ms", "200"}};
    return options;
}

/// Fails the test when a port reports what it should not.
inline void expect_none(const std::optional<engine::PortError>& error) {
    if (error) throw std::runtime_error(error->code + ": " + error->text);
}

/// Runs `step` until it returns true; every wait in between is `pause`. Throws when that takes too long.
inline void until(const std::function<bool()>& step, const std::function<void()>& pause,
                  std::chrono::seconds deadline = std::chrono::seconds(30)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!step()) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("it did not happen in time");
        pause();
    }
}

/// One source with one reader on this thread.
class SourceFixture {
public:
    explicit SourceFixture(connectors::KafkaSourceOptions options,
                           std::size_t prefetch_bytes = 8U << 20)
        : source_(connectors::make_source(options)) {
        refresh();
        reader_ = source_->make_reader(wake_.get(), prefetch_bytes);
    }

    [[nodiscard]] engine::Source& source() { return *source_; }
    [[nodiscard]] engine::SourceReader& reader() { return *reader_; }
    [[nodiscard]] std::uint32_t partitions() const {
        return static_cast<std::uint32_t>(names_.size());
    }
    [[nodiscard]] const WakeDescriptor& wake() const { return wake_; }
    void refresh() { expect_none(source_->refresh_partitions(names_)); }

    [[nodiscard]] engine::Offsets starts() {
        engine::Offsets offsets;
        expect_none(source_->start_offsets(0, partitions(), offsets));
        return offsets;
    }
    [[nodiscard]] engine::Offsets ends() {
        std::vector<SourcePartition> all;
        for (std::uint32_t i = 0; i < partitions(); ++i) all.push_back(SourcePartition{i});
        engine::Offsets offsets;
        expect_none(source_->end_offsets(all, offsets));
        return offsets;
    }
    void add_all(bool bounded) {
        const engine::Offsets end = bounded ? ends() : engine::Offsets{};
        for (const auto& [partition, offset] : starts()) {
            reader_->add(partition, offset,
                         bounded ? std::optional(end.at(partition)) : std::nullopt);
        }
    }

    /// One poll of each partition; errors throw.
    std::vector<ReadRecord> poll(std::uint32_t most = 1000) {
        std::vector<ReadRecord> records;
        for (std::uint32_t i = 0; i < partitions(); ++i) {
            engine::RawBatch batch;
            static_cast<void>(reader_->poll(SourcePartition{i}, most, batch));
            for (const engine::RawRecord& each : batch)
                records.push_back({each.partition.value, each.offset, std::string(each.value)});
            reader_->release(batch);
        }
        while (auto error = reader_->take_error()) {
            if (error->fatal) expect_none(error);
        }
        return records;
    }

    /// Polls until `done`, sleeping on the wake descriptor when nothing came.
    std::vector<ReadRecord> read_until(
        const std::function<bool(const std::vector<ReadRecord>&)>& done) {
        std::vector<ReadRecord> all;
        std::size_t before = 0;
        until(
            [&] {
                before = all.size();
                for (auto& record : poll()) all.push_back(std::move(record));
                return done(all);
            },
            [&] {
                if (all.size() == before) static_cast<void>(wake_.woken(1000));
            });
        return all;
    }
    std::vector<ReadRecord> read(std::size_t count) {
        return read_until([&](const auto& all) { return all.size() >= count; });
    }
    std::vector<ReadRecord> read_to_end() {
        return read_until([&](const auto&) {
            for (std::uint32_t i = 0; i < partitions(); ++i) {
                if (!reader_->position(SourcePartition{i}).ended) return false;
            }
            return true;
        });
    }

private:
    WakeDescriptor wake_;
    std::unique_ptr<engine::Source> source_;
    std::vector<engine::PartitionName> names_;
    std::unique_ptr<engine::SourceReader> reader_;
};

/// One sink with one writer on this thread.
class SinkFixture {
public:
    explicit SinkFixture(connectors::KafkaSinkOptions options) : sink_(make(std::move(options))) {}

    [[nodiscard]] engine::Sink& sink() { return *sink_; }
    [[nodiscard]] engine::SinkWriter& writer() { return *writer_; }
    [[nodiscard]] const WakeDescriptor& control_wake() const { return control_wake_; }
    [[nodiscard]] const WakeDescriptor& worker_wake() const { return worker_wake_; }

    /// Opens it, as the control thread does: again and again while the world is merely not ready.
    void open() {
        until(
            [&] {
                const auto error = sink_->open();
                if (error && error->fatal) expect_none(error);
                return !error;
            },
            [&] { static_cast<void>(control_wake_.woken(50)); });
        writer_ = sink_->make_writer(worker_wake_.get());
    }
    void serve_until(const std::function<bool()>& done) {
        until(
            [&] {
                sink_->serve();
                return done();
            },
            [&] { static_cast<void>(control_wake_.woken(1000)); });
    }
    void serve_until_acknowledged(EpochId epoch) {
        serve_until([&] {
            if (auto error = sink_->take_error(); error && error->fatal) expect_none(error);
            return sink_->acknowledged(epoch);
        });
    }

private:
    std::unique_ptr<engine::Sink> make(connectors::KafkaSinkOptions options) {
        options.wake_descriptor = control_wake_.get();
        return connectors::make_sink(options);
    }

    WakeDescriptor control_wake_;
    WakeDescriptor worker_wake_;
    std::unique_ptr<engine::Sink> sink_;
    std::unique_ptr<engine::SinkWriter> writer_;
};

}  // namespace velo::tests
