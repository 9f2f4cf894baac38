// `velostream completion` through the built program and the shells that are there.
#include <cstdlib>

#include <catch2/catch.hpp>

#include "tests/support/daemon.hpp"

using namespace velo::tests;

TEST_CASE("bash completes commands, options and their words", "[completion]") {
    const TestFolder folder;
    const Ended script = run_velostream({"completion", "bash"});
    CHECK(script.exit_code == 0);
    folder.write("completion", script.out);
    const auto completed = [&](const std::string& words) {
        folder.write("ask", "source " + folder.file("completion") + "\nCOMP_WORDS=(velostream " +
                                words +
                                ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_velostream\nprintf "
                                "'%s ' \"${COMPREPLY[@]}\" > " +
                                folder.file("answer"));
        REQUIRE(std::system(("bash " + folder.file("ask")).c_str()) == 0);
        return folder.read("answer");
    };
    CHECK(completed("li") == "lint ");
    CHECK(completed("ex") == "explain ");
    CHECK(completed("lint --out") == "--output ");
    CHECK(completed("explain --output d") == "dot ");
    CHECK(completed("jobs pa") == "pause ");
    CHECK(completed("completion z") == "zsh ");
}

TEST_CASE("zsh and fish scripts name every command", "[completion]") {
    for (const char* shell : {"zsh", "fish"}) {
        const Ended script = run_velostream({"completion", shell});
        CHECK(script.exit_code == 0);
        for (const char* command : {"run", "lint", "explain", "test", "demo", "jobs", "top", "tap",
                                    "dlq", "init", "schema", "completion", "version"}) {
            INFO(shell << ' ' << command);
            CHECK(script.out.find(command) != std::string::npos);
        }
    }
    CHECK(run_velostream({"completion", "zsh"}).out.starts_with("#compdef velostream\n"));
}

TEST_CASE("a mistyped command, option or word is answered with the nearest", "[completion]") {
    const Ended command = run_velostream({"lnit"});
    CHECK(command.exit_code == 2);
    CHECK(command.err.find("unknown command 'lnit'; did you mean 'lint'?") != std::string::npos);
    const Ended option = run_velostream({"lint", "--ouput", "json", "x"});
    CHECK(option.exit_code == 2);
    CHECK(option.err.find("'lint' does not take '--ouput'; did you mean '--output'?") !=
          std::string::npos);
    const Ended number = run_velostream({"demo", "--port", "many"});
    CHECK(number.exit_code == 2);
    CHECK(number.err.find("--port: 'many' is no number it can take") != std::string::npos);
    for (const auto& [typed, meant] : {std::pair{"tpa", "tap"}, {"dql", "dlq"}, {"inti", "init"}}) {
        const Ended mistyped = run_velostream({typed});
        CHECK(mistyped.exit_code == 2);
        CHECK(mistyped.err.find(std::string("did you mean '") + meant) != std::string::npos);
    }
    const Ended word = run_velostream({"jobs", "puase", "x"});
    CHECK(word.exit_code == 2);
    CHECK(word.err.find("did you mean 'pause'?") != std::string::npos);
}
