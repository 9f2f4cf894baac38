#include "connectors/kafka/membership.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/topics.hpp"

namespace velo::connectors {

namespace {

using engine::Leadership;
using engine::PortError;
using TopicNames =
    std::unique_ptr<rd_kafka_TopicCollection_t, Destroy<rd_kafka_TopicCollection_destroy>>;

constexpr int kAnswerWaitMs = 50;
constexpr int kLeaveStepMs = 20;
constexpr int kLeaveSteps = 250;  // Five seconds for each half of leaving.
constexpr std::uint64_t kOneWake = 1;
constexpr std::size_t kLongestInstance = 200;  // Brokers take 249.

// What a broker accepts in a group.instance.id.
std::string sanitised(std::string_view instance) {
    std::string result(instance.substr(0, kLongestInstance));
    for (char& each : result) {
        const bool is_fine = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                             (each >= '0' && each <= '9') || each == '.' || each == '_' ||
                             each == '-';
        if (!is_fine) each = '_';
    }
    if (result == "." || result == "..") result.append("_");
    return result;
}

bool is_missing(rd_kafka_resp_err_t code) { return judge(code).code == "topic_missing"; }

}  // namespace

std::string group_of(const std::string& job) { return "velostream." + job; }
std::string lead_topic_of(const std::string& job) { return group_of(job) + ".lead"; }

Membership::Membership(const KafkaLedgerOptions& options)
    : options_(options), topic_(lead_topic_of(options.job)) {}

Membership::~Membership() {
    // The queues hang on the client, and nobody may be woken once this is gone.
    for (const Queue* queue : {&answers_, &group_queue_}) {
        if (*queue) rd_kafka_queue_io_event_enable(queue->get(), -1, nullptr, 0);
    }
}

Leadership Membership::serve(std::optional<PortError>& error) {
    error.reset();
    if (step_ == Step::Left || state_ == Leadership::Lost) {
        if (step_ == Step::Joined) static_cast<void>(drain(0));  // It is leaving.
        error = why_lost_;
        return Leadership::Lost;
    }
    if (!client_) error = connect();
    if (!error && !asked_ && step_ == Step::Asking) ask();
    if (!error && step_ != Step::Joined) error = look_at_answer();
    if (step_ == Step::Joined) {
        auto said = drain(0);
        if (!error) error = std::move(said);
    }
    if (client_ && is_fenced()) error = why_lost_;
    if (state_ == Leadership::Active) error.reset();
    if (state_ == Leadership::Lost) error = why_lost_;
    return state_;
}

std::optional<PortError> Membership::connect() {
    const auto session = options_.session.count();
    Settings ours{
        {"group.id", group_of(options_.job)},
        {"group.protocol", "classic"},
        {"partition.assignment.strategy", "cooperative-sticky"},
        {"session.timeout.ms", std::to_string(session)},
        {"heartbeat.interval.ms", std::to_string(std::min<std::int64_t>(session / 10, 3000))},
        {"max.poll.interval.ms", std::to_string(std::max<std::int64_t>(session, 60000))},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"allow.auto.create.topics", "false"},
        {"isolation.level", "read_committed"},
        {"topic.metadata.refresh.interval.ms", "5000"}};
    if (!options_.instance.empty())
        ours.emplace_back("group.instance.id", sanitised(options_.instance));
    auto client =
        Client::make(RD_KAFKA_CONSUMER, options_.client, {}, ours, RD_KAFKA_EVENT_REBALANCE);
    if (!client) return client.error();
    client_ = std::move(*client);
    answers_.reset(rd_kafka_queue_new(client_->get()));
    group_queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
    for (const Queue* queue : {&answers_, &group_queue_}) {
        rd_kafka_queue_io_event_enable(queue->get(), options_.wake_descriptor, &kOneWake,
                                       options_.wake_descriptor < 0 ? 0 : sizeof kOneWake);
    }
    return std::nullopt;
}

void Membership::ask() {
    const AdminOptions options = options_for(*client_, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    const char* name = topic_.c_str();
    const TopicNames names{rd_kafka_TopicCollection_of_topic_names(&name, 1)};
    rd_kafka_DescribeTopics(client_->get(), names.get(), options.get(), answers_.get());
    asked_ = true;
}

std::optional<PortError> Membership::look_at_answer() {
    const Event event{rd_kafka_queue_poll(answers_.get(), kAnswerWaitMs)};
    if (!event) {
        const auto behind = client_->why();
        return behind ? std::optional(client_error(*behind, fmt::format("topic '{}'", topic_)))
                      : std::nullopt;
    }
    asked_ = false;
    const bool was_making = std::exchange(step_, Step::Asking) == Step::Making;
    if (const auto code = rd_kafka_event_error(event.get()))
        return call_error(code, fmt::format("topic '{}'", topic_), *client_);
    if (was_making) return creation_error(event.get(), topic_);
    std::size_t count = 0;
    const auto** found = rd_kafka_DescribeTopics_result_topics(
        rd_kafka_event_DescribeTopics_result(event.get()), &count);
    if (count != 1) return make_topic();
    if (const auto code = rd_kafka_error_code(rd_kafka_TopicDescription_error(found[0])))
        return is_missing(code) ? make_topic()
                                : port_error(code, fmt::format("topic '{}'", topic_));
    std::size_t partitions = 0;
    const auto** each = rd_kafka_TopicDescription_partitions(found[0], &partitions);
    if (partitions > 1) {
        return PortError{
            .fatal = true,
            .code = "lead_topic_unfit",
            .text = fmt::format("topic '{}' has {} partitions and must have one, whose "
                                "owner runs the job; delete the topic, and it is made "
                                "as it should be",
                                topic_, partitions)};
    }
    if (partitions == 0 || rd_kafka_TopicPartitionInfo_leader(each[0]) == nullptr)
        return port_error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                          fmt::format("topic '{}'", topic_));
    return join();
}

std::optional<PortError> Membership::make_topic() {
    if (auto failed =
            ask_to_create(*client_, topic_, {.partitions = 1, .replication = options_.replication},
                          {}, answers_.get())) {
        return failed;
    }
    asked_ = true;
    step_ = Step::Making;
    return std::nullopt;
}

std::optional<PortError> Membership::join() {
    const TopicPartitions topics{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto code = rd_kafka_subscribe(client_->get(), topics.get()))
        return call_error(code, fmt::format("group '{}'", group_of(options_.job)), *client_);
    step_ = Step::Joined;
    return std::nullopt;
}

// Serves what the group has to say, and tells what keeps it from being heard.
std::optional<PortError> Membership::drain(int wait_ms) {
    const std::string what = fmt::format("group '{}'", group_of(options_.job));
    std::optional<PortError> trouble;
    while (const Event event{rd_kafka_queue_poll(group_queue_.get(), wait_ms)}) {
        wait_ms = 0;
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
            rebalance(event.get());
        } else if (const auto error = client_->error_of(event.get())) {
            trouble = port_error(error->code, what, error->text);
        }
    }
    if (const auto error = client_->why(); error && !trouble) trouble = client_error(*error, what);
    return trouble;
}

void Membership::rebalance(rd_kafka_event_t* event) {
    rd_kafka_topic_partition_list_t* partitions = rd_kafka_event_topic_partition_list(event);
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        for (int i = 0; i < partitions->cnt; ++i)
            partitions->elems[i].offset = RD_KAFKA_OFFSET_END;  // No committed offset is looked up.
        const Failed failed{rd_kafka_incremental_assign(client_->get(), partitions)};
        rd_kafka_pause_partitions(client_->get(), partitions);
        if (!failed && (state_ == Leadership::Joining || state_ == Leadership::Waiting))
            state_ = partitions->cnt > 0 ? Leadership::Active : Leadership::Waiting;
        return;
    }
    const bool was_lost = rd_kafka_assignment_lost(client_->get()) != 0;
    const bool had_it = partitions->cnt > 0;
    const Failed failed{rd_kafka_incremental_unassign(client_->get(), partitions)};
    if (failed) rd_kafka_assign(client_->get(), nullptr);
    if (!had_it || state_ != Leadership::Active) return;
    lose({.fatal = false,
          .code = "leadership_lost",
          .text = was_lost
                      ? fmt::format("group '{}': this process was not heard of for {} ms; the job "
                                    "waits here until it is given back",
                                    group_of(options_.job), options_.session.count())
                      : fmt::format("group '{}': the job was given to another process; it waits "
                                    "here until it is given back",
                                    group_of(options_.job))});
}

// It leaves, too: what is of no use any more must not be given the job again.
void Membership::lose(PortError why) {
    state_ = Leadership::Lost;
    why_lost_ = std::move(why);
    rd_kafka_unsubscribe(client_->get());
}

// A client that has broken for good: almost always another process has taken its name.
bool Membership::is_fenced() {
    std::array<char, 512> text{};
    const auto code = rd_kafka_fatal_error(client_->get(), text.data(), text.size());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
        lose({.fatal = true,
              .code = "instance_in_use",
              .text = fmt::format("group '{}': another process runs under the instance name '{}'; "
                                  "give each process a name of its own",
                                  group_of(options_.job), options_.instance)});
    } else {
        PortError why =
            port_error(code, fmt::format("group '{}'", group_of(options_.job)), text.data());
        why.fatal = true;
        lose(std::move(why));
    }
    return true;
}

GroupMember Membership::member() const {
    if (state_ != Leadership::Active) return {};
    return GroupMember{rd_kafka_consumer_group_metadata(client_->get())};
}

// A client that closes keeps a named member in the group, as for a restart; one that gives its subscription up leaves.
void Membership::leave() {
    if (std::exchange(step_, Step::Left) != Step::Joined) return;
    state_ = Leadership::Lost;
    rd_kafka_unsubscribe(client_->get());
    for (int i = 0; i < kLeaveSteps; ++i) {
        static_cast<void>(drain(kLeaveStepMs));
        char* const id = rd_kafka_memberid(client_->get());
        const bool is_member = id != nullptr && *id != '\0';
        if (id != nullptr) rd_kafka_mem_free(client_->get(), id);
        if (!is_member) break;  // The request to leave is on its way; closing waits for the answer.
    }
    const Failed failed{rd_kafka_consumer_close_queue(client_->get(), group_queue_.get())};
    for (int i = 0; i < kLeaveSteps && rd_kafka_consumer_closed(client_->get()) == 0; ++i)
        static_cast<void>(drain(kLeaveStepMs));
}

}  // namespace velo::connectors
