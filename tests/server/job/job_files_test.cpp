#include "server/job/job_files.hpp"

#include <catch2/catch.hpp>

#include "tests/server/job_folder.hpp"

using namespace velo;
using namespace velo::server;

namespace {

std::vector<std::string> names_of(const LoadedFiles& files) {
    std::vector<std::string> names;
    for (const LoadedJob& job : files.jobs) names.push_back(job.spec.name.value);
    return names;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a folder stands for its YAML files, by name, without hidden ones and the server file",
          "[job_files]") {
    const JobFolder folder;
    folder.write("b.yaml", good_job("b"));
    folder.write("a.yml", good_job("a"));
    folder.write(".hidden.yaml", "- not a job\n");
    folder.write("notes.txt", "- not a job\n");
    folder.write("velostream.yaml", "workers: 2\n");
    folder.write("sub/c.yaml", "- not read\n");
    const LoadedFiles files = load_files({{}, {folder.path()}, false}, no_variables());
    CHECK(folder.relative(files.mistakes.text()).empty());
    CHECK(names_of(files) == Names{"a", "b"});
}

TEST_CASE("a file that is named twice is read once", "[job_files]") {
    const JobFolder folder;
    const std::string file = folder.write("a.yaml", good_job("a"));
    CHECK(names_of(load_files({{}, {file, folder.path(), folder.path() + "/./a.yaml"}, false},
                              no_variables())) == Names{"a"});
}

TEST_CASE("mistakes of all files come together, and good jobs are still known", "[job_files]") {
    const JobFolder folder;
    folder.write("a.yaml", good_job("a"));
    folder.write("b.yaml", "name: B\n");
    folder.write("c.yaml", "x: [\n");
    const LoadedFiles files = load_files({{}, {folder.path()}, false}, no_variables());
    CHECK(folder.relative(files.mistakes.text()) ==
          "b.yaml:1:1: job has no 'query'\n    name: B\n    ^\nb.yaml:1:1: job has no 'sink'\n    "
          "name: B\n    ^\n"
          "b.yaml:1:1: job has no 'sources'\n    name: B\n    ^\n"
          "b.yaml:1:7: job name 'B' does not fit; it is part of topic names: 1 to 63 of a-z, 0-9, "
          "_ and -\n    name: B\n          ^\n"
          "c.yaml:2:1: not valid YAML: a '[' without its ']'\n");
    CHECK(names_of(files) == Names{"a"});
}

TEST_CASE("two jobs of one name, or with one output file, are refused", "[job_files]") {
    const JobFolder folder;
    const std::string first = folder.write("a.yaml", good_job("a", "out.jsonl"));
    const std::string second = folder.write("b.yaml", good_job("a", "out.jsonl"));
    const LoadedFiles files = load_files({{}, {first, second}, false}, no_variables());
    REQUIRE(files.mistakes.mistakes().size() == 2);
    CHECK(folder.relative(files.mistakes.mistakes()[0].line()) ==
          "b.yaml:1:7: a second job 'a'; the first is in a.yaml:1:7");
    CHECK(folder.relative(files.mistakes.mistakes()[1].line()) ==
          "b.yaml:12:16: 'out.jsonl' is written by another job too, a.yaml:12:16; one would "
          "overwrite the other");
}

TEST_CASE("mistakes in the SQL stand at their lines of the file, also when other keys are wrong",
          "[job_files]") {
    const JobFolder folder;
    std::string job = good_job("a") + "delivry: x\n";
    job.replace(job.find("price > 0"), 9, "prise > 0");
    const LoadedFiles files =
        load_files({{}, {folder.write("a.yaml", job)}, false}, no_variables());
    REQUIRE(files.mistakes.mistakes().size() == 2);
    CHECK(files.mistakes.mistakes()[0].place == Place{folder.path("a.yaml"), 10, 9, 5});
    CHECK(folder.relative(files.mistakes.mistakes()[1].line()) ==
          "a.yaml:13:1: unknown key 'delivry' in job; did you mean 'delivery'?");
}

TEST_CASE("SQL that is no SQL is refused even where the sources are wrong too", "[job_files]") {
    const JobFolder folder;
    std::string job = good_job("a");
    job.replace(job.find("path: in.jsonl"), 4, "pth");
    job.replace(job.find("FROM"), 4, "FORM");
    const LoadedFiles files =
        load_files({{}, {folder.write("a.yaml", job)}, false}, no_variables());
    bool in_sql = false;
    for (const Mistake& mistake : files.mistakes.mistakes())
        in_sql = in_sql || mistake.place.line == 9;
    CHECK(in_sql);
}

TEST_CASE("the server file says which jobs there are when nobody else does", "[job_files]") {
    const JobFolder folder;
    folder.write("jobs/a.yaml", good_job("a"));
    const std::string server = folder.write("velostream.yaml", "jobs: jobs\nworkers: 3\n");
    const LoadedFiles files = load_files({server, {}, false}, no_variables());
    CHECK(folder.relative(files.mistakes.text()).empty());
    CHECK(names_of(files) == Names{"a"});
    CHECK(files.server.workers.value == 3U);
}

TEST_CASE("a server file among the job files is the server file", "[job_files]") {
    const JobFolder folder;
    folder.write("jobs.d/a.yaml", good_job("a"));
    const std::string b = folder.write("b.yaml", good_job("b"));
    const std::string server = folder.write("velostream.yaml", "workers: 3\n");
    const LoadedFiles both = load_files({{}, {server, b}, false}, no_variables());
    CHECK(names_of(both) == Names{"b"});
    CHECK(both.server.workers.value == 3U);
    CHECK(names_of(load_files({{}, {server}, false}, no_variables())) == Names{"a"});
}

TEST_CASE("what is not there is said where it was named", "[job_files]") {
    const JobFolder folder;
    const auto text = [&](const FilesAsked& asked) {
        return folder.relative(load_files(asked, no_variables()).mistakes.text());
    };
    CHECK(text({{}, {folder.path("no.yaml")}, false}) == "no.yaml: no such file\n");
    CHECK(text({folder.path("no.yaml"), {folder.write("a.yaml", good_job("a"))}, false}) ==
          "no.yaml: no such file\n");
    std::filesystem::create_directories(folder.path("empty"));
    CHECK(text({{}, {folder.path("empty")}, false}) ==
          "empty: no job files in 'empty'; they are named *.yaml or *.yml\n");
    const std::string server = folder.write("velostream.yaml", "jobs: [no.yaml, empty]\n");
    CHECK(text({server, {}, false}) ==
          "velostream.yaml:1:8: no such file or folder 'no.yaml'\n    jobs: [no.yaml, empty]\n     "
          "      ^~~~~~~\n"
          "velostream.yaml:1:17: no job files in 'empty'; they are named *.yaml or *.yml\n    "
          "jobs: [no.yaml, empty]\n                    ^~~~~\n");
    CHECK(text({folder.write("s.yaml", "workers: 1\n"), {}, false}) ==
          "no jobs to read: there is no 'jobs.d'; name job files or folders, or write 'jobs' in "
          "velostream.yaml\n");
}

TEST_CASE("a connection that the server file does not have is a mistake of the job",
          "[job_files]") {
    const JobFolder folder;
    const std::string job = folder.write("a.yaml", good_job("a") + "kafka: {connection: eu}\n");
    const LoadedFiles files = load_files({{}, {job}, false}, no_variables());
    CHECK(folder.relative(files.mistakes.mistakes().at(0).line()) ==
          "a.yaml:13:21: unknown connection 'eu'; connections are named in 'kafka' of the server "
          "file");
    const std::string server =
        folder.write("s.yaml", "kafka: {connections: {eu: {bootstrap_servers: eu:9092}}}\n");
    CHECK(load_files({server, {job}, false}, no_variables()).mistakes.empty());
}
