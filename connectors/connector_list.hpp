// Every connector there is, one line each.
#pragma once

#include <memory>
#include <variant>

#include "connectors/file/options.hpp"
#include "connectors/kafka/options.hpp"
#include "engine/pipeline/ledger.hpp"
#include "engine/pipeline/sink.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

using SourceOptions = std::variant<KafkaSourceOptions, FileSourceOptions>;
using SinkOptions = std::variant<KafkaSinkOptions, FileSinkOptions>;

/// Nothing of the world is touched yet: that begins with refresh_partitions() and open(), which may be tried again.
[[nodiscard]] std::unique_ptr<engine::Source> make_source(const SourceOptions& options);
[[nodiscard]] std::unique_ptr<engine::Sink> make_sink(const SinkOptions& options);

/// The sink of a job from Kafka to Kafka, and the ledger that shares its producer.
struct SinkAndLedger {
    std::unique_ptr<engine::Sink> sink;
    std::unique_ptr<engine::Ledger> ledger;
};
[[nodiscard]] SinkAndLedger make_sink_and_ledger(const KafkaSinkOptions& sink,
                                                 const KafkaLedgerOptions& ledger);

}  // namespace velo::connectors
