// `velostream lint --check-kafka` against a real broker, one that refuses things, and none.
#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "tests/kafka/broker.hpp"
#include "tests/kafka/cluster_admin.hpp"
#include "tests/kafka/kafka_client.hpp"
#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

/// A folder with a server file and one job.
class Checked {
public:
    explicit Checked(const std::string& name,
                     const std::string& brokers = shared_broker().bootstrap_servers())
        : name_(name) {
        folder_.write("velostream.yaml", "kafka:\n  bootstrap_servers: \"" + brokers + "\"\n");
        write(name + ".in", name + ".out");
    }
    void write(const std::string& source, const std::string& sink,
               const std::string& create = ", create: {partitions: 3, replication: 1}",
               const std::string& more = {}) const {
        folder_.write("job.yaml", "name: " + name_ +
                                      "\nsources:\n  s:\n    kafka: {topic: " + source +
                                      "}\n    schema: {n: BIGINT}\nquery: SELECT n FROM s\nsink: "
                                      "{kafka: {topic: " +
                                      sink + create + "}}\n" + more);
    }
    [[nodiscard]] Ended lint(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"lint", "--check-kafka", "--config",
                                       folder_.file("velostream.yaml"), folder_.file("job.yaml")};
        words.insert(words.end(), more.begin(), more.end());
        Ended ended = run_velostream(words);
        for (std::string* text : {&ended.out, &ended.err}) {
            const std::string folder = folder_.path().string() + "/";
            for (std::size_t at = text->find(folder); at != std::string::npos;
                 at = text->find(folder))
                text->erase(at, folder.size());
        }
        return ended;
    }
    [[nodiscard]] static KafkaClient client() {
        return KafkaClient(shared_broker().bootstrap_servers());
    }

private:
    std::string name_;
    TestFolder folder_;
};

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a job whose topics are there, or can be made, passes and nothing is made",
          "[kafka][check]") {
    const Checked job("checked");
    Checked::client().create_topic("checked.in", 4);
    const Ended ended = job.lint();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(ended.out.empty());
    CHECK(says(ended.err,
               "checked: source topic 'checked.in' with 4 partitions, sink topic "
               "'checked.out' to be made with 3 partitions, dead-letter topic "
               "'checked.dlq' to be made with 1 partition\n"));
    const auto topics = Checked::client().topics();
    CHECK(std::ranges::count(topics, "checked.out") == 0);
    CHECK(std::ranges::count(topics, "velostream.checked.state") == 0);
}

TEST_CASE("all that is missing is told at once, with its place", "[kafka][check]") {
    const Checked job("astray");
    Checked::client().create_topic("astray.orders", 1);
    job.write("astray.odrers", "astray.nowhere", "");
    const Ended ended = job.lint();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 78);
    CHECK(says(ended.out,
               "job.yaml:4:20: source topic 'astray.odrers' does not exist; did you "
               "mean 'astray.orders'?\n"));
    CHECK(says(ended.out, "job.yaml:7:23: sink topic 'astray.nowhere' does not exist; "));
    CHECK(says(ended.out, "or let the job make it with 'create: {partitions: 8}'"));
    CHECK(says(ended.err, "2 mistakes\n"));
    const Ended json = job.lint({"--output", "json"});
    CHECK(json.exit_code == 78);
    CHECK(says(json.out, "\"file\":\"job.yaml\",\"line\":4,\"column\":20"));
}

TEST_CASE("a topic that could not be made is refused before the job runs", "[kafka][check]") {
    const Checked job("too_many_replicas");
    Checked::client().create_topic("too_many_replicas.in", 1);
    job.write("too_many_replicas.in", "too_many_replicas.out",
              ", create: {partitions: 1, replication: 3}");
    const Ended ended = job.lint();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 78);
    CHECK(says(ended.out, "job.yaml:7:23: topic 'too_many_replicas.out' cannot be made: "));
}

TEST_CASE("a state topic that would lose state, and a dead-letter topic that cuts, are told of",
          "[kafka][check]") {
    const Checked job("unfit");
    const KafkaClient client = Checked::client();
    client.create_topic("unfit.in", 1, {{"max.message.bytes", "2000000"}});
    client.create_topic("unfit.dlq", 1);
    client.create_topic("velostream.unfit.state", 8, {{"cleanup.policy", "delete"}});
    client.create_topic("velostream.unfit.lead", 2);
    const Ended ended = job.lint();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 78);
    CHECK(
        says(ended.out, "job.yaml:1:7: topic 'velostream.unfit.state' has cleanup.policy=delete"));
    CHECK(says(ended.out, "job.yaml:1:7: topic 'velostream.unfit.lead' has 2 partitions"));
    CHECK(says(ended.err,
               "note: the largest records of 'unfit.in' do not fit dead-letter topic "
               "'unfit.dlq' as a whole"));
}

TEST_CASE("what the daemon's user may not do is told before it tries", "[kafka][check]") {
    Broker broker(
        {.settings = {
             "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
             "allow.everyone.if.no.acl.found=true"}});
    const std::string brokers = broker.bootstrap_servers();
    const KafkaClient client(brokers);
    for (const char* topic : {"guarded.in", "guarded.out", "guarded.dlq"})
        client.create_topic(topic, 1);
    const Checked job("guarded", brokers);
    const ClusterAdmin admin(brokers);
    admin.forbid_topic("guarded.in", TopicRight::Read);
    admin.forbid_topic("guarded.out", TopicRight::Write);
    admin.forbid_topic("guarded.dlq", TopicRight::Describe);
    admin.forbid_group("velostream.guarded");
    Ended ended;
    for (int i = 0; i < 100 && !says(ended.out, "group"); ++i) ended = job.lint();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 78);
    CHECK(says(ended.out,
               "job.yaml:4:20: the daemon's user has no READ on source topic "
               "'guarded.in'; allow it"));
    CHECK(says(ended.out,
               "job.yaml:7:23: the daemon's user has no WRITE on sink topic "
               "'guarded.out'; allow it"));
    CHECK(says(ended.out, "dead-letter topic 'guarded.dlq' cannot be looked at: "));
    CHECK(says(ended.out, "job.yaml:1:7: group 'velostream.guarded': "));
    CHECK(says(ended.err,
               "job.yaml:1:7: note: not checked: whether the daemon's user has DESCRIBE and WRITE "
               "on transactional id 'velostream.guarded'"));
}

TEST_CASE("a cluster that does not answer is 69, with the place of its address", "[kafka][check]") {
    const Checked job("unheard", "127.0.0.1:1");
    const Ended ended = job.lint();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 69);
    CHECK(says(ended.out, "velostream.yaml:2:22: Kafka at 127.0.0.1:1: "));
    job.write("a", "b", "", "colour: blue\n");
    CHECK(job.lint().exit_code == 78);
}
