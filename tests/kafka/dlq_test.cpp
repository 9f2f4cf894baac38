// `velostream dlq` over the dead letters that a real job has left on a real broker.
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/kafka/broker.hpp"
#include "tests/kafka/kafka_client.hpp"
#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

/// A job that answers 10 / n over a topic of three partitions; n = 0 is an evaluation fault, what is no JSON a decode fault.
class Division {
public:
    explicit Division(std::string name) : name_(std::move(name)) {
        folder_.write("velostream.yaml", "kafka: {bootstrap_servers: \"" +
                                             shared_broker().bootstrap_servers() +
                                             "\"}\njobs: [job.yaml]\n");
        folder_.write("job.yaml",
                      "name: " + name_ + "\nsources: {s: {kafka: {topic: " + name_ +
                          ".in}, schema: {n: BIGINT}}}\nquery: SELECT 10 / n AS q FROM s\nsink: "
                          "{kafka: {topic: " +
                          name_ + ".out, create: {partitions: 1, replication: 1}}}\n");
        client().create_topic(name_ + ".in", 3);
    }
    [[nodiscard]] static KafkaClient client() {
        return KafkaClient(shared_broker().bootstrap_servers());
    }
    void feed(const std::vector<Record>& records) const {
        client().produce(name_ + ".in", records);
    }
    /// Reads what there is to its end.
    void run() const {
        const Ended ended = run_velostream({"run", "--config", folder_.file("velostream.yaml"),
                                            folder_.file("job.yaml"), "--until-end"});
        INFO(ended.err);
        REQUIRE(ended.exit_code == 0);
    }
    [[nodiscard]] Ended dlq(const std::string& action, std::vector<std::string> more = {}) const {
        std::vector<std::string> words{"dlq", action, name_, "--config",
                                       folder_.file("velostream.yaml")};
        words.insert(words.end(), more.begin(), more.end());
        return run_velostream(words);
    }
    [[nodiscard]] std::string in() const { return name_ + ".in"; }
    [[nodiscard]] std::size_t inputs() const { return client().consume(in()).size(); }
    [[nodiscard]] const TestFolder& folder() const { return folder_; }

private:
    std::string name_;
    TestFolder folder_;
};

Record record(const std::string& value, int partition, std::optional<std::string> key = {}) {
    Record result;
    result.value = value;
    result.partition = partition;
    result.key = std::move(key);
    return result;
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("dlq lists dead letters by reason and shows them whole", "[kafka][dlq]") {
    const Division job("letters");
    CHECK(job.dlq("list").out == "letters.dlq: 0 dead letters, 0 of them replayed\n");
    Record traced = record("{\"n\":0, \"note\":{\"a\":[1,2]}}", 2, "k2");
    traced.headers = {{"trace", "t-1"}, {"app", "x"}, {"none", std::nullopt}, {"empty", ""}};
    job.feed({record("{\"n\":5}", 0), record("{\"n\":0}", 0, "k0"), traced,
              record("\xFF\xFE raw", 1, "k1")});
    job.run();
    const Ended list = job.dlq("list");
    INFO(list.out << list.err);
    CHECK(list.exit_code == 0);
    CHECK(says(list.out, "letters.dlq: 3 dead letters, 0 of them replayed\n"));
    CHECK(says(list.out, "evaluate  division_by_zero  letters.in partition 0         1"));
    CHECK(says(list.out, "evaluate  division_by_zero  letters.in partition 2         1"));
    CHECK(says(list.out, "letters.in partition 1 "));
    const Ended only = job.dlq("list", {"--reason", "decode", "--output", "json"});
    CHECK(says(only.out, "\"source\":\"letters.in partition 1\",\"count\":1"));
    CHECK_FALSE(says(only.out, "division_by_zero"));
    const Ended shown = job.dlq("show", {"--reason", "division_by_zero"});
    INFO(shown.out << shown.err);
    CHECK(says(shown.out, "    from letters.in partition 2 offset 0, job letters\n"));
    CHECK(says(shown.out, "    key:\n        k2\n    header trace: t-1\n    header app: x\n"));
    CHECK(says(shown.out, "    header none: null\n    header empty: \n"));
    CHECK(says(shown.out, "          \"n\": 0,\n          \"note\": {\n            \"a\": [\n"));
    const Ended raw = job.dlq("show", {"--reason", "decode"});
    CHECK(says(raw.out, "00000000  ff fe 20 72 61 77 "));
    const Ended json = job.dlq("show", {"--reason", "decode", "--output", "json"});
    CHECK(says(job.dlq("show", {"--reason", "division_by_zero", "--output", "json"}).out,
               "{\"name\":\"none\",\"value\":null},{\"name\":\"empty\",\"value\":\"\"}"));
    CHECK(says(json.out, "\"value_base64\":\"//4gcmF3\""));
    CHECK(says(json.out, "\"source\":{\"topic\":\"letters.in\",\"partition\":1,\"offset\":0}"));
    const Ended one = job.dlq("show", {"--limit", "1"});
    CHECK(says(one.err, "2 older ones are not shown"));
    CHECK(job.dlq("show", {"--from", "2099-01-01T00:00:00Z"}).out.empty());
    CHECK_FALSE(job.dlq("show", {"--from", "1h"}).out.empty());
    CHECK(says(job.dlq("show", {"--from", "0:2"}).out, "letters.dlq partition 0 offset "));
}

TEST_CASE("dlq replays each dead letter once, as it was, into its old partition", "[kafka][dlq]") {
    const Division job("again");
    Record traced = record("{\"n\":0}", 2, "key");
    traced.headers = {{"trace", "t-1"}, {"none", std::nullopt}, {"empty", ""}};
    job.feed({traced, record("{\"n\":0}", 1), record("broken", 0)});
    job.run();
    const Ended dry = job.dlq("replay", {"--dry-run"});
    CHECK(dry.exit_code == 0);
    CHECK(dry.out == "again.dlq: 3 would be replayed to again.in\n");
    CHECK(job.inputs() == 3);
    const Ended some = job.dlq("replay", {"--reason", "division_by_zero"});
    INFO(some.out << some.err);
    CHECK(some.exit_code == 0);
    CHECK(some.out == "again.dlq: 2 replayed to again.in\n");
    const auto records = Division::client().consume(job.in());
    REQUIRE(records.size() == 5);
    const auto& back = records.back();  // By partition, then offset.
    CHECK(back.partition == 2);
    CHECK(back.key == "key");
    CHECK(back.value == "{\"n\":0}");
    CHECK(back.headers == traced.headers);
    CHECK(says(job.dlq("list").out, "again.dlq: 3 dead letters, 2 of them replayed\n"));
    const Ended rest = job.dlq("replay");
    CHECK(says(rest.out, "again.dlq: 1 replayed to again.in\n"));
    CHECK(says(rest.out, "2 not: replayed before; --again does it again\n"));
    const Ended nothing = job.dlq("replay", {"--output", "json"});
    CHECK(says(nothing.out, "\"replayed\":{},\"replayed_before\":3"));
    CHECK(job.inputs() == 6);
    Division::client().create_topic("again.other", 1);
    const Ended other = job.dlq("replay", {"--again", "--limit", "2", "--to", "again.other"});
    CHECK(other.out == "again.dlq: 2 replayed to again.other\n");
    CHECK(Division::client().consume("again.other").size() == 2);
    // What comes back broken is a dead letter of its own, and may be replayed again.
    job.run();
    CHECK(says(job.dlq("list").out, "again.dlq: 6 dead letters, 3 of them replayed\n"));
}

TEST_CASE("dlq does not replay what has been cut", "[kafka][dlq]") {
    const Division job("cut");
    Division::client().create_topic("cut.dlq", 1, {{"max.message.bytes", "4000"}});
    job.feed({record("{\"n\":0,\"x\":\"" + std::string(10'000, 'x') + "\"}", 0),
              record("{\"n\":0}", 0)});
    job.run();
    const Ended shown = job.dlq("show");
    CHECK(says(shown.out, "    cut: "));
    CHECK(says(shown.out, " bytes of 10014\n"));
    const Ended ended = job.dlq("replay");
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 1);
    CHECK(says(ended.out, "cut.dlq: 1 replayed to cut.in\n"));
    CHECK(says(ended.out, "1 not: only a part of the payload is there (velostream.truncated)\n"));
    CHECK(job.inputs() == 3);
}

TEST_CASE("dlq says what is wrong", "[kafka][dlq]") {
    const Division job("wrongly");
    const auto ask = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--config", job.folder().file("velostream.yaml")});
        return run_velostream(words);
    };
    const Ended unknown = ask({"dlq", "list", "wrongyl"});
    CHECK(unknown.exit_code == 78);
    CHECK(says(unknown.err, "no job 'wrongyl' in the server file; did you mean 'wrongly'?"));
    CHECK(ask({"dlq", "list", job.folder().file("job.yaml")}).exit_code == 0);
    const Ended action = ask({"dlq", "lsit", "wrongly"});
    CHECK(action.exit_code == 2);
    CHECK(says(action.err, "did you mean 'list'?"));
    CHECK(ask({"dlq", "show", "wrongly", "--from", "yesterday"}).exit_code == 2);
    CHECK(ask({"dlq", "show", "wrongly", "--dry-run"}).exit_code == 2);
    job.feed({record("broken", 0)});
    job.run();
    const Ended nowhere = ask({"dlq", "replay", "wrongly", "--to", "wrongly.nowhere"});
    CHECK(nowhere.exit_code == 1);
    CHECK(says(nowhere.err, "topic 'wrongly.nowhere' does not exist"));
    CHECK(says(ask({"dlq", "list", "wrongly"}).out, "1 dead letter, 0 of them replayed"));
    job.folder().write("file.yaml",
                       "name: f\nsources: {s: {file: {path: a}, schema: {n: BIGINT}}}\nquery: "
                       "SELECT n FROM s\nsink: {file: {path: out.jsonl}}\n");
    const Ended file = ask({"dlq", "list", job.folder().file("file.yaml")});
    CHECK(file.exit_code == 1);
    CHECK(says(file.err, "lines of the file '"));
    job.folder().write("velostream.yaml",
                       "kafka: {bootstrap_servers: \"127.0.0.1:1\"}\njobs: "
                       "[job.yaml]\n");
    CHECK(ask({"dlq", "list", "wrongly"}).exit_code == 69);
}
