#include "connectors/connector_list.hpp"

#include <utility>

#include "connectors/file/file_sink.hpp"
#include "connectors/file/file_source.hpp"
#include "connectors/kafka/kafka_ledger.hpp"
#include "connectors/kafka/kafka_sink.hpp"
#include "connectors/kafka/kafka_source.hpp"

namespace velo::connectors {

namespace {

std::unique_ptr<engine::Source> make(const KafkaSourceOptions& options) {
    return std::make_unique<KafkaSource>(options);
}
std::unique_ptr<engine::Source> make(const FileSourceOptions& options) {
    return std::make_unique<FileSource>(options);
}

std::unique_ptr<engine::Sink> make(const KafkaSinkOptions& options) {
    return std::make_unique<KafkaSink>(options);
}
std::unique_ptr<engine::Sink> make(const FileSinkOptions& options) {
    return std::make_unique<FileSink>(options);
}

}  // namespace

std::unique_ptr<engine::Source> make_source(const SourceOptions& options) {
    return std::visit([](const auto& each) { return make(each); }, options);
}

std::unique_ptr<engine::Sink> make_sink(const SinkOptions& options) {
    return std::visit([](const auto& each) { return make(each); }, options);
}

SinkAndLedger make_sink_and_ledger(const KafkaSinkOptions& sink, const KafkaLedgerOptions& ledger) {
    auto kafka = std::make_unique<KafkaSink>(sink);
    auto transactions = kafka->transactions();
    return {std::move(kafka), std::make_unique<KafkaLedger>(ledger, std::move(transactions))};
}

}  // namespace velo::connectors
