// `velostream tap` and the stream behind it, against a running daemon.
#include <string>

#include <catch2/catch.hpp>

#include "tests/server/live_jobs.hpp"

using namespace velo::tests;
using velo::server::JsonValue;
using velo::server::parse_json;

namespace {

/// A `velostream tap` that has been let in: what passes from now on is sampled.
class Tap {
public:
    Tap(LiveJobs& live, const std::string& what, const std::string& limit,
        const std::string& output = "json")
        : process_({"tap", what, "--limit", limit, "--output", output, "--url",
                    "http://127.0.0.1:" + std::to_string(live.daemon().port())}) {
        process_.wait_until(
            [&] { return process_.err().find(" is running") != std::string::npos; });
    }
    [[nodiscard]] Ended wait() { return process_.wait(); }
    [[nodiscard]] Daemon& process() { return process_; }

private:
    Daemon process_;
};

JsonValue line(const std::string& out, int number) {
    std::size_t begin = 0;
    for (; number > 0; --number) begin = out.find('\n', begin) + 1;
    return parse_json(out.substr(begin, out.find('\n', begin) - begin)).value_or(JsonValue{});
}

}  // namespace

TEST_CASE("tap shows records as they were read, as they are written, and dead letters", "[tap]") {
    LiveJobs live({"a"});
    Tap source(live, "a.source", "3");
    Tap sink(live, "a", "1");
    Tap dlq(live, "a.dlq", "1");
    Tap text(live, "a.dlq", "1", "text");
    live.feed("a", "{\"n\":1}\n{\"n\":0}\n{broken\n");
    const Ended read = source.wait();
    CHECK(read.exit_code == 0);
    CHECK(line(read.out, 0).text_of("point") == "source");
    CHECK(line(read.out, 0).text_of("value") == "{\"n\":1}");
    CHECK(line(read.out, 1).text_of("value") == "{\"n\":0}");
    CHECK(line(read.out, 2).number_of("offset") == 2);
    CHECK(line(read.out, 2).text_of("topic").ends_with("a.pipe"));
    const Ended written = sink.wait();
    CHECK(line(written.out, 0).text_of("value") == "{\"n\":1}");
    CHECK(line(written.out, 0).find("topic") == nullptr);
    const JsonValue letter = line(dlq.wait().out, 0);
    CHECK(letter.text_of("value") == "{broken");
    CHECK(letter.text_of("stage") == "decode");
    CHECK(letter.number_of("offset") == 2);
    CHECK_FALSE(letter.text_of("error").empty());
    const std::string shown = text.wait().out;
    CHECK(shown.find("a.pipe partition 0 offset 2  decode (") != std::string::npos);
    CHECK(shown.find("  {broken\n") != std::string::npos);
}

TEST_CASE("tap shows bytes that are no text as base64, and cuts what is long", "[tap]") {
    LiveJobs live({"a"});
    Tap source(live, "a.source", "2");
    live.feed("a", "\xFF\xFE\n{\"n\":1,\"x\":\"" + std::string(5000, 'x') + "\"}\n");
    const std::string out = source.wait().out;
    CHECK(line(out, 0).text_of("value_base64") == "//4=");
    CHECK(line(out, 1).text_of("value").size() == 4096);
    CHECK(line(out, 1).number_of("value_size") == 5014);
}

TEST_CASE("tap follows a job through a restart, and ends when it is gone", "[tap]") {
    LiveJobs live({"a", "b"});
    Tap sink(live, "a.sink", "2");
    Tap endless(live, "b", "1000");
    live.feed("a", "{\"n\":1}\n");
    sink.process().wait_until([&] { return live.job("a").number_of("records_out") == 1; });
    const std::string since = live.job("a").text_of("since");
    CHECK(live.post("/api/v1/jobs/a/pause").status == 202);
    sink.process().wait_until(
        [&] { return sink.process().err().find("a sink is paused") != std::string::npos; });
    CHECK(live.post("/api/v1/jobs/a/resume").status == 202);
    sink.process().wait_until([&] {
        const std::string err = sink.process().err();
        return err.find("a sink is running", err.find("paused")) != std::string::npos;
    });
    live.feed("a", "{\"n\":2}\n");
    const Ended seen = sink.wait();
    CHECK(seen.exit_code == 0);
    CHECK(line(seen.out, 1).text_of("value") == "{\"n\":2}");
    std::filesystem::remove(live.folder().path() / "jobs" / "b.yaml");
    CHECK(live.post("/api/v1/reload").status == 200);
    const Ended gone = endless.wait();
    CHECK(gone.exit_code == 1);
    CHECK(gone.err.find("job 'b' is gone") != std::string::npos);
}

TEST_CASE("tap at full speed stays bounded and the job loses nothing", "[tap]") {
    LiveJobs live({"a"});
    Tap source(live, "a.source", "40");
    for (int i = 0; i < 20; ++i) {
        std::string lines;
        for (int n = 0; n < 1000; ++n) lines += "{\"n\":7}\n";
        live.feed("a", lines);
        live.daemon().wait_until(
            [&] { return live.job("a").number_of("records_in") == 1000 * (i + 1); });
    }
    live.daemon().wait_until([&] {
        if (!source.process().is_running()) return true;
        live.feed("a", "{\"n\":7}\n");
        return false;
    });
    CHECK(source.wait().exit_code == 0);
    const JsonValue job = live.job("a");
    CHECK(job.number_of("records_in") >= 20'000);
    CHECK(job.number_of("records_dropped") == 0);
}

TEST_CASE("tap says what is wrong", "[tap]") {
    LiveJobs live({"first"});
    const Ended unknown = live.client({"tap", "frist"});
    CHECK(unknown.exit_code == 1);
    CHECK(unknown.err.find("no job 'frist'") != std::string::npos);
    const Ended point = live.client({"tap", "first.snik"});
    CHECK(point.exit_code == 2);
    CHECK(point.err.find("'tap' knows no point 'snik'; did you mean 'sink'?") != std::string::npos);
    CHECK(run_velostream({"tap"}).exit_code == 2);
    CHECK(run_velostream({"tap", "a", "--url", "http://127.0.0.1:1"}).exit_code == 1);
    CHECK(live.daemon().get("/api/v1/jobs/first/tap?point=middle").status == 400);
    CHECK(live.daemon().get("/api/v1/jobs/third/tap").status == 404);
    CHECK(live.daemon().ask("POST", "/api/v1/jobs/first/tap").status == 405);
}

TEST_CASE("a listener that others reach shows records only to who sends the token", "[tap]") {
    LiveJobs live({"a"});
    live.folder().write("open.yaml", "http: {listen: \"0.0.0.0:0\", admin_token: {file: " +
                                         live.folder().file("token") + "}}\n");
    live.folder().write("b.yaml",
                        "name: b\nsources: {s: {file: {path: " + live.folder().file("a.pipe") +
                            "}, schema: {n: BIGINT}}}\nquery: SELECT n FROM s\n"
                            "sink: {file: {path: " +
                            live.folder().file("b.out") + "}}\n");
    Daemon open({"run", "--config", live.folder().file("open.yaml"), live.folder().file("b.yaml")});
    const std::string path = "/api/v1/jobs/b/tap?frames=1";
    CHECK(open.get(path).status == 401);
    CHECK(open.ask("GET", path, "Authorization: Bearer wrong\r\n").status == 401);
    CHECK(open.ask("GET", path, "Authorization: Bearer sesame\r\n").status == 200);
}
