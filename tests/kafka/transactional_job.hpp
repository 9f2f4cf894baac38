// A job without a runtime that writes numbers in transactions: what is committed says where it goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/kafka_sink.hpp"
#include "tests/connectors/chunk_literal.hpp"
#include "tests/kafka/port_fixture.hpp"

namespace velo::tests {

/// Its topics are <name>.out with 3 partitions and <name>.state with 1; its source is said to be <name>.in.
class TransactionalJob {
public:
    struct Settings {
        std::chrono::milliseconds timeout = std::chrono::seconds(10);
        std::size_t budget_bytes = 64U << 20;
    };

    static void make_topics(const KafkaClient& client, const std::string& name) {
        client.create_topic(name + ".in", 1);
        client.create_topic(name + ".out", 3);
        client.create_topic(name + ".state", 1);
    }

    TransactionalJob(std::string bootstrap_servers, std::string name)
        : TransactionalJob(std::move(bootstrap_servers), std::move(name), Settings{}) {}

    TransactionalJob(std::string bootstrap_servers, std::string name, Settings settings)
        : name_(std::move(name)),
          outside_(bootstrap_servers),
          sink_(options(bootstrap_servers, settings)),
          producer_(sink_.transactions()) {
        producer_->set_oracle([this]() -> std::expected<std::string, engine::PortError> {
            try {
                const auto last = committed();
                return last ? last->metadata : "";
            } catch (const std::exception& error) {
                return std::unexpected(engine::PortError{false, "broker_away", error.what()});
            }
        });
        producer_->set_member([this] {
            return connectors::GroupMember{rd_kafka_consumer_group_metadata_new(name_.c_str())};
        });
    }

    /// Opens, recovers and makes the writer.
    void start() {
        retry([&] { return sink_.open(); });
        retry([&] { return producer_->init(); });
        if (const auto last = committed()) {
            position_ = last->offset;
            epoch_.value = std::stoull(last->metadata.substr(2)) + 1;
        }
        sink_.begin_at(epoch_);
        producer_->set_log(name_ + ".state", {outside_.end_offset(name_ + ".state", 0)});
        writer_ = sink_.make_writer(wake_.get());
    }

    /// Writes the numbers [position, to) under `epoch`, waiting for room.
    void write(std::int64_t to, EpochId epoch) {
        std::vector<KeyAndValue> rows;
        for (; position_ < to; ++position_)
            rows.emplace_back("k" + std::to_string(position_ % 7), std::to_string(position_));
        auto written = chunk(epoch, rows);
        serve_until([&] { return writer_->try_write(written); });
    }
    /// Ends the epoch with its log record; it may be committed then.
    void cut() {
        producer_->append(0, epoch_, "state", std::to_string(position_));
        cut_ = position_;
    }
    [[nodiscard]] bool try_commit() {
        serve();
        if (!sink_.acknowledged(epoch_)) return false;
        const auto result = producer_->commit(
            epoch_, {{name_ + ".in", 0, cut_}},
            "e=" + std::to_string(epoch_.value) + ";s=" + std::to_string(producer_->log_ends()[0]));
        if (result.step == engine::CommitStep::Again) return false;
        if (result.step != engine::CommitStep::Committed) {
            end_ = result.step;
            return true;
        }
        ++epoch_.value;
        return true;
    }
    void commit() {
        serve_until([&] { return try_commit(); });
        if (end_) throw std::runtime_error("the epoch was not committed");
    }
    /// Epochs of 100 numbers, up to `goal`.
    void run(std::int64_t goal) {
        while (position_ < goal) {
            write(std::min(goal, position_ + 50), epoch_);
            write(std::min(goal, position_ + 50), epoch_);
            cut();
            commit();
        }
    }

    void serve() {
        sink_.serve();
        writer_->serve();
        if (auto error = sink_.take_error(); error && error->fatal) failure_ = error;
    }
    void serve_until(const std::function<bool()>& done) {
        until(
            [&] {
                serve();
                return failure_ || done();
            },
            [&] { static_cast<void>(control_wake_.woken(20)); }, std::chrono::seconds(60));
        if (failure_ && !end_) throw std::runtime_error(failure_->code + ": " + failure_->text);
    }

    [[nodiscard]] std::optional<CommittedOffset> committed() const {
        return outside_.committed(name_, name_ + ".in", 0);
    }
    [[nodiscard]] connectors::KafkaSink& sink() { return sink_; }
    [[nodiscard]] EpochId epoch() const { return epoch_; }
    [[nodiscard]] connectors::JobProducer& producer() {
        return static_cast<connectors::JobProducer&>(*producer_);
    }
    [[nodiscard]] std::optional<engine::CommitStep> end() const { return end_; }
    [[nodiscard]] const std::optional<engine::PortError>& failure() const { return failure_; }

private:
    connectors::KafkaSinkOptions options(const std::string& bootstrap_servers,
                                         const Settings& settings) const {
        connectors::KafkaSinkOptions options;
        options.client.bootstrap_servers = bootstrap_servers;
        options.client.properties = {{"reconnect.backoff.ms", "20"},
                                     {"reconnect.backoff.max.ms", "200"}};
        options.job = name_;
        options.topic = name_ + ".out";
        options.transactional_id = name_;
        options.transaction_timeout = settings.timeout;
        options.budget_bytes = settings.budget_bytes;
        options.wake_descriptor = control_wake_.get();
        return options;
    }
    template <class Step>
    void retry(Step&& step) {
        until(
            [&] {
                const auto error = step();
                if (error && error->fatal) expect_none(error);
                return !error;
            },
            [&] { static_cast<void>(control_wake_.woken(50)); });
    }

    const std::string name_;
    KafkaClient outside_;
    WakeDescriptor control_wake_;
    WakeDescriptor wake_;
    connectors::KafkaSink sink_;
    std::shared_ptr<connectors::KafkaTransactions> producer_;
    std::unique_ptr<engine::SinkWriter> writer_;
    EpochId epoch_{1};
    std::int64_t position_ = 0;
    std::int64_t cut_ = 0;
    std::optional<engine::CommitStep> end_;
    std::optional<engine::PortError> failure_;
};

}  // namespace velo::tests
