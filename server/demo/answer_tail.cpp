#include "server/demo/answer_tail.hpp"

#include <vector>

#include "connectors/connector_list.hpp"

namespace velo::server {

namespace {

constexpr std::size_t kPrefetchBytes = 1U << 20;
constexpr std::uint32_t kMostAtOnce = 1000;

}  // namespace

AnswerTail::AnswerTail(const std::string& address, const std::string& topic) {
    connectors::KafkaSourceOptions options;
    options.client.bootstrap_servers = address;
    options.job = topic + ".tail";
    options.topic = topic;
    source_ = connectors::make_source(options);
    std::vector<engine::PartitionName> names;
    if (source_->refresh_partitions(names)) return;
    std::vector<SourcePartition> partitions;
    for (std::uint32_t i = 0; i < names.size(); ++i) partitions.push_back(SourcePartition{i});
    engine::Offsets ends;
    if (source_->end_offsets(partitions, ends)) return;
    reader_ = source_->make_reader(wake_.descriptor(), kPrefetchBytes);
    for (const SourcePartition partition : partitions)
        reader_->add(partition, ends[partition], std::nullopt);
    partitions_ = partitions.size();
}

AnswerTail::~AnswerTail() { reader_.reset(); }  // It gives its clients back to the source.

const std::string& AnswerTail::latest() {
    for (std::uint32_t i = 0; i < partitions_; ++i) {
        while (reader_->poll(SourcePartition{i}, kMostAtOnce, batch_) != 0) {
            const engine::RawRecord& last = batch_.back();
            if (last.has_value) latest_.assign(last.value);
            reader_->release(batch_);
        }
    }
    return latest_;
}

}  // namespace velo::server
