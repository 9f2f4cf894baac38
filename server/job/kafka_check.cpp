#include "server/job/kafka_check.hpp"

#include <algorithm>
#include <expected>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/kafka/cluster_look.hpp"
#include "server/job/job_builder.hpp"
#include "server/job/plan_job.hpp"

namespace velo::server {

namespace {

using config::JobSpec;
using connectors::ClusterLook;
using connectors::Permission;
using connectors::TopicSeen;
using connectors::TopicShape;

constexpr std::size_t kErrorHeaders =
    4096;  // What a dead letter has more than its record, as a rule.
constexpr std::size_t kMostNames = 8;

/// A topic that a job uses, and what for.
struct Use {
    std::string topic;
    std::string what;  // `source topic`
    Place place;
    std::vector<Permission> needs;
    std::optional<TopicShape>
        create;  // How it is made when it is missing; nullopt: it has to be there.
    std::map<std::string, std::string> configuration{};
};

/// One job against its cluster.
class JobCheck {
public:
    JobCheck(const LoadedJob& job, ClusterLook& cluster, KafkaFindings& findings)
        : job_(job.spec), cluster_(cluster), findings_(findings) {
        collect();
        const bool stateful = !sources_.empty() && !sink_.empty();
        if (stateful) names_ = connectors::names_of_job(job_.name.value);
    }

    /// False: the cluster does not answer any more.
    bool run() {
        std::vector<std::string> topics;
        for (const Use& use : uses_) topics.push_back(use.topic);
        if (names_) {
            topics.push_back(names_->state_topic);
            topics.push_back(names_->lead_topic);
        }
        std::ranges::sort(topics);
        const auto repeated = std::ranges::unique(topics);
        topics.erase(repeated.begin(), repeated.end());
        auto seen = cluster_.look_at(topics);
        if (!seen) return refuse(place_of_job(), seen.error());
        seen_ = std::move(*seen);
        for (const Use& use : uses_) {
            if (!check(use)) return false;
        }
        if (names_ && !check_own_topics()) return false;
        check_sizes();
        say_what_is_there();
        return true;
    }

private:
    void collect() {
        for (const config::SourceSpec& source : job_.sources) {
            const auto* kafka = std::get_if<config::KafkaSourceSpec>(&source.from);
            if (kafka == nullptr) continue;
            sources_.push_back(kafka->topic.value);
            uses_.push_back({.topic = kafka->topic.value,
                             .what = "source topic",
                             .place = kafka->topic.place,
                             .needs = {Permission::Describe, Permission::Read},
                             .create = std::nullopt});
        }
        if (const auto* kafka = std::get_if<config::KafkaSinkSpec>(&job_.sink.to)) {
            sink_ = kafka->topic.value;
            uses_.push_back({.topic = kafka->topic.value,
                             .what = "sink topic",
                             .place = kafka->topic.place,
                             .needs = {Permission::Describe, Permission::Write},
                             .create = shape_of(kafka->create)});
        }
        const auto* dlq = std::get_if<config::KafkaSinkSpec>(&job_.dlq.to);
        if (dlq == nullptr || !writes_dead_letters(job_)) return;
        dlq_ = dlq->topic.value;
        uses_.push_back({.topic = dlq->topic.value,
                         .what = "dead-letter topic",
                         .place = dlq->topic.place.line > 0 ? dlq->topic.place : job_.sink.place,
                         .needs = {Permission::Describe, Permission::Write},
                         .create = shape_of(dlq->create).value_or(TopicShape{}),
                         .configuration = connectors::dead_letter_configuration()});
    }

    static std::optional<TopicShape> shape_of(
        const std::optional<config::CreateTopicSpec>& create) {
        if (!create) return std::nullopt;
        TopicShape shape{.partitions = static_cast<std::int32_t>(create->partitions.value)};
        if (create->replication.value)
            shape.replication = static_cast<std::int32_t>(*create->replication.value);
        return shape;
    }

    Place place_of_job() const { return uses_.front().place; }

    void refuse(const Place& place, std::string text) {
        findings_.mistakes.push_back({place, std::move(text)});
    }

    // False when it was no answer at all.
    bool refuse(const Place& place, const engine::PortError& error) {
        refuse(place, error.text);
        const bool answered = error.fatal;
        if (!answered) ++findings_.unreachable;
        return answered;
    }

    bool check(const Use& use) {
        const TopicSeen& topic = seen_[use.topic];
        if (topic.hidden) {
            refuse(use.place, fmt::format("{} '{}' cannot be looked at: {}; allow the daemon's "
                                          "user {} on it",
                                          use.what, use.topic, to_lower(*topic.hidden),
                                          permissions(use.needs)));
            return true;
        }
        if (topic.partitions == 0) return check_missing(use);
        if (!topic.may) return true;
        std::vector<Permission> lacks;
        for (const Permission each : use.needs) {
            if (!topic.may->contains(each)) lacks.push_back(each);
        }
        if (!lacks.empty())
            refuse(use.place, fmt::format("the daemon's user has no {} on {} '{}'; allow it",
                                          permissions(lacks), use.what, use.topic));
        return true;
    }

    bool check_missing(const Use& use) {
        if (use.create) {
            const auto problem = cluster_.would_create(use.topic, *use.create, use.configuration);
            return !problem || refuse(use.place, *problem);
        }
        const bool is_sink = use.topic == sink_;
        refuse(
            use.place,
            fmt::format("{} '{}' does not exist{}{}", use.what, use.topic, hint(use.topic),
                        is_sink ? "; or let the job make it with 'create: {partitions: 8}'" : ""));
        return true;
    }

    // What else the author may have meant.
    std::string hint(const std::string& topic) const {
        std::vector<std::string_view> names;
        for (const std::string& name : cluster_.topics()) {
            if (!name.starts_with("__") && !name.starts_with("velostream.")) names.push_back(name);
        }
        if (std::string near = did_you_mean(topic, names); !near.empty()) return near;
        if (names.empty()) return "; the cluster shows no topics, create it first";
        const std::size_t more = names.size() > kMostNames ? names.size() - kMostNames : 0;
        names.resize(names.size() - more);
        return fmt::format("; create it, or name one of {}{}", fmt::join(names, ", "),
                           more == 0 ? "" : fmt::format(" and {} others", more));
    }

    static std::string permissions(const std::vector<Permission>& all) {
        std::string text;
        for (const Permission each : all)
            text += (text.empty() ? "" : " and ") + std::string(connectors::permission_name(each));
        return text;
    }

    // The topics and the group that the server keeps for the job.
    bool check_own_topics() {
        const TopicSeen& state = seen_[names_->state_topic];
        if (state.partitions != 0) {
            if (auto problem = connectors::state_topic_problem(job_.name.value, state))
                refuse(job_.name.place, std::move(*problem));
        }
        const TopicSeen& lead = seen_[names_->lead_topic];
        if (lead.partitions > 1) {
            refuse(job_.name.place,
                   fmt::format("topic '{}' has {} partitions and must have one; delete it",
                               names_->lead_topic, lead.partitions));
        }
        const Use own_state{.topic = names_->state_topic,
                            .what = "state topic",
                            .place = job_.name.place,
                            .needs = {Permission::Describe, Permission::Read, Permission::Write},
                            .create = names_->state_shape,
                            .configuration = names_->state_configuration};
        const Use own_lead{.topic = names_->lead_topic,
                           .what = "leadership topic",
                           .place = job_.name.place,
                           .needs = {Permission::Describe, Permission::Read},
                           .create = names_->lead_shape};
        if (!check(own_state) || !check(own_lead)) return false;
        const auto problem = cluster_.look_at_group(names_->group);
        return !problem || refuse(job_.name.place, *problem);
    }

    void check_sizes() {
        for (const std::string& source : sources_) check_sizes(source);
    }

    // Whether the largest record of the source fits a dead letter as a whole.
    void check_sizes(const std::string& source) {
        if (dlq_.empty()) return;
        const auto from = seen_[source].number("max.message.bytes");
        const auto to = seen_[dlq_].number("max.message.bytes");
        if (!from || !to || *to >= *from + kErrorHeaders) return;
        findings_.notes.push_back(
            {uses_.back().place,
             fmt::format("the largest records of '{0}' do not fit dead-letter topic '{1}' as a "
                         "whole and are cut (header velostream.truncated), because it has "
                         "max.message.bytes={2} and '{0}' has {3}; raise that of '{1}'",
                         source, dlq_, *to, *from)});
    }

    void say_what_is_there() {
        std::string line = job_.name.value + ":";
        for (const Use& use : uses_) {
            const std::uint32_t partitions = seen_[use.topic].partitions;
            line += fmt::format(
                "{} {} '{}' {}", line.back() == ':' ? "" : ",", use.what, use.topic,
                partitions != 0
                    ? fmt::format("with {} partition{}", partitions, partitions == 1 ? "" : "s")
                : use.create ? fmt::format("to be made with {} partition{}", use.create->partitions,
                                           use.create->partitions == 1 ? "" : "s")
                             : "missing");
        }
        findings_.lines.push_back(std::move(line));
    }

    const JobSpec& job_;
    ClusterLook& cluster_;
    KafkaFindings& findings_;
    std::vector<Use> uses_;
    std::vector<std::string> sources_;  // Topics.
    std::string sink_, dlq_;            // Topics; empty: a file.
    std::optional<connectors::JobNames> names_;
    std::map<std::string, TopicSeen> seen_;
};

bool uses_kafka(const JobSpec& job) {
    return std::holds_alternative<config::KafkaSinkSpec>(job.sink.to) ||
           std::ranges::any_of(job.sources, [](const config::SourceSpec& source) {
               return std::holds_alternative<config::KafkaSourceSpec>(source.from);
           });
}

// Where the user says how to reach this job's cluster.
Place place_of_connection(const JobSpec& job, const config::ServerSpec& server) {
    if (job.kafka.connection.place.line > 0) return job.kafka.connection.place;
    if (server.kafka.bootstrap_servers.place.line > 0) return server.kafka.bootstrap_servers.place;
    return job.name.place;
}

std::string identity_of(const connectors::ClientOptions& options) {
    std::string text = options.bootstrap_servers;
    for (const auto& [name, value] : options.properties) text += '\0' + name + '=' + value;
    return text;
}

}  // namespace

KafkaFindings check_kafka(const LoadedFiles& files, const config::Environment& environment) {
    KafkaFindings findings;
    std::map<std::string, std::unique_ptr<ClusterLook>> clusters;  // Null: it does not answer.
    const BuildContext context{
        .server = files.server, .environment = environment, .client_log = {}};
    for (const LoadedJob& job : files.jobs) {
        if (!uses_kafka(job.spec)) continue;
        try {
            connectors::ClientOptions options = client_options(job.spec, context);
            const std::string identity = identity_of(options);
            options.client_id = "velostream.lint";
            auto found = clusters.find(identity);
            if (found == clusters.end()) {
                auto opened = ClusterLook::open(options);
                if (!opened) {
                    findings.mistakes.push_back(
                        {place_of_connection(job.spec, files.server), opened.error().text});
                    ++findings.unreachable;
                }
                found = clusters.emplace(identity, opened ? std::move(*opened) : nullptr).first;
            }
            if (found->second == nullptr) continue;
            if (!JobCheck(job, *found->second, findings).run()) found->second = nullptr;
        } catch (const Error& error) {
            findings.mistakes.insert(findings.mistakes.end(), error.mistakes().begin(),
                                     error.mistakes().end());
        }
    }
    return findings;
}

}  // namespace velo::server
