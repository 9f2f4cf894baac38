// The API of a running daemon: what it shows, who may change what, and that docs/openapi.yaml tells the truth.
#include <csignal>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "config/yaml_file.hpp"
#include "tests/server/live_jobs.hpp"

using namespace velo;
using namespace velo::tests;
using velo::config::Node;
using velo::server::JsonValue;
using velo::server::parse_json;

namespace {

const Node* entry(const Node& mapping, std::string_view key) {
    for (const Node::Entry& each : mapping.entries) {
        if (each.key->text == key) return each.value;
    }
    return nullptr;
}

std::string error_of(const Daemon::Answer& answer) {
    return parse_json(answer.body).value_or(JsonValue{}).text_of("error");
}

}  // namespace

TEST_CASE("the API shows jobs, and one of them with all there is to know", "[api]") {
    LiveJobs live({"first", "second"});
    live.feed("first", "{\"n\":1}\n{\"n\":0}\n{broken\n");
    live.daemon().wait_until(
        [&] { return live.job("first").number_of("records_dead_lettered") == 1; });
    const auto all = parse_json(live.daemon().get("/api/v1/jobs").body);
    REQUIRE(all);
    const JsonValue* jobs = all->find("jobs");
    REQUIRE(jobs != nullptr);
    REQUIRE(jobs->items.size() == 2);
    CHECK(jobs->items[0].text_of("name") == "first");
    CHECK(jobs->items[1].text_of("state") == "running");
    const JsonValue job = live.job("first");
    CHECK(job.number_of("records_in") == 3);
    CHECK(job.number_of("records_answered") == 1);
    CHECK(job.number_of("records_filtered") == 1);
    CHECK(job.text_of("query") == "SELECT n FROM s WHERE n > 0");
    REQUIRE(job.find("partitions") != nullptr);
    CHECK(job.find("partitions")->items.at(0).number_of("records_in") == 3);
    CHECK(job.find("faults")->items.at(0).text_of("stage") == "decode");
    CHECK(job.find("events")->items.size() >= 2);
    CHECK(job.find("plan")->find("operators") != nullptr);
    CHECK(job.find("configuration")->text_of("name") == "first");
    CHECK(job.find("configuration")->find("execution")->text_of("commit_interval") == "20ms");
    CHECK(live.daemon().get("/api/v1/jobs/third").status == 404);
    CHECK(live.daemon().get("/api/v1/version").body.find("\"version\"") != std::string::npos);
}

TEST_CASE("the effective configuration shows secrets as stars", "[api]") {
    LiveJobs live({"a"});
    live.folder().write("secret", "hunter2\n");
    live.folder().write("velostream.yaml",
                        "http: {listen: \"127.0.0.1:0\"}\nkafka: {bootstrap_servers: "
                        "\"127.0.0.1:1\", properties: {security.protocol: sasl_ssl, "
                        "sasl.mechanism: PLAIN, sasl.username: me, sasl.password: {file: " +
                            live.folder().file("secret") + "}}}\n");
    live.folder().write("kafka.yaml",
                        "name: secretive\nsources: {s: {kafka: {topic: t}, schema: {a: STRING}}}\n"
                        "query: SELECT a FROM s\nsink: {kafka: {topic: o}}\n");
    Daemon daemon({"run", "--config", live.folder().file("velostream.yaml"),
                   live.folder().file("kafka.yaml")});
    const std::string body = daemon.get("/api/v1/jobs/secretive").body;
    CHECK(body.find(R"("sasl.username":"me")") != std::string::npos);
    CHECK(body.find(R"("sasl.password":"***")") != std::string::npos);
    CHECK(body.find("hunter2") == std::string::npos);
}

TEST_CASE("only who sends the token changes something", "[api]") {
    LiveJobs live({"a"});
    for (const char* path : {"/api/v1/jobs/a/pause", "/api/v1/jobs/a/resume",
                             "/api/v1/jobs/a/restart", "/api/v1/jobs/a/drain", "/api/v1/reload"}) {
        INFO(path);
        CHECK(live.post(path, "").status == 401);
        CHECK(live.post(path, "wrong").status == 401);
        CHECK(live.daemon().ask("POST", path, "Authorization: Basic sesame\r\n").status == 401);
        CHECK(live.daemon().get(path).status == 405);
        CHECK(live.daemon()
                  .ask("POST", path, "Authorization: Bearer sesame\r\nOrigin: http://elsewhere\r\n")
                  .status == 403);
    }
    CHECK(live.job("a").text_of("state") == "running");
    CHECK(live.post("/api/v1/jobs/b/pause").status == 404);
    CHECK(error_of(live.post("/api/v1/jobs/b/pause")) == "no job 'b'; did you mean 'a'?");
    CHECK(live.post("/api/v1/jobs/a/resume").status == 409);
    LiveJobs closed({"a"}, false);
    const auto answer = closed.post("/api/v1/jobs/a/pause");
    CHECK(answer.status == 403);
    CHECK(error_of(answer).find("http.admin_token") != std::string::npos);
}

TEST_CASE("a listener for this machine refuses other names", "[api]") {
    LiveJobs live({"a"});
    const auto with_host = [&](const std::string& host) {
        // The first Host counts; a second is what a browser would send.
        return live.daemon().ask("GET", "/livez HTTP/1.1\r\nHost: " + host + "\r\nX-Rest:").status;
    };
    CHECK(with_host("localhost:8080") == 200);
    CHECK(with_host("127.0.0.1") == 200);
    CHECK(with_host("evil.example") == 421);
}

TEST_CASE("a job pauses, resumes, restarts and drains", "[api]") {
    LiveJobs live({"a", "b"});
    live.feed("a", "{\"n\":1}\n");
    live.daemon().wait_until([&] { return live.job("a").number_of("records_out") == 1; });
    CHECK(live.post("/api/v1/jobs/a/pause").status == 202);
    live.await("a", "paused");
    CHECK(live.post("/api/v1/jobs/a/pause").status == 202);  // It is already.
    CHECK(live.daemon().get("/readyz").status == 200);
    CHECK(live.post("/api/v1/jobs/a/resume").status == 202);
    live.await("a", "running");
    live.feed("a", "{\"n\":2}\n");
    live.daemon().wait_until([&] { return live.job("a").number_of("records_out") == 1; });
    CHECK(live.folder().read("a.out") == "{\"n\":2}\n");  // A file job starts over.
    const std::string since = live.job("a").text_of("since");
    CHECK(live.post("/api/v1/jobs/a/restart").status == 202);
    live.daemon().wait_until([&] {
        const JsonValue job = live.job("a");
        return job.text_of("state") == "running" && job.text_of("since") != since;
    });
    CHECK(live.post("/api/v1/jobs/a/drain").status == 202);
    live.await("a", "stopped");
    CHECK(live.post("/api/v1/jobs/a/pause").status == 409);
    CHECK(live.post("/api/v1/jobs/a/restart").status == 202);
    live.await("a", "running");
    CHECK(live.post("/api/v1/jobs/a/pause").status == 202);
    live.await("a", "paused");
    CHECK(live.post("/api/v1/jobs/a/drain").status == 202);
    live.await("a", "stopped");
    CHECK(live.job("b").number_of("run_seconds") > 0);
    CHECK(live.job("b").text_of("state") == "running");
    live.daemon().signal(SIGTERM);
    CHECK(live.daemon().wait().exit_code == 0);
}

TEST_CASE("the daemon ends while a job is paused", "[api]") {
    LiveJobs live({"a"});
    CHECK(live.post("/api/v1/jobs/a/pause").status == 202);
    live.await("a", "paused");
    live.daemon().signal(SIGTERM);
    CHECK(live.daemon().wait(std::chrono::seconds{20}).exit_code == 0);
}

TEST_CASE("events come as a stream of snapshots", "[api]") {
    LiveJobs live({"a"});
    const std::string stream = live.daemon().get("/api/v1/events?frames=2").body;
    CHECK(stream.starts_with("retry: 1000\nid: 1\nevent: snapshot\ndata: {\"at\":\""));
    const std::size_t second = stream.find("id: 2\nevent: snapshot\ndata: ");
    REQUIRE(second != std::string::npos);
    const std::size_t data = stream.find("data: ", second) + 6;
    const auto snapshot = parse_json(stream.substr(data, stream.find('\n', data) - data));
    REQUIRE(snapshot);
    CHECK(snapshot->find("jobs")->items.at(0).text_of("name") == "a");
    CHECK(snapshot->find("takes_changes")->kind == JsonValue::Kind::True);
}

TEST_CASE("the page is served with its parts, and nothing from elsewhere", "[api][page]") {
    LiveJobs live({"a"});
    const std::string page = live.daemon().get("/").body;
    CHECK(page.starts_with("<!doctype html>"));
    CHECK(live.daemon().get("/app.js").body.find("EventSource") != std::string::npos);
    CHECK(live.daemon().get("/style.css").body.find("prefers-color-scheme") != std::string::npos);
    for (const char* path : {"/", "/app.js", "/tail.js", "/style.css"}) {
        const std::string body = live.daemon().get(path).body;
        INFO(path);
        CHECK(body.find("https://") == std::string::npos);
        CHECK(body.find(" style=") == std::string::npos);
    }
}

TEST_CASE("docs/openapi.yaml names every route, method and answer", "[api]") {
    std::vector<Mistake> mistakes;
    const auto text = config::read_text_file("docs/openapi.yaml");
    REQUIRE(text);
    const config::YamlFile file("docs/openapi.yaml", *text, mistakes);
    REQUIRE(mistakes.empty());
    const Node* paths = entry(*file.root(), "paths");
    REQUIRE(paths != nullptr);
    std::set<std::string> documented;
    LiveJobs live({"a"});
    const auto answers = [&](const Node& operation, int status) {
        const Node* responses = entry(operation, "responses");
        return responses != nullptr && entry(*responses, std::to_string(status)) != nullptr;
    };
    for (const Node::Entry& path : paths->entries) {
        for (const Node::Entry& operation : path.value->entries) {
            std::string method = operation.key->text;
            if (method == "parameters") continue;
            for (char& c : method) c = static_cast<char>(std::toupper(c));
            documented.insert(method + " " + path.key->text);
            std::string target = path.key->text;
            if (const std::size_t name = target.find("{name}"); name != std::string::npos)
                target.replace(name, 6, "a");
            INFO(method << ' ' << target);
            const bool is_stream = target == "/api/v1/events" || target.ends_with("/tap");
            CHECK(
                answers(*operation.value,
                        live.daemon().ask(method, target + (is_stream ? "?frames=1" : "")).status));
            if (method != "POST") continue;
            for (const int status : {401, 403}) CHECK(answers(*operation.value, status));
            CHECK(answers(*operation.value, live.post(target).status));
        }
    }
    std::set<std::string> served;
    const auto index = parse_json(live.daemon().get("/api/v1").body);
    REQUIRE(index);
    for (const JsonValue& route : index->find("routes")->items)
        served.insert(route.text_of("method") + " " + route.text_of("path"));
    CHECK(documented == served);
}
