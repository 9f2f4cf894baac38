// What an operator's tools do to a cluster from outside: groups, offsets, records removed, settings read.
// It shares nothing with connectors/kafka, so it can bear witness for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/kafka/kafka_client.hpp"

namespace velo::tests {

enum class TopicRight : std::uint8_t { Read, Write, Describe };

/// One call, one answer. Every failure, and every wait over its deadline, is a std::runtime_error.
class ClusterAdmin {
public:
    explicit ClusterAdmin(const std::string& bootstrap_servers);

    /// Removes a partition's records before the offset.
    void delete_records(const std::string& topic, std::int32_t partition,
                        std::int64_t before) const;

    /// One value of the topic's configuration, defaults included.
    [[nodiscard]] std::string topic_setting(const std::string& topic,
                                            const std::string& name) const;

    void set_topic_setting(const std::string& topic, const std::string& name,
                           const std::string& value) const;

    /// Forbids everybody; the cluster needs an authorizer.
    void forbid_topic(const std::string& topic, TopicRight right) const;
    void forbid_group(const std::string& group) const;

    /// How many members the group has; nothing while partitions are being dealt.
    [[nodiscard]] std::optional<std::size_t> settled_members(const std::string& group) const;

    /// Commits without belonging to the group, which has to be empty.
    void commit(const std::string& group, const std::string& topic, std::int32_t partition,
                std::int64_t offset) const;

private:
    std::string bootstrap_servers_;
    Handle handle_;
};

}  // namespace velo::tests
