#include "connectors/kafka/job_producer.hpp"

#include <utility>

#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

constexpr std::chrono::milliseconds kRest{50};

}  // namespace

JobProducer::JobProducer(const KafkaSinkOptions& options)
    : control_wake_(options.wake_descriptor),
      records_(producer_, !options.transactional_id.empty(), options.budget_bytes,
               options.wake_descriptor),
      producer_(options),
      transactions_(producer_, records_,
                    TransactionOptions{.transaction_timeout = options.transaction_timeout}) {}

void JobProducer::set_log(std::string topic, std::vector<std::int64_t> ends) {
    producer_.set_log_topic(std::move(topic));
    records_.set_log_ends(std::move(ends));
    transactions_.start();
    if (is_transactional()) write_wake(control_wake_);
}

std::optional<engine::PortError> JobProducer::init() {
    VELO_ASSERT(is_open_, "the sink is opened before the ledger");
    return is_transactional() ? transactions_.init() : std::nullopt;
}

void JobProducer::append(std::int32_t partition, EpochId epoch, std::string key,
                         std::string value) {
    records_.append(partition, epoch, std::move(key), std::move(value));
}

engine::CommitResult JobProducer::commit(EpochId epoch, const std::vector<PartitionOffset>& offsets,
                                         const std::string& note) {
    VELO_ASSERT(is_transactional(), "only transactions are committed here");
    serve();
    return transactions_.commit(epoch, offsets, note);
}

void JobProducer::serve() {
    if (!is_open_) return;
    const auto written = [this](Flight& flight, std::uint64_t records, std::int64_t last_offset) {
        records_.land(flight, records, last_offset);
    };
    Answer heard =
        producer_.serve(written, is_recovering_ ? kRest : std::chrono::milliseconds::zero());
    keep_gravest(heard, records_.serve());
    if (is_transactional()) {
        is_recovering_ = transactions_.serve(std::move(heard));
        if (is_recovering_) write_wake(control_wake_);
        if (const auto error = transactions_.take_error()) take(*error);
    } else if (!heard.is_done()) {
        take(heard.error);
    }
}

void JobProducer::take(const engine::PortError& error) {
    if (!error.fatal) {
        weather_ = error;
    } else if (!failure_) {
        failure_ = error;
    }
}

std::optional<engine::PortError> JobProducer::take_error() {
    if (failure_ && !std::exchange(failure_taken_, true)) return failure_;
    return std::exchange(weather_, std::nullopt);
}

}  // namespace velo::connectors
