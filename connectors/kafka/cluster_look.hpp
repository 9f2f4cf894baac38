// What a cluster says about topics and permissions, for who wants to know before a job runs. It changes nothing there.
// Plain: it names nothing of librdkafka.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/options.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

/// What the daemon's user may do; as brokers name it.
enum class Permission : std::uint8_t { Read, Write, Create, Describe, DescribeConfigs };
inline constexpr std::size_t kPermissions = 5;
[[nodiscard]] std::string_view permission_name(Permission permission) noexcept;

struct TopicSeen {
    std::uint32_t partitions = 0;       // 0: it is missing.
    std::optional<std::string> hidden;  // Set: it may be there or not, and why that is not told.
    std::optional<std::set<Permission>> may;      // nullopt: the broker does not tell.
    std::map<std::string, std::string> settings;  // Empty: they are not shown.

    /// A setting as a number; nullopt when it is not shown.
    [[nodiscard]] std::optional<std::size_t> number(const std::string& setting) const;
};

/// Thread:  one. Every call comes back within some seconds.
class ClusterLook {
public:
    /// Connects; an error: no broker answers, or it does not let us in.
    [[nodiscard]] static std::expected<std::unique_ptr<ClusterLook>, engine::PortError> open(
        const ClientOptions& options);
    ~ClusterLook();
    ClusterLook(const ClusterLook&) = delete;
    ClusterLook& operator=(const ClusterLook&) = delete;

    /// All that the user may see, sorted.
    [[nodiscard]] const std::vector<std::string>& topics() const noexcept { return names_; }

    /// An entry for each.
    [[nodiscard]] std::expected<std::map<std::string, TopicSeen>, engine::PortError> look_at(
        const std::vector<std::string>& topics);

    /// Asks whether the topic could be made, without making it; the error says why not.
    [[nodiscard]] std::optional<engine::PortError> would_create(
        const std::string& topic, TopicShape shape,
        const std::map<std::string, std::string>& configuration);

    /// The error: the user may not use the group, or nobody answers.
    [[nodiscard]] std::optional<engine::PortError> look_at_group(const std::string& group);

private:
    struct Connection;
    explicit ClusterLook(std::unique_ptr<Connection> connection);

    std::unique_ptr<Connection> connection_;
    std::vector<std::string> names_;
};

/// What a job keeps in Kafka besides its sink, and how it makes what is missing.
struct JobNames {
    std::string group, transactional_id, state_topic, lead_topic;
    TopicShape state_shape, lead_shape;
    std::map<std::string, std::string> state_configuration;
};
[[nodiscard]] JobNames names_of_job(const std::string& job);
/// How the dead-letter topic is made.
[[nodiscard]] std::map<std::string, std::string> dead_letter_configuration();

/// Why a state topic, which is there, is of no use; nullopt when it is.
[[nodiscard]] std::optional<std::string> state_topic_problem(const std::string& job,
                                                             const TopicSeen& topic);

}  // namespace velo::connectors
